/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/numa_maps, alone and beside maps: pages are counted as the lines say, whatever else is
 * in them, and mappings come with the ends that maps tells.
 */
#include "simulated.h"

#include "core/page.h"
#include "pages/numa_maps.h"

enum { LINES_MOST = 2048, NODES_MOST = 64 };

/* ---- in the plainest way ---- */

struct line {
	unsigned long start;
	unsigned long unit;
	bool shared;
	unsigned words; /* that tell pages of a node */
	unsigned long nodes[NODES_MOST + 1];
	unsigned long pages[NODES_MOST + 1];
};

static struct line lines[LINES_MOST];
static unsigned line_count;
static struct sb_maps_line mappings[LINES_MOST];
static unsigned mapping_count;

static bool begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static void take_pages(struct line *line, const char *word)
{
	const char *at = word + 1;
	unsigned long node = plain_number(&at, 10);

	if (*at++ != '=')
		return;
	if (line->words < NODES_MOST) {
		line->nodes[line->words] = node;
		line->pages[line->words] = plain_number(&at, 10);
	}
	line->words++;
}

static void take_pages_or_size(struct line *line, const char *word)
{
	const char *at;

	if (word[0] == 'N' && word[1] >= '0' && word[1] <= '9') {
		take_pages(line, word);
	} else if (begins(word, "mapmax=")) {
		at = word + strlen("mapmax=");
		line->shared = plain_number(&at, 10) > 1;
	} else if (begins(word, "kernelpagesize_kB=")) {
		at = word + strlen("kernelpagesize_kB=");
		line->unit = plain_number(&at, 10) * 1024 / sb_page_size();
	}
}

static void read_plainly(const char *text)
{
	char *copy = copy_text(text), *rest = copy;

	line_count = 0;
	for (char *line; (line = take_line(&rest)) && line_count < LINES_MOST;) {
		struct line *read = &lines[line_count++];
		const char *start = cut_word(take_word(&line));

		*read = (struct line){ .start = plain_number(&start, 16), .unit = 1 };
		for (char *word; (word = take_word(&line));)
			take_pages_or_size(read, cut_word(word));
	}
	free(copy);
}

static void read_mappings(void)
{
	struct sb_words words;

	mapping_count = 0;
	require(sb_words_open(&words, FAKE_PID, "maps") == 0, "not opened");
	while (mapping_count < LINES_MOST && sb_maps_next(&words, &mappings[mapping_count]))
		mapping_count++;
	sb_words_close(&words);
}

static unsigned long pages_on(const struct line *line, const struct sb_nodeset *nodes)
{
	unsigned long pages = 0;

	for (unsigned i = 0; i < line->words && i < NODES_MOST; i++)
		if (line->nodes[i] < SB_MAX_NODES && sb_nodeset_has(nodes, (int)line->nodes[i]))
			pages += line->pages[i];
	return pages * line->unit;
}

/* ---- mapping by mapping ---- */

static const struct sb_maps_line *mapping_at(unsigned long start, unsigned *next)
{
	while (*next < mapping_count && mappings[*next].end <= start)
		++*next;
	return *next < mapping_count && mappings[*next].start <= start ? &mappings[*next] : NULL;
}

/* In the order of addresses, as the kernel writes them, and no more than are kept here. */
static bool is_ascending(void)
{
	for (unsigned i = 0; i < line_count; i++)
		if (lines[i].words > NODES_MOST || (i && lines[i].start <= lines[i - 1].start))
			return false;
	return line_count < LINES_MOST;
}

/* Those that are told, whatever the file is. */
static void check_any_vmas(const struct sb_nodeset *nodes)
{
	struct sb_vmas vmas;
	unsigned count = 0;

	require(sb_vmas_open(&vmas, FAKE_PID, nodes) == 0, "not opened");
	for (; sb_vmas_next(&vmas); count++)
		require(vmas.start < vmas.end && vmas.pages && !vmas.line.vdso, "%lx-%lx",
			vmas.start, vmas.end);
	require(line_count == LINES_MOST || count <= line_count, "%u of %u lines", count,
		line_count);
	sb_vmas_close(&vmas);
}

