/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only root may do, and how to be root no longer. */
#ifndef TESTS_RIGHTS_H
#define TESTS_RIGHTS_H

#include <stdbool.h>

/* Open the files below now. They stay open, so that the program can give up its privileges. */
void rights_take(void);

/* Give up all privileges; 0 when that worked or there were none. */
int become_nobody(void);

/* Writes to a file of the kernel; false when it takes less than all. */
bool write_word(const char *path, const char *word);

/* /dev/mem, or -1. */
int device_memory(void);

/* Have the kernel look for equal pages, and no longer; false where that cannot be. */
bool ksm_start(void);
void ksm_stop(void);

/*
 * Have madvise(MADV_HUGEPAGE) give pages of every size that this kernel has, and in shared memory,
 * too. What was set before is put back by the other.
 */
void large_pages_on(void);
void large_pages_back(void);

#endif
