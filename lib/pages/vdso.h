/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_PAGES_VDSO_H
#define SB_PAGES_VDSO_H

/*
 * Where the vdso of a process and its data are, if near the range passed; an empty range when it
 * has none. Its pages are the kernel's own: move_pages tells a node for them, but no policy governs
 * them.
 */
void sb_vdso_range(int pid, unsigned long *start, unsigned long *end);

#endif
