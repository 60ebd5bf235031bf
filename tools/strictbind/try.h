/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a call of mbind would fail here, found out by making it. */
#ifndef TRY_H
#define TRY_H

#include <stdbool.h>
#include <stdio.h>

#include "nodes.h"
#include "refused.h"
#include "table.h"

struct
try {
	const char *asked; /* as it was given, NULL: nothing was */
	int mode;
	unsigned flags;
	struct nodes nodes;
	int error; /* 0: the call succeeds */
	int cause;
	char why[512];
	char *remedy; /* or NULL */
};

/* Reads MODE[=FLAG][:NODES[,FLAGS]]; ends the program when it is not that. */
struct try try_argument(const char *text);

/* Makes the call on a few pages, which are gone again afterwards. */
void try_make(struct try *try, const struct confinement *confinement);

void try_print(const struct try *try, FILE *file);
void try_json(const struct try *try, struct json *json);

#endif
