/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares what a call did with what the contract says. */
#ifndef VERDICT_H
#define VERDICT_H

#include "calls.h"

/* The difference in words, empty when there is none. */
struct verdict {
	char text[400];
};

struct verdict judge(const struct outcome *seen, const struct outcome *expected);

/* "0", "EIO", "3" */
const char *result_name(const struct outcome *outcome);

#endif
