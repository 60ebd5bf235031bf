/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/line.h"

/* With the last byte as long as the array is, with its zero. */
static const char cut_end[] = "...";

static void add_byte(struct sb_line *line, char byte)
{
	if (line->used + sizeof(cut_end) < line->size)
		line->text[line->used++] = byte;
	else
		line->cut = true;
}

void sb_line_add(struct sb_line *line, const char *text)
{
	while (*text)
		add_byte(line, *text++);
}

void sb_line_add_foreign(struct sb_line *line, const char *text, size_t most)
{
	for (; *text && most > 0; text++, most--)
		add_byte(line, *text > ' ' && *text <= '~' ? *text : '?');
	if (*text)
		sb_line_add(line, "...");
}

static void add_digits(struct sb_line *line, unsigned long number, unsigned base)
{
	char digits[24];
	char *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do {
		*--first = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	sb_line_add(line, first);
}

void sb_line_number(struct sb_line *line, unsigned long number)
{
	add_digits(line, number, 10);
}

void sb_line_signed(struct sb_line *line, long number)
{
	if (number < 0)
		sb_line_add(line, "-");
	sb_line_number(line, number < 0 ? -(unsigned long)number : (unsigned long)number);
}

void sb_line_hex(struct sb_line *line, unsigned long number)
{
	sb_line_add(line, "0x");
	add_digits(line, number, 16);
}

void sb_line_end(struct sb_line *line, char last)
{
	const char *end = cut_end;

	while (line->cut && *end && line->used + 1 < line->size)
		line->text[line->used++] = *end++;
	if (line->used < line->size)
		line->text[line->used++] = last;
}
