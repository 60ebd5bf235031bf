/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind_kernel(), and STRICTBIND_QUIRKS. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "pins.h"

enum { PAGES = 16, FACTS = 256 };

static int ask(unsigned index, struct strictbind_fact *fact)
{
	memset(fact, 0, sizeof(*fact));
	fact->size = sizeof(*fact);
	return strictbind_kernel(index, fact);
}

static bool find(const char *name, struct strictbind_fact *fact)
{
	for (unsigned i = 0; ask(i, fact) == 1; i++)
		if (!strcmp(fact->name, name))
			return true;
	return false;
}

static void check_strings(const struct strictbind_fact *fact)
{
	ck_assert(fact->name && *fact->name && !strpbrk(fact->name, ", "));
	ck_assert(fact->description && *fact->description);
	ck_assert(fact->introduced && fact->fixed && fact->handling);
	ck_assert(fact->present == 0 || fact->present == 1);
	ck_assert_uint_eq(fact->size, sizeof(*fact));
	ck_assert(fact->known >= STRICTBIND_PROBED && fact->known <= STRICTBIND_FORCED);
	if (fact->kind == STRICTBIND_QUIRK)
		ck_assert(fact->error == 0 && *fact->handling);
	else
		ck_assert_int_eq(!fact->present, fact->error != 0);
}

START_TEST(all_facts)
{
	struct strictbind_fact fact;
	const char *names[FACTS];
	unsigned count;
	int kind = STRICTBIND_QUIRK;

	for (count = 0; ask(count, &fact) == 1; count++) {
		ck_assert_uint_lt(count, FACTS);
		check_strings(&fact);
		ck_assert_int_ge((int)fact.kind, kind);
		kind = (int)fact.kind;
		names[count] = fact.name;
		for (unsigned i = 0; i < count; i++)
			ck_assert_str_ne(names[i], fact.name);
	}
	ck_assert_uint_gt(count, 10);
	ck_assert_int_eq(kind, STRICTBIND_INTERFACE);
	ck_assert_int_eq(ask(count, &fact), 0);
	ck_assert_int_eq(ask(count + 1000, &fact), 0);
	ck_assert_int_eq(ask(~0U, &fact), 0);
}
END_TEST

START_TEST(asked_twice)
{
	struct strictbind_fact first, again;

	for (unsigned i = 0; ask(i, &first) == 1; i++) {
		ck_assert_int_eq(ask(i, &again), 1);
		ck_assert_mem_eq(&first, &again, sizeof(first));
	}
}
END_TEST

START_TEST(sizes)
{
	struct {
		struct strictbind_fact known;
		unsigned long later[4];
	} fact = { .known = { .size = sizeof(fact) } };

	ck_assert_int_eq(strictbind_kernel(0, &fact.known), 1);
	ck_assert_uint_eq(fact.known.size, sizeof(fact));
	/* Fields that this library does not know yet say nothing. */
	fact.later[2] = 1;
	ck_assert_int_eq(strictbind_kernel(0, &fact.known), 1);
	ck_assert_uint_eq(fact.later[2], 0);
	fact.known.size = 0;
	ck_assert_int_eq(answer(strictbind_kernel(0, &fact.known)), -EINVAL);
	fact.known.size = sizeof(fact.known) - 1;
	ck_assert_int_eq(answer(strictbind_kernel(0, &fact.known)), -EINVAL);
}
END_TEST

START_TEST(version)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "%d.%d.%d", STRICTBIND_VERSION_MAJOR,
		 STRICTBIND_VERSION_MINOR, STRICTBIND_VERSION_PATCH);
	ck_assert_str_eq(strictbind_version(), expected);
}
END_TEST

struct expectation {
	const char *name;
	int since_major, since_minor; /* the series it is in, 0: all */
	int until_major, until_minor; /* the first that is without, 0: none */
};

/* Kernels of distributions have other fixes: this is known of the lab's. */
static const struct expectation lab[] = {
	{ "strict-ignores-misplaced", 4, 0, 5, 3 }, { "misses-unmovable", 4, 0, 5, 3 },
	{ "misses-tail-hole", 4, 0, 5, 5 },	    { "stops-at-unmovable", 5, 3, 6, 1 },
	{ "half-done-before-hole", 5, 3, 6, 7 },    { "unisolated-not-counted", 0, 0, 6, 7 },
	{ "locked-while-moving", 0, 0, 6, 7 },	    { "query-misses-prot-none", 6, 1, 6, 5 },
	{ "strict-ignores-hugetlb", 5, 3, 5, 7 },   { "device-taken-for-hole", 4, 0, 5, 5 },
};

