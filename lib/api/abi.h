/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the inside, where errors are negative values, and the caller. */
#ifndef SB_API_ABI_H
#define SB_API_ABI_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "pages/tally.h"
#include "strictbind.h"

#define SB_EXPORT __attribute__((visibility("default")))

static inline long sb_result(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

/*
 * Judges a structure that carries its size: -EINVAL when it is smaller than its first version,
 * -E2BIG when a newer caller asks for something that this library does not know, else 0.
 */
int sb_check_struct(const void *structure, size_t first_size, size_t known_size);

/*
 * Judges the two structures of an _opt call, either of which may be NULL. A report that is one is
 * cleared, so that it is right whatever the call fails with.
 */
int sb_check_options(const struct strictbind_options *options, struct strictbind_report *report);

/* Whether STRICTBIND_QUIRKS may have this value: names of quirks, "all" or "none". */
bool sb_understands_quirks(const char *value);

void sb_write_report(struct strictbind_report *report, const struct sb_counts *counts);

#endif
