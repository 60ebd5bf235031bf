/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/syscall.h"
#include "kernel/probe_quirks.h"
#include "kernel/quirks.h"
#include "strictbind.h"

_Atomic sb_answer sb_answers[SB_FACTS];

#define VERSION(major, minor) ((major) << 16 | (minor))

/*
 * One row for each quirk and interface: what it is, how it is asked, and what holds where it cannot
 * be asked.
 */
struct row {
	struct sb_fact_text text;
	int (*probe)(void);   /* NULL: not asked; 1, 0, or a negative errno, see probe_quirks.h */
	enum sb_fact follows; /* not 0: present exactly where that one is */
	bool dear;	      /* asked at any price only, together with others: */
	enum sb_unmovable_question unmovable;
	/*
	 * Where it cannot be asked, mainline from this version on is taken at its word, and vendors
	 * who start from it keep what it has. Anything older may have been patched by its vendor
	 * or not; taking the quirk for present keeps the answer right. 0: no release is known to be
	 * without it.
	 */
	unsigned absent_from;
};

static const struct row rows[SB_FACTS] = {
	[SB_STRICT_IGNORES_MISPLACED] = {
		.text = { "strict-ignores-misplaced",
		"mbind with STRICT alone does not report misplaced pages.",
		"4.0 6f4576e3687b", "5.3 a7f40cfe3b7a",
		"Pages are looked at before the policy is set, and counted after a move." },
		.probe = sb_probe_strict_ignores_misplaced,
		.absent_from = VERSION(6, 7),
	},
	[SB_STOPS_AT_UNMOVABLE] = {
		.text = { "stops-at-unmovable",
		"mbind with STRICT and MOVE stops at the first page it cannot isolate; later pages stay.",
		"5.3 a7f40cfe3b7a d883544515aa", "6.6 24526268f4e3",
		"Pages are moved without STRICT, and checked with STRICT alone afterwards." },
		.dear = true,
		.unmovable = SB_ASK_STOPS,
		.absent_from = VERSION(6, 7),
	},
	[SB_MISSES_UNMOVABLE] = {
		.text = { "misses-unmovable",
		"mbind with STRICT and MOVE returns 0 though a page could not be isolated.",
		"2.6.16", "5.3 d883544515aa",
		"Pages are looked at after the move." },
		.dear = true,
		.unmovable = SB_ASK_MISSES,
		.absent_from = VERSION(6, 7),
	},
	[SB_MISSES_TAIL_HOLE] = {
		.text = { "misses-tail-hole",
		"mbind does not notice that the end of the range is unmapped.",
		"4.0 6f4576e3687b", "5.5 f18da660f56c",
		"The range is checked with msync first." },
		.probe = sb_probe_misses_tail_hole,
		.absent_from = VERSION(6, 7),
	},
	[SB_HALF_DONE_BEFORE_HOLE] = {
		.text = { "half-done-before-hole",
		"mbind with STRICT and MOVE answers EIO instead of EFAULT, with the policy set on part of "
		"the range, when a page that cannot be isolated comes before a hole.",
		"5.3 a7f40cfe3b7a", "6.7 1cb5d11a370f",
		"Pages are moved without STRICT, which judges the range first." },
		.dear = true,
		.unmovable = SB_ASK_HALF_DONE,
		.absent_from = VERSION(6, 7),
	},
	[SB_EIO_HIDES_HOLE] = {
		.text = { "eio-hides-hole",
		"mbind with STRICT alone answers EIO or EFAULT for a misplaced page before a hole, "
		"depending on where mappings begin and end.",
		"2.6.16", "",
		"After EIO the range is checked with msync." },
		.probe = sb_probe_eio_hides_hole,
	},
	[SB_UNISOLATED_NOT_COUNTED] = {
		.text = { "unisolated-not-counted",
		"migrate_pages does not count pages it could not isolate.",
		"2.6.16 39743889aaf7", "6.7 1cb5d11a370f",
		"Pages left on the old nodes are counted afterwards." },
		/*
		 * It cannot be asked without moving the caller's pages. It went with the very
		 * commit that ended half-done-before-hole, by the same lines: those that count
		 * the pages which could not be queued.
		 */
		.follows = SB_HALF_DONE_BEFORE_HOLE,
	},
	[SB_COUNT_UNIT_VARIES] = {
		.text = { "count-unit-varies",
		"migrate_pages counts a huge page as 1, as base pages, or by page table entry.",
		"2.6.38 71e3aac0724f", "",
		"When the kernel counts any page, base pages are counted afterwards." },
		/*
		 * Asking would take a huge page that cannot be moved, and each kernel has its
		 * own unit.
		 */
	},
	[SB_QUERY_MISSES_PROT_NONE] = {
		.text = { "query-misses-prot-none",
		"move_pages does not tell the node of pages in PROT_NONE mappings.",
		"6.1 474098edac26", "6.5 d74943a2f3cd",
		"Such pages are checked with mbind, or counted with numa_maps." },
		.probe = sb_probe_query_misses_prot_none,
		.absent_from = VERSION(6, 7),
	},
	[SB_LOCKED_WHILE_MOVING] = {
		.text = { "locked-while-moving",
		"mbind holds the address space lock for writing while it moves pages.",
		"2.6.16 dc9aa5b9d65f", "6.7 72e315f7a750",
		"Large moves are done in chunks." },
		/*
		 * Asking would take measuring time. It went one patch after half-done-before-
		 * hole, and there are vendors who took that one alone (RHEL 9.5).
		 */
		.absent_from = VERSION(6, 7),
	},
	[SB_LEAVES_MOVABLE] = {
		.text = { "leaves-movable",
		"Pages that can be moved are left where they are: huge pages whose first page is not "
		"mapped, and by mbind merged (KSM) pages.",
		"", "by 6.12",
		"Pages that are left are moved with move_pages." },
		/* Asking would take a huge page, which is not always to be had. */
		.absent_from = VERSION(6, 12),
	},
	[SB_STRICT_IGNORES_HUGETLB] = {
		.text = { "strict-ignores-hugetlb",
		"mbind with STRICT alone does not report misplaced huge pages of hugetlb mappings.",
		"5.3 dcf1763546d7", "by 5.7",
		"Mappings that may be of hugetlb are looked at with move_pages." },
		/*
		 * Asking would take a page out of a pool that may be counted out to its owner.
		 * Only hugetlb mappings pay for taking it for present. What 4.20 and before do
		 * is another quirk, strict-ignores-misplaced, which holds for all memory.
		 */
		.absent_from = VERSION(5, 7),
	},
	[SB_DEVICE_TAKEN_FOR_HOLE] = {
		.text = { "device-taken-for-hole",
		"mbind without STRICT takes a device mapping in the middle of the range for a hole.",
		"4.0 6f4576e3687b", "5.5 f18da660f56c",
		"The range is bound in parts that begin or end at such a mapping." },
		/*
		 * A device mapping was passed over before it was noted as the last one seen,
		 * by the function that f18da660f56c replaced to notice holes at the end:
		 * whoever has its checks for holes does not have the passing over.
		 */
		.follows = SB_MISSES_TAIL_HOLE,
	},
	[SB_PLACES_OUTSIDE] = {
		.text = { "places-outside-nodes",
		"mbind with MOVE, in any mode but MPOL_BIND, puts pages on nodes that were not asked for "
		"when those asked for are full, and takes them for moved.",
		"2.6.16", "",
		"Pages are checked after the move, and moved on to nodes with room with move_pages." },
		/* Asking would take filling a node. */
	},
	[SB_STOPS_WITHOUT_ROOM] = {
		.text = { "stops-without-room",
		"mbind with MOVE ends at a page for which no memory is found, such as a huge one; others, "
		"for which there is memory, stay.",
		"2.6.16", "",
		"When a page was left, those that are left are moved with move_pages." },
		/* Asking would take filling a node. */
	},
	[SB_QUERY_MISSES_SECRETMEM] = {
		.text = { "query-misses-secretmem",
		"move_pages does not tell the node of secretmem pages.",
		"5.14 1507f51255c9", "by 6.12",
		"Such pages are checked with mbind, or counted with numa_maps." },
		.probe = sb_probe_query_misses_secretmem,
		.absent_from = VERSION(6, 12),
	},
	[SB_CAN_MBIND] = {
		.text = { "mbind", "The mbind system call is permitted.", "", "", "" },
		.probe = sb_probe_mbind,
	},
	[SB_CAN_MIGRATE_PAGES] = {
		.text = { "migrate_pages", "The migrate_pages system call is permitted.", "", "",
				   "" },
		.probe = sb_probe_migrate_pages,
	},
	[SB_CAN_MOVE_PAGES] = {
		.text = { "move_pages", "The move_pages system call is permitted.", "", "", "" },
		.probe = sb_probe_move_pages,
	},
	[SB_CAN_LOCAL] = {
		.text = { "MPOL_LOCAL", "The mode MPOL_LOCAL exists.", "", "", "" },
		.probe = sb_probe_local,
	},
	[SB_CAN_PREFERRED_MANY] = {
		.text = { "MPOL_PREFERRED_MANY", "The mode MPOL_PREFERRED_MANY exists.", "", "",
				    "" },
		.probe = sb_probe_preferred_many,
	},
	[SB_CAN_WEIGHTED_INTERLEAVE] = {
		.text = { "MPOL_WEIGHTED_INTERLEAVE",
					 "The mode MPOL_WEIGHTED_INTERLEAVE exists.", "", "", "" },
		.probe = sb_probe_weighted_interleave,
	},
	[SB_CAN_PAGEMAP] = {
		.text = { "pagemap", "/proc/self/pagemap is readable and tells shared pages.", "", "",
			     "" },
		.probe = sb_probe_pagemap,
	},
	[SB_CAN_PAGEMAP_SCAN] = {
		.text = { "PAGEMAP_SCAN", "The ioctl PAGEMAP_SCAN exists.", "", "", "" },
		.probe = sb_probe_pagemap_scan,
	},
	[SB_CAN_PROCMAP_QUERY] = {
		.text = { "PROCMAP_QUERY", "The ioctl PROCMAP_QUERY exists.", "", "", "" },
		.probe = sb_probe_procmap_query,
	},
	[SB_CAN_NUMA_MAPS] = {
		.text = { "numa_maps", "/proc/self/numa_maps is readable.", "", "", "" },
		.probe = sb_probe_numa_maps,
	},
};

