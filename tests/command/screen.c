/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a command on a terminal of its own, and prints what it writes there. Exits as it does, with
 * 77 where there are no terminals. Usage: screen COLUMNS[^C|q] COMMAND... With ^C or q that is
 * typed once there is a % on the screen, or the verdict on a process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_on(int terminal, char **argv)
{
	setsid();
	ioctl(terminal, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(terminal, fd);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* Until the last one that has the terminal open closes it. */
static void copy(int from, char key)
{
	char text[4096];
	ssize_t got;

	while ((got = read(from, text, sizeof(text))) > 0 || (got < 0 && errno == EINTR)) {
		if (got <= 0)
			continue;
		fwrite(text, 1, (size_t)got, stdout);
		if (key &&
		    (memchr(text, '%', (size_t)got) || memmem(text, (size_t)got, "Process ", 8)))
			key = write(from, &key, 1) == 1 ? '\0' : key;
		fflush(stdout);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24 };
	int leader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int terminal, status = 0;
	pid_t pid;

	if (argc < 3 || leader < 0 || grantpt(leader) != 0 || unlockpt(leader) != 0)
		return 77;
	terminal = open(ptsname(leader), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0)
		return 77;
	size.ws_col = (unsigned short)atoi(argv[1]);
	ioctl(terminal, TIOCSWINSZ, &size);
	pid = fork();
	if (pid == 0)
		run_on(terminal, argv + 2);
	close(terminal);
	copy(leader, strchr(argv[1], '^') ? '\003' : strchr(argv[1], 'q') ? 'q' : '\0');
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
