/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages larger than base pages. */
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kinds.h"
#include "space.h"

/* Base pages that are given back at the head of a huge page. */
enum { FOLIO_GIVEN_BACK = 3, PINNED_AT = 7 };

/* One touch makes a large page, if one is to be had: then its last page is there too. */
static bool make_large(size_t first, size_t count)
{
	char *at = stage_page(first);
	size_t page = machine()->page;

	if (madvise(at, count * page, MADV_HUGEPAGE))
		return false;
	prefer_node(pages_home());
	*(volatile char *)at = 0;
	stop_numa_balancing();
	if (node_of(at + (count - 1) * page) != pages_home())
		return false;
	touch_cells(first, count, pages_home());
	note_huge(first, count);
	return true;
}

/* khugepaged would fill it up again. */
static void behead(size_t first, size_t count, size_t given_back)
{
	madvise(stage_page(first), count * machine()->page, MADV_NOHUGEPAGE);
	madvise(stage_page(first), given_back * machine()->page, MADV_DONTNEED);
	for (size_t i = first; i < first + given_back; i++)
		stage.cells[i] = (struct cell){ .mapped = true };
}

static void close_off(size_t first, size_t count)
{
	mprotect(stage_page(first), count * machine()->page, PROT_NONE);
	for (size_t i = first; i < first + count; i++)
		stage.cells[i].inaccessible = true;
}

static const char *pin_large(size_t first, size_t count)
{
	note_stuck(first, count);
	return pin_cell(first + PINNED_AT) ? NULL : "vmsplice is refused";
}

static const char *fork_large(size_t first, size_t count)
{
	note_shared(first, count);
	return put_child() ? NULL : "no child";
}

/* Transparent ones ---------------------------------------------------------------------------- */

const char *put_thp(size_t first)
{
	static const char none[] = "no transparent huge page";

	if (!has_thp())
		return none;
	if (!map_at(first, HUGE_PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1))
		return none;
	return make_large(first, HUGE_PAGES) ? NULL : none;
}

const char *put_thp_headless(size_t first)
{
	const char *why = put_thp(first);

	if (!why)
		behead(first, HUGE_PAGES, MOST_OF_HUGE);
	return why;
}

/* For a moment two mappings share it, and from then on it is mapped page by page. */
const char *put_thp_split(size_t first)
{
	char *middle = stage_page(first + HUGE_PAGES / 2);
	const char *why = put_thp(first);

	if (why)
		return why;
	madvise(stage_page(first), machine()->huge, MADV_NOHUGEPAGE);
	mprotect(middle, machine()->page, PROT_READ);
	mprotect(middle, machine()->page, PROT_READ | PROT_WRITE);
	return NULL;
}

const char *put_thp_inaccessible(size_t first)
{
	const char *why = put_thp(first);

	if (!why)
		close_off(first, HUGE_PAGES);
	return why;
}

const char *put_thp_pinned(size_t first)
{
	const char *why = put_thp(first);

	return why ? why : pin_large(first, HUGE_PAGES);
}

const char *put_thp_forked(size_t first)
{
	const char *why = put_thp(first);

	return why ? why : fork_large(first, HUGE_PAGES);
}

/* Smaller ones -------------------------------------------------------------------------------- */

/* The mapping has room for one of that size. Which sizes are made is told by kinds, or the machine.
 */
static const char *put_folio(size_t first, size_t count)
{
	static const char none[] = "no large folios of that size";

	if (count >= HUGE_PAGES || !map_at(first, count, MAP_PRIVATE | MAP_ANONYMOUS, -1))
		return none;
	return make_large(first, count) ? NULL : none;
}

const char *put_folio_of_4(size_t first)
{
	return put_folio(first, 4);
}

const char *put_folio_of_8(size_t first)
{
	return put_folio(first, 8);
}

const char *put_folio_of_16(size_t first)
{
	return put_folio(first, 16);
}

const char *put_folio_of_32(size_t first)
{
	return put_folio(first, 32);
}

const char *put_folio_of_64(size_t first)
{
	return put_folio(first, 64);
}