/* What is known by the version alone: to ask would take time, or a huge page of somebody's. */
static bool goes_by_version(const char *name)
{
	return !strcmp(name, "locked-while-moving") || !strcmp(name, "strict-ignores-hugetlb");
}

static int expected(const struct expectation *e)
{
	return kernel_at_least(e->since_major, e->since_minor) &&
	       !kernel_at_least(e->until_major, e->until_minor);
}

/* 4.18 and 5.14 are what RHEL 8 and 9 start from, and take much from later releases into. */
static bool is_patched(void)
{
	return (kernel_at_least(4, 18) && !kernel_at_least(4, 19)) ||
	       (kernel_at_least(5, 14) && !kernel_at_least(5, 15));
}

START_TEST(quirks_of_this_kernel)
{
	struct strictbind_fact fact;

	NEED_NODES(4);
	SKIP_IF(is_patched(), "what this distribution has taken from later releases is not known");
	for (size_t i = 0; i < sizeof(lab) / sizeof(*lab); i++) {
		ck_assert_msg(find(lab[i].name, &fact), "no quirk %s", lab[i].name);
		ck_assert_int_eq(fact.kind, STRICTBIND_QUIRK);
		ck_assert_msg(fact.present == expected(&lab[i]), "%s: present %d, known %d",
			      lab[i].name, fact.present, fact.known);
	}
}
END_TEST

/* A perf ring is what the probe needs; a user has it up to 6.12, root has others. */
START_TEST(what_can_be_probed_is)
{
	struct strictbind_fact fact;
	struct ring ring;
	bool have;

	NEED_NODES(4);
	have = ring_open_counted(&ring, NODE(0), 1);
	for (size_t i = 0; i < sizeof(lab) / sizeof(*lab); i++) {
		bool needs_ring = strcmp(lab[i].name, "strict-ignores-misplaced") &&
				  strcmp(lab[i].name, "misses-tail-hole") &&
				  strcmp(lab[i].name, "device-taken-for-hole") &&
				  strcmp(lab[i].name, "query-misses-prot-none");

		ck_assert(find(lab[i].name, &fact));
		if (goes_by_version(fact.name))
			ck_assert_int_ne(fact.known, STRICTBIND_PROBED);
		else if (have || !needs_ring)
			ck_assert_msg(fact.known == STRICTBIND_PROBED, "%s: known %d", fact.name,
				      fact.known);
	}
	if (have)
		ring_close(&ring);
}
END_TEST

START_TEST(modes_as_the_kernel_has_them)
{
	static const struct {
		const char *name;
		int mode;
	} modes[] = { { "MPOL_LOCAL", MODE_LOCAL },
		      { "MPOL_PREFERRED_MANY", MODE_PREFERRED_MANY },
		      { "MPOL_WEIGHTED_INTERLEAVE", MODE_WEIGHTED_INTERLEAVE } };
	struct strictbind_fact fact;

	for (size_t i = 0; i < 3; i++) {
		ck_assert(find(modes[i].name, &fact));
		ck_assert_int_eq(fact.kind, STRICTBIND_INTERFACE);
		ck_assert_int_eq(fact.present, has_mode(modes[i].mode));
	}
	ck_assert(find("mbind", &fact) && fact.present);
	ck_assert(find("move_pages", &fact) && fact.present);
	ck_assert(find("migrate_pages", &fact) && fact.present);
	ck_assert(find("pagemap", &fact));
	ck_assert_int_eq(fact.present, !access("/proc/self/pagemap", R_OK));
}
END_TEST

/* ---- in a program of its own, started with the variable set ---- */

static int forced_facts(const char *list)
{
	struct strictbind_fact fact;
	bool all = !strcmp(list, "all");

	for (unsigned i = 0; ask(i, &fact) == 1; i++) {
		if (fact.kind != STRICTBIND_QUIRK)
			continue;
		EXPECT(fact.known == STRICTBIND_FORCED);
		EXPECT(fact.present == (all || strstr(list, fact.name) != NULL));
	}
	return 0;
}

