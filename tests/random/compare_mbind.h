/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RANDOM_COMPARE_MBIND_H
#define RANDOM_COMPARE_MBIND_H

#include "model_mbind.h"

/* Compare what happened with what had to. raw: the kernel alone was called, which tells no counts.
 */
void mbind_compare(struct verdict *verdict, const struct mbind_model *model,
		   const struct scene *scene, const struct mbind_call *call,
		   const struct outcome *outcome, const struct sight *sight, bool raw);

#endif
