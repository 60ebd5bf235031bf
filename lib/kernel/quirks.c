/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/syscall.h"
#include "kernel/probe_quirks.h"
#include "kernel/quirks.h"
#include "strictbind.h"

_Atomic sb_answer sb_answers[SB_FACTS];

const struct sb_fact_text sb_fact_texts[SB_FACTS] = {
	[SB_STRICT_IGNORES_MISPLACED] = {
		"strict-ignores-misplaced",
		"mbind with STRICT alone does not report misplaced pages.",
		"4.0 6f4576e3687b", "5.3 a7f40cfe3b7a",
		"Pages are looked at before the policy is set, and counted after a move.",
	},
	[SB_STOPS_AT_UNMOVABLE] = {
		"stops-at-unmovable",
		"mbind with STRICT and MOVE stops at the first page it cannot isolate; later pages stay.",
		"5.3 a7f40cfe3b7a d883544515aa", "6.6 24526268f4e3",
		"Pages are moved without STRICT, and checked with STRICT alone afterwards.",
	},
	[SB_MISSES_UNMOVABLE] = {
		"misses-unmovable",
		"mbind with STRICT and MOVE returns 0 though a page could not be isolated.",
		"2.6.16", "5.3 d883544515aa",
		"Pages are looked at after the move.",
	},
	[SB_MISSES_TAIL_HOLE] = {
		"misses-tail-hole",
		"mbind does not notice that the end of the range is unmapped.",
		"4.0 6f4576e3687b", "5.5 f18da660f56c",
		"The range is checked with msync first.",
	},
	[SB_HALF_DONE_BEFORE_HOLE] = {
		"half-done-before-hole",
		"mbind with STRICT and MOVE answers EIO instead of EFAULT, with the policy set on part of "
		"the range, when a page that cannot be isolated comes before a hole.",
		"5.3 a7f40cfe3b7a", "6.7 1cb5d11a370f",
		"Pages are moved without STRICT, which judges the range first.",
	},
	[SB_EIO_HIDES_HOLE] = {
		"eio-hides-hole",
		"mbind with STRICT alone answers EIO or EFAULT for a misplaced page before a hole, "
		"depending on where mappings begin and end.",
		"2.6.16", "",
		"After EIO the range is checked with msync.",
	},
	[SB_UNISOLATED_NOT_COUNTED] = {
		"unisolated-not-counted",
		"migrate_pages does not count pages it could not isolate.",
		"2.6.16 39743889aaf7", "6.7 1cb5d11a370f",
		"Pages left on the old nodes are counted afterwards.",
	},
	[SB_COUNT_UNIT_VARIES] = {
		"count-unit-varies",
		"migrate_pages counts a huge page as 1, as base pages, or by page table entry.",
		"2.6.38 71e3aac0724f", "",
		"When the kernel counts any page, base pages are counted afterwards.",
	},
	[SB_QUERY_MISSES_PROT_NONE] = {
		"query-misses-prot-none",
		"move_pages does not tell the node of pages in PROT_NONE mappings.",
		"6.1 474098edac26", "6.5 d74943a2f3cd",
		"Such pages are checked with mbind, or counted with numa_maps.",
	},
	[SB_LOCKED_WHILE_MOVING] = {
		"locked-while-moving",
		"mbind holds the address space lock for writing while it moves pages.",
		"2.6.16 dc9aa5b9d65f", "6.7 72e315f7a750",
		"Large moves are done in pieces.",
	},
	[SB_LEAVES_MOVABLE] = {
		"leaves-movable",
		"Pages that can be moved are left where they are: huge pages whose first page is not "
		"mapped, and by mbind merged (KSM) pages.",
		"", "by 6.12",
		"Pages that are left are moved with move_pages.",
	},
	[SB_STRICT_IGNORES_HUGETLB] = {
		"strict-ignores-hugetlb",
		"mbind with STRICT alone does not report misplaced huge pages of hugetlb mappings.",
		"5.3 dcf1763546d7", "by 5.7",
		"Mappings that may be of hugetlb are looked at with move_pages.",
	},
	[SB_DEVICE_TAKEN_FOR_HOLE] = {
		"device-taken-for-hole",
		"mbind without STRICT takes a device mapping in the middle of the range for a hole.",
		"4.0 6f4576e3687b", "5.5 f18da660f56c",
		"The range is bound in parts that begin or end at such a mapping.",
	},
	[SB_PLACES_OUTSIDE] = {
		"places-outside-nodes",
		"mbind with MOVE, in any mode but MPOL_BIND, puts pages on nodes that were not asked for "
		"when those asked for are full, and takes them for moved.",
		"2.6.16", "",
		"Pages are checked after the move, and moved on to nodes with room with move_pages.",
	},
	[SB_STOPS_WITHOUT_ROOM] = {
		"stops-without-room",
		"mbind with MOVE ends at a page for which no memory is found, such as a huge one; others, "
		"for which there is memory, stay.",
		"2.6.16", "",
		"When a page was left, those that are left are moved with move_pages.",
	},
	[SB_QUERY_MISSES_SECRETMEM] = {
		"query-misses-secretmem",
		"move_pages does not tell the node of secretmem pages.",
		"5.14 1507f51255c9", "by 6.12",
		"Such pages are checked with mbind, or counted with numa_maps.",
	},
	[SB_CAN_MBIND] = { "mbind", "The mbind system call is permitted.", "", "", "" },
	[SB_CAN_MIGRATE_PAGES] = { "migrate_pages", "The migrate_pages system call is permitted.", "", "",
				   "" },
	[SB_CAN_MOVE_PAGES] = { "move_pages", "The move_pages system call is permitted.", "", "", "" },
	[SB_CAN_LOCAL] = { "MPOL_LOCAL", "The mode MPOL_LOCAL exists.", "", "", "" },
	[SB_CAN_PREFERRED_MANY] = { "MPOL_PREFERRED_MANY", "The mode MPOL_PREFERRED_MANY exists.", "", "",
				    "" },
	[SB_CAN_WEIGHTED_INTERLEAVE] = { "MPOL_WEIGHTED_INTERLEAVE",
					 "The mode MPOL_WEIGHTED_INTERLEAVE exists.", "", "", "" },
	[SB_CAN_PAGEMAP] = { "pagemap", "/proc/self/pagemap is readable and tells shared pages.", "", "",
			     "" },
	[SB_CAN_PAGEMAP_SCAN] = { "PAGEMAP_SCAN", "The ioctl PAGEMAP_SCAN exists.", "", "", "" },
	[SB_CAN_PROCMAP_QUERY] = { "PROCMAP_QUERY", "The ioctl PROCMAP_QUERY exists.", "", "", "" },
	[SB_CAN_NUMA_MAPS] = { "numa_maps", "/proc/self/numa_maps is readable.", "", "", "" },
};

