/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "call.h"

#include <errno.h>
#include <string.h>

#include "judge.h"
#include "raw.h"

/* Of libnuma, whose header does not go with the kernel's. */
long mbind(void *start, unsigned long len, int mode, const unsigned long *mask,
	   unsigned long maxnode, unsigned flags);
long migrate_pages(int pid, unsigned long maxnode, const unsigned long *from,
		   const unsigned long *to);

/* No kernel returns this errno, so it shows whether a successful call has touched it. */
enum { ERRNO_BEFORE = 4242 };

/*
 * Nodes that the kernel could have and the machine has not, among the first 64 or anywhere, and
 * rarely one that the kernel could not have. A kernel may have room for as few as one node, or for
 * more than 64.
 */
static void add_strange_nodes(struct nodes *mask, struct rng *rng)
{
	size_t possible = (size_t)machine()->kernel_nodes;
	size_t low = rng_below(rng, possible < 64 ? possible : 64);
	size_t any = rng_below(rng, possible);
	size_t beyond = (possible + 63) / 64 * 64 + 64 * rng_below(rng, 8);

	if (rng_percent(rng, 5))
		nodes_add(mask, (int)low);
	if (rng_percent(rng, 2))
		nodes_add(mask, (int)any);
	/* First bits of words: kernels differ in whether they look beyond maxnode in the last word.
	 */
	if (rng_percent(rng, 1) && beyond < NODES_BITS)
		nodes_add(mask, (int)beyond);
}

static void fill_mask(struct nodes *mask, struct rng *rng)
{
	const struct machine *m = machine();
	size_t members = 1 + rng_weighted(rng, (const unsigned[]){ 55, 30, 15, 0 });

	while (members--)
		nodes_add(mask, m->node[rng_below(rng, (size_t)m->node_count)]);
	add_strange_nodes(mask, rng);
}

static int last_node(const struct nodes *mask)
{
	int last = 0;

	for (int i = nodes_next(mask, 0); i < NODES_BITS; i = nodes_next(mask, i + 1))
		last = i;
	return last;
}

static unsigned long pick_maxnode(const struct nodes *mask, struct rng *rng)
{
	static const unsigned weights[] = { 54, 8, 8, 6, 8, 5, 2, 8, 0 };
	unsigned long exact = (unsigned long)last_node(mask) + 2;

	switch (rng_weighted(rng, weights)) {
	case 0:
		return exact;
	case 1:
		return 64;
	case 2:
		return 65;
	case 3:
		return 1024;
	case 4:
		return 1025;
	case 5:
		return NODES_BITS;
	case 6:
		return 1; /* no bits at all */
	default:
		return exact - 1; /* one bit short */
	}
}

static int pick_mode(struct rng *rng)
{
	static const int modes[] = {
		MPOL_BIND,    MPOL_PREFERRED,	   MPOL_INTERLEAVE,	    MODE_LOCAL,
		MPOL_DEFAULT, MODE_PREFERRED_MANY, MODE_WEIGHTED_INTERLEAVE
	};
	static const unsigned weights[] = { 34, 14, 14, 8, 6, 13, 11, 0 };
	int mode = modes[rng_weighted(rng, weights)];

	return has_mode(mode) ? mode : MPOL_BIND;
}

static unsigned pick_flags(struct rng *rng)
{
	static const unsigned flags[] = {
		0,
		STRICT,
		MOVE,
		MOVE | STRICT,
		MOVE_ALL,
		MOVE_ALL | STRICT,
		MOVE | MOVE_ALL,
		MOVE | MOVE_ALL | STRICT,
	};
	static const unsigned as_root[] = { 7, 20, 15, 32, 7, 14, 1, 4, 0 };
	static const unsigned as_user[] = { 8, 26, 19, 42, 2, 2, 0 };

	return flags[rng_weighted(rng, machine()->nice ? as_root : as_user)];
}

/* A page boundary: often between two segments, and sometimes beyond the scene. */
static size_t pick_boundary(const struct scene *scene, struct rng *rng)
{
	bool cut = rng_percent(rng, 3);
	size_t index;

	if (rng_percent(rng, 3))
		return scene->count + rng_below(rng, 3);
	if (rng_percent(rng, 40))
		index = scene->segments[rng_below(rng, scene->segment_count)].first;
	else
		index = rng_between(rng, 0, scene->count);
	/* Part of a hugetlb page is no range for mbind. */
	while (!cut && !scene_may_cut(scene, index))
		index++;
	return index;
}

