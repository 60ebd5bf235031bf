/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_PAGES_RSS_H
#define SB_PAGES_RSS_H

#include <stdbool.h>

/* Bytes of memory that the calling process has mapped, huge pages included; ULONG_MAX when unknown.
 */
unsigned long sb_resident_bytes(void);

/* Pages that a process has mapped, those of hugetlb left out; ULONG_MAX when unknown. */
unsigned long sb_resident_pages(int pid);

/* Whether it is known that the calling process has no page of a hugetlb mapping. */
bool sb_has_no_hugetlb(void);

#endif
