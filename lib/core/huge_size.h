/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_CORE_HUGE_SIZE_H
#define SB_CORE_HUGE_SIZE_H

/*
 * Bytes of the largest transparent huge page, for whoever must know whether one is cut. It does not
 * follow from the page size: with pages of 64 KiB it is 512 MiB on Arm and 2 MiB on POWER. The
 * kernel is asked once. Where it does not tell, that is what a page of page table entries of 8
 * bytes maps, which is right on most.
 */
unsigned long sb_huge_size(void);

/*
 * Bytes of the largest folio below that size which memory may get now: the size of a page where the
 * kernel knows of no others, or gives none. Read anew each time, as it can be set.
 */
unsigned long sb_folio_size(void);

#endif
