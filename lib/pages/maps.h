/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID/maps: which VMAs a process has, and what they are of. */
#ifndef SB_PAGES_MAPS_H
#define SB_PAGES_MAPS_H

#include <stdbool.h>

#include "core/proc_file.h"

/* What the pages of a VMA are of, as far as its line of maps tells. */
enum sb_backing {
	SB_BACKING_UNTOLD, /* a file, in memory or not */
	SB_BACKING_NONE,   /* anonymous memory */
	SB_BACKING_MEMORY, /* a file in memory, whose pages policies govern */
	SB_BACKING_DISK,
	SB_BACKING_SECRET, /* memfd_secret */
	SB_BACKING_KERNEL, /* memory of the kernel, such as a ring */
};

/* A line of /proc/PID/maps. */
struct sb_maps_line {
	unsigned long start;
	unsigned long end;
	bool vdso;
	bool file; /* of a file, or of what the kernel treats as one, as hugetlb mappings are */
	enum sb_backing backing;
	unsigned minor; /* of a device-less file system, where backing is not told */
};

/*
 * The number, in that base, behind what stands for no device: "00:" in maps, "0:" in mountinfo.
 * False for a device.
 */
bool sb_minor_read(const char *word, const char *no_device, unsigned base, unsigned *minor);

/* Takes the next line; false at the end. */
bool sb_maps_next(struct sb_words *words, struct sb_maps_line *line);

/* Where a range cuts VMAs: it goes from inside the first to inside the last of them. */
struct sb_cut {
	unsigned long outer_start; /* of the VMA that the start is in, the start if it cuts none */
	unsigned long inner_start; /* the end of that VMA */
	unsigned long inner_end;
	unsigned long outer_end;
};

/* Returns 0 or a negative errno. */
int sb_maps_cut(int pid, unsigned long start, unsigned long end, struct sb_cut *cut);

/* The first part of a range that is mapped; both are its end when none is. */
struct sb_mapped {
	unsigned long start;
	unsigned long end;
	unsigned long lines; /* that were read to find out */
};

/* All of the range when that cannot be told. */
struct sb_mapped sb_next_mapped(int pid, unsigned long start, unsigned long end);

/* The end of what is mapped below an address; that address when it cannot be told. */
unsigned long sb_last_mapped(int pid, unsigned long end);

#endif
