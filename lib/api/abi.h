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
 * The sizes of the public structures in version 1.0, which every caller has at least. They end with
 * the last field of that version and never change; sizeof grows with later fields.
 */
#define SB_END_OF(type, field) (offsetof(type, field) + sizeof(((type *)NULL)->field))
#define SB_REPORT_1_0 SB_END_OF(struct strictbind_report, first_status)
#define SB_OPTIONS_1_0 SB_END_OF(struct strictbind_options, user)
#define SB_FACT_1_0 SB_END_OF(struct strictbind_fact, handling)
/* Those that came later. */
#define SB_ARGUMENTS_1_1 SB_END_OF(struct strictbind_arguments, flags)

/*
 * Judges the size that a caller's structure carries: -EINVAL when it is smaller than in
 * version 1.0, -E2BIG when no structure can be that large, else 0.
 */
int sb_check_size(const void *structure, size_t first_size);

/*
 * Fills a caller's structure from the whole one of this library, which is known_size long: as much
 * as the caller has room for. What the caller has beyond is cleared. Its size stays as it is.
 */
void sb_copy_out(void *structure, const void *known, size_t known_size);

/*
 * Judges the two structures of an _opt call, either of which may be NULL, and fills *known with the
 * options: zero in every field that the caller does not have or give. A report whose size is right
 * is cleared, so that it is right whatever the call fails with. Ranges take a report.
 */
int sb_take_options(const struct strictbind_options *options, struct strictbind_report *report,
		    struct strictbind_options *known);

/*
 * Fills *known from the caller's structure. -EINVAL or -E2BIG when its size is wrong, or it asks
 * for what this library does not know.
 */
int sb_take_arguments(const struct strictbind_arguments *arguments,
		      struct strictbind_arguments *known);

/* Whether STRICTBIND_QUIRKS may have this value: names of quirks, "all" or "none". */
bool sb_understands_quirks(const char *value);

/* ranges: how many there are to tell. */
void sb_write_report(struct strictbind_report *report, const struct sb_tally *tally,
		     unsigned long ranges);

#endif