const char *put_folio_of_128(size_t first)
{
	return put_folio(first, 128);
}

const char *put_folio_of_256(size_t first)
{
	return put_folio(first, 256);
}

const char *put_folio_headless(size_t first)
{
	const char *why = put_folio_of_16(first);

	if (!why)
		behead(first, 16, FOLIO_GIVEN_BACK);
	return why;
}

/* Shared memory ------------------------------------------------------------------------------- */

const char *put_shmem_thp(size_t first)
{
	static const char none[] = "no huge pages in shared memory";

	if (!has_thp())
		return none;
	if (!map_at(first, HUGE_PAGES, MAP_SHARED | MAP_ANONYMOUS, -1) ||
	    !make_large(first, HUGE_PAGES))
		return none;
	/* The kernel unmaps it when the mapping is cut. */
	for (size_t i = first; i < first + HUGE_PAGES; i++)
		stage.cells[i].cached = true;
	return NULL;
}

/* A child does not have it from its parent: it has to touch it. */
const char *put_shmem_thp_forked(size_t first)
{
	const char *why = put_shmem_thp(first);

	if (why)
		return why;
	note_shared(first, HUGE_PAGES);
	return put_child_that_reads(first, HUGE_PAGES) ? NULL : "no child";
}

const char *put_shmem_thp_pinned(size_t first)
{
	const char *why = put_shmem_thp(first);

	return why ? why : pin_large(first, HUGE_PAGES);
}

/* hugetlb ------------------------------------------------------------------------------------- */

/* A page to put there, and one wherever it may have to go. */
static bool pools_suffice(void)
{
	const int nodes[] = { pages_home(), pages_target(), pages_other(), pages_local() };

	if (machine()->huge != machine()->hugetlb || free_hugetlb() < 2)
		return false;
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		if (!free_hugetlb_on(nodes[i]))
			return false;
	return true;
}

static const char *fill_hugetlb(size_t first)
{
	touch_cells(first, HUGE_PAGES, pages_home());
	note_huge(first, HUGE_PAGES);
	return node_of(stage_page(first)) == pages_home() ? NULL : "no hugetlb page at home";
}

const char *put_hugetlb(size_t first)
{
	if (!pools_suffice() ||
	    !map_at(first, HUGE_PAGES, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1))
		return "too few free hugetlb pages";
	return fill_hugetlb(first);
}

const char *put_hugetlb_memfd(size_t first)
{
	int fd;
	bool done;

	if (!pools_suffice())
		return "too few free hugetlb pages";
	fd = (int)syscall(SYS_memfd_create, "huge", MFD_CLOEXEC | MFD_HUGETLB);
	if (fd < 0)
		return "no memfd of hugetlb pages";
	done = map_at(first, HUGE_PAGES, MAP_SHARED, fd);
	close(fd);
	return done ? fill_hugetlb(first) : "no memfd of hugetlb pages";
}

const char *put_hugetlb_inaccessible(size_t first)
{
	const char *why = put_hugetlb(first);

	if (!why)
		close_off(first, HUGE_PAGES);
	return why;
}

const char *put_hugetlb_forked(size_t first)
{
	const char *why = put_hugetlb(first);

	return why ? why : fork_large(first, HUGE_PAGES);
}

const char *put_hugetlb_pinned(size_t first)
{
	const char *why = put_hugetlb(first);

	return why ? why : pin_large(first, HUGE_PAGES);
}

/* The process has hugetlb pages, too: not every large page of shared memory is one. */
const char *put_shmem_thp_and_hugetlb(size_t first)
{
	const char *why = put_shmem_thp(first);
	char *other = space(HUGE_PAGES);

	if (why)
		return why;
	prefer_node(pages_local());
	if (!pools_suffice() ||
	    mmap(other, machine()->huge, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB, -1, 0) != other)
		return "too few free hugetlb pages";
	stage.second = other;
	stage.second_pages = HUGE_PAGES;
	*other = 1;
	stop_numa_balancing();
	return NULL;
}
