/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_LOCATE_H
#define SB_LOCATE_H

#include "pages.h"

/* Walks the pages that a range touches. Returns 0 or a negative errno. */
int sb_locate(const struct sb_walk *walk, const void *addr, unsigned long len);

#endif