const struct sb_fact_text *sb_fact_text(enum sb_fact fact)
{
	return &rows[fact].text;
}

static unsigned version_number(const char **text)
{
	unsigned number = 0;

	while (**text >= '0' && **text <= '9')
		number = number * 10 + (unsigned)(*(*text)++ - '0');
	return number;
}

static bool version_at_least(unsigned version)
{
	struct utsname name;
	const char *text = name.release;
	unsigned running_major, running_minor = 0;

	if (sb_sys_uname(&name) < 0)
		return false;
	running_major = version_number(&text);
	if (*text == '.') {
		text++;
		running_minor = version_number(&text);
	}
	return VERSION(running_major, running_minor) >= version;
}

static sb_answer by_version(const struct row *row)
{
	return row->absent_from && version_at_least(row->absent_from)
		       ? sb_answer_make(false, STRICTBIND_BY_VERSION, 0)
		       : sb_answer_make(true, STRICTBIND_ASSUMED, 0);
}

static sb_answer answer_quirk(const struct row *row, int found)
{
	return found < 0 ? by_version(row) : sb_answer_make(found, STRICTBIND_PROBED, 0);
}

static sb_answer find_answer(enum sb_fact fact)
{
	const struct row *row = &rows[fact];

	if (fact >= SB_QUIRKS) {
		int error = -row->probe();

		return sb_answer_make(error == 0, STRICTBIND_PROBED, error);
	}
	if (row->follows)
		return sb_answer_of(row->follows);
	if (row->probe)
		return answer_quirk(row, row->probe());
	return row->dear ? by_version(row) | SB_ANSWER_FOR_NOW : by_version(row);
}