static int basic_mbind(void)
{
	int other = NODE(machine()->node_count - 1);
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	EXPECT(bind_report(at, PAGES, NODE(0), STRICT, &report) == 0 && report.unmoved == 0);
	EXPECT(bind_report(at, PAGES, other, STRICT | MOVE, &report) == 0 && report.unmoved == 0);
	EXPECT(count_on(at, PAGES, other) == PAGES && intact(at, PAGES));
	EXPECT(policy_of(at + (PAGES - 1) * PAGE).mode == MPOL_BIND);
	unmap(at + 9 * PAGE, 1);
	EXPECT(answer(bind_report(at, PAGES, NODE(0), STRICT | MOVE, &report)) == -EFAULT);
	EXPECT(count_on(at, PAGES, other) == PAGES - 1);
	unmap(at, PAGES);
	return 0;
}

static int pinned_mbind(void)
{
	struct strictbind_report report;
	struct pins pins;
	char *at = pages_on(PAGES, NODE(0));

	EXPECT(pins_open(&pins) && pin(&pins, at + 2 * PAGE));
	EXPECT(answer(bind_report(at, PAGES, NODE(1), STRICT, &report)) == -EIO);
	EXPECT(policy_of(at).mode == MPOL_DEFAULT && report.unmoved == PAGES);
	EXPECT(answer(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report)) == -EIO);
	EXPECT(report.unmoved == 1 && report.first_unmoved == at + 2 * PAGE);
	EXPECT(count_on(at, PAGES, NODE(1)) == PAGES - 1);
	unpin_all(&pins);
	EXPECT(bind_to(at, PAGES, NODE(1), STRICT | MOVE) == 0);
	EXPECT(intact(at, PAGES));
	unmap(at, PAGES);
	pins_close(&pins);
	return 0;
}

static int basic_migrate(void)
{
	struct nodes from = nodes_one(NODE(2)), to = nodes_one(NODE(3));
	struct strictbind_report report = new_report();
	struct pins pins;
	char *at = pages_on(PAGES, NODE(2));

	EXPECT(pins_open(&pins) && pin(&pins, at + 2 * PAGE));
	EXPECT(strictbind_migrate_pages(0, NODES_MAXNODE, from.words, to.words) == 1);
	EXPECT(count_on(at, PAGES, NODE(3)) == PAGES - 1);
	EXPECT(strictbind_migrate_pages_opt(0, NODES_MAXNODE, from.words, to.words, NULL,
					    &report) == 1);
	EXPECT(report.unmoved == 1 && report.first_unmoved == at + 2 * PAGE);
	unpin_all(&pins);
	EXPECT(strictbind_migrate_pages(0, NODES_MAXNODE, from.words, to.words) == 0);
	unmap(at, PAGES);
	pins_close(&pins);
	return 0;
}

static int forced(const char *list)
{
	int line = forced_facts(list);

	stop_numa_balancing();
	if (!line)
		line = basic_mbind();
	if (!line && machine()->node_count >= 2)
		line = pinned_mbind();
	if (!line && machine()->node_count >= 4)
		line = basic_migrate();
	if (line)
		printf("forced quirks %s: line %d\n", list, line);
	return line != 0;
}

static const char *program;

static void check_forced(const char *list)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setenv("STRICTBIND_QUIRKS", list, 1);
		execl(program, program, "--forced", list, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "STRICTBIND_QUIRKS=%s: %x",
		      list, (unsigned)status);
}

START_TEST(forced_sets)
{
	check_forced("all");
	check_forced("stops-at-unmovable");
	check_forced("misses-unmovable");
	check_forced("misses-tail-hole");
	check_forced("unisolated-not-counted,query-misses-prot-none");
	check_forced("half-done-before-hole,locked-while-moving,stops-at-unmovable");
}
END_TEST

/* Without quirks the kernel's word is taken: only right where it has none. */
START_TEST(forced_none)
{
	struct strictbind_fact fact;

	for (unsigned i = 0; ask(i, &fact) == 1 && machine()->node_count > 1; i++)
		SKIP_IF(fact.kind == STRICTBIND_QUIRK && fact.present && *fact.fixed,
			"this kernel has quirks");
	check_forced("strict-ignores-misplaced");
}
END_TEST

/* strictbind_plan() ---------------------------------------------------------------------------- */

enum { MOST_STEPS = 32 };

