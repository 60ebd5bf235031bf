/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "api/abi.h"

/* No structure will ever be longer; a larger size is garbage and would send us reading far. */
#define LONGEST 4096

int sb_check_struct(const void *structure, size_t first_size, size_t known_size)
{
	size_t size;

	memcpy(&size, structure, sizeof(size));
	if (size < first_size)
		return -EINVAL;
	if (size > LONGEST)
		return -E2BIG;
	for (size_t i = known_size; i < size; i++)
		if (((const char *)structure)[i])
			return -E2BIG;
	return 0;
}

void sb_write_report(struct strictbind_report *report, const struct sb_counts *counts)
{
	report->unmoved = counts->unmoved;
	report->shared = counts->shared;
	report->first_unmoved = (const void *)counts->first_unmoved; // NOLINT
}

int sb_check_options(const struct strictbind_options *options, struct strictbind_report *report)
{
	static const struct sb_counts nothing;
	int result = 0;

	if (report)
		result = sb_check_struct(report, sizeof(*report), sizeof(*report));
	if (result == 0 && report)
		sb_write_report(report, &nothing);
	if (result == 0 && options)
		result = sb_check_struct(options, sizeof(*options), sizeof(*options));
	return result;
}
