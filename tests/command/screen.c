/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a command on a terminal of its own, and prints what it writes there. Exits as it does, with
 * 77 where there are no terminals. Usage: screen COLUMNS[^C|q] COMMAND... With ^C or q that is
 * typed once there is a % on the screen, or the verdict on a process.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The command runs below a leader of the session that stays: what was written last could be lost
 * when the last one that has the terminal open, or the leader, ends before it was read.
 */
static _Noreturn void lead(int terminal, int ended, char **argv)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	int status;
	pid_t pid;

	setsid();
	ioctl(terminal, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(terminal, fd);
	/* Ctrl-C is for the command. */
	sigaction(SIGINT, &ignore, &old);
	pid = fork();
	if (pid == 0) {
		sigaction(SIGINT, &old, NULL);
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || write(ended, &status, sizeof(status)) < 0)
		_exit(127);
	for (;;)
		pause();
}

/* What is there to read, after which the key is typed that is waited for. */
static void copy(int from, char *key)
{
	char text[4096];
	ssize_t got;

	while ((got = read(from, text, sizeof(text))) > 0) {
		fwrite(text, 1, (size_t)got, stdout);
		if (*key &&
		    (memchr(text, '%', (size_t)got) || memmem(text, (size_t)got, "Process ", 8)))
			*key = write(from, key, 1) == 1 ? '\0' : *key;
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24 };
	int leader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	int terminal, ended[2], status = 0;
	char key;
	pid_t pid;

	if (argc < 3 || leader < 0 || grantpt(leader) != 0 || unlockpt(leader) != 0 ||
	    pipe2(ended, O_CLOEXEC) != 0)
		return 77;
	terminal = open(ptsname(leader), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0)
		return 77;
	key = strchr(argv[1], '^') ? '\003' : strchr(argv[1], 'q') ? 'q' : '\0';
	size.ws_col = (unsigned short)atoi(argv[1]);
	ioctl(terminal, TIOCSWINSZ, &size);
	pid = fork();
	if (pid == 0)
		lead(terminal, ended[1], argv + 2);
	close(ended[1]);
	for (bool over = false; !over;) {
		struct pollfd wait[] = { { .fd = leader, .events = POLLIN },
					 { .fd = ended[0], .events = POLLIN } };

		poll(wait, 2, -1);
		over = wait[1].revents;
		copy(leader, &key);
	}
	if (read(ended[0], &status, sizeof(status)) != sizeof(status))
		status = 127 << 8;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
