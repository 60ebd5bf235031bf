/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "layout.h"
#include "raw.h"

/* Pages taken from or given back to a huge page by KIND_THP_HOLED and KIND_THP_HEADLESS. */
enum { THP_GIVEN_BACK = 16 };

/* Ring pages that are in the scene and have to go back. */
static struct {
	const struct ring *ring;
	size_t index;
	char *at;
} placed[MACHINE_NODES * (2 * PACKET_PAGES + PERF_RINGS)];
static size_t placed_count;
static bool twins_used, pool_used;

char *scene_page(const struct scene *scene, size_t index)
{
	return scene->base + index * machine()->page;
}

/* The second page of a pair is the first one again. */
static uint64_t stamp_of(const struct scene *scene, size_t index)
{
	const struct segment *segment = &scene->segments[scene->pages[index].segment];
	size_t half = segment->count / 2;

	if (segment->kind == KIND_PAIR && index >= segment->first + half)
		index -= half;
	return scene->stamp + index;
}

static char *twin_of(const struct scene *scene, const struct world *world, size_t index)
{
	return world->twins + (scene_page(scene, index) - world->arena);
}

static void prefer_node(int node)
{
	struct nodes set = nodes_one(node);

	raw_set_mempolicy(MPOL_PREFERRED, set.words, NODES_MAXNODE);
}

static bool is_forked(enum kind kind)
{
	return kind == KIND_FORKED || kind == KIND_THP_FORKED;
}

static bool is_thp(enum kind kind)
{
	return kind >= KIND_THP && kind <= KIND_THP_FORKED;
}

/* Mappings ------------------------------------------------------------------------------------ */

static bool map_fixed(char *at, size_t len, int flags, int fd, off_t offset)
{
	return mmap(at, len, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, offset) == at;
}

static bool map_twin(const struct scene *scene, const struct world *world,
		     const struct segment *segment, size_t len)
{
	char *at = scene_page(scene, segment->first);
	char *twin = twin_of(scene, world, segment->first);

	twins_used = true;
	/* An old size of 0 maps shared memory once more. */
	return map_fixed(at, len, MAP_SHARED | MAP_ANONYMOUS, -1, 0) &&
	       mremap(at, 0, len, MREMAP_MAYMOVE | MREMAP_FIXED, twin) == twin;
}

static bool map_pair(char *at, size_t len)
{
	return map_fixed(at, len / 2, MAP_SHARED | MAP_ANONYMOUS, -1, 0) &&
	       mremap(at, 0, len / 2, MREMAP_MAYMOVE | MREMAP_FIXED, at + len / 2) == at + len / 2;
}

static bool map_pool(const struct world *world, const struct segment *segment, char *at, size_t len)
{
	pool_used = true;
	/*
	 * The memory keeps the policy that an earlier case has set. For a mapping without a policy
	 * MPOL_DEFAULT is no news, and would not reach the memory: so another one goes before.
	 */
	return map_fixed(at, len, MAP_SHARED, world->pool,
			 (off_t)(segment->pool_first * machine()->page)) &&
	       raw_mbind(at, len, MODE_LOCAL, NULL, 0, 0) == 0 &&
	       raw_mbind(at, len, MPOL_DEFAULT, NULL, 0, 0) == 0;
}

