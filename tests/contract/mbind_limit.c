/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vm.max_map_count reached: a policy on a part of a mapping would have to split it. The process is
 * filled once, up to some mappings that each test uses for its pages and takes up again. The first
 * test runs before the library has asked the kernel anything: its questions need mappings too.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "cases.h"

enum {
	PAGES = 8,
	MOST_MAPPINGS = 300000, /* more would take too long to make */
	SPARE = 100,
};

/* Mappings side by side that differ in protection, so that they stay apart. */
struct filler {
	char *at;
	size_t pages;
};

static struct filler bulk, rest;

static long most_mappings(void)
{
	return number_in("/proc/sys/vm/max_map_count", MOST_MAPPINGS + 1);
}

static size_t fill(struct filler *filler, size_t pages)
{
	size_t page = machine()->page, i;

	filler->pages = pages;
	filler->at = mmap(NULL, pages * page, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert(filler->at != MAP_FAILED);
	for (i = 1; i < pages; i += 2)
		if (mprotect(filler->at + i * page, page, PROT_READ))
			break;
	return i;
}

static void empty(struct filler *filler)
{
	if (filler->at)
		munmap(filler->at, filler->pages * machine()->page);
	filler->at = NULL;
}

static void fill_most(void)
{
	size_t page = machine()->page, end;

	if (most_mappings() > MOST_MAPPINGS)
		return;
	end = fill(&bulk, (size_t)most_mappings() + SPARE) - SPARE;
	munmap(bulk.at + end * page, (bulk.pages - end) * page);
	bulk.pages = end;
}

static void empty_most(void)
{
	empty(&bulk);
}

/* The last mapping may be had where a split makes one more, not two: at the end of the filler. */
static void fill_rest(void)
{
	size_t page = machine()->page;

	fill(&rest, 4 * SPARE);
	mprotect(rest.at + (rest.pages - 1) * page, page, PROT_EXEC);
	mprotect(rest.at + (rest.pages - 2) * page, page, PROT_READ);
	ck_assert_msg(mprotect(rest.at + (rest.pages - 3) * page, page, PROT_READ) < 0,
		      "there is room left");
}

struct attempt {
	const char *name;
	size_t mapping;	     /* a second mapping begins at this page; 0: there is one */
	size_t first, end;   /* the range */
	size_t policy_until; /* the header: pages below this one may have the policy already */
	int error;
};

static const struct attempt attempts[] = {
	{ "middle, kernel not asked yet", 0, 2, 4, 2, ENOMEM },
	{ "middle", 0, 2, 4, 2, ENOMEM },
	{ "middle of the second mapping", 4, 5, 7, 5, ENOMEM },
	{ "a mapping and part of the next", 4, 0, 6, 4, ENOMEM },
	{ "two whole mappings", 4, 0, 8, 0, 0 },
	{ "one whole mapping", 4, 0, 4, 0, 0 },
};

enum { ATTEMPTS = sizeof(attempts) / sizeof(attempts[0]) };

static struct call call_of(const struct attempt *attempt, unsigned flags)
{
	if (many_nodes())
		return bind_to(attempt->first, attempt->end, pages_target(), flags);
	return call_local(attempt->first, attempt->end, flags);
}

static long make_call(const struct call *call, struct strictbind_report *report)
{
	bool empty = nodes_empty(&call->mask);

	return strictbind_mbind_opt(stage_page(call->first),
				    (call->end - call->first) * machine()->page, call->mode,
				    empty ? NULL : call->mask.words, empty ? 0 : NODES_MAXNODE,
				    call->flags, NULL, report);
}

/* All of the range but what the header leaves open, and everything else. */
static void check_policies(const struct attempt *attempt, const struct call *call)
{
	struct policy changed = policy_after(call->mode, &call->mask);

	for (size_t i = 0; i < PAGES; i++) {
		struct policy now = policy_of(stage_page(i));
		bool may_change = i >= attempt->first && i < attempt->policy_until;

		ck_assert_msg(policy_equal(&now, &stage.cells[i].policy) ||
				      (may_change && policy_equal(&now, &changed)),
			      "%s, flags 0x%x: page %zu has policy %d", attempt->name, call->flags,
			      i, now.mode);
	}
}

static void check_pages(const struct attempt *attempt, const struct call *call)
{
	for (size_t i = 0; i < PAGES; i++) {
		const struct cell *cell = &stage.cells[i];

		ck_assert_msg(node_of(stage_page(i)) == cell->node,
			      "%s, flags 0x%x: page %zu has moved", attempt->name, call->flags, i);
		ck_assert(!memcmp(stage_page(i), &cell->stamp, sizeof(cell->stamp)));
	}
}

/* Under STRICT alone all pages are misplaced: that is found out before a policy is set (rule 6). */
static void check_refused(const struct attempt *attempt, const struct call *call)
{
	struct strictbind_report report = { .size = sizeof(report) };
	int want = call->flags == STRICT ? EIO : ENOMEM;
	long result;
	int error;

	errno = 0;
	result = make_call(call, &report);
	error = errno;
	ck_assert_msg(result == -1 && error == want,
		      "%s, flags 0x%x: returned %ld with errno %d, must be %d", attempt->name,
		      call->flags, result, error, want);
	if (error == ENOMEM)
		ck_assert(!report.unmoved && !report.shared && !report.first_unmoved);
	check_policies(attempt, call);
	check_pages(attempt, call);
}

static void try_at_limit(const struct attempt *attempt, unsigned flags)
{
	struct call call = call_of(attempt, flags);

	stage_open(PAGES, 0);
	stage.about = attempt->name;
	put_anon(0, PAGES, pages_home());
	if (attempt->mapping)
		cut_mapping(attempt->mapping, PAGES - attempt->mapping);
	stage_settle();
	fill_rest();
	if (attempt->error)
		check_refused(attempt, &call);
	else
		check_call(&call, true);
}

static void clean_up(void)
{
	empty(&rest);
	stage_close();
}

START_TEST(max_map_count_reached)
{
	static const unsigned flags[] = { STRICT | MOVE, STRICT, MOVE, 0 };

	SKIP_IF(!bulk.at, "vm.max_map_count is too large");
	for (int i = 0; i < 4; i++) {
		try_at_limit(&attempts[_i], flags[i]);
		clean_up();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mbind_limit");
	TCase *tcase = tcase_create("limit");

	tcase_add_unchecked_fixture(tcase, fill_most, empty_most);
	tcase_add_checked_fixture(tcase, NULL, clean_up);
	tcase_add_loop_test(tcase, max_map_count_reached, 0, ATTEMPTS);
	suite_add_tcase(suite, tcase);
	return run_cases(suite);
}
