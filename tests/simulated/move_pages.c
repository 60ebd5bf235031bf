/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * move_pages and get_mempolicy of the simulated kernel. Since 4.17 move_pages collects pages as
 * long as they go to one node and nothing is wrong with them, and then migrates what it has. What
 * a failing migration was given keeps the status it had.
 */
#include <errno.h>
#include <string.h>

#include "calls.h"
#include "kernel.h"
#include "migration.h"
#include "policy.h"

enum { MOVE = 2, MOVE_ALL = 4 };
enum { WANT_NODE = 1, AT_ADDRESS = 2, WHAT_IS_ALLOWED = 4 };

/* ---- one page ---- */

static bool is_hidden(const struct fake_vma *vma)
{
	return (vma->prot == 0 && vma->kind != FAKE_HUGETLB &&
		fake.kernel.query_misses_prot_none) ||
	       (vma->kind == FAKE_SECRET && fake.kernel.query_misses_secret);
}

/* The node, or why it is not told. */
static int status_of(unsigned long address)
{
	const struct fake_vma *vma = fake_vma_at(&fake.space, address);
	const struct fake_page *page = fake_page_at(&fake.space, address);

	if (!vma)
		return -EFAULT;
	if (!page)
		return fake.kernel.untouched_is_fault ? -EFAULT : -ENOENT;
	if (page->kind == FAKE_DEVICE_PAGE)
		return fake.kernel.device_is_fault ? -EFAULT : -ENOENT;
	if (page->kind == FAKE_ZERO)
		return -EFAULT;
	/* A huge page is looked for in a page table that is not there. */
	if (is_hidden(vma))
		return page->span * FAKE_PAGE >= FAKE_HUGE ? -EFAULT : -ENOENT;
	return page->kind == FAKE_MIGRATING ? -ENOENT : page->node;
}

/* ---- moving ---- */

struct collected {
	struct fake_queue queue;
	int node; /* -1: none yet */
	long start;
};

enum { QUEUED = 1, THERE = 0 };

/* QUEUED, THERE, or what is wrong with the page. */
static int collect(struct collected *collected, unsigned long address, unsigned flags)
{
	const struct fake_vma *vma = fake_vma_at(&fake.space, address);
	const struct fake_page *page = fake_page_at(&fake.space, address);
	int status = vma && vma->kind == FAKE_DEVICE ? -EFAULT : status_of(address);

	if (status < 0)
		return status;
	if (status == collected->node)
		return THERE;
	if (page->mapcount > 1 && !(flags & MOVE_ALL))
		return -EACCES;
	if (page->kind == FAKE_UNISOLATABLE ||
	    (vma->kind == FAKE_HUGETLB && !fake.kernel.hugetlb_moves) ||
	    fake_is_queued(&collected->queue, page))
		return -EBUSY;
	fake_enqueue(&collected->queue, page->address);
	return QUEUED;
}

/*
 * Migrates what was collected up to, but without, page number end. What failed and what has not
 * been tried is counted together.
 */
static long flush(struct collected *collected, int *status, long end, long count)
{
	long failed;

	if (collected->queue.count == 0)
		return 0;
	failed = fake_migrate_to(&collected->queue, collected->node);
	if (failed)
		return failed < 0 ? failed : failed + count - end;
	for (long i = collected->start; i < end; i++)
		status[i] = collected->node;
	return 0;
}

static long judge_node(int node)
{
	if (node < 0 || node >= FAKE_MAX_NODES || !fake_has(&fake.memory, node))
		return -ENODEV;
	return fake_has(&fake.allowed, node) ? 0 : -EACCES;
}

/* What has been collected goes to one node: another one begins a new collection. */
static long turn_to(struct collected *collected, int node, int *status, long i, long count)
{
	long result = 0;

	if (node == collected->node)
		return 0;
	if (collected->node >= 0)
		result = flush(collected, status, i, count);
	collected->node = node;
	collected->start = i;
	return result;
}

static long move_to(long count, const unsigned long *pages, const int *nodes, int *status,
		    unsigned flags)
{
	static struct collected collected;
	long result = 0, last;
	long i;

	collected.queue.count = 0;
	collected.node = -1;
	collected.start = 0;
	for (i = 0; i < count && result == 0; i++) {
		int found;

		result = judge_node(nodes[i]);
		if (result < 0)
			break;
		result = turn_to(&collected, nodes[i], status, i, count);
		if (result)
			return result;
		found = collect(&collected, pages[i], flags);
		if (found == QUEUED)
			continue;
		status[i] = found < 0 ? found : nodes[i];
		if (found == THERE && fake.kernel.collects_there)
			continue;
		result = flush(&collected, status, i, count);
		if (result)
			return result < 0 ? result : result - 1;
		collected.node = -1;
	}
	last = flush(&collected, status, i, count);
	if (last > 0 && fake.kernel.counts_one_less)
		last--;
	return result < 0 ? result : last;
}

long fake_move_pages(const struct fake_args *args)
{
	const unsigned long *pages = fake_pointer(args->c);
	int *status = fake_pointer(args->e);

	if ((int)args->a != 0 && (int)args->a != FAKE_PID)
		return -ESRCH;
	if (args->f & ~(long)(MOVE | MOVE_ALL))
		return -EINVAL;
	if (args->f & MOVE_ALL && !fake.nice)
		return -EPERM;
	if (args->d)
		return move_to(args->b, pages, fake_pointer(args->d), status, (unsigned)args->f);
	for (long i = 0; i < args->b; i++)
		status[i] = status_of(pages[i]);
	return 0;
}

/* ---- get_mempolicy ---- */

static long tell_nodes(const struct fake_args *args, const struct fake_nodes *nodes)
{
	if (!args->b)
		return 0;
	if (args->c < fake.kernel_nodes)
		return -EINVAL;
	memcpy(fake_pointer(args->b), nodes, sizeof(*nodes));
	return 0;
}

static long tell_policy(const struct fake_args *args, const struct fake_policy *policy)
{
	long result = tell_nodes(args, &policy->nodes);

	if (result == 0 && args->a)
		*(int *)fake_pointer(args->a) = policy->mode;
	return result;
}

/* The page is looked up as for a read: of a secret one nobody gets hold. */
static long tell_node(const struct fake_args *args, const struct fake_vma *vma)
{
	const struct fake_page *page = fake_page_at(&fake.space, (unsigned long)args->d);

	if (!page || vma->kind == FAKE_SECRET || vma->kind == FAKE_DEVICE || vma->prot == 0)
		return -EFAULT;
	*(int *)fake_pointer(args->a) = page->node;
	return 0;
}

/* The thread itself has no policy. */
long fake_get_mempolicy(const struct fake_args *args)
{
	static const struct fake_policy none = { .mode = FAKE_DEFAULT };
	const struct fake_vma *vma = fake_vma_at(&fake.space, (unsigned long)args->d);

	switch (args->e) {
	case WHAT_IS_ALLOWED:
		return args->a || args->d ? -EINVAL : tell_nodes(args, &fake.allowed);
	case 0:
		return args->d ? -EINVAL : tell_policy(args, &none);
	case AT_ADDRESS:
		return vma ? tell_policy(args, &vma->policy) : -EFAULT;
	case AT_ADDRESS | WANT_NODE:
		return vma && args->a ? tell_node(args, vma) : -EFAULT;
	default:
		return -EINVAL;
	}
}