static unsigned version_number(const char **text)
{
	unsigned number = 0;

	while (**text >= '0' && **text <= '9')
		number = number * 10 + (unsigned)(*(*text)++ - '0');
	return number;
}

static bool version_at_least(unsigned major, unsigned minor)
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
	return running_major > major || (running_major == major && running_minor >= minor);
}

/*
 * A question that cannot be asked: mainline from this version on is taken at its word, and vendors
 * who start from it keep what it has. Anything older may have been patched by its vendor or not;
 * taking the quirk for present keeps the answer right.
 */
static sb_answer by_version(unsigned major, unsigned minor)
{
	return version_at_least(major, minor) ? sb_answer_make(false, STRICTBIND_BY_VERSION, 0)
					      : sb_answer_make(true, STRICTBIND_ASSUMED, 0);
}

static sb_answer ask_quirk(int (*probe)(void))
{
	int found = probe();

	return found < 0 ? by_version(6, 7) : sb_answer_make(found, STRICTBIND_PROBED, 0);
}

/* A quirk that no release is known to be without: no version can stand in for the question. */
static sb_answer ask_lasting_quirk(int (*probe)(void))
{
	int found = probe();

	return found < 0 ? sb_answer_make(true, STRICTBIND_ASSUMED, 0)
			 : sb_answer_make(found, STRICTBIND_PROBED, 0);
}

/* Where memfd_secret does not exist, or was switched off at boot, there is no such memory. */
static sb_answer ask_secretmem(void)
{
	int found = sb_probe_query_misses_secretmem();

	if (found == -ENOSYS)
		return sb_answer_make(false, STRICTBIND_PROBED, 0);
	return found < 0 ? by_version(6, 12) : sb_answer_make(found, STRICTBIND_PROBED, 0);
}

static sb_answer ask_interface(int (*probe)(void))
{
	int error = -probe();

	return sb_answer_make(error == 0, STRICTBIND_PROBED, error);
}