static bool map_file(char *at, size_t len)
{
	int fd = (int)syscall(SYS_memfd_create, "file", MFD_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	done = ftruncate(fd, (off_t)len) == 0 && map_fixed(at, len, MAP_PRIVATE, fd, 0);
	close(fd);
	return done;
}

/* One touch makes a huge page, if one is to be had: then the second page is there too. */
static bool make_huge(const struct scene *scene, const struct segment *segment, char *at, size_t len)
{
	if (madvise(at, len, MADV_HUGEPAGE))
		return false;
	prefer_node(scene->pages[segment->first].node);
	*(volatile char *)at = 0;
	stop_numa_balancing();
	/* khugepaged would fill what is given back later. */
	madvise(at, len, MADV_NOHUGEPAGE);
	return node_of(at + machine()->page) >= 0;
}

static bool map_segment(const struct scene *scene, const struct world *world,
			const struct segment *segment)
{
	char *at = scene_page(scene, segment->first);
	size_t len = segment->count * machine()->page;

	switch (segment->kind) {
	case KIND_HOLE:
		return munmap(at, len) == 0;
	case KIND_SHMEM:
	case KIND_PINNED_SHMEM:
		return map_fixed(at, len, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	case KIND_TWIN:
		return map_twin(scene, world, segment, len);
	case KIND_PAIR:
		return map_pair(at, len);
	case KIND_POOL:
	case KIND_PINNED_POOL:
		return map_pool(world, segment, at, len);
	case KIND_FILE:
	case KIND_FILE_DIRTY:
		return map_file(at, len);
	case KIND_HUGETLB:
		return map_fixed(at, len, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	default:
		return !is_thp(segment->kind) || make_huge(scene, segment, at, len);
	}
}

static bool map_segments(const struct scene *scene, const struct world *world, bool forked)
{
	for (size_t s = 0; s < scene->segment_count; s++)
		if (is_forked(scene->segments[s].kind) == forked &&
		    !map_segment(scene, world, &scene->segments[s]))
			return false;
	return true;
}

/* First touches ------------------------------------------------------------------------------- */

static void touch(const struct scene *scene, size_t index)
{
	const struct kind_facts *kind = &kind_facts[scene->pages[index].kind];
	volatile uint64_t *word = (uint64_t *)(void *)scene_page(scene, index);

	switch (scene->pages[index].kind) {
	case KIND_HOLE:
	case KIND_UNTOUCHED:
	case KIND_PERF:
	case KIND_PACKET:
	case KIND_PACKET_TWIN:
		return;
	default:
		if (kind->stamped)
			*word = stamp_of(scene, index);
		else
			(void)*word;
	}
}

static bool any_on_node(const struct scene *scene, int node, bool forked)
{
	for (size_t i = 0; i < scene->count; i++)
		if (scene->pages[i].node == node &&
		    is_forked((enum kind)scene->pages[i].kind) == forked)
			return true;
	return false;
}

static void touch_all(const struct scene *scene, bool forked)
{
	for (int n = 0; n < machine()->node_count; n++) {
		int node = machine()->node[n];

		if (!any_on_node(scene, node, forked))
			continue;
		prefer_node(node);
		for (size_t i = 0; i < scene->count; i++)
			if (scene->pages[i].node == node &&
			    is_forked((enum kind)scene->pages[i].kind) == forked)
				touch(scene, i);
	}
	stop_numa_balancing();
}

static void touch_twins(const struct scene *scene, const struct world *world)
{
	for (size_t i = 0; i < scene->count; i++)
		if (scene->pages[i].kind == KIND_TWIN)
			(void)*(volatile char *)twin_of(scene, world, i);
}

/* Sharing with a child ------------------------------------------------------------------------ */

static bool fork_child(struct scene *scene)
{
	scene->child = fork();
	if (scene->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return scene->child > 0;
}

static void end_child(struct scene *scene)
{
	if (scene->child <= 0)
		return;
	kill(scene->child, SIGKILL);
	waitpid(scene->child, NULL, 0);
	scene->child = 0;
}

/* Rings --------------------------------------------------------------------------------------- */

static bool is_placed(const struct ring *ring, size_t index)
{
	for (size_t i = 0; i < placed_count; i++)
		if (placed[i].ring == ring && placed[i].index == index)
			return true;
	return false;
}

static bool place(const struct ring *ring, char *at)
{
	for (size_t index = 0; ring->store && index < ring->pages; index++) {
		if (is_placed(ring, index) || !ring_put(ring, index, at))
			continue;
		/* The mapping keeps the policy that an earlier case has set. */
		raw_mbind(at, machine()->page, MPOL_DEFAULT, NULL, 0, 0);
		placed[placed_count].ring = ring;
		placed[placed_count].index = index;
		placed[placed_count++].at = at;
		return true;
	}
	return false;
}

static const struct ring *place_any(const struct world *world, int kind, int node, char *at)
{
	int first = node_index(node);

	for (int n = 0; n < machine()->node_count; n++) {
		int i = (first + n) % machine()->node_count;

		if (kind == KIND_PACKET && place(&world->packet[i], at))
			return &world->packet[i];
		if (kind == KIND_PACKET_TWIN && place(&world->packet_twin[i], at))
			return &world->packet_twin[i];
		for (int j = 0; kind == KIND_PERF && j < PERF_RINGS; j++)
			if (place(&world->perf[i][j], at))
				return &world->perf[i][j];
	}
	return NULL;
}

static void place_rings(struct scene *scene, const struct world *world)
{
	for (size_t i = 0; i < scene->count; i++) {
		struct page *page = &scene->pages[i];
		const struct ring *ring;

		if (page->kind < KIND_PERF || page->kind > KIND_PACKET_TWIN)
			continue;
		ring = place_any(world, page->kind, page->node, scene_page(scene, i));
		if (!ring) {
			page->kind = KIND_UNTOUCHED;
			page->node = NODE_NONE;
			continue;
		}
		page->present = !ring->device;
		page->node = (signed char)(ring->device ? NODE_NONE : ring->node);
		page->stuck = true;
		page->shared = kind_facts[page->kind].shared;
	}
}

static void take_rings(void)
{
	while (placed_count) {
		placed_count--;
		ring_take(placed[placed_count].ring, placed[placed_count].index,
			  placed[placed_count].at);
	}
}

/* What makes a kind out of touched pages ------------------------------------------------------ */

static void note_pages(struct scene *scene)
{
	int nodes[MAX_PAGES];

	nodes_of(scene->base, scene->count, nodes);
	for (size_t i = 0; i < scene->count; i++) {
		struct page *page = &scene->pages[i];
		const struct kind_facts *kind = &kind_facts[page->kind];

		if (page->kind >= KIND_PERF && page->kind <= KIND_PACKET_TWIN)
			continue; /* not there yet */
		page->node = (signed char)nodes[i];
		page->present = nodes[i] >= 0;
		page->shared = kind->shared;
		if (page->present == kind->absent)
			scene->broken = true;
	}
}

static void pin_page(struct scene *scene, struct world *world, size_t index)
{
	if (pin(&world->pins, scene_page(scene, index)))
		scene->pages[index].stuck = true;
}

static void pin_huge(struct scene *scene, struct world *world, const struct segment *segment)
{
	size_t index = segment->first + scene->stamp % segment->count;

	if (!pin(&world->pins, scene_page(scene, index))) {
		scene->broken = true;
		return;
	}
	for (size_t i = 0; i < segment->count; i++)
		scene->pages[segment->first + i].stuck = true;
}

static void give_back(struct scene *scene, size_t first)
{
	madvise(scene_page(scene, first), THP_GIVEN_BACK * machine()->page, MADV_DONTNEED);
	for (size_t i = first; i < first + THP_GIVEN_BACK; i++) {
		scene->pages[i].present = false;
		scene->pages[i].node = NODE_NONE;
	}
}

static void split_mapping(const struct scene *scene, const struct segment *segment)
{
	char *middle = scene_page(scene, segment->first + segment->count / 2);

	mprotect(middle, machine()->page, PROT_READ);
	mprotect(middle, machine()->page, PROT_READ | PROT_WRITE);
}

static void finish_segment(struct scene *scene, struct world *world, const struct segment *segment)
{
	char *at = scene_page(scene, segment->first);
	size_t len = segment->count * machine()->page;
	bool pinned = kind_facts[segment->kind].stuck &&
		      (segment->kind < KIND_PERF || segment->kind > KIND_PACKET_TWIN);

	for (size_t i = 0; pinned && !is_thp(segment->kind) && i < segment->count; i++)
		pin_page(scene, world, segment->first + i);
	if (kind_facts[segment->kind].inaccessible)
		mprotect(at, len, PROT_NONE);
	if (segment->kind == KIND_READONLY)
		mprotect(at, len, PROT_READ);
	if (segment->kind == KIND_LOCKED)
		mlock(at, len);
	if (segment->kind == KIND_THP_SPLIT)
		split_mapping(scene, segment);
	if (segment->kind == KIND_THP_HOLED)
		give_back(scene, segment->first + segment->count - THP_GIVEN_BACK);
	if (segment->kind == KIND_THP_HEADLESS)
		give_back(scene, segment->first);
	if (segment->kind == KIND_THP_PINNED)
		pin_huge(scene, world, segment);
}

/* Policies that were there before ------------------------------------------------------------- */

static bool may_cut(const struct scene *scene, size_t index)
{
	return index == 0 || index >= scene->count ||
	       scene->pages[index].kind != KIND_HUGETLB ||
	       scene->pages[index].segment != scene->pages[index - 1].segment;
}

static int pick_old_policy(struct scene *scene, struct rng *rng)
{
	static const int modes[] = { MPOL_BIND, MPOL_INTERLEAVE, MPOL_PREFERRED, MODE_LOCAL };
	const struct machine *m = machine();
	int mode = modes[rng_below(rng, 4)];
	unsigned long nodes = 0;

	if (mode != MODE_LOCAL)
		nodes |= 1UL << m->node[rng_below(rng, (size_t)m->node_count)];
	if (mode == MPOL_INTERLEAVE)
		nodes |= 1UL << m->node[rng_below(rng, (size_t)m->node_count)];
	scene->policies[scene->policy_count] = (struct policy){ mode, nodes };
	return scene->policy_count++;
}

/*
 * Shared memory has one policy however often it is mapped, but each mapping remembers what was last
 * asked of it, and mbind() takes that for the policy: pairs start without any.
 */
static bool takes_old_policy(const struct scene *scene, size_t index)
{
	return scene->pages[index].kind != KIND_HOLE && scene->pages[index].kind != KIND_PAIR;
}

static void set_old_policy(struct scene *scene, struct rng *rng)
{
	size_t first = rng_below(rng, scene->count);
	size_t end = first;
	size_t most = rng_between(rng, 1, scene->count);
	int policy = pick_old_policy(scene, rng);
	const struct policy *p = &scene->policies[policy];

	while (end < scene->count && end - first < most && takes_old_policy(scene, end))
		end++;
	if (end == first || !may_cut(scene, first) || !may_cut(scene, end))
		return;
	if (raw_mbind(scene_page(scene, first), (end - first) * machine()->page, p->mode,
		      &p->nodes, POLICY_MAXNODE, 0)) {
		scene->broken = true;
		return;
	}
	for (size_t i = first; i < end; i++)
		scene->pages[i].policy = (signed char)policy;
}

/* Together ------------------------------------------------------------------------------------ */

static bool make_forked(struct scene *scene, const struct world *world)
{
	if (!scene->forked)
		return true;
	if (!map_segments(scene, world, true))
		return false;
	touch_all(scene, true);
	return fork_child(scene);
}

void scene_build(struct scene *scene, struct world *world, struct rng *rng,
		 const struct scene_size *size)
{
	size_t old_policies;

	scene->broken = false;
	scene->child = 0;
	scene_plan(scene, world, rng, size);
	scene->stamp = rng_next(rng) | 1;
	scene->policies[0] = (struct policy){ .mode = MPOL_DEFAULT };
	scene->policy_count = 1;
	if (!map_fixed(scene->base, scene->count * machine()->page, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0) ||
	    !make_forked(scene, world) || !map_segments(scene, world, false)) {
		scene->broken = true;
		return;
	}
	touch_all(scene, false);
	touch_twins(scene, world);
	note_pages(scene);
	place_rings(scene, world);
	for (size_t s = 0; s < scene->segment_count; s++)
		finish_segment(scene, world, &scene->segments[s]);
	old_policies = rng_below(rng, 4);
	while (old_policies--)
		set_old_policy(scene, rng);
}

void scene_destroy(struct scene *scene, struct world *world)
{
	take_rings();
	unpin_all(&world->pins);
	end_child(scene);
	munmap(scene->base, scene->count * machine()->page);
	if (twins_used)
		munmap(twin_of(scene, world, 0), scene->count * machine()->page);
	twins_used = false;
	if (pool_used)
		world_restore(world);
	pool_used = false;
}

/* Looking ------------------------------------------------------------------------------------- */

static void open_up(const struct scene *scene)
{
	for (size_t s = 0; s < scene->segment_count; s++) {
		const struct segment *segment = &scene->segments[s];

		if (kind_facts[segment->kind].inaccessible)
			mprotect(scene_page(scene, segment->first),
				 segment->count * machine()->page, PROT_READ);
	}
}

static bool spoiled(const struct scene *scene, size_t index)
{
	const struct page *page = &scene->pages[index];
	const char *at = scene_page(scene, index);
	const struct segment *segment = &scene->segments[page->segment];

	if (!page->present)
		return false;
	if (page->kind == KIND_POOL || page->kind == KIND_PINNED_POOL)
		return *at != (char)(segment->pool_first + index - segment->first + 1);
	return kind_facts[page->kind].stamped &&
	       *(const uint64_t *)(const void *)at != stamp_of(scene, index);
}

void scene_look(const struct scene *scene, struct sight *sight)
{
	int nodes[MAX_PAGES];

	for (size_t i = 0; i < scene->count; i++)
		sight->policy[i] = policy_of(scene_page(scene, i));
	open_up(scene);
	nodes_of(scene->base, scene->count, nodes);
	sight->spoiled = 0;
	for (size_t i = 0; i < scene->count; i++) {
		sight->node[i] = (signed char)nodes[i];
		/* A page that is gone is reported as such, not read back in. */
		if (nodes[i] >= 0 && spoiled(scene, i))
			sight->spoiled++;
	}
}

bool hides_inaccessible(void)
{
	static int answer = -1;
	size_t page = machine()->page;
	char *at;

	if (answer >= 0)
		return answer;
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*at = 1;
	mprotect(at, page, PROT_NONE);
	answer = node_of(at) < 0;
	munmap(at, page);
	return answer;
}

static bool same_mapping(const struct scene *scene, size_t a, size_t b)
{
	const struct page *p = &scene->pages[a], *q = &scene->pages[b];

	return p->inaccessible && q->inaccessible && p->policy >= 0 && q->policy >= 0 &&
	       policy_equal(&scene->policies[p->policy], &scene->policies[q->policy]);
}

bool inaccessible_mapping(const struct scene *scene, size_t index, size_t *from, size_t *to)
{
	*from = *to = index;
	if (!scene->pages[index].inaccessible)
		return false;
	while (*from > 0 && same_mapping(scene, *from - 1, *from))
		--*from;
	while (*to + 1 < scene->count && same_mapping(scene, *to, *to + 1))
		++*to;
	return true;
}

void scene_print(const struct scene *scene, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = 0;
	for (size_t s = 0; s < scene->segment_count && used < size; s++) {
		const struct segment *segment = &scene->segments[s];
		size_t show = segment->count < 12 ? segment->count : 1;

		used += (size_t)snprintf(buf + used, size - used, "%s%zu:%s@", s ? " " : "",
					 segment->first, kind_facts[segment->kind].name);
		for (size_t i = 0; i < show && used < size; i++) {
			int node = scene->pages[segment->first + i].node;

			used += (size_t)snprintf(buf + used, size - used, node < 0 ? "-" : "%d",
						 node);
		}
		if (show < segment->count && used < size)
			used += (size_t)snprintf(buf + used, size - used, "*%zu", segment->count);
	}
}
