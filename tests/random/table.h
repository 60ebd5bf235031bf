/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cases by kind of memory, mode and flags, with the kernel alone beside the library. */
#ifndef RANDOM_TABLE_H
#define RANDOM_TABLE_H

#include "tally.h"

void table_print(const struct tally *tally);
/* "table":[...], without a comma behind it. */
void table_json(const struct tally *tally);

#endif
