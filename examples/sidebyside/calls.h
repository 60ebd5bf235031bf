/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the call of a scene, as the kernel offers it and by the library, and takes down what came
 * of it. */
#ifndef CALLS_H
#define CALLS_H

#include "stage.h"

enum { NOT_TOLD = -1 };

struct outcome {
	const char *skipped; /* why there is nothing below, or NULL */
	size_t unit;	     /* pages in one character */
	long result;
	int error;
	/* What the caller is told of the pages left behind. */
	long unmoved;
	long shared;
	long first; /* the first unmoved one, as a character of the picture */
	struct picture after;
};

struct outcome call_raw(const struct scene *scene);
struct outcome call_strictbind(const struct scene *scene);

/* What the contract says, for the same memory. */
struct outcome contract(const struct scene *scene, size_t unit);

#endif
