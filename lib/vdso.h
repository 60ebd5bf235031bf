/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_VDSO_H
#define SB_VDSO_H

/*
 * Where the vdso of a process is; an empty range when it has none or that cannot be told. Its pages
 * are the kernel's own: move_pages tells a node for them, but no policy governs them.
 */
void sb_vdso_range(int pid, unsigned long *start, unsigned long *end);

#endif
