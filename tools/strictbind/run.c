/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind run: a command under the preloaded library. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "preload_limits.h"
#include "program.h"

#define SHIM "libstrictbind-preload.so"

struct run {
	const char *threads;
	const char *stall_us;
	const char *trace;
	const char *shim;
	bool off;
	bool quiet;
};

enum { OPTION_STALL = 1, OPTION_SHIM, OPTION_OFF };

static void read_options(struct run *run, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "threads", required_argument, NULL, 't' },
		{ "stall-us", required_argument, NULL, OPTION_STALL },
		{ "trace", required_argument, NULL, 'o' },
		{ "library", required_argument, NULL, OPTION_SHIM },
		{ "off", no_argument, NULL, OPTION_OFF },
		{ "quiet", no_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	/* What follows the command is the command's. */
	while ((option = next_option(&run_command, argc, argv, "+ht:o:q", longs)) != -1) {
		switch (option) {
		case 't':
			run->threads = optarg;
			number_argument("--threads", optarg, 1, SB_MOST_THREADS);
			break;
		case OPTION_STALL:
			run->stall_us = optarg;
			number_argument("--stall-us", optarg, 1, SB_MOST_STALL_US);
			break;
		case 'o':
			run->trace = optarg;
			break;
		case OPTION_SHIM:
			run->shim = optarg;
			break;
		case OPTION_OFF:
			run->off = true;
			break;
		case 'q':
			run->quiet = true;
			break;
		}
	}
	if (optind == argc)
		fail(EXIT_USAGE, "run: which command? (see strictbind run --help)");
}

/* Beside this program, as in a build directory or a moved tree. */
static char *find_beside(const char *folder)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *file;

	if (length < 0)
		return NULL;
	path[length] = '\0';
	*strrchr(path, '/') = '\0';
	file = print_new("%s/%s/" SHIM, path, folder);
	if (access(file, R_OK) == 0)
		return realpath(file, NULL);
	free(file);
	return NULL;
}

static char *find_shim(const struct run *run)
{
	static const char *const folders[] = { "../../lib/preload", "../lib" };
	char *file;

	if (run->shim) {
		file = realpath(run->shim, NULL);
		if (!file)
			fail(EXIT_RUN, "--library: %s: %s", run->shim, strerror(errno));
		return file;
	}
	/* One that is installed may be of another version. */
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		file = find_beside(folders[i]);
		if (file)
			return file;
	}
	if (access(STRICTBIND_LIBDIR "/" SHIM, R_OK) == 0)
		return print_new("%s", STRICTBIND_LIBDIR "/" SHIM);
	fail(EXIT_RUN,
	     "no " SHIM " in " STRICTBIND_LIBDIR ": is it installed? (--library names one)");
}

static void set(const char *name, const char *value)
{
	if (value ? setenv(name, value, 1) : unsetenv(name))
		fail(EXIT_RUN, "cannot set %s: %s", name, strerror(errno));
}

static void set_preload(const char *shim)
{
	const char *others = getenv("LD_PRELOAD");

	if (strpbrk(shim, ": "))
		fail(EXIT_RUN, "the loader takes no library with ':' or ' ' in its path: %s", shim);
	set("LD_PRELOAD",
	    others && *others ? print_new("%s:%s", shim, others) : print_new("%s", shim));
}

/* The command may be run from another directory than this. */
static void set_trace(const char *path)
{
	char directory[PATH_MAX];

	if (path[0] == '/')
		set("STRICTBIND_TRACE", path);
	else if (!getcwd(directory, sizeof(directory)))
		fail(EXIT_RUN, "--trace: %s: %s", path, strerror(errno));
	else
		set("STRICTBIND_TRACE", print_new("%s/%s", directory, path));
}

/* As the library will open it. */
static void check_trace(const char *path)
{
	int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);

	if (fd < 0)
		fail(EXIT_RUN, "--trace: %s: %s", path,
		     errno == ENXIO ? "a pipe that nobody reads" : strerror(errno));
	close(fd);
}

static void set_up(const struct run *run)
{
	set_preload(find_shim(run));
	set("STRICTBIND_PRELOAD", run->off ? "off" : NULL);
	if (run->threads)
		set("STRICTBIND_THREADS", run->threads);
	if (run->stall_us)
		set("STRICTBIND_STALL_US", run->stall_us);
	if (run->trace) {
		check_trace(run->trace);
		set_trace(run->trace);
	}
}

static int run(int argc, char **argv)
{
	struct run options = { 0 };
	const char *why;
	char *path;

	read_options(&options, argc, argv);
	argv += optind;
	path = program_find(argv[0]);
	if (!path)
		fail(errno == ENOENT ? EXIT_RUN_NOENT : EXIT_RUN_NOEXEC, "run: %s: %s", argv[0],
		     errno == ENOENT ? "no such command" : strerror(errno));
	why = program_out_of_reach(path);
	if (why && !options.quiet)
		warn("run: %s is out of reach: %s; its calls go to the kernel as they are", argv[0],
		     why);
	set_up(&options);
	execvp(path, argv);
	fail(errno == ENOENT ? EXIT_RUN_NOENT : EXIT_RUN_NOEXEC, "run: %s: %s", argv[0],
	     strerror(errno));
}

const struct command run_command = {
	.name = "run",
	.summary =
		"run [--] COMMAND...: a program, with its calls to mbind and migrate_pages taken over",
	.usage =
		"usage: strictbind run [options] [--] COMMAND [ARGUMENTS]\n"
		"\n"
		"Runs a command with libstrictbind-preload.so, which takes over its calls to mbind and\n"
		"migrate_pages, and those of its children. Says so when the command is one that the\n"
		"library cannot get into: static, setuid, for another processor.\n"
		"\n"
		"  -t, --threads N    how many threads may move pages\n"
		"      --stall-us N   how long one chunk may keep page faults waiting, in microseconds\n"
		"  -o, --trace FILE   append a line for each call to this file\n"
		"      --library FILE another libstrictbind-preload.so than the one installed\n"
		"      --off          the library is there, and lets all calls pass\n"
		"  -q, --quiet        do not say what is out of reach\n"
		"  -h, --help         this text\n"
		"\n"
		"Exits as the command does; with 2 after bad arguments, 125 when the library cannot be\n"
		"set up, 126 when the command cannot be run, 127 when there is none.\n",
	.run = run,
};
