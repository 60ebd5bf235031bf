/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "line.h"

/* Behind all text there is room for this. */
static const char cut_end[] = "...\n";

static void add_byte(struct sb_line *line, char byte)
{
	/* One more than the room there is says that something did not fit. */
	if (line->used < sizeof(line->text) - sizeof(cut_end))
		line->text[line->used] = byte;
	line->used += line->used <= sizeof(line->text) - sizeof(cut_end);
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

void sb_line_end(struct sb_line *line)
{
	const char *end = cut_end;

	if (line->used <= sizeof(line->text) - sizeof(cut_end))
		end += sizeof("...") - 1;
	else
		line->used--;
	while (*end)
		line->text[line->used++] = *end++;
}
