/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the subcommands share: exit codes, options, and how they end. */
#ifndef COMMAND_H
#define COMMAND_H

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* Documented in strictbind(1). */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_ANSWER =
		1,	/* the answer is bad: pages are misplaced, pages stayed, mbind is refused */
	EXIT_USAGE = 2, /* bad arguments */
	EXIT_PROCESS = 3, /* no such process, or it ended meanwhile */
	EXIT_PERMISSION = 4,
	EXIT_SYSTEM = 5, /* the kernel does not offer, or refuses, what this takes */
	EXIT_FAILED = 6, /* anything else */
	EXIT_RUN = 125,	 /* run: of its own, before there was a command */
	EXIT_RUN_NOEXEC = 126,
	EXIT_RUN_NOENT = 127,
	EXIT_CANCELLED = 130
};

struct command {
	const char *name;
	const char *summary; /* for strictbind --help */
	const char *usage;   /* the whole of strictbind NAME --help */
	int (*run)(int argc, char **argv);
};

extern const struct command probe_command;
extern const struct command run_command;
extern const struct command check_command;
extern const struct command migrate_command;
extern const struct command repair_command;
extern const struct command bench_command;

/* One line on stderr, and the end. */
_Noreturn void fail(enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Called before the end by fail(), to put things back. */
void before_failing(void (*undo)(void));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The whole of its --help. */
void print_usage(const struct command *command);

/* getopt_long() with --help done; a bad option ends the program. -1 after the last option. */
int next_option(const struct command *command, int argc, char **argv, const char *shorts,
		const struct option *longs);

/* The value of an option or an argument: a number within bounds, or the program ends. */
unsigned long number_argument(const char *what, const char *text, unsigned long low,
			      unsigned long high);

/* Ends the program when a system call is refused as such, by a filter for one. */
void check_call(const char *name);

/*
 * What a command prints. It is collected in memory and written when all of it is known, so that
 * an error never leaves half a table behind.
 */
FILE *output_begin(void);
void output_end(void);

/*
 * Sets what is done about a signal, unless it is ignored: nohup and background jobs of a shell
 * ignore some of those that end a program.
 */
void catch_signal(int number, const struct sigaction *action);

/* write(2), until all of it is written; false with errno when it cannot be. */
bool write_all(int fd, const char *text, size_t size);

/* malloc() and its like, which end the program where there is no memory. */
void *allocate(size_t size);
void *reallocate(void *memory, size_t size);
char *print_new_list(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
char *print_new(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
