/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL = 80, MOST = 10000, TEXT_MOST = 78 };

int terminal_room(int fd)
{
	struct winsize size;

	if (!isatty(fd))
		return 0;
	/* A serial line does not know. */
	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : USUAL;
}

int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	int room = terminal_room(STDOUT_FILENO);
	long width = columns ? strtol(columns, NULL, 10) : 0;

	if (room)
		return room;
	return width > 0 && width <= MOST ? (int)width : USUAL;
}

int terminal_text_width(void)
{
	int width = terminal_width();

	return width < TEXT_MOST ? width : TEXT_MOST;
}

bool terminal_draws(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && !(term && strcmp(term, "dumb") == 0);
}
