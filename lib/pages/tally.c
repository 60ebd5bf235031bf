/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/tally.h"

const struct sb_counts sb_unknown_counts = {
	.unmoved = STRICTBIND_UNKNOWN,
	.shared = STRICTBIND_UNKNOWN,
};
