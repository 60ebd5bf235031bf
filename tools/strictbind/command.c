/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void complain(const char *format, va_list arguments)
{
	fputs("strictbind: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

static void (*undo_first)(void);

void before_failing(void (*undo)(void))
{
	undo_first = undo;
}

void fail(enum exit_code code, const char *format, ...)
{
	va_list arguments;

	if (undo_first)
		undo_first();
	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
	_exit((int)code);
}

void warn(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
}

/* ---- arguments ---- */

/* The option that getopt did not take, as it was written. */
static _Noreturn void bad_option(const struct command *command, char **argv)
{
	const char *word = argv[optind - 1];

	if (optopt && strncmp(word, "--", 2) != 0)
		fail(EXIT_USAGE, "%s: bad option or no value: -%c (see strictbind %s --help)",
		     command->name, optopt, command->name);
	fail(EXIT_USAGE, "%s: bad option or no value: %s (see strictbind %s --help)", command->name,
	     word, command->name);
}

void print_usage(const struct command *command)
{
	fputs(command->usage, output_begin());
	output_end();
}

int next_option(const struct command *command, int argc, char **argv, const char *shorts,
		const struct option *longs)
{
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, shorts, longs, NULL);
	if (option == 'h') {
		print_usage(command);
		exit(EXIT_FINE);
	}
	if (option == '?' || option == ':')
		bad_option(command, argv);
	return option;
}

unsigned long number_argument(const char *what, const char *text, unsigned long low,
			      unsigned long high)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number < low || number > high)
		fail(EXIT_USAGE, "%s: '%s' is not a number from %lu to %lu", what, text, low, high);
	return number;
}

void check_call(const char *name)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		if (strcmp(fact.name, name) == 0 && !fact.present)
			fail(EXIT_SYSTEM, "%s is refused here: %s (see strictbind probe)", name,
			     strerror(fact.error));
}

/* ---- output ---- */

static FILE *output;
static char *output_text;
static size_t output_size, output_room;

static ssize_t collect(void *cookie, const char *text, size_t size)
{
	(void)cookie;
	while (output_room - output_size < size) {
		output_room = output_room ? 2 * output_room : 65536;
		output_text = reallocate(output_text, output_room);
	}
	memcpy(output_text + output_size, text, size);
	output_size += size;
	return (ssize_t)size;
}

/* Not open_memstream(), which is slow with a megabyte and more. */
FILE *output_begin(void)
{
	output_text = NULL;
	output_size = output_room = 0;
	output = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = collect });
	if (!output)
		fail(EXIT_FAILED, "no memory");
	return output;
}

void output_end(void)
{
	if (fclose(output) != 0)
		fail(EXIT_FAILED, "no memory");
	if ((output_size && fwrite(output_text, 1, output_size, stdout) != output_size) ||
	    fflush(stdout) != 0)
		fail(EXIT_FAILED, "cannot write: %s", strerror(errno));
	free(output_text);
}

void catch_signal(int number, const struct sigaction *action)
{
	struct sigaction old;

	if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(number, action, NULL);
}

bool write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		else if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			text += written;
			size -= (size_t)written;
		}
	}
	return true;
}

/* ---- memory ---- */

void *allocate(size_t size)
{
	return reallocate(NULL, size);
}

/* In huge pages as far as it can be: to fault base pages in takes longer than to fill them. */
static void want_huge_pages(void *memory, size_t size)
{
	enum { HUGE_PAGE = 2 << 20 };
	uintptr_t start = ((uintptr_t)memory + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	uintptr_t end = ((uintptr_t)memory + size) / HUGE_PAGE * HUGE_PAGE;

	if (start < end)
		madvise((void *)start, end - start, // NOLINT(performance-no-int-to-ptr)
			MADV_HUGEPAGE);
}

void *reallocate(void *memory, size_t size)
{
	memory = realloc(memory, size ? size : 1);
	if (!memory)
		fail(EXIT_FAILED, "no memory");
	want_huge_pages(memory, size);
	return memory;
}

char *print_new_list(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		fail(EXIT_FAILED, "no memory");
	return text;
}

char *print_new(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = print_new_list(format, arguments);
	va_end(arguments);
	return text;
}
