/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID/smaps: which mappings have transparent huge pages. The kernel looks at every page for
 * it. */
#ifndef SB_PAGES_SMAPS_H
#define SB_PAGES_SMAPS_H

#include <stdbool.h>

#include "core/proc_file.h"

struct sb_smaps {
	int pid;

	/* Its own. */
	bool asked; /* and if that has failed nothing is read */
	struct sb_words words;
	unsigned long start; /* of the mapping whose lines come next, up to end; 0, 0: none */
	unsigned long end;
};

/*
 * Whether huge pages are mapped as a whole in the mapping that an address is in. It is asked from
 * below, address by address. False where that is not told.
 */
bool sb_smaps_has_huge(struct sb_smaps *smaps, unsigned long address);

/* When nothing more is asked. */
void sb_smaps_close(struct sb_smaps *smaps);

#endif
