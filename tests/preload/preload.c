/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The preload library in programs that know nothing of it. The programs are started with an
 * environment of their own; paths are those of the build.
 */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "suite.h"

enum { TEXT = 1 << 18, VARIABLES = 8, SKIP = 77 };

static char directory[] = "/tmp/strictbind-preload-XXXXXX";
static char trace_path[64], output_path[64], pipe_path[64], link_path[64], privileged_path[64];
static char trace_variable[96], pipe_variable[96], link_variable[96];
static char text[TEXT];

static void read_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	size_t used = 0;

	while (fd >= 0 && used < TEXT - 1 && (got = read(fd, text + used, TEXT - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = 0;
	if (fd >= 0)
		close(fd);
}

static void exec_in_child(char *const *argv, char *const *variables)
{
	int fd = open(output_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	dup2(fd, 1);
	dup2(fd, 2);
	close(fd);
	execve(argv[0], argv, variables);
	_exit(126);
}

/* Runs it to its end; what it has written is in text. Returns its exit status, or 128 + signal. */
static int run(const char *program, const char *name, int due, char *const *variables)
{
	char number[16];
	char *argv[] = { (char *)program, (char *)name, due ? number : NULL, NULL };
	int status = -1;
	pid_t pid;

	snprintf(number, sizeof(number), "%d", due);
	unlink(trace_path);
	pid = fork();
	if (pid == 0)
		exec_in_child(argv, variables);
	waitpid(pid, &status, 0);
	read_text(output_path);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

#define VARIABLES_OF(...) ((char *[]){ "LD_PRELOAD=" SHIM, __VA_ARGS__ })

#define ASSERT_RUN(program, name, due, variables)                                                  \
	do {                                                                                       \
		int status_ = run(program, name, due, variables);                                  \
		SKIP_IF(status_ == SKIP, "%s cannot be done here", name);                          \
		ck_assert_msg(status_ == 0, "%s: status %d: %s", name, status_, text);             \
		ck_assert_msg(!*text, "%s: said: %s", name, text);                                 \
	} while (0)

/* In every place also with a trace, which takes more stack. */
static void in_every_way_but_bound_at_once(const char *program, const char *name)
{
	ASSERT_RUN(program, name, 0, VARIABLES_OF(NULL));
	ASSERT_RUN(program, name, 0, VARIABLES_OF(trace_variable, NULL));
	ASSERT_RUN(program, name, 0,
		   VARIABLES_OF("STRICTBIND_THREADS=4", "STRICTBIND_STALL_US=1", NULL));
}

static void in_every_way(const char *program, const char *name)
{
	in_every_way_but_bound_at_once(program, name);
	ASSERT_RUN(program, name, 0, VARIABLES_OF("LD_BIND_NOW=1", NULL));
}

static const char *const places[] = { "libnuma", "syscall", "others",  "children", "handler",
				      "stack",	 "seccomp", "dropped", "pointers" };

START_TEST(calls_from_everywhere)
{
	in_every_way(CLIENT, places[_i]);
}
END_TEST

START_TEST(before_constructors)
{
#if defined(__powerpc64__)
	/* There a resolver can call nothing when bound at once, with or without the library. */
	in_every_way_but_bound_at_once(EARLY, NULL);
#else
	in_every_way(EARLY, NULL);
#endif
}
END_TEST

START_TEST(inside_malloc)
{
	static const char *const orders[] = { "LD_PRELOAD=" SHIM ":" MALLOC,
					      "LD_PRELOAD=" MALLOC ":" SHIM };

	for (int i = 0; i < 2; i++) {
		char *variables[] = { (char *)orders[i], NULL, NULL };

		ASSERT_RUN(CLIENT, "malloc", 0, variables);
		variables[1] = trace_variable;
		ASSERT_RUN(CLIENT, "malloc", 0, variables);
		/* The constructor of the replacement may come before ours. */
		variables[1] = "STRICTBIND_PRELOAD=off";
		ASSERT_RUN(CLIENT, "malloc", EIO, variables);
	}
}
END_TEST

START_TEST(switched_off)
{
	ASSERT_RUN(CLIENT, "both", EIO,
		   VARIABLES_OF("STRICTBIND_PRELOAD=off", trace_variable, NULL));
	ck_assert(access(trace_path, F_OK) != 0);
	ASSERT_RUN(CLIENT, "libnuma", EIO, VARIABLES_OF("STRICTBIND_PRELOAD=off", NULL));
	ASSERT_RUN(CLIENT, "others", EIO, VARIABLES_OF("STRICTBIND_PRELOAD=off", NULL));
	ASSERT_RUN(CLIENT, "both", EFAULT, VARIABLES_OF("STRICTBIND_PRELOAD=on", NULL));
	ASSERT_RUN(CLIENT, "both", EFAULT, VARIABLES_OF("STRICTBIND_PRELOAD=", NULL));
}
END_TEST

/* ---- programs that gain rights ---- */

static void copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t got;

	while ((got = read(in, text, TEXT)) > 0)
		ck_assert(write(out, text, (size_t)got) == got);
	ck_assert(got == 0);
	close(in);
	close(out);
}

/* What it has said is in text, and in said. Returns whether there is a trace. */
static bool run_privileged(char *const *variables, char *said, size_t size)
{
	int status = run(privileged_path, "privileged", 0, variables);

	ck_assert_msg(status == 0, "status %d: %s", status, text);
	memcpy(said, text, size);
	said[size - 1] = '\0';
	return access(trace_path, F_OK) == 0;
}

/* It is given a trace to write, and quirks to believe in, and does neither. */
START_TEST(programs_that_gain_rights_take_no_variables)
{
	static char said[4096], plain[4096];
	char *variables[] = { trace_variable, "STRICTBIND_QUIRKS=all", NULL }, *none[] = { NULL };

	SKIP_IF(getuid() != 0, "takes root");
	copy(PRIVILEGED, privileged_path);
	ck_assert(!run_privileged(none, plain, sizeof(plain)));
	ck_assert(run_privileged(variables, said, sizeof(said)));
	ck_assert_msg(strncmp(said, "secure 0:", 9) == 0, "%s", said);
	ck_assert_str_ne(said, plain);

	ck_assert(chown(privileged_path, (uid_t)-1, 1000) == 0 &&
		  chmod(privileged_path, 02755) == 0);
	ck_assert(!run_privileged(none, plain, sizeof(plain)));
	SKIP_IF(strncmp(plain, "secure 0:", 9) == 0, "setgid has no effect in %s", directory);
	ck_assert(!run_privileged(variables, said, sizeof(said)));
	ck_assert_msg(strncmp(said, "secure 1:", 9) == 0, "%s", said);
	ck_assert_str_eq(said, plain);
}
END_TEST

/* ---- variables ---- */

/* What is ignored leaves the library as it is without: the call answers as the contract has it. */
static void complains(char *variable, const char *why)
{
	char due[300];

	snprintf(due, sizeof(due), "libstrictbind-preload: %s: %s, ignored\n", variable, why);
	ck_assert_msg(run(CLIENT, "both", EFAULT, VARIABLES_OF(variable, NULL)) == 0, "%s: %s",
		      variable, text);
	ck_assert_str_eq(text, due);
}

START_TEST(malformed_variables)
{
	static char *const malformed[] = {
		"STRICTBIND_PRELOAD=no",
		"STRICTBIND_THREADS=0",
		"STRICTBIND_THREADS=2x",
		"STRICTBIND_THREADS=-1",
		"STRICTBIND_THREADS=1025",
		"STRICTBIND_THREADS=18446744073709551618",
		"STRICTBIND_STALL_US=1.5",
		"STRICTBIND_STALL_US=1000000001",
		"STRICTBIND_QUIRKS=eio-hides-hole,",
		"STRICTBIND_QUIRKS=eio-hides-hole,bogus",
		"STRICTBIND_QUIRKS=bogus",
		"STRICTBIND_QUIRKS=misses-tail-hole,none",
	};
	char long_name[5000];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++)
		complains(malformed[i], "not understood");
	complains("STRICTBIND_TREADS=2", "no such variable");
	complains("STRICTBIND_LAB_CACHE=/tmp", "no such variable");
	memset(long_name, 'x', sizeof(long_name));
	memcpy(long_name, "STRICTBIND_TRACE=", 17);
	long_name[sizeof(long_name) - 1] = 0;
	ck_assert_int_eq(run(CLIENT, "both", EFAULT, VARIABLES_OF(long_name, NULL)), 0);
	ck_assert(strstr(text, "xxx...: not understood, ignored\n"));
}
END_TEST

START_TEST(many_malformed_variables)
{
	char names[40][100];
	char *variables[42] = { "LD_PRELOAD=" SHIM };
	size_t length;

	for (int i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "STRICTBIND_NO_SUCH_%d=a\nb", i);
		variables[1 + i] = names[i];
	}
	ck_assert_int_eq(run(CLIENT, "both", EFAULT, variables), 0);
	length = strlen(text);
	ck_assert(strstr(text, "STRICTBIND_NO_SUCH_0=a?b: no such variable"));
	ck_assert(length < 1024 && !strcmp(text + length - 4, "...\n"));
}
END_TEST

START_TEST(good_variables)
{
	ASSERT_RUN(CLIENT, "both", EFAULT,
		   VARIABLES_OF("STRICTBIND_THREADS=2", "STRICTBIND_STALL_US=100",
				"STRICTBIND_QUIRKS=eio-hides-hole,misses-tail-hole",
				"STRICTBIND_TRACE=", NULL));
	ASSERT_RUN(CLIENT, "both", EFAULT, VARIABLES_OF("STRICTBIND_QUIRKS=all", NULL));
	ASSERT_RUN(CLIENT, "both", EFAULT, VARIABLES_OF("STRICTBIND_QUIRKS=", NULL));
	/* What all of these are to be told from: nothing is left of the library. */
	ASSERT_RUN(CLIENT, "both", EIO, VARIABLES_OF("STRICTBIND_QUIRKS=none", NULL));
}
END_TEST

/* A trace that cannot be written changes nothing, and is complained about once, by many processes
 * too. */
START_TEST(no_trace_to_write)
{
	const struct {
		char *variable;
		const char *error;
	} files[] = {
		{ "STRICTBIND_TRACE=/no/such/file", "ENOENT" },
		{ "STRICTBIND_TRACE=/tmp", "EISDIR" },
		{ "STRICTBIND_TRACE=/dev/null/a b", "ENOTDIR" },
		{ pipe_variable, "ENXIO" },
		{ link_variable, "ELOOP" },
	};
	static const char *const cases[] = { "both", "handler", "stack", "pointers" };
	char due[200], name[100];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		strcpy(name, files[i].variable);
		for (char *byte = name; *byte; byte++)
			*byte = *byte == ' ' ? '?' : *byte;
		snprintf(due, sizeof(due),
			 "libstrictbind-preload: %s: cannot be opened (%s), ignored\n", name,
			 files[i].error);
		for (size_t j = 0; j < sizeof(cases) / sizeof(*cases); j++) {
			int status = run(CLIENT, cases[j], j ? 0 : EFAULT,
					 VARIABLES_OF(files[i].variable, NULL));

			ck_assert_msg(status == 0 || status == SKIP, "%s: %d: %s", cases[j], status,
				      text);
			if (status == 0)
				ck_assert_str_eq(text, due);
		}
	}
	/* Nobody has written through the link. */
	ck_assert(access(trace_path, F_OK) != 0);
	/* Without a call there is nothing to write. */
	ASSERT_RUN(CLIENT, "nothing", 0, VARIABLES_OF(files[0].variable, NULL));
}
END_TEST