static void pick_range(struct mbind_call *call, const struct scene *scene, struct rng *rng)
{
	size_t page = machine()->page;
	size_t a = pick_boundary(scene, rng), b = pick_boundary(scene, rng);

	if (rng_percent(rng, 25)) {
		a = 0;
		b = scene->count;
	}
	call->first = a < b ? a : b;
	call->end = a < b ? b : a;
	if (call->first == call->end && call->end < scene->count && rng_percent(rng, 85)) {
		call->end++;
		while (!scene_may_cut(scene, call->end))
			call->end++;
	}
	call->addr = scene_page(scene, call->first);
	call->len = (call->end - call->first) * page;
	if (call->len && rng_percent(rng, 10))
		call->len -= rng_below(rng, page); /* rounded up again by the kernel */
}

static void spoil_arguments(struct mbind_call *call, struct rng *rng)
{
	switch (rng_below(rng, 5)) {
	case 0:
		call->addr += rng_between(rng, 1, machine()->page - 1);
		break;
	case 1:
		call->flags |= 1U << rng_between(rng, 3, 31);
		break;
	case 2:
		call->mode = (int)rng_between(rng, 32, 99);
		break;
	case 3:
		call->mode |= MODE_FLAGS;
		break;
	default:
		call->mode = rng_percent(rng, 50) ? MPOL_DEFAULT : MODE_LOCAL;
		call->mask = nodes_one(machine()->node[0]);
		call->no_mask = false;
		call->maxnode = NODES_MAXNODE;
	}
}

static int go_on(void *user, unsigned long done, unsigned long total)
{
	(void)user;
	return done > total;
}

/* Options must not change what comes of a call. Returns whether they are passed at all. */
static bool pick_options(struct strictbind_options *options, struct rng *rng)
{
	static const unsigned long threads[] = { 0, 1, 2, 4 };
	static const unsigned long stalls[] = { 0, 1, 100, 5000 };

	*options = (struct strictbind_options){
		.size = sizeof(*options),
		.threads = threads[rng_below(rng, 4)],
		.stall_us = stalls[rng_below(rng, 4)],
		.progress = rng_percent(rng, 50) ? go_on : NULL,
	};
	return rng_percent(rng, 50);
}

/* Bits that go with a mode; of some modes they are refused. */
static int pick_mode_flags(int mode, struct rng *rng)
{
	bool balanced = mode == MPOL_BIND || mode == MODE_PREFERRED_MANY;

	if (rng_percent(rng, balanced ? 5 : 1))
		return MODE_NUMA_BALANCING;
	if (rng_percent(rng, 14))
		return rng_percent(rng, 50) ? MODE_STATIC_NODES : MODE_RELATIVE_NODES;
	return 0;
}

/* Where memory is short there are calls that want it more often than elsewhere. */
static void want_scarce(struct mbind_call *call, const struct room *room, struct rng *rng)
{
	const struct nodes *scarce = nodes_empty(&room->full) ? &room->no_hugetlb : &room->full;
	int node = nodes_next(scarce, 0);

	if (!nodes_empty(scarce) && rng_percent(rng, 50))
		nodes_add(&call->mask, node);
}

void mbind_pick(struct mbind_call *call, const struct scene *scene, const struct room *room,
		struct rng *rng)
{
	memset(call, 0, sizeof(*call));
	pick_range(call, scene, rng);
	call->mode = pick_mode(rng);
	call->flags = pick_flags(rng);
	call->report = rng_percent(rng, 50);
	if (call->mode == MPOL_DEFAULT || call->mode == MODE_LOCAL ||
	    (call->mode == MPOL_PREFERRED && rng_percent(rng, 20))) {
		call->no_mask = rng_percent(rng, 60);
		call->maxnode = rng_percent(rng, 50) ? 0 : 64;
		if (!call->no_mask && !call->maxnode)
			call->maxnode = 1;
	} else {
		fill_mask(&call->mask, rng);
		want_scarce(call, room, rng);
		call->maxnode = pick_maxnode(&call->mask, rng);
		call->mode |= pick_mode_flags(call->mode, rng);
		/* Kernels differ in which set they tell of such a policy: the one passed or the one
		 * used. */
		if (call->mode & MODE_NUMA_BALANCING)
			call->mask = nodes_and(&call->mask, &machine()->allowed);
	}
	if (call->mode == MPOL_DEFAULT && rng_percent(rng, 25))
		call->mode |= MODE_STATIC_NODES;
	if (rng_percent(rng, 3))
		spoil_arguments(call, rng);
	call->with_options = pick_options(&call->options, rng);
}

/* Every node goes to the next one: pairs that are chained, or a circle. */
static struct nodes next_nodes(const struct nodes *from)
{
	const struct machine *m = machine();
	struct nodes to = nodes_none();

	for (int i = 0; i < m->node_count; i++)
		if (nodes_has(from, m->node[i]))
			nodes_add(&to, m->node[(i + 1) % m->node_count]);
	return to;
}

