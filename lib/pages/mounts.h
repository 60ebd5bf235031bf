/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of a process lie on, where their name and device do not tell. */
#ifndef SB_PAGES_MOUNTS_H
#define SB_PAGES_MOUNTS_H

#include <stdbool.h>

#include "pages/maps.h"

struct sb_mounts {
	int pid;

	/* The answer that was given last: a process maps many parts of few file systems. */
	bool asked;
	unsigned minor;
	enum sb_backing backing;
};

/*
 * What the pages of a VMA are of. A file without a device may be in memory, or of a file system
 * such as btrfs, overlayfs or NFS: /proc/PID/mountinfo tells, unless the process has no such mount.
 */
enum sb_backing sb_mounts_backing(struct sb_mounts *mounts, const struct sb_maps_line *line);

#endif
