/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the running kernel does: the table of quirks and interfaces, and the answers found so far.
 * Code asks sb_has(SB_STOPS_AT_UNMOVABLE), never for a version.
 */
#ifndef SB_KERNEL_QUIRKS_H
#define SB_KERNEL_QUIRKS_H

#include <stdatomic.h>
#include <stdbool.h>

enum sb_fact {
	SB_STRICT_IGNORES_MISPLACED,
	SB_STOPS_AT_UNMOVABLE,
	SB_MISSES_UNMOVABLE,
	SB_MISSES_TAIL_HOLE,
	SB_HALF_DONE_BEFORE_HOLE,
	SB_EIO_HIDES_HOLE,
	SB_UNISOLATED_NOT_COUNTED,
	SB_COUNT_UNIT_VARIES,
	SB_QUERY_MISSES_PROT_NONE,
	SB_LOCKED_WHILE_MOVING,
	SB_LEAVES_MOVABLE,
	SB_STRICT_IGNORES_HUGETLB,
	SB_DEVICE_TAKEN_FOR_HOLE,
	SB_PLACES_OUTSIDE,
	SB_STOPS_WITHOUT_ROOM,
	SB_QUERY_MISSES_SECRETMEM,
	SB_QUIRKS,

	SB_CAN_MBIND = SB_QUIRKS,
	SB_CAN_MIGRATE_PAGES,
	SB_CAN_MOVE_PAGES,
	SB_CAN_LOCAL,
	SB_CAN_PREFERRED_MANY,
	SB_CAN_WEIGHTED_INTERLEAVE,
	SB_CAN_PAGEMAP,
	SB_CAN_PAGEMAP_SCAN,
	SB_CAN_PROCMAP_QUERY,
	SB_CAN_NUMA_MAPS,
	SB_FACTS,
};

/*
 * One answer in one word, so that it is stored and read in one atomic access: bit 0 present, bits 1
 * to 3 how it is known (enum strictbind_known, never 0), bit 4 whether it is good enough to work by
 * but could still be asked at a price, the rest an errno. 0 is: not asked yet.
 */
typedef unsigned sb_answer;

#define SB_ANSWER_FOR_NOW (1U << 4)

static inline sb_answer sb_answer_make(bool present, unsigned known, int error)
{
	return (unsigned)present | known << 1 | (unsigned)error << 5;
}

static inline bool sb_answer_present(sb_answer answer)
{
	return answer & 1;
}

static inline unsigned sb_answer_known(sb_answer answer)
{
	return answer >> 1 & 7;
}

static inline int sb_answer_error(sb_answer answer)
{
	return (int)(answer >> 5);
}

extern _Atomic sb_answer sb_answers[SB_FACTS];

/*
 * Asks the question now, and keeps the answer. Threads that ask at once get the same answer. A
 * question that takes a page which the kernel cannot isolate is not asked: setting one up takes a
 * socket and milliseconds. The answer then is the one that keeps every result right.
 */
sb_answer sb_ask(enum sb_fact fact);

/* Asks it whatever it takes, and keeps the answer. */
sb_answer sb_ask_at_any_price(enum sb_fact fact);

static inline sb_answer sb_answer_of(enum sb_fact fact)
{
	sb_answer answer = atomic_load_explicit(&sb_answers[fact], memory_order_relaxed);

	return answer ? answer : sb_ask(fact);
}

static inline bool sb_has(enum sb_fact fact)
{
	return sb_answer_present(sb_answer_of(fact));
}

/* Sets of quirks, a bit for each: a quirk that is asked now, if it is there; and whether one is in.
 */
static inline unsigned sb_quirk_if_here(enum sb_fact quirk)
{
	return (unsigned)sb_has(quirk) << quirk;
}

static inline bool sb_quirks_have(unsigned quirks, enum sb_fact quirk)
{
	return quirks >> quirk & 1;
}

/* For the few places where the answer for now would leave a result unknown that can be known. */
static inline bool sb_has_for_sure(enum sb_fact fact)
{
	return sb_answer_present(sb_ask_at_any_price(fact));
}

struct sb_fact_text {
	const char *name;
	const char *description;
	const char *introduced;
	const char *fixed;
	const char *handling;
};

const struct sb_fact_text *sb_fact_text(enum sb_fact fact);

/* Forgets every answer; for tests that change the kernel under the library. */
void sb_forget(void);

/*
 * The quirks in a list as STRICTBIND_QUIRKS has it, a bit for each. False when that is malformed: a
 * name that is none, or an empty one.
 */
bool sb_quirks_listed(const char *list, unsigned *quirks);

/*
 * Takes the quirks in list for present and all others for absent. A list that is malformed forces
 * nothing: a name with a slip in it would switch off all that the library does.
 */
void sb_force(const char *list);

#endif