static void check_vmas(const struct sb_nodeset *nodes)
{
	struct sb_vmas vmas;
	unsigned next = 0;
	unsigned long vdso = 0;

	require(sb_vmas_open(&vmas, FAKE_PID, nodes) == 0, "not opened");
	for (unsigned i = 0; i < line_count; i++) {
		unsigned long pages = pages_on(&lines[i], nodes);
		const struct sb_maps_line *mapping =
			pages ? mapping_at(lines[i].start, &next) : NULL;

		vdso += mapping && mapping->vdso ? pages : 0;
		if (!mapping || mapping->vdso)
			continue;
		require(sb_vmas_next(&vmas), "line %u is not told", i);
		require(vmas.start == lines[i].start && vmas.end == mapping->end,
			"line %u: %lx-%lx", i, vmas.start, vmas.end);
		require(vmas.pages == pages && vmas.unit == lines[i].unit &&
				vmas.shared == lines[i].shared,
			"line %u: %lu pages, not %lu; unit %lu shared %d", i, vmas.pages, pages,
			vmas.unit, vmas.shared);
	}
	require(!sb_vmas_next(&vmas) && vmas.vdso == vdso, "one more, or %lu of the vdso",
		vmas.vdso);
	require(sb_vmas_error(&vmas) == 0, "error %d", sb_vmas_error(&vmas));
	sb_vmas_close(&vmas);
}

/* ---- all of a range ---- */

static struct {
	unsigned long pages[SB_MAX_NODES];
	unsigned long unknown;
} counted, due;

static void add(void *context, int node, unsigned long pages)
{
	require(context == &counted, "told somebody else");
	/* As callers have it. */
	if (node < 0 || node >= SB_MAX_NODES)
		counted.unknown += pages;
	else
		counted.pages[node] += pages;
}

static int count_plainly(unsigned long from, unsigned long to)
{
	memset(&due, 0, sizeof(due));
	for (unsigned i = 0; i < line_count && lines[i].start < to; i++) {
		const struct line *line = &lines[i];

		if (line->start < from)
			continue;
		if (line->words > NODES_MOST)
			return -EOVERFLOW;
		for (unsigned j = 0; j < line->words; j++) {
			unsigned long pages = line->pages[j] * line->unit;

			if (line->nodes[j] < SB_MAX_NODES)
				due.pages[line->nodes[j]] += pages;
			else
				due.unknown += pages;
		}
	}
	return 0;
}

static void check_count(unsigned long from, unsigned long to)
{
	struct sb_census census = { .add = add, .context = &counted };
	int expected = count_plainly(from, to), result;

	memset(&counted, 0, sizeof(counted));
	result = sb_vmas_count(FAKE_PID, from, to, &census);
	require(line_count == LINES_MOST || result == expected, "%d, not %d", result, expected);
	if (result == 0 && line_count < LINES_MOST)
		require(memcmp(&counted, &due, sizeof(due)) == 0, "node 0: %lu, not %lu",
			counted.pages[0], due.pages[0]);
}

/* ---- by policy ---- */

static void check_placement(void)
{
	struct sb_placement placement = { .threads = NULL };
	struct sb_vmas vmas;

	sb_nodeset_add(&placement.allowed, 0);
	require(sb_vmas_open_misplaced(&vmas, FAKE_PID, NULL, &placement) == 0, "not opened");
	while (sb_vmas_next(&vmas)) {
		const struct sb_nodeset *placed = sb_nodeset_is_empty(&placement.policy.nodes)
							  ? &placement.allowed
							  : &placement.policy.nodes;

		require(vmas.pages && vmas.start < vmas.end, "nothing of it is misplaced");
		require(placement.policy.mode >= -1 && placement.policy.mode <= 6, "mode %d",
			placement.policy.mode);
		for (int node = 0; node < SB_MAX_NODES; node++)
			require(sb_nodeset_has(placed, node) !=
					sb_nodeset_has(&placement.misplaced, node),
				"node %d is both or neither", node);
	}
	sb_vmas_close(&vmas);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	struct sb_nodeset nodes = { .bits = { 0 } };
	unsigned long from, to;
	char *numa, *maps;

	boot_for_files(&input);
	nodes.bits[0] = input_number(&input, 1);
	from = input_number(&input, 6);
	to = from + input_number(&input, 4) * FAKE_PAGE;
	numa = give_text(&input, FAKE_NUMA_MAPS);
	maps = give_text(&input, FAKE_MAPS);
	/* The vdso of this program is where it is; so there is none. */
	fake.text_of[FAKE_AUXV] = "";
	read_plainly(numa);
	read_mappings();
	check_any_vmas(&nodes);
	if (is_ascending())
		check_vmas(&nodes);
	check_count(from, to);
	check_count(0, ~0UL);
	check_placement();
	require_nothing_left();
	free(numa);
	free(maps);
	return 0;
}
