/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line of text, put together without the C library's printf. What does not fit is cut off. */
#ifndef SB_LINE_H
#define SB_LINE_H

#include <stddef.h>

struct sb_line {
	size_t used;
	char text[1024];
};

void sb_line_add(struct sb_line *line, const char *text);
/* Only so many bytes, and '?' for what is neither a letter nor a sign. */
void sb_line_add_foreign(struct sb_line *line, const char *text, size_t most);
void sb_line_number(struct sb_line *line, unsigned long number);
void sb_line_signed(struct sb_line *line, long number);
/* As "0x1f". */
void sb_line_hex(struct sb_line *line, unsigned long number);
void sb_line_end(struct sb_line *line);

#endif
