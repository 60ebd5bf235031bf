/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stage: a few mapped pages and holes, one of each thing a rule is about. A call is made on it, and
 * everything that can be seen afterwards is held against the contract.
 */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"
#include "nodes.h"
#include "observe.h"
#include "pins.h"
#include "raw.h"
#include "rings.h"
#include "strictbind.h"

enum { STAGE_CELLS = 1100, STAGE_RINGS = 4 };

/* One page of the stage, and what is known of it before the call. */
struct cell {
	bool mapped;
	bool present;      /* a page that the counts know of */
	bool shared;       /* more than one page table entry maps it */
	bool stuck;        /* cannot be moved */
	bool huge;         /* part of a larger page, which may move as a whole */
	bool inaccessible; /* PROT_NONE */
	bool swapped;
	bool unseen;       /* nobody can say on which node it is */
	int node;
	uint64_t stamp;    /* its first word; 0: not looked at */
	struct policy policy;
};

struct stage {
	char *base;
	size_t count;
	struct cell cells[STAGE_CELLS];
	struct pins pins;
	bool pins_opened;
	struct ring device; /* a ring that no policy governs */
	char *second;      /* a further mapping of some pages */
	size_t second_pages;
	int child;         /* a process that shares pages */
	const char *about; /* for messages */
};

extern struct stage stage;

/* Nodes: pages start at home and belong on target; the same where there is only one node. */
int pages_home(void);
int pages_target(void);
int pages_local(void);
bool many_nodes(void);

/* A stage of holes. Cell number lead is at the start of a huge page. */
void stage_open(size_t count, size_t lead);
/* The policy that all pages have before the call, which is not the default; notes where pages are. */
void stage_settle(void);
void stage_close(void);
char *stage_page(size_t index);

/* Private memory, written to, on this node. */
void put_anon(size_t first, size_t count, int node);
/* A new mapping for a part of what is there, so that a call meets many. */
void cut_mapping(size_t first, size_t count);
/* Pages that cannot move, on this node and at home; false where they cannot be had. */
bool put_pinned(size_t index, int node);
bool put_ring(size_t index);
/* First touches for pages that were mapped by the test. */
void touch_cells(size_t first, size_t count, int node);
void prefer_node(int node);
uint64_t stamp_of_cell(size_t index);

struct call {
	size_t first, end;
	int mode;
	struct nodes mask;
	unsigned flags;
	size_t offset; /* added to the address */
	int bad;       /* the errno that its arguments deserve (rule 1) */
};

struct call bind_to(size_t first, size_t end, int node, unsigned flags);
struct call call_local(size_t first, size_t end, unsigned flags);
struct call call_default(size_t first, size_t end, unsigned flags);

/* What the contract says of a call on the stage as it is. */
struct expected {
	long result;
	int error;
	bool policy_set, moves;
	unsigned long unmoved, shared;
	const void *first_unmoved;
};

struct expected expect_call(const struct call *call);
/* Makes the call and compares result, errno, policies, nodes, contents and, if asked, counts. */
void check_call(const struct call *call, bool counted);

/* The flags that this process may use, in a table that ends with ~0U. */
const unsigned *flag_sets(void);

/* A test that cannot be done here says so and returns. */
void note_skip(const char *test, const char *why);
#define SKIP_IF(condition, why)                                                                    \
	do {                                                                                       \
		if (condition) {                                                                   \
			note_skip(__func__, why);                                                  \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* Runs it in this process and prints one line; the exit status. */
int run_cases(Suite *suite);

/* mbind_kinds.c */
struct kind {
	const char *name;
	size_t pages;   /* 0: ask kind_pages() */
	size_t outside; /* how many of them are before the range */
	bool alone;     /* where it is, nothing can be put beside it */
	/* Puts it on the stage at home; NULL, or why that cannot be done here. */
	const char *(*put)(size_t first);
};

extern const struct kind kinds[];
extern const size_t kind_count;

size_t kind_pages(const struct kind *kind);

#endif
