/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks that need something of the kernel that it may not have, or not give. */
#include <sys/mman.h>
#include <time.h>

#include "io_uring.h"
#include "marks.h"
#include "rights.h"
#include "scene.h"
#include "uffd.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* How often, and for how many nanoseconds, something that the kernel does in its own time is waited
 * for. */
enum { TRIES = 400, WAIT = 2000000 };

static void wait_a_little(void)
{
	struct timespec time = { .tv_nsec = WAIT };

	nanosleep(&time, NULL);
}

bool mark_guard(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return madvise(scene_page(scene, segment->first), segment_bytes(segment),
		       MADV_GUARD_INSTALL) == 0;
}

bool mark_uffd(struct scene *scene, struct world *world, const struct segment *segment)
{
	return watch_missing(world->uffd, scene_page(scene, segment->first),
			     segment_bytes(segment));
}

bool mark_uffd_protected(struct scene *scene, struct world *world, const struct segment *segment)
{
	return write_protect(world->uffd, scene_page(scene, segment->first),
			     segment_bytes(segment));
}

bool mark_uring(struct scene *scene, struct world *world, const struct segment *segment)
{
	for (size_t i = segment->first; i < segment->first + segment->count; i++)
		scene->pages[i].stuck = true;
	return add_buffer(world, scene_page(scene, segment->first), segment_bytes(segment));
}

/* Equal pages -----------------------------------------------------------------------------------
 */

static bool all_shared(const struct scene *scene, const struct segment *segment)
{
	for (size_t i = segment->first; i < segment->first + segment->count; i++)
		if (!page_shared(scene_page(scene, i)))
			return false;
	return true;
}

/* Merged pages are where one of them was. */
bool mark_ksm(struct scene *scene, struct world *world, const struct segment *segment)
{
	bool merged = false;

	(void)world;
	if (madvise(scene_page(scene, segment->first), segment_bytes(segment), MADV_MERGEABLE) ||
	    !ksm_start())
		return false;
	for (int i = 0; i < TRIES && !merged; i++) {
		wait_a_little();
		merged = all_shared(scene, segment);
	}
	ksm_stop();
	for (size_t i = segment->first; i < segment->first + segment->count; i++)
		scene->pages[i].node = (short)node_of(scene_page(scene, i));
	return merged;
}

/* Swapped out -----------------------------------------------------------------------------------
 */

static bool all_swapped(const struct scene *scene, const struct segment *segment)
{
	for (size_t i = segment->first; i < segment->first + segment->count; i++)
		if (!page_swapped(scene_page(scene, i)))
			return false;
	return true;
}

/* A page that was used a moment ago may need a second try. */
bool mark_swapped(struct scene *scene, struct world *world, const struct segment *segment)
{
	bool gone = false;

	(void)world;
	if (!has_swap())
		return false;
	for (int i = 0; i < TRIES && !gone; i++) {
		if (i)
			wait_a_little();
		if (madvise(scene_page(scene, segment->first), segment_bytes(segment),
			    MADV_PAGEOUT))
			return false;
		gone = all_swapped(scene, segment);
	}
	for (size_t i = segment->first; i < segment->first + segment->count; i++) {
		scene->pages[i].present = false;
		scene->pages[i].node = NODE_NONE;
	}
	return gone;
}
