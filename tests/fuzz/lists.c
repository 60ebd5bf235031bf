/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/status: the nodes that a process may use, and its memory; and lists of nodes and
 * processors, in this and in files of /sys. A list that is one is read as it is meant. Whatever it
 * is, the pieces in which it is read make no difference.
 */
#include "simulated.h"

#include "core/page.h"
#include "pages/cpuset.h"
#include "pages/rss.h"
/* Its reader of lists is its own. */
#include "work/node_cpus.c"

static bool expected[CPU_SETSIZE > SB_MAX_NODES ? CPU_SETSIZE : SB_MAX_NODES];

/* What follows a text at the beginning of a line, or NULL. */
static const char *behind(const char *text, const char *beginning)
{
	size_t length = strlen(beginning);

	while (text && strncmp(text, beginning, length) != 0) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? text + length : NULL;
}

static void check_nodes(const char *text)
{
	const char *list = behind(text, "Mems_allowed_list:\t");
	struct sb_nodeset nodes;
	int result = sb_nodes_allowed(FAKE_PID, &nodes);

	require((result == 0) == (list != NULL), "nodes: %d", result);
	if (!list || !plain_list(list, expected, SB_MAX_NODES))
		return;
	for (int node = 0; node < SB_MAX_NODES; node++)
		require(sb_nodeset_has(&nodes, node) == expected[node], "node %d", node);
}

/* Of a number with more digits the library keeps a part, plain_number() takes all. */
enum { DIGITS_MOST = 20 };

/* False when no line, or another than the kernel's, tells it. */
static bool plain_kilobytes(const char *text, const char *label, unsigned long *kilobytes)
{
	const char *at = behind(text, label), *begin;

	if (!at || behind(at, label))
		return false;
	at += strspn(at, "\t");
	at += strspn(at, " ");
	begin = at;
	*kilobytes = plain_number(&at, 10);
	return at > begin && at <= begin + DIGITS_MOST && strncmp(at, " kB\n", 4) == 0;
}

static void check_memory(const char *text)
{
	unsigned long resident, hugetlb;

	if (plain_kilobytes(text, "VmRSS:", &resident))
		require(sb_resident_pages(FAKE_PID) == resident * 1024 / sb_page_size(),
			"%lu pages", sb_resident_pages(FAKE_PID));
	if (!behind(text, "VmRSS:"))
		require(sb_resident_bytes() == ~0UL, "%lu bytes", sb_resident_bytes());
	if (plain_kilobytes(text, "HugetlbPages:", &hugetlb))
		require(sb_has_no_hugetlb() == (hugetlb == 0), "hugetlb");
	if (!behind(text, "HugetlbPages:"))
		require(!sb_has_no_hugetlb(), "no hugetlb");
}

static void check_processors(const char *text)
{
	cpu_set_t cpus;

	read_list(text, &cpus);
	if (plain_list(text, expected, CPU_SETSIZE))
		for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
			require(!CPU_ISSET(cpu, &cpus) == !expected[cpu], "processor %u", cpu);
	/* As a file, which may be cut off. */
	if (sb_cpus_near(&cpus))
		require(strchr(text, '\n') && CPU_COUNT(&cpus) <= 2, "processors");
}

struct answers {
	int result;
	struct sb_nodeset nodes;
	unsigned long resident;
	unsigned long pages;
	bool no_hugetlb;
};

static struct answers ask(unsigned read_max)
{
	struct answers answers;

	memset(&answers, 0, sizeof(answers));
	fake.read_max = read_max;
	answers.result = sb_nodes_allowed(FAKE_PID, &answers.nodes);
	answers.resident = sb_resident_bytes();
	answers.pages = sb_resident_pages(FAKE_PID);
	answers.no_hugetlb = sb_has_no_hugetlb();
	return answers;
}

static void check_pieces(unsigned read_max)
{
	struct answers whole = ask(0), pieces = ask(read_max);

	require(memcmp(&whole, &pieces, sizeof(whole)) == 0, "reads of %u bytes", read_max);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	unsigned read_max;
	char *text;

	boot_for_files(&input);
	read_max = fake.read_max;
	text = give_text(&input, FAKE_STATUS);
	fake.text_of[FAKE_CPULIST] = text;
	check_pieces(read_max);
	check_nodes(text);
	check_memory(text);
	fake.read_max = 0;
	check_processors(text);
	require_nothing_left();
	free(text);
	return 0;
}