static void keep(enum sb_fact fact, sb_answer answer)
{
	atomic_store_explicit(&sb_answers[fact], answer, memory_order_relaxed);
}

sb_answer sb_ask(enum sb_fact fact)
{
	sb_answer answer = find_answer(fact);

	keep(fact, answer);
	return answer;
}

/* Asks all questions that take a page which the kernel cannot isolate, as one page does for all. */
static void ask_dear(void)
{
	int found[SB_UNMOVABLE_QUESTIONS];

	sb_probe_unmovable(found);
	for (enum sb_fact fact = 0; fact < SB_QUIRKS; fact++)
		if (rows[fact].dear)
			keep(fact, answer_quirk(&rows[fact], found[rows[fact].unmovable]));
	for (enum sb_fact fact = 0; fact < SB_QUIRKS; fact++)
		if (rows[fact].follows && rows[rows[fact].follows].dear)
			keep(fact, sb_answers[rows[fact].follows]);
}

sb_answer sb_ask_at_any_price(enum sb_fact fact)
{
	sb_answer answer = sb_answer_of(fact);

	if (!(answer & SB_ANSWER_FOR_NOW))
		return answer;
	ask_dear();
	return sb_answer_of(fact);
}

void sb_forget(void)
{
	for (enum sb_fact fact = 0; fact < SB_FACTS; fact++)
		keep(fact, 0);
}

static bool add_quirk(unsigned *quirks, const char *name, size_t length)
{
	for (unsigned i = 0; i < SB_QUIRKS; i++) {
		const char *quirk = rows[i].text.name;

		if (strlen(quirk) != length || memcmp(quirk, name, length) != 0)
			continue;
		*quirks |= 1U << i;
		return true;
	}
	return false;
}

bool sb_quirks_listed(const char *list, unsigned *quirks)
{
	bool all = strcmp(list, "all") == 0;

	*quirks = all ? ~0U : 0;
	if (all || strcmp(list, "none") == 0)
		return true;
	for (;; list++) {
		size_t length = strcspn(list, ",");

		if (!add_quirk(quirks, list, length))
			return false;
		list += length;
		if (!*list)
			return true;
	}
}

void sb_force(const char *list)
{
	unsigned quirks;

	if (!sb_quirks_listed(list, &quirks))
		return;
	for (enum sb_fact fact = 0; fact < SB_QUIRKS; fact++)
		keep(fact, sb_answer_make(sb_quirks_have(quirks, fact), STRICTBIND_FORCED, 0));
}

/* At load time, not at first use: another thread may change the environment by then. */
__attribute__((constructor)) static void read_environment(void)
{
	const char *list = secure_getenv("STRICTBIND_QUIRKS");

	if (list)
		sb_force(list);
}
