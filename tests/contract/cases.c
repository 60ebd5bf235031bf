/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cases.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "space.h"

/* No kernel returns this errno, so it shows whether a successful call has touched it. */
enum { ERRNO_BEFORE = 4242 };

struct stage stage;
static size_t skipped;

/* Nodes --------------------------------------------------------------------------------------- */

bool many_nodes(void)
{
	return machine()->node_count > 1;
}

/* In the lab this node has a CPU, which perf rings need. */
int pages_home(void)
{
	return machine()->node[many_nodes() ? 1 : 0];
}

int pages_target(void)
{
	return machine()->node[machine()->node_count > 2 ? 2 : 0];
}

int pages_local(void)
{
	static int local = -1;
	size_t page = machine()->page;
	char *at;

	if (local >= 0)
		return local;
	run_on_node(machine()->node[0]);
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*at = 1;
	local = node_of(at);
	munmap(at, page);
	return local;
}

void prefer_node(int node)
{
	struct nodes set = nodes_one(node);

	raw_set_mempolicy(MPOL_PREFERRED, set.words, NODES_MAXNODE);
}

/* The stage ----------------------------------------------------------------------------------- */

char *stage_page(size_t index)
{
	return stage.base + index * machine()->page;
}

void stage_open(size_t count, size_t lead)
{
	size_t huge_pages = machine()->huge / machine()->page;

	ck_assert(count <= STAGE_CELLS);
	stage_close();
	pages_local();
	stop_numa_balancing();
	stage.base = space(count + 2 * huge_pages) + machine()->huge - lead * machine()->page;
	stage.count = count;
}

/* Rings are kept from stage to stage: to close one takes long. All are at home. */
static struct ring rings[STAGE_RINGS];
static char *ring_places[STAGE_RINGS];

static bool open_ring(struct ring *ring)
{
	bool opened = ring->store || ring_open_counted(ring, pages_home(), 1);

	run_on_node(machine()->node[0]);
	return opened;
}

bool put_ring(size_t index)
{
	size_t n = 0;

	while (n < STAGE_RINGS && ring_places[n])
		n++;
	if (n == STAGE_RINGS || !open_ring(&rings[n]) || !ring_put(&rings[n], 0, stage_page(index)))
		return false;
	ring_places[n] = stage_page(index);
	stage.cells[index] = (struct cell){ .mapped = true, .present = true, .stuck = true };
	return true;
}

static void take_rings(void)
{
	for (size_t n = 0; n < STAGE_RINGS; n++) {
		if (ring_places[n])
			ring_take(&rings[n], 0, ring_places[n]);
		ring_places[n] = NULL;
	}
}

void stage_close(void)
{
	take_rings();
	if (stage.child > 0) {
		kill(stage.child, SIGKILL);
		waitpid(stage.child, NULL, 0);
	}
	if (stage.pins_opened) {
		unpin_all(&stage.pins);
		pins_close(&stage.pins);
	}
	/* What cannot be put away at its place belongs to the system: the vdso. */
	if (stage.base && stage.count && !stage.cells[0].unseen)
		munmap(stage.base, stage.count * machine()->page);
	if (stage.second)
		munmap(stage.second, stage.second_pages * machine()->page);
	if (stage.device.store)
		ring_close(&stage.device);
	memset(&stage, 0, sizeof(stage));
}

uint64_t stamp_of_cell(size_t index)
{
	return 0x9e3779b97f4a7c15UL * (index + 1);
}

void touch_cells(size_t first, size_t count, int node)
{
	prefer_node(node);
	for (size_t i = first; i < first + count; i++) {
		stage.cells[i].stamp = stamp_of_cell(i);
		memcpy(stage_page(i), &stage.cells[i].stamp, sizeof(stage.cells[i].stamp));
	}
	stop_numa_balancing();
}

