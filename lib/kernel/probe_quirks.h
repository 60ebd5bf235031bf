/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_KERNEL_PROBE_QUIRKS_H
#define SB_KERNEL_PROBE_QUIRKS_H

/*
 * The questions to the kernel about its quirks. Each returns 1 when the quirk is there, 0 when it
 * is not, and a negative errno when the question cannot be asked. Each works on a few pages of its
 * own and leaves nothing behind.
 */
int sb_probe_strict_ignores_misplaced(void);
int sb_probe_misses_tail_hole(void);
int sb_probe_eio_hides_hole(void);
int sb_probe_query_misses_prot_none(void);
int sb_probe_query_misses_secretmem(void);

/*
 * The questions that take a page which the kernel cannot isolate. Such a page takes a perf event or
 * a packet socket, each of which can take the kernel tens of milliseconds to be rid of.
 */
enum sb_unmovable_question {
	SB_ASK_STOPS,
	SB_ASK_MISSES,
	SB_ASK_HALF_DONE,
	SB_UNMOVABLE_QUESTIONS,
};

/* Answers all of them, each as above. */
void sb_probe_unmovable(int found[SB_UNMOVABLE_QUESTIONS]);

/* The questions about interfaces: 0 when it is there for this process, else a negative errno. */
int sb_probe_mbind(void);
int sb_probe_migrate_pages(void);
int sb_probe_move_pages(void);
int sb_probe_local(void);
int sb_probe_preferred_many(void);
int sb_probe_weighted_interleave(void);
int sb_probe_pagemap(void);
int sb_probe_pagemap_scan(void);
int sb_probe_procmap_query(void);
int sb_probe_numa_maps(void);

#endif
