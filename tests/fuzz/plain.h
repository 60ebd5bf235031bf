/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text, read once more in the plainest way, to compare. */
#ifndef FUZZ_PLAIN_H
#define FUZZ_PLAIN_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One of the digits of a base up to 16, or -1. */
static inline int digit_of(char byte)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = byte ? strchr(digits, byte) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* Like the library's numbers: what is too long wraps around. */
static inline unsigned long plain_number(const char **text, int base)
{
	unsigned long number = 0;

	for (; digit_of(**text) >= 0 && digit_of(**text) < base; (*text)++)
		number = number * (unsigned long)base + (unsigned long)digit_of(**text);
	return number;
}

/* A line of a text, cut off it, without its end. NULL after the last. */
static inline char *take_line(char **text)
{
	char *line = *text;

	if (!*line)
		return NULL;
	*text += strcspn(line, "\n");
	if (**text)
		*(*text)++ = '\0';
	return line;
}

/* The same with words; what stands between two blanks is a word, also when it is empty. */
static inline char *take_word(char **line)
{
	char *word = *line;

	if (!word)
		return NULL;
	*line = strchr(word, ' ');
	if (*line)
		*(*line)++ = '\0';
	return word;
}

enum { WORD_MOST = 63 };

/* As much of it as the library keeps. */
static inline char *cut_word(char *word)
{
	if (strlen(word) > WORD_MOST)
		word[WORD_MOST] = '\0';
	return word;
}

static inline char *copy_text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

/* A list such as "0-3,8", up to most. False when it is something else, which may mean anything. */
static inline bool plain_list(const char *text, bool *has, unsigned most)
{
	memset(has, 0, most * sizeof(*has));
	for (;; text++) {
		unsigned long first, last;
		const char *begin = text;

		first = last = plain_number(&text, 10);
		if (text == begin || text - begin > 9)
			return false;
		if (*text == '-') {
			begin = ++text;
			last = plain_number(&text, 10);
			if (text == begin || text - begin > 9)
				return false;
		}
		for (unsigned long i = first; i <= last && i < most; i++)
			has[i] = true;
		if (*text != ',')
			return *text == '\n' || *text == '\0';
	}
}

#endif
