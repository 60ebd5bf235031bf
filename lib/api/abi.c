/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "api/abi.h"

/* No structure will ever be longer; a larger size is garbage and would send us reading far. */
#define LONGEST 4096

#if __SIZEOF_LONG__ == 8 && __SIZEOF_POINTER__ == 8
/* The same on every 64-bit machine: no field of 1.0 leaves a gap, and none may follow inside. */
_Static_assert(SB_REPORT_1_0 == 40, "struct strictbind_report is not that of version 1.0");
_Static_assert(SB_OPTIONS_1_0 == 40, "struct strictbind_options is not that of version 1.0");
_Static_assert(SB_FACT_1_0 == 64, "struct strictbind_fact is not that of version 1.0");
_Static_assert(SB_ARGUMENTS_1_1 == 64, "struct strictbind_arguments is not that of version 1.1");
#endif

static size_t size_of(const void *structure)
{
	size_t size;

	memcpy(&size, structure, sizeof(size));
	return size;
}

int sb_check_size(const void *structure, size_t first_size)
{
	size_t size = size_of(structure);

	if (size < first_size)
		return -EINVAL;
	return size > LONGEST ? -E2BIG : 0;
}

void sb_copy_out(void *structure, const void *known, size_t known_size)
{
	size_t size = size_of(structure);
	size_t both = size < known_size ? size : known_size;
	size_t start = sizeof(size);

	memcpy((char *)structure + start, (const char *)known + start, both - start);
	memset((char *)structure + both, 0, size - both);
}

/*
 * A newer program may ask for something that this library does not know. It has to hear so, since
 * the call would do something else than it was asked to.
 */
static int take_known(const void *structure, size_t first_size, void *known, size_t known_size)
{
	size_t size = size_of(structure);
	int result = sb_check_size(structure, first_size);

	if (result < 0)
		return result;
	for (size_t i = known_size; i < size; i++)
		if (((const char *)structure)[i])
			return -E2BIG;
	memcpy(known, structure, size < known_size ? size : known_size);
	return 0;
}

static unsigned long exact_or_unknown(const struct sb_bounds *bounds)
{
	return sb_bounds_exact(bounds) ? bounds->least : STRICTBIND_UNKNOWN;
}

static unsigned long first_status(const struct sb_tally *tally)
{
	if (sb_tally_first(tally))
		return STRICTBIND_FIRST_KNOWN;
	return tally->unmoved.most ? STRICTBIND_FIRST_UNKNOWN : STRICTBIND_FIRST_NONE;
}

void sb_write_report(struct strictbind_report *report, const struct sb_tally *tally,
		     unsigned long ranges)
{
	struct strictbind_report known = {
		.unmoved = exact_or_unknown(&tally->unmoved),
		.shared = exact_or_unknown(&tally->shared),
		.first_unmoved = (const void *)sb_tally_first(tally), // NOLINT
		.first_status = first_status(tally),
		.ranges = ranges,
	};

	sb_copy_out(report, &known, sizeof(known));
}

int sb_take_options(const struct strictbind_options *options, struct strictbind_report *report,
		    struct strictbind_options *known)
{
	static const struct sb_tally nothing;
	int result = 0;

	memset(known, 0, sizeof(*known));
	if (report)
		result = sb_check_size(report, SB_REPORT_1_0);
	if (result == 0 && report)
		sb_write_report(report, &nothing, 0);
	if (result == 0 && options)
		result = take_known(options, SB_OPTIONS_1_0, known, sizeof(*known));
	if (result == 0 && known->ranges && !report)
		result = -EINVAL;
	return result;
}

int sb_take_arguments(const struct strictbind_arguments *arguments,
		      struct strictbind_arguments *known)
{
	memset(known, 0, sizeof(*known));
	return take_known(arguments, SB_ARGUMENTS_1_1, known, sizeof(*known));
}
