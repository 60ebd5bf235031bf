/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "expect.h"

#include "first.h"
#include "run.h"

/* All that a call changes. */
struct process {
	struct fake_space space;
	long room[FAKE_MAX_NODES];
	long pool[FAKE_MAX_NODES];
};

static void keep(struct process *process)
{
	copy_space(&process->space, &fake.space);
	memcpy(process->room, fake.room, sizeof(fake.room));
	memcpy(process->pool, fake.pool, sizeof(fake.pool));
}

static void restore(const struct process *process)
{
	copy_space(&fake.space, &process->space);
	memcpy(fake.room, process->room, sizeof(fake.room));
	memcpy(fake.pool, process->pool, sizeof(fake.pool));
}

unsigned expect_untold(void)
{
	return fake.kernel.told_exclusive ? 0 : COUNTS_MAY_BE_UNKNOWN | SHARED_IS_EIO;
}

static struct outcome expect_outcome(const struct bind *bind, const struct process *before,
				     int error)
{
	struct outcome outcome;
	const char *broken;

	restore(before);
	outcome = do_bind(bind);
	broken = judge_bind(bind, &before->space, &outcome, expect_untold());
	if (!broken)
		broken = fake_leftover();
	must(!broken, "%s: %s\n%s", fake.kernel.release, broken, scene_describe(bind, &outcome));
	must(outcome.error == error, "%s: errno %d instead of %d\n%s", fake.kernel.release,
	     outcome.error, error, scene_describe(bind, &outcome));
	return outcome;
}

void expect_bind(struct bind bind, int error)
{
	static struct process before;

	keep(&before);
	bind.counted = false;
	expect_outcome(&bind, &before, error);
	bind.counted = true;
	expect_outcome(&bind, &before, error);
}

static bool is_unknown(const struct strictbind_report *report)
{
	return report->unmoved == STRICTBIND_UNKNOWN && report->shared == STRICTBIND_UNKNOWN &&
	       report->first_status == STRICTBIND_FIRST_UNKNOWN && !report->first_unmoved;
}

void expect_counts(struct bind bind, int error, struct counts counts)
{
	static struct process before;
	struct outcome outcome;
	unsigned long first = counts.first < 0 ? 0 : at((unsigned long)counts.first);

	keep(&before);
	bind.counted = false;
	expect_outcome(&bind, &before, error);
	bind.counted = true;
	outcome = expect_outcome(&bind, &before, error);
	if (expect_untold() & COUNTS_MAY_BE_UNKNOWN && is_unknown(&outcome.report))
		return;
	must(outcome.report.unmoved == counts.unmoved && outcome.report.shared == counts.shared &&
		     (unsigned long)outcome.report.first_unmoved == first &&
		     first_status_agrees(&outcome.report),
	     "%s: unmoved %lu, shared %lu, first %ld were due\n%s", fake.kernel.release,
	     counts.unmoved, counts.shared, counts.first, scene_describe(&bind, &outcome));
}

void expect_on(unsigned long first, unsigned long count, int node)
{
	for (unsigned long i = first; i < first + count; i++) {
		const struct fake_page *page = fake_page_at(&fake.space, at(i));

		must(!page || page->kind == FAKE_DEVICE_PAGE || page->node == node,
		     "%s: page %lu is on node %d instead of %d", fake.kernel.release, i,
		     scene_node(i), node);
	}
}
