/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_PAGES_LOCATE_H
#define SB_PAGES_LOCATE_H

#include "pages/numa_maps.h"

/* Counts the pages that a range touches, into an empty census. Returns 0 or a negative errno. */
int sb_locate(int pid, const void *addr, unsigned long len, const struct sb_census *census);

#endif
