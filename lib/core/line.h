/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line of text, put together without the C library's printf. What does not fit is cut off. */
#ifndef SB_CORE_LINE_H
#define SB_CORE_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct sb_line {
	char *text;
	size_t size; /* of the room at text */
	size_t used;
	bool cut; /* something did not fit */
};

static inline struct sb_line sb_line_in(char *text, size_t size)
{
	return (struct sb_line){ .text = text, .size = size };
}

void sb_line_add(struct sb_line *line, const char *text);
/* Only so many bytes, and '?' for what is neither a letter nor a sign. */
void sb_line_add_foreign(struct sb_line *line, const char *text, size_t most);
void sb_line_number(struct sb_line *line, unsigned long number);
void sb_line_signed(struct sb_line *line, long number);
/* As "0x1f". */
void sb_line_hex(struct sb_line *line, unsigned long number);

/*
 * Ends the line with this byte, and with "..." before it when something was cut off. For both there
 * has been room from the start; where the room is smaller than that, there is as much as fits.
 */
void sb_line_end(struct sb_line *line, char last);

#endif