static sb_answer find_answer(enum sb_fact fact)
{
	switch (fact) {
	case SB_STRICT_IGNORES_MISPLACED:
		return ask_quirk(sb_probe_strict_ignores_misplaced);
	case SB_MISSES_TAIL_HOLE:
	case SB_DEVICE_TAKEN_FOR_HOLE:
		/*
		 * A device mapping was passed over before it was noted as the last one seen, by the
		 * function that f18da660f56c replaced to notice holes at the end: whoever has its
		 * checks for holes does not have the passing over.
		 */
		return ask_quirk(sb_probe_misses_tail_hole);
	case SB_STOPS_AT_UNMOVABLE:
	case SB_MISSES_UNMOVABLE:
	case SB_HALF_DONE_BEFORE_HOLE:
		return by_version(6, 7) | SB_ANSWER_FOR_NOW;
	case SB_UNISOLATED_NOT_COUNTED:
		/*
		 * It cannot be asked without moving the caller's pages. It went with the very
		 * commit that ended half-done-before-hole, by the same lines: those that count the
		 * pages which could not be queued.
		 */
		return sb_answer_of(SB_HALF_DONE_BEFORE_HOLE);
	case SB_EIO_HIDES_HOLE:
		return ask_lasting_quirk(sb_probe_eio_hides_hole);
	case SB_LOCKED_WHILE_MOVING:
		/*
		 * Asking would take measuring time. It went one patch after
		 * half-done-before-hole, and there are vendors who took that one alone (RHEL 9.5).
		 */
		return by_version(6, 7);
	case SB_COUNT_UNIT_VARIES:
		/* Asking would take a huge page that cannot be moved, and each kernel has its own
		 * unit. */
	case SB_PLACES_OUTSIDE:
	case SB_STOPS_WITHOUT_ROOM:
		/* Asking would take filling a node. No kernel is known to be without them. */
		return sb_answer_make(true, STRICTBIND_ASSUMED, 0);
	case SB_LEAVES_MOVABLE:
		/* Asking would take a huge page, which is not always to be had. */
		return by_version(6, 12);
	case SB_STRICT_IGNORES_HUGETLB:
		/*
		 * Asking would take a page out of a pool that may be counted out to its owner. Only
		 * hugetlb mappings pay for taking it for present. What 4.20 and before do is
		 * another quirk, strict-ignores-misplaced, which holds for all memory.
		 */
		return by_version(5, 7);
	case SB_QUERY_MISSES_PROT_NONE:
		return ask_quirk(sb_probe_query_misses_prot_none);
	case SB_QUERY_MISSES_SECRETMEM:
		return ask_secretmem();
	case SB_CAN_MBIND:
		return ask_interface(sb_probe_mbind);
	case SB_CAN_MIGRATE_PAGES:
		return ask_interface(sb_probe_migrate_pages);
	case SB_CAN_MOVE_PAGES:
		return ask_interface(sb_probe_move_pages);
	case SB_CAN_LOCAL:
		return ask_interface(sb_probe_local);
	case SB_CAN_PREFERRED_MANY:
		return ask_interface(sb_probe_preferred_many);
	case SB_CAN_WEIGHTED_INTERLEAVE:
		return ask_interface(sb_probe_weighted_interleave);
	case SB_CAN_PAGEMAP:
		return ask_interface(sb_probe_pagemap);
	case SB_CAN_PAGEMAP_SCAN:
		return ask_interface(sb_probe_pagemap_scan);
	case SB_CAN_PROCMAP_QUERY:
		return ask_interface(sb_probe_procmap_query);
	case SB_CAN_NUMA_MAPS:
		return ask_interface(sb_probe_numa_maps);
	case SB_FACTS:
		break;
	}
	return sb_answer_make(false, STRICTBIND_ASSUMED, EINVAL);
}

sb_answer sb_ask(enum sb_fact fact)
{
	sb_answer answer = find_answer(fact);

	atomic_store_explicit(&sb_answers[fact], answer, memory_order_relaxed);
	return answer;
}

/*
 * Questions that take a page which the kernel cannot isolate. Asked together, as the page is what
 * they cost.
 */
static const enum sb_fact with_unmovable[SB_UNMOVABLE_QUESTIONS] = {
	[SB_ASK_STOPS] = SB_STOPS_AT_UNMOVABLE,
	[SB_ASK_MISSES] = SB_MISSES_UNMOVABLE,
	[SB_ASK_HALF_DONE] = SB_HALF_DONE_BEFORE_HOLE,
};

static void ask_with_unmovable(void)
{
	int found[SB_UNMOVABLE_QUESTIONS];

	sb_probe_unmovable(found);
	for (int i = 0; i < SB_UNMOVABLE_QUESTIONS; i++) {
		sb_answer answer = found[i] < 0 ? by_version(6, 7)
						: sb_answer_make(found[i], STRICTBIND_PROBED, 0);

		atomic_store_explicit(&sb_answers[with_unmovable[i]], answer, memory_order_relaxed);
	}
	atomic_store_explicit(&sb_answers[SB_UNISOLATED_NOT_COUNTED],
			      sb_answers[SB_HALF_DONE_BEFORE_HOLE], memory_order_relaxed);
}

sb_answer sb_ask_at_any_price(enum sb_fact fact)
{
	sb_answer answer = sb_answer_of(fact);

	if (!(answer & SB_ANSWER_FOR_NOW))
		return answer;
	ask_with_unmovable();
	return sb_answer_of(fact);
}

void sb_forget(void)
{
	for (unsigned i = 0; i < SB_FACTS; i++)
		atomic_store_explicit(&sb_answers[i], 0, memory_order_relaxed);
}

static bool add_quirk(unsigned *quirks, const char *name, size_t length)
{
	for (unsigned i = 0; i < SB_QUIRKS; i++) {
		const char *quirk = sb_fact_texts[i].name;

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
	for (unsigned i = 0; i < SB_QUIRKS; i++)
		atomic_store_explicit(&sb_answers[i],
				      sb_answer_make(quirks >> i & 1, STRICTBIND_FORCED, 0),
				      memory_order_relaxed);
}

/* At load time, not at first use: another thread may change the environment by then. */
__attribute__((constructor)) static void read_environment(void)
{
	const char *list = secure_getenv("STRICTBIND_QUIRKS");

	if (list)
		sb_force(list);
}
