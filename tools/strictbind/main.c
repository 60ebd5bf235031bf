/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind: the command. Each subcommand has a file of its own. */
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>

#include "command.h"

static const struct command *const commands[] = {
	&probe_command,	  &run_command,	   &check_command,
	&migrate_command, &repair_command, &bench_command,
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static void print_help(void)
{
	FILE *file = output_begin();

	fputs("usage: strictbind COMMAND [options] [arguments]\n"
	      "\n"
	      "mbind and migrate_pages with one meaning on every Linux kernel, and true counts of\n"
	      "pages left behind.\n"
	      "\n",
	      file);
	for (int i = 0; i < COMMANDS; i++)
		fprintf(file, "  %s\n", commands[i]->summary);
	fputs("\n"
	      "strictbind COMMAND --help tells more, as does the manual page strictbind-COMMAND(1).\n"
	      "strictbind --version prints the version. Exit codes are in strictbind(1).\n",
	      file);
	output_end();
}

static void print_version(void)
{
	fprintf(output_begin(), "strictbind %s\n", strictbind_version());
	output_end();
}

static const struct command *find(const char *name)
{
	for (int i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	fail(EXIT_USAGE, "there is no command '%s' (see strictbind --help)", name);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name)
		fail(EXIT_USAGE, "which command? (see strictbind --help)");
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		print_help();
	else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		print_version();
	else if (strcmp(name, "help") == 0 && argc > 2)
		print_usage(find(argv[2]));
	else if (strcmp(name, "help") == 0)
		print_help();
	else
		return find(name)->run(argc - 1, argv + 1);
	return EXIT_FINE;
}
