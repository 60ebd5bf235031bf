/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the targets share: taking an input apart, and saying what is wrong. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libFuzzer calls this with one input after the other. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The end of the program, with why: libFuzzer keeps the input. */
#define require(condition, ...)                                                                    \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(STDERR_FILENO, "%s:%d: ", __FILE__, __LINE__);                     \
			dprintf(STDERR_FILENO, __VA_ARGS__);                                       \
			dprintf(STDERR_FILENO, "\n");                                              \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* An input that is taken apart from its beginning on. */
struct input {
	const uint8_t *at;
	size_t left;
};

static inline struct input input_of(const uint8_t *data, size_t size)
{
	return (struct input){ data, size };
}

/* A number of so many bytes, the lowest first; zeros behind the end. */
static inline unsigned long input_number(struct input *input, unsigned bytes)
{
	unsigned long number = 0;

	for (unsigned i = 0; i < bytes && input->left; i++, input->left--)
		number |= (unsigned long)*input->at++ << 8 * i;
	return number;
}

/* 0 to below, from one byte. */
static inline unsigned input_below(struct input *input, unsigned below)
{
	return (unsigned)(input_number(input, 1) % below);
}

/*
 * Everything up to a line "==", or what is left: contents of a file. A new string, whose memory
 * ends where it does, so that nobody reads behind it unseen. size may be NULL.
 */
static inline char *input_text(struct input *input, size_t *size)
{
	static const char line[] = "==\n";
	size_t length = 0;
	char *text;

	while (length < input->left && !((length == 0 || input->at[length - 1] == '\n') &&
					 input->left - length >= sizeof(line) - 1 &&
					 memcmp(input->at + length, line, sizeof(line) - 1) == 0))
		length++;
	text = malloc(length + 1);
	if (!text)
		abort();
	if (length)
		memcpy(text, input->at, length);
	text[length] = '\0';
	if (length < input->left)
		length += sizeof(line) - 1;
	input->at += length;
	input->left -= length;
	if (size)
		*size = strlen(text);
	return text;
}

#endif