void put_anon(size_t first, size_t count, int node)
{
	size_t len = count * machine()->page;

	ck_assert(mmap(stage_page(first), len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == stage_page(first));
	touch_cells(first, count, node);
	for (size_t i = first; i < first + count; i++)
		stage.cells[i].mapped = stage.cells[i].present = true;
}

/* Left out of core dumps: makes a mapping of its own, and changes nothing else. */
void cut_mapping(size_t first, size_t count)
{
	madvise(stage_page(first), count * machine()->page, MADV_DONTDUMP);
}

bool put_pinned(size_t index, int node)
{
	if (!stage.pins_opened)
		stage.pins_opened = pins_open(&stage.pins);
	put_anon(index, 1, node);
	stage.cells[index].stuck = true;
	return stage.pins_opened && pin(&stage.pins, stage_page(index));
}

static size_t mapped_run(size_t first)
{
	size_t end = first;

	while (end < stage.count && stage.cells[end].mapped)
		end++;
	return end - first;
}

static void set_old_policy(void)
{
	struct nodes set = nodes_one(pages_home());
	struct policy policy = { .mode = MPOL_PREFERRED, .nodes = set.words[0] };

	for (size_t i = 0; i < stage.count; i++) {
		size_t run = mapped_run(i);

		stage.cells[i].policy.mode = -1;
		if (!run)
			continue;
		ck_assert(!raw_mbind(stage_page(i), run * machine()->page, MPOL_PREFERRED,
				     set.words, NODES_MAXNODE, 0));
		for (size_t end = i + run; i < end; i++)
			stage.cells[i].policy = policy;
		i--;
	}
}

/* From here on what is PROT_NONE can be read. */
static void open_up(void)
{
	for (size_t i = 0; i < stage.count; i++)
		if (stage.cells[i].inaccessible)
			mprotect(stage_page(i), machine()->page, PROT_READ);
}

static void close_again(void)
{
	for (size_t i = 0; i < stage.count; i++)
		if (stage.cells[i].inaccessible)
			mprotect(stage_page(i), machine()->page, PROT_NONE);
}

void stage_settle(void)
{
	int nodes[STAGE_CELLS];

	open_up();
	nodes_of(stage.base, stage.count, nodes);
	close_again();
	for (size_t i = 0; i < stage.count; i++) {
		struct cell *cell = &stage.cells[i];

		cell->node = nodes[i];
		ck_assert_msg(cell->unseen || cell->present == (nodes[i] >= 0),
			      "%s: page %zu is on node %d", stage.about, i, nodes[i]);
	}
	set_old_policy();
}

/* Calls --------------------------------------------------------------------------------------- */

struct call bind_to(size_t first, size_t end, int node, unsigned flags)
{
	return (struct call){ .first = first,
			      .end = end,
			      .mode = MPOL_BIND,
			      .mask = nodes_one(node),
			      .flags = flags };
}

struct call call_local(size_t first, size_t end, unsigned flags)
{
	return (struct call){ .first = first, .end = end, .mode = MODE_LOCAL, .flags = flags };
}

struct call call_default(size_t first, size_t end, unsigned flags)
{
	return (struct call){ .first = first, .end = end, .mode = MPOL_DEFAULT, .flags = flags };
}

const unsigned *flag_sets(void)
{
	static const unsigned as_root[] = { 0,		  STRICT,   MOVE,
					    STRICT | MOVE, MOVE_ALL, STRICT | MOVE_ALL,
					    ~0U };
	static const unsigned as_user[] = { 0, STRICT, MOVE, STRICT | MOVE, ~0U };

	return machine()->nice ? as_root : as_user;
}

static int bare_mode(const struct call *call)
{
	return call->mode & ~MODE_FLAGS;
}

static bool in_range(const struct call *call, size_t index)
{
	return index >= call->first && index < call->end;
}

static bool misplaced(const struct call *call, const struct cell *cell)
{
	return cell->present && !nodes_has(&call->mask, cell->node);
}

/* Rule 10. */
static bool left_alone(const struct call *call, const struct cell *cell)
{
	return cell->shared && !(call->flags & MOVE_ALL);
}

static size_t mapped_in(const struct call *call)
{
	size_t n = 0;

	for (size_t i = call->first; i < call->end; i++)
		n += i < stage.count && stage.cells[i].mapped;
	return n;
}

static void count_unmoved(struct expected *want, size_t index)
{
	if (!want->unmoved++)
		want->first_unmoved = stage_page(index);
}

/* Rules 6 and 7. */
static void expect_strict(struct expected *want, const struct call *call)
{
	for (size_t i = call->first; i < call->end; i++)
		if (misplaced(call, &stage.cells[i]))
			count_unmoved(want, i);
	want->policy_set = !want->unmoved;
	want->error = want->unmoved ? EIO : 0;
}

/* Rules 8 to 10. */
static void expect_move(struct expected *want, const struct call *call)
{
	want->moves = true;
	for (size_t i = call->first; i < call->end; i++) {
		const struct cell *cell = &stage.cells[i];

		if (!misplaced(call, cell))
			continue;
		if (left_alone(call, cell))
			want->shared++;
		else if (cell->stuck)
			count_unmoved(want, i);
	}
	if (want->unmoved && call->flags & STRICT)
		want->error = EIO;
}

static void expect_pages(struct expected *want, const struct call *call)
{
	bool moves = call->flags & (MOVE | MOVE_ALL);

	want->policy_set = true;
	if (bare_mode(call) == MPOL_DEFAULT)
		want->moves = moves; /* rule 11, and nothing is misplaced then */
	else if (moves)
		expect_move(want, call);
	else if (call->flags & STRICT)
		expect_strict(want, call);
}

struct expected expect_call(const struct call *call)
{
	struct expected want = { .result = 0 };
	size_t mapped_pages = mapped_in(call);
	bool holes = mapped_pages < call->end - call->first;

	if (call->bad)
		want.error = call->bad; /* rule 1 */
	else if (call->first == call->end)
		want.error = 0; /* rule 2 */
	else if (bare_mode(call) == MPOL_DEFAULT ? !mapped_pages : holes)
		want.error = EFAULT; /* rules 3 and 4 */
	else
		expect_pages(&want, call);
	if (want.error)
		want.result = -1;
	return want;
}

static struct nodes targets_of(const struct call *call)
{
	struct nodes targets = nodes_one(pages_local());

	if (nodes_empty(&call->mask))
		return targets;
	targets = effective_nodes(call->mode, &call->mask);
	/* Any node of N is a good place; only the first is asked for. */
	if (bare_mode(call) == MPOL_PREFERRED && !(call->mode & MODE_RELATIVE_NODES))
		targets = nodes_and(&call->mask, &machine()->allowed);
	return targets;
}

/* Comparing ----------------------------------------------------------------------------------- */

static const char *describe(const struct call *call)
{
	static char text[320];
	char nodes[128];

	nodes_print(&call->mask, nodes, sizeof(nodes));
	snprintf(text, sizeof(text), "%s: pages %zu to %zu, mode 0x%x {%s}, flags 0x%x",
		 stage.about ? stage.about : "", call->first, call->end, (unsigned)call->mode,
		 nodes, call->flags);
	return text;
}

static bool must_move(const struct expected *want, const struct call *call, size_t index)
{
	const struct cell *cell = &stage.cells[index];

	return want->moves && in_range(call, index) && misplaced(call, cell) &&
	       !left_alone(call, cell) && !cell->stuck;
}

/* A huge page that reaches into the range moves as a whole or is split: both are fine. */
static bool may_move(const struct expected *want, const struct call *call, size_t index)
{
	const struct cell *cell = &stage.cells[index];

	return want->moves && !in_range(call, index) && cell->huge && !cell->stuck;
}

/* Among hundreds of pages of a kind it is enough to look at some. */
static bool inside_huge(size_t index)
{
	const struct cell *cell = &stage.cells[index];

	return index > 0 && index + 1 < stage.count && cell[-1].huge && cell[1].huge && index % 16;
}

static void compare_policies(const struct expected *want, const struct call *call)
{
	struct policy changed = policy_after(call->mode, &call->mask);

	for (size_t i = 0; i < stage.count; i++) {
		struct policy now, must = stage.cells[i].policy;

		if (inside_huge(i))
			continue;
		now = policy_of(stage_page(i));
		if (want->policy_set && in_range(call, i) && stage.cells[i].mapped)
			must = changed;
		ck_assert_msg(policy_equal(&now, &must),
			      "%s: page %zu has policy %d {0x%lx}, must have %d {0x%lx}",
			      describe(call), i, now.mode, now.nodes, must.mode, must.nodes);
	}
}

static void compare_nodes(const struct expected *want, const struct call *call)
{
	struct nodes targets = targets_of(call);
	int nodes[STAGE_CELLS];

	nodes_of(stage.base, stage.count, nodes);
	for (size_t i = 0; i < stage.count; i++) {
		const struct cell *cell = &stage.cells[i];

		if (cell->unseen)
			continue;
		if (must_move(want, call, i))
			ck_assert_msg(nodes_has(&targets, nodes[i]),
				      "%s: page %zu was on node %d, had to move, is on %d",
				      describe(call), i, cell->node, nodes[i]);
		else if (!may_move(want, call, i))
			ck_assert_msg(nodes[i] == cell->node,
				      "%s: page %zu was on node %d, had to stay, is on %d",
				      describe(call), i, cell->node, nodes[i]);
	}
}

static void compare_contents(const struct call *call)
{
	for (size_t i = 0; i < stage.count; i++) {
		const struct cell *cell = &stage.cells[i];
		uint64_t word;

		if (cell->swapped)
			ck_assert_msg(page_swapped(stage_page(i)), "%s: page %zu was swapped in",
				      describe(call), i);
		if (!cell->stamp)
			continue;
		memcpy(&word, stage_page(i), sizeof(word));
		ck_assert_msg(word == cell->stamp, "%s: page %zu has other contents",
			      describe(call), i);
	}
}

static void compare_counts(const struct expected *want, const struct call *call,
			   const struct strictbind_report *report)
{
	ck_assert_msg(report->unmoved == want->unmoved, "%s: unmoved is %lu, must be %lu",
		      describe(call), report->unmoved, want->unmoved);
	ck_assert_msg(report->shared == want->shared, "%s: shared is %lu, must be %lu",
		      describe(call), report->shared, want->shared);
	ck_assert_msg(report->first_unmoved == want->first_unmoved,
		      "%s: first_unmoved is %p, must be %p", describe(call), report->first_unmoved,
		      want->first_unmoved);
}

static long make_call(const struct call *call, struct strictbind_report *report)
{
	bool empty = nodes_empty(&call->mask);
	const unsigned long *mask = empty ? NULL : call->mask.words;
	unsigned long maxnode = empty ? 0 : NODES_MAXNODE;
	char *addr = stage_page(call->first) + call->offset;
	unsigned long len = (call->end - call->first) * machine()->page;

	if (report)
		return strictbind_mbind_opt(addr, len, call->mode, mask, maxnode, call->flags,
					    NULL, report);
	return strictbind_mbind(addr, len, call->mode, mask, maxnode, call->flags);
}

void check_call(const struct call *call, bool counted)
{
	struct strictbind_report report = { .size = sizeof(report) };
	struct expected want = expect_call(call);
	long result;
	int error;

	errno = ERRNO_BEFORE;
	result = make_call(call, counted ? &report : NULL);
	error = errno;
	ck_assert_msg(result == want.result && error == (want.error ? want.error : ERRNO_BEFORE),
		      "%s: returned %ld with errno %d, must be %ld with %d", describe(call), result,
		      error, want.result, want.error ? want.error : ERRNO_BEFORE);
	open_up();
	compare_policies(&want, call);
	compare_nodes(&want, call);
	compare_contents(call);
	if (counted)
		compare_counts(&want, call, &report);
}

/* Running ------------------------------------------------------------------------------------- */

/* Check calls the function of a test by the test's name and "_fn". */
void note_skip(const char *test, const char *why)
{
	size_t length = strlen(test);

	if (length > 3 && !strcmp(test + length - 3, "_fn"))
		length -= 3;
	printf("skipped: %.*s: %s\n", (int)length, test, why);
	skipped++;
}

int run_cases(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	size_t tests, failed;

	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	tests = (size_t)srunner_ntests_run(runner);
	failed = (size_t)srunner_ntests_failed(runner);
	if (failed)
		srunner_print(runner, CK_NORMAL);
	printf("%s: %zu tests, %zu skipped\n", program_invocation_short_name, tests, skipped);
	srunner_free(runner);
	stage_close();
	if (failed)
		return 1;
	return skipped == tests ? 77 : 0;
}