/* The names of descriptors are links, and may be. */
START_TEST(trace_into_a_descriptor)
{
	static const char prefix[] = "STRICTBIND_TRACE=";
	char *variables[] = { "STRICTBIND_TRACE=/dev/stdout", "STRICTBIND_TRACE=/proc/self/fd/1" };
	int tried = 0;

	for (size_t i = 0; i < 2; i++) {
		if (access(variables[i] + strlen(prefix), F_OK))
			continue; /* no /proc, or nobody has made the links in /dev */
		ck_assert_int_eq(run(CLIENT, "both", EFAULT, VARIABLES_OF(variables[i], NULL)), 0);
		ck_assert_msg(strstr(text, " mbind(") != NULL, "%s: %s", variables[i], text);
		tried++;
	}
	SKIP_IF(!tried, "no /proc");
}
END_TEST

/* Lines come through, and a reader that does not read holds nobody up: 64 KiB is less than this is.
 */
START_TEST(trace_into_a_pipe)
{
	int reader = open(pipe_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t got;

	ck_assert_int_ge(reader, 0);
	for (int i = 0; i < 4; i++)
		ASSERT_RUN(CLIENT, "many", 0, VARIABLES_OF(pipe_variable, NULL));
	got = read(reader, text, TEXT - 1);
	close(reader);
	ck_assert_int_ge(got, 4096);
	ck_assert(memcmp(text + got - 10, " shared 0\n", 10) == 0);
}
END_TEST

/* ---- the trace ---- */

/* How many lines there are, each of them by the pattern. */
static int lines_like(const char *pattern)
{
	regex_t regex;
	int lines = 0;
	char *line = text, *next;

	ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	for (; *line; line = next, lines++) {
		next = strchr(line, '\n');
		ck_assert_msg(next != NULL, "no end: %s", line);
		*next++ = 0;
		ck_assert_msg(regexec(&regex, line, 0, NULL, 0) == 0, "not %s: %s", pattern, line);
	}
	regfree(&regex);
	return lines;
}

static bool has_proc(void)
{
	return access("/proc/self/maps", R_OK) == 0;
}

/* Ten digits, or few where the clock begins at 0 with the machine. */
#define HEAD "^([0-9]{10}|[0-9]{1,5})\\.[0-9]{6} [0-9]+ [0-9]+ "
#define CALLER(object) (has_proc() ? HEAD object "\\+0x[0-9a-f]+ " : HEAD "0x[0-9a-f]+ ")

static void trace_is_like(const char *caller, const char *rest, int lines)
{
	char pattern[1000];

	read_text(trace_path);
	snprintf(pattern, sizeof(pattern), "%s%s", caller, rest);
	ck_assert_int_eq(lines_like(pattern), lines);
}

START_TEST(trace_of_many_processes)
{
	ASSERT_RUN(CLIENT, "many", 0, VARIABLES_OF(trace_variable, NULL));
	trace_is_like(CALLER("client"),
		      "mbind\\(0x0, 0, MPOL_BIND, \\{0\\}, 0\\) = 0, unmoved 0, shared 0$", 400);
}
END_TEST

START_TEST(trace_of_libnuma)
{
	ASSERT_RUN(CLIENT, "libnuma", 0, VARIABLES_OF(trace_variable, NULL));
	/* Pages of a process cannot be counted without /proc. */
	trace_is_like(
		CALLER("(client|libnuma\\.so\\.[0-9.]+)"),
		"(mbind\\(0x[0-9a-f]+, [0-9]+, (MPOL_LOCAL, NULL, MPOL_MF_STRICT\\) = -1 EFAULT; "
		"Part of the range is not mapped: the first hole begins at 0x[0-9a-f]+, [0-9]+ "
		"bytes from its start\\."
		"|MPOL_[A-Z_]+, \\{0\\}, [0A-Z_|]+\\) = 0, unmoved 0, shared 0)"
		"|migrate_pages\\(0, \\{[-,0-9]+\\}, \\{[-,0-9]+\\}\\) = 0, "
		"unmoved (0|unknown), shared (0|unknown))$",
		has_proc() ? 4 : 3);
}
END_TEST

/* A kernel may have been built for fewer nodes than a mask names. */
START_TEST(trace_in_words)
{
	const char *why = machine()->kernel_nodes > 64 ? "Flag 0x40 is none"
						       : "Node 64, which nodemask names, is beyond";
	char rest[600];

	snprintf(rest, sizeof(rest),
		 "(mbind\\(0x0, 0, (MPOL_INTERLEAVE\\|MPOL_F_STATIC_NODES, \\{0-1,3,5,64\\}, "
		 "MPOL_MF_MOVE\\|MPOL_MF_MOVE_ALL\\|0x40\\) = -1 EINVAL; %s .*|"
		 "0x4d, NULL, 0\\) = -1 EINVAL; Mode 0x4d is none .*)|"
		 "migrate_pages\\(-1, \\{0\\}, \\{0\\}\\) = -1 ESRCH; There is no process -1, .*)"
		 "\\.$",
		 why);
	ASSERT_RUN(CLIENT, "words", 0, VARIABLES_OF(trace_variable, NULL));
	trace_is_like(CALLER("client"), rest, 3);
	ASSERT_RUN(CLIENT, "pointers", 0, VARIABLES_OF(trace_variable, NULL));
	trace_is_like(CALLER("client"),
		      "(mbind|migrate_pages)\\(.*\\) = -1 E(FAULT; The kernel cannot read "
		      "(nodemask|old_nodes) at 0x8, .*|INVAL; maxnode 1099511627776 is too large: "
		      ".*)\\.$",
		      4);
}
END_TEST

/* They end with the sentence, or where there is no room for more. A kernel may have been built for
 * few nodes. */
START_TEST(trace_of_long_lines)
{
	static const char flag_is_none[] = "; Flag 0x40 is none that mbind takes; there are "
					   "MPOL_MF_STRICT|MPOL_MF_MOVE|MPOL_MF_MOVE_ALL.";
	static const char no_such_node[] = "which nodemask names, is beyond the highest that this "
					   "kernel can have.";
	bool few_nodes = machine()->kernel_nodes < 1024;
	size_t longest = 0;
	int whole = 0, cut = 0, cut_in_sentence = 0;

	ASSERT_RUN(CLIENT, "long", 0, VARIABLES_OF(trace_variable, NULL));
	read_text(trace_path);
	for (char *line = text, *next; *line; line = next) {
		size_t length;

		next = strchr(line, '\n');
		ck_assert(next != NULL);
		length = (size_t)(next - line) + 1;
		*next++ = 0;
		longest = length > longest ? length : longest;
		if (strcmp(next - 4, "...")) {
			ck_assert_msg(strstr(line, flag_is_none) ||
					      (few_nodes && strstr(line, no_such_node)),
				      "%s", line);
			whole++;
		} else {
			cut += strstr(line, "...") != NULL;
			cut_in_sentence +=
				strstr(line, "; Flag") || (few_nodes && strstr(line, "; Node"));
		}
	}
	ck_assert_uint_eq(longest, 1023);
	ck_assert_msg(whole > 100 && cut > 100 && cut_in_sentence > (few_nodes ? 5 : 10),
		      "%d, %d, %d", whole, cut, cut_in_sentence);
	ck_assert_int_eq(whole + cut, 257);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_loop_test(tests, calls_from_everywhere, 0, sizeof(places) / sizeof(*places));
	tcase_add_test(tests, before_constructors);
	tcase_add_test(tests, inside_malloc);
	tcase_add_test(tests, switched_off);
	tcase_add_test(tests, programs_that_gain_rights_take_no_variables);
	tcase_add_test(tests, malformed_variables);
	tcase_add_test(tests, many_malformed_variables);
	tcase_add_test(tests, good_variables);
	tcase_add_test(tests, no_trace_to_write);
	tcase_add_test(tests, trace_into_a_descriptor);
	tcase_add_test(tests, trace_into_a_pipe);
	tcase_add_test(tests, trace_of_many_processes);
	tcase_add_test(tests, trace_of_libnuma);
	tcase_add_test(tests, trace_in_words);
	tcase_add_test(tests, trace_of_long_lines);
}

int main(void)
{
	int status;

	if (!mkdtemp(directory)) {
		perror(directory);
		return 1;
	}
	/* For a client that has dropped its privileges. */
	chmod(directory, 0777);
	snprintf(trace_path, sizeof(trace_path), "%s/trace", directory);
	snprintf(output_path, sizeof(output_path), "%s/output", directory);
	snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", directory);
	snprintf(trace_variable, sizeof(trace_variable), "STRICTBIND_TRACE=%s", trace_path);
	snprintf(pipe_variable, sizeof(pipe_variable), "STRICTBIND_TRACE=%s", pipe_path);
	mkfifo(pipe_path, 0666);
	snprintf(link_path, sizeof(link_path), "%s/link", directory);
	snprintf(link_variable, sizeof(link_variable), "STRICTBIND_TRACE=%s", link_path);
	if (symlink(trace_path, link_path))
		return 1;
	snprintf(privileged_path, sizeof(privileged_path), "%s/privileged", directory);
	status = run_suite("preload", add);
	unlink(privileged_path);
	unlink(trace_path);
	unlink(output_path);
	unlink(pipe_path);
	unlink(link_path);
	rmdir(directory);
	return status;
}
