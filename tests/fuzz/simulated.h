/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For targets on the simulated kernel: booting it, and files that hold what the input says. */
#ifndef FUZZ_SIMULATED_H
#define FUZZ_SIMULATED_H

#include "fuzz.h"
#include "kernel.h"
#include "plain.h"

/* A kernel on which files of the process are read, and nothing is asked. */
static inline void boot_for_files(struct input *input)
{
	fake_boot(fake_perfect_kernel(), 4);
	fake.call_limit = 100000;
	/* A read gets so many bytes, 0: as many as asked for. */
	fake.read_max = (unsigned)input_number(input, 1);
}

/* Contents of a file from the input: to be freed. */
static inline char *give_text(struct input *input, enum fake_file_kind kind)
{
	char *text = input_text(input, NULL);

	fake.text_of[kind] = text;
	return text;
}

/* The same of no more bytes than the next one says. */
static inline char *give_short_text(struct input *input, enum fake_file_kind kind)
{
	size_t length = input_number(input, 1);
	struct input part = input_of(input->at, length < input->left ? length : input->left);
	char *text = input_text(&part, NULL);

	input->left -= (size_t)(part.at - input->at);
	input->at = part.at;
	fake.text_of[kind] = text;
	return text;
}

static inline void require_nothing_left(void)
{
	require(!fake_leftover(), "%s", fake_leftover());
}

#endif
