/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command beside processes that end just then. Each has some memory, and ends after a time that
 * is brought closer and closer to the time that the command takes: now it sees the process, now it
 * does not. It is to say all there is to say and exit with 0 or 1, or one line on stderr and exit
 * with 3. Usage: ending TRIES COMMAND..., behind which the number of the process and WORDS after --
 * come: ending 100 strictbind migrate -- 0 0
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY = 4 << 20, MOST_WORDS = 16, MOST_US = 1000000, TEXT = 1 << 16 };

static char out_path[] = "/tmp/ending-XXXXXX", err_path[] = "/tmp/ending-XXXXXX";

static void wait_us(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

/* Ready once the pipe is closed; then it lives for so long. */
static pid_t start_process(long us)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) != 0)
		exit(2);
	pid = fork();
	if (pid == 0) {
		char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory != MAP_FAILED)
			memset(memory, 1, MEMORY);
		close(ready[0]);
		close(ready[1]);
		wait_us(us);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) < 0)
		exit(2);
	close(ready[0]);
	return pid;
}

static void run_command(char **words)
{
	dup2(open(out_path, O_WRONLY | O_TRUNC), 1);
	dup2(open(err_path, O_WRONLY | O_TRUNC), 2);
	execv(words[0], words);
	_exit(127);
}

static void read_text(const char *path, char *text)
{
	int fd = open(path, O_RDONLY);
	ssize_t got = read(fd, text, TEXT - 1);

	text[got > 0 ? got : 0] = '\0';
	close(fd);
}

static bool is_one_line(const char *text)
{
	const char *end = strchr(text, '\n');

	return strncmp(text, "strictbind: ", 12) == 0 && end && !end[1];
}

/* A table or a sentence ends with the sentence, JSON with its bracket, metrics with their own end.
 */
static bool is_whole(const char *text, size_t length)
{
	if (text[0] == '{')
		return length > 3 && strcmp(text + length - 3, "\n}\n") == 0;
	if (text[0] == '#')
		return length > 6 && strcmp(text + length - 6, "# EOF\n") == 0;
	return length > 0 && text[length - 1] == '\n' &&
	       (strncmp(text, "Process ", 8) == 0 || strstr(text, "\nProcess "));
}

/* Whether it has seen the process; ends the program when it is neither one nor the other. */
static bool judge(int status)
{
	static char out[TEXT], err[TEXT];
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	size_t length;

	read_text(out_path, out);
	read_text(err_path, err);
	length = strlen(out);
	if ((code == 0 || code == 1) && is_whole(out, length) && !*err)
		return true;
	if (code == 3 && !*out && is_one_line(err))
		return false;
	printf("exits with %d, and prints:\n%.1000s%s", code, out, err);
	exit(1);
}

static bool try(char **words, int number_at, long us)
{
	char number[16];
	pid_t ending = start_process(us), command;
	int status;

	snprintf(number, sizeof(number), "%d", ending);
	words[number_at] = number;
	command = fork();
	if (command == 0)
		run_command(words);
	waitpid(command, &status, 0);
	kill(ending, SIGKILL);
	waitpid(ending, NULL, 0);
	return judge(status);
}

/* What it takes about a process that lives on. */
static long time_us(char **words, int number_at)
{
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	if (!try(words, number_at, 100L * MOST_US)) {
		puts("a process that lives on is not seen");
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &after);
	return (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
}

/* The words with room for the number. */
static int take_words(char **words, char **argv)
{
	int count = 0, number_at = 0;

	for (; *argv && count < MOST_WORDS - 2; argv++) {
		if (strcmp(*argv, "--") == 0)
			number_at = count++;
		else
			words[count++] = *argv;
	}
	if (!number_at)
		number_at = count++;
	words[count] = NULL;
	return number_at;
}

int main(int argc, char **argv)
{
	char *words[MOST_WORDS];
	int tries = argc > 2 ? atoi(argv[1]) : 0;
	int number_at, seen = 0;
	long us;

	if (tries < 1)
		return 2;
	close(mkstemp(out_path));
	close(mkstemp(err_path));
	number_at = take_words(words, argv + 2);
	us = time_us(words, number_at);
	/* Later next time when it was too early, and the other way round: in steps of a few
	 * percent. */
	for (int i = 0; i < tries; i++) {
		bool found = try(words, number_at, us);
		/* The time that was taken first may have been many times the usual one. */
		bool far = i < 8 || seen == 0 || seen == i;

		seen += found;
		us += (found ? -us : us) / (far ? 2 : 16) + (found ? 0 : 20);
		if (us > MOST_US)
			us = MOST_US;
	}
	unlink(out_path);
	unlink(err_path);
	printf("seen in %d of %d tries\n", seen, tries);
	return seen > 0 && seen < tries ? 0 : 1;
}