static unsigned steps_of(int mode, unsigned flags, const struct strictbind_options *options,
			 int counted, const char *word)
{
	unsigned count = 0, with_word = 0;
	const char *sentence;

	errno = 4711;
	for (; (sentence = strictbind_plan(count, mode, flags, options, counted)); count++) {
		ck_assert(strlen(sentence) > 8 && strchr(sentence, '.'));
		ck_assert_msg(count < MOST_STEPS, "there is no end");
		with_word += word && strstr(sentence, word);
	}
	ck_assert_int_eq(errno, 4711);
	return word ? with_word : count;
}

START_TEST(plans_are_told)
{
	struct strictbind_options options = { .size = sizeof(options), .stall_us = 100 };
	struct strictbind_options refused = { .size = 1, .stall_us = 100 };

	ck_assert_uint_eq(steps_of(MPOL_DEFAULT, STRICT, NULL, 0, NULL), 0);
	ck_assert_uint_eq(steps_of(MPOL_BIND, 1U << 20, NULL, 0, NULL), 0);
	for (int mode = MPOL_PREFERRED; mode <= MPOL_LOCAL; mode++)
		ck_assert_uint_gt(steps_of(mode, STRICT | MOVE, NULL, 0, NULL), 0);
	ck_assert_uint_eq(steps_of(MPOL_BIND, STRICT | MOVE, &options, 0, "in chunks"), 1);
	ck_assert_uint_eq(steps_of(MPOL_BIND, STRICT | MOVE, NULL, 0, "counted"), 0);
	ck_assert_uint_eq(steps_of(MPOL_BIND, STRICT | MOVE, NULL, 1, "counted"), 1);
	ck_assert_uint_eq(steps_of(MPOL_BIND, STRICT | MOVE, &refused, 1, NULL),
			  steps_of(MPOL_BIND, STRICT | MOVE, NULL, 1, NULL));
}
END_TEST

/* What the library builds on --------------------------------------------------------------------
 */

/* No node, and no errno. */
enum { NOT_WRITTEN = -4096 };

/*
 * Of pages that move_pages tried to move and could not, the status is left as it was. The result is
 * no help: some kernels say 0 when one page at the end of the list did not move.
 */
static void check_tried(char *at, size_t count, size_t held)
{
	void *pages[PAGES];
	int nodes[PAGES] = { 0 }, status[PAGES];
	long result;

	for (size_t i = 0; i < count; i++) {
		pages[i] = at + i * PAGE;
		nodes[i] = NODE(1);
		status[i] = NOT_WRITTEN;
	}
	result = raw_move_pages(0, count, pages, nodes, status, MOVE);
	ck_assert_msg(result >= 0 && result <= (long)held, "%zu pages, %zu held: %ld", count, held,
		      result);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(status[i], NOT_WRITTEN);
	ck_assert_uint_eq(count_on(at, count, NODE(0)), held);
}

START_TEST(move_pages_tells_by_status)
{
	struct pins pins;
	char *at;

	NEED_NODES(2);
	ck_assert(pins_open(&pins));
	for (size_t held = 1; held <= 3; held++)
		for (size_t count = held; count <= PAGES; count *= 2) {
			at = pages_on(count, NODE(0));
			for (size_t i = 0; i < held; i++)
				ck_assert(pin(&pins, at + (count - 1 - i) * PAGE));
			check_tried(at, count, held);
			unpin_all(&pins);
			unmap(at, count);
		}
	pins_close(&pins);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, move_pages_tells_by_status);
	tcase_add_test(tests, all_facts);
	tcase_add_test(tests, plans_are_told);
	tcase_add_test(tests, asked_twice);
	tcase_add_test(tests, sizes);
	tcase_add_test(tests, version);
	tcase_add_test(tests, quirks_of_this_kernel);
	tcase_add_test(tests, what_can_be_probed_is);
	tcase_add_test(tests, modes_as_the_kernel_has_them);
	tcase_add_test(tests, forced_sets);
	tcase_add_test(tests, forced_none);
}

int main(int argc, char **argv)
{
	/* Without /proc there is nothing else to find the program by. */
	program = argv[0];
	run_on_node(NODE(0));
	if (argc == 3 && !strcmp(argv[1], "--forced"))
		return forced(argv[2]);
	unsetenv("STRICTBIND_QUIRKS");
	return run_suite_here("kernel_facts", add);
}
