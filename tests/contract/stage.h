/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stage: a few mapped pages and holes, one of each thing a rule is about, on which a call is
 * made. */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"
#include "nodes.h"
#include "observe.h"
#include "pins.h"
#include "raw.h"
#include "rings.h"

/* Two huge pages of the largest there are, 8,192 pages each, and what is put beside them. */
enum { STAGE_CELLS = 17000, STAGE_RINGS = 4, STAGE_FILES = 2 };

/* One page of the stage, and what is known of it before the call. */
struct cell {
	bool mapped;
	bool present;	   /* a page that the counts know of */
	bool shared;	   /* more than one page table entry maps it */
	bool stuck;	   /* cannot be moved */
	bool huge;	   /* part of a larger page, which may move as a whole */
	bool inaccessible; /* PROT_NONE */
	bool swapped;
	bool untold; /* some kernels tell its node in numa_maps only */
	bool cached; /* of a file: comes back at a touch when it was unmapped */
	bool unseen; /* nobody can say on which node it is */
	int node;
	uint64_t stamp; /* its first word; 0: not looked at */
	struct policy policy;
};

struct stage {
	char *base;
	size_t count;
	struct pins pins;
	bool pins_opened;
	struct ring device;	/* a ring that no policy governs */
	int files[STAGE_FILES]; /* descriptors that keep pages as they are */
	size_t file_count;
	char *second; /* a further mapping of some pages */
	size_t second_pages;
	int child;			/* a process that shares pages */
	const char *about;		/* for messages */
	struct cell cells[STAGE_CELLS]; /* those from count on are all zero */
};

extern struct stage stage;

/* Nodes: pages start at home and belong on target; the same where there is only one node. */
int pages_home(void);
int pages_target(void);
/* One more node to belong on, beside target. */
int pages_other(void);
int pages_local(void);
bool many_nodes(void);

/* A stage of holes. Cell number lead is at the start of a huge page. */
void stage_open(size_t count, size_t lead);
/*
 * The policy that all pages have before the call, which is not the default; notes where pages are.
 * NULL, or which page is not as it was to be.
 */
const char *stage_note(void);
void stage_close(void);
/* Puts away what is kept from stage to stage. */
void stage_forget(void);
char *stage_page(size_t index);
/* On which node each page is, PROT_NONE or not. From then on all can be read. */
void stage_look(int *nodes);
/* For many stages with huge pages: every eighth page inside of one is looked at, and taken for all.
 */
extern bool stage_looks_seldom;

/* Private memory, written to, on this node. */
void put_anon(size_t first, size_t count, int node);
/* A new mapping for a part of what is there, so that a call meets many. */
void cut_mapping(size_t first, size_t count);
/* Pages that cannot move, on this node and at home; false where they cannot be had. */
bool put_pinned(size_t index, int node);
bool put_ring(size_t index);
/* Pins a page of the stage as it is. */
bool pin_cell(size_t index);
/* A process that shares what is private now. */
bool put_child(void);
/* One that has read these pages, and so has them mapped. */
bool put_child_that_reads(size_t first, size_t count);
/* Closed with the stage. */
void keep_file(int fd);
/* First touches for pages that were mapped by the test. */
void touch_cells(size_t first, size_t count, int node);
void prefer_node(int node);
uint64_t stamp_of_cell(size_t index);

#endif