void migrate_pick(struct migrate_call *call, struct rng *rng)
{
	call->from = call->to = nodes_none();
	fill_mask(&call->from, rng);
	fill_mask(&call->to, rng);
	if (rng_percent(rng, 30)) {
		fill_mask(&call->from, rng);
		call->to = next_nodes(&call->from);
	}
	call->maxnode = rng_percent(rng, 70) ? NODES_MAXNODE : pick_maxnode(&call->from, rng);
	call->report = rng_percent(rng, 50);
	call->with_options = pick_options(&call->options, rng);
}

/* Calls --------------------------------------------------------------------------------------- */

static void note_outcome(struct outcome *outcome, long result)
{
	outcome->result = result;
	outcome->error = result < 0 ? errno : 0;
	outcome->touched_errno = result >= 0 && errno != ERRNO_BEFORE;
}

static long mbind_by_library(const struct mbind_call *call, const unsigned long *mask,
			     struct outcome *outcome)
{
	if (call->report || call->with_options)
		return strictbind_mbind_opt(call->addr, call->len, call->mode, mask, call->maxnode,
					    call->flags, call->with_options ? &call->options : NULL,
					    call->report ? &outcome->report : NULL);
	return strictbind_mbind(call->addr, call->len, call->mode, mask, call->maxnode,
				call->flags);
}

static long mbind_by(const struct mbind_call *call, enum way way, struct outcome *outcome)
{
	const unsigned long *mask = call->no_mask ? NULL : call->mask.words;

	switch (way) {
	case WAY_KERNEL:
		return raw_mbind(call->addr, call->len, call->mode, mask, call->maxnode,
				 call->flags);
	case WAY_LIBNUMA:
		return mbind(call->addr, call->len, call->mode, mask, call->maxnode, call->flags);
	case WAY_SYSCALL:
		return bind_by_syscall(call->addr, call->len, call->mode, mask, call->maxnode,
				       call->flags);
	default:
		return mbind_by_library(call, mask, outcome);
	}
}

/* Fields that a call does not write keep what no call would write. */
static void start_outcome(struct outcome *outcome)
{
	*outcome = (struct outcome){
		.report = { .size = sizeof(outcome->report),
			    .unmoved = NOT_WRITTEN,
			    .shared = NOT_WRITTEN,
			    .first_unmoved = outcome,
			    .first_status = NOT_WRITTEN },
	};
}

void mbind_do(const struct mbind_call *call, enum way way, struct outcome *outcome)
{
	start_outcome(outcome);
	errno = ERRNO_BEFORE;
	note_outcome(outcome, mbind_by(call, way, outcome));
}

static long migrate_by_library(const struct migrate_call *call, struct outcome *outcome)
{
	if (call->report || call->with_options)
		return strictbind_migrate_pages_opt(call->pid, call->maxnode, call->from.words,
						    call->to.words,
						    call->with_options ? &call->options : NULL,
						    call->report ? &outcome->report : NULL);
	return strictbind_migrate_pages(call->pid, call->maxnode, call->from.words, call->to.words);
}

static long migrate_by(const struct migrate_call *call, enum way way, struct outcome *outcome)
{
	switch (way) {
	case WAY_KERNEL:
		return raw_migrate_pages(call->pid, call->maxnode, call->from.words,
					 call->to.words);
	case WAY_LIBNUMA:
		return migrate_pages(call->pid, call->maxnode, call->from.words, call->to.words);
	case WAY_SYSCALL:
		return syscall(SYS_migrate_pages, call->pid, call->maxnode, call->from.words,
			       call->to.words);
	default:
		return migrate_by_library(call, outcome);
	}
}

void migrate_do(const struct migrate_call *call, enum way way, struct outcome *outcome)
{
	start_outcome(outcome);
	errno = ERRNO_BEFORE;
	note_outcome(outcome, migrate_by(call, way, outcome));
}

bool way_keeps_contract(enum way way)
{
	switch (way) {
	case WAY_LIBNUMA:
		return judge(mbind) == EFAULT;
	case WAY_SYSCALL:
		return judge(bind_by_syscall) == EFAULT;
	default:
		return way == WAY_LIBRARY;
	}
}

/*
 * Linux with room for fewer than 64 nodes looks at some of the first words of a longer mask in part
 * (seen on 6.12): what it does not look at is not named. Rule 1 leaves what a mask may name to the
 * kernel.
 */
static bool is_overlooked(const struct nodes *mask, unsigned long maxnode)
{
	int possible = machine()->kernel_nodes;

	return possible < 64 && nodes_next(mask, possible) < NODES_BITS &&
	       raw_mbind(NULL, 0, MPOL_BIND, mask->words, maxnode, 0) == 0;
}

struct nodes call_nodes(const struct nodes *mask, unsigned long maxnode)
{
	struct nodes named = nodes_cut(mask, maxnode);

	return is_overlooked(&named, maxnode)
		       ? nodes_cut(&named, (unsigned long)machine()->kernel_nodes + 1)
		       : named;
}
