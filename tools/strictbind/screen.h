/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole terminal to draw on, which is put back as it was, and what its user types. */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stdio.h>

enum screen_event {
	SCREEN_NOTHING, /* the time is over */
	SCREEN_AGAIN,	/* the user wants to see something new */
	SCREEN_RESIZED, /* the same has to be drawn once more */
	SCREEN_END
};

/* Takes the terminal, if the standard output is one that can be drawn on, and signals that end. */
void screen_begin(void);

/*
 * For who waits for another process that has the screen, and may end it: what the terminal was like
 * before, and that it is so again.
 */
void screen_remember(void);
void screen_put_back(void);
void screen_end(void);
bool screen_is_on(void);
int screen_height(void);

/* What is written to the file is shown, as far as it fits, by screen_show(). */
FILE *screen_draw(void);
void screen_show(void);

enum screen_event screen_wait(int ms);

#endif
