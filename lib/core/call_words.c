/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/call_words.h"

#include "core/syscall.h"

struct name {
	unsigned long value;
	const char *name;
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct name modes[] = {
	{ 0, "MPOL_DEFAULT" },
	{ 1, "MPOL_PREFERRED" },
	{ 2, "MPOL_BIND" },
	{ 3, "MPOL_INTERLEAVE" },
	{ 4, "MPOL_LOCAL" },
	{ 5, "MPOL_PREFERRED_MANY" },
	{ 6, "MPOL_WEIGHTED_INTERLEAVE" },
};

static const struct name mode_flags[] = {
	{ 1 << 13, "MPOL_F_NUMA_BALANCING" },
	{ 1 << 14, "MPOL_F_RELATIVE_NODES" },
	{ 1 << 15, "MPOL_F_STATIC_NODES" },
};

static const struct name move_flags[] = {
	{ SB_MF_STRICT, "MPOL_MF_STRICT" },
	{ SB_MF_MOVE, "MPOL_MF_MOVE" },
	{ SB_MF_MOVE_ALL, "MPOL_MF_MOVE_ALL" },
};

static const struct {
	int error;
	const char *name;
} errors[] = {
	{ E2BIG, "E2BIG" },	{ EACCES, "EACCES" }, { ECANCELED, "ECANCELED" },
	{ EFAULT, "EFAULT" },	{ EINVAL, "EINVAL" }, { EIO, "EIO" },
	{ ENOMEM, "ENOMEM" },	{ ENOSYS, "ENOSYS" }, { EPERM, "EPERM" },
	{ ESRCH, "ESRCH" },	{ EISDIR, "EISDIR" }, { ENOENT, "ENOENT" },
	{ ENOTDIR, "ENOTDIR" }, { EROFS, "EROFS" },   { EMFILE, "EMFILE" },
	{ ENXIO, "ENXIO" },	{ ELOOP, "ELOOP" },
};

static const char *name_of(const struct name *names, size_t count, unsigned long value)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].value == value)
			return names[i].name;
	return NULL;
}

/* The names of all bits, and the rest as a number. */
static void add_bits(struct sb_line *line, const struct name *names, size_t count,
		     unsigned long bits, const char *before)
{
	for (size_t i = 0; i < count; i++) {
		if (!(bits & names[i].value))
			continue;
		sb_line_add(line, before);
		sb_line_add(line, names[i].name);
		bits &= ~names[i].value;
		before = "|";
	}
	if (bits) {
		sb_line_add(line, before);
		sb_line_hex(line, bits);
	}
}

void sb_line_mode(struct sb_line *line, int mode)
{
	unsigned long all = (unsigned)mode;
	unsigned long bare = all & ~(unsigned long)SB_MPOL_MODE_FLAGS;
	const char *name = name_of(modes, COUNT(modes), bare);

	if (name)
		sb_line_add(line, name);
	else
		sb_line_hex(line, bare);
	add_bits(line, mode_flags, COUNT(mode_flags), all & SB_MPOL_MODE_FLAGS, "|");
}

void sb_line_flags(struct sb_line *line, unsigned flags)
{
	if (flags)
		add_bits(line, move_flags, COUNT(move_flags), flags, "");
	else
		sb_line_add(line, "0");
}

void sb_line_nodes(struct sb_line *line, const struct sb_nodeset *set)
{
	const char *before = "";

	for (int node = 0; node < SB_MAX_NODES; node++) {
		int last = node;

		if (!sb_nodeset_has(set, node))
			continue;
		while (sb_nodeset_has(set, last + 1))
			last++;
		sb_line_add(line, before);
		sb_line_number(line, (unsigned)node);
		if (last > node) {
			sb_line_add(line, "-");
			sb_line_number(line, (unsigned)last);
		}
		before = ",";
		node = last;
	}
}

void sb_line_error(struct sb_line *line, int error)
{
	for (size_t i = 0; i < COUNT(errors); i++) {
		if (errors[i].error == error) {
			sb_line_add(line, errors[i].name);
			return;
		}
	}
	sb_line_add(line, "errno ");
	sb_line_signed(line, error);
}
