/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_FIRST_H
#define TESTS_FIRST_H

#include <stdbool.h>
#include <strictbind.h>

/* Whether first_status says of a report what its other fields say. */
static inline bool first_status_agrees(const struct strictbind_report *report)
{
	switch (report->first_status) {
	case STRICTBIND_FIRST_NONE:
		return report->unmoved == 0 && !report->first_unmoved;
	case STRICTBIND_FIRST_KNOWN:
		return report->unmoved != 0 && report->first_unmoved;
	case STRICTBIND_FIRST_UNKNOWN:
		return report->unmoved != 0 && !report->first_unmoved;
	default:
		return false;
	}
}

#endif
