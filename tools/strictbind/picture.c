/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture.h"

#include <errno.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "reasons.h"
#include "table.h"
#include "terminal.h"

/* Before the cells: address, policy, size of a stretch. */
enum { ADDRESS = 12, SIZE = 5, POLICY_LEAST = 7, POLICY_MOST = 20, ROWS = 4, MOST_CELLS = 64 };

static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";

/* Background colours that bear black letters, for nodes in turn. */
static const int colours[] = { 46, 43, 42, 45, 44, 106, 103, 102, 105, 104 };

struct cell {
	int node; /* with the most pages, of the misplaced ones if there are any; -1: no page */
	bool misplaced; /* some are */
	bool unknown;
};

struct picture picture_of_terminal(FILE *file)
{
	struct picture picture = { .file = file, .width = terminal_width() };
	const char *no_colour = getenv("NO_COLOR");

	picture.colour = terminal_draws(STDOUT_FILENO) && !(no_colour && *no_colour);
	return picture;
}

static int prefix_width(const struct picture *picture)
{
	return ADDRESS + 1 + picture->policy + 1 + SIZE + 2;
}

static int cells_in_row(const struct picture *picture)
{
	int cells = (picture->width - prefix_width(picture)) / 8 * 8;

	/* At the right there is to be room for a name. */
	if (cells > 32)
		cells = cells >= MOST_CELLS + 16 ? MOST_CELLS : 32;
	return cells < 8 ? 8 : cells;
}

static int node_letter(int node)
{
	return node < (int)sizeof(letters) - 1 ? letters[node] : '+';
}

/* ---- looking ---- */

static void find_node(struct cell *cell, const unsigned long *pages, int nodes)
{
	unsigned long most = 0;

	for (int node = 0; node < nodes; node++) {
		if (pages[node] <= most)
			continue;
		most = pages[node];
		cell->node = node;
	}
}

static void leave_only_misplaced(unsigned long *pages, const struct process *process,
				 const struct mapping *mapping)
{
	for (int node = 0; node < process->nodes; node++)
		if (nodes_has(mapping->nodes, node))
			pages[node] = 0;
}

static bool any_page(const unsigned long *pages, int nodes)
{
	while (nodes > 0 && !pages[nodes - 1])
		nodes--;
	return nodes > 0;
}

static struct cell look_at(const struct picture *picture, const struct process *process,
			   const struct mapping *mapping, unsigned long start, unsigned long end)
{
	struct cell cell = { .node = -1 };
	unsigned long pages[NODES_MOST], unknown;

	if (strictbind_locate(process->pid, (void *)start, // NOLINT(performance-no-int-to-ptr)
			      end - start, pages, (unsigned long)process->nodes, &unknown) != 0)
		process_fail(process, "move_pages", errno);
	find_node(&cell, pages, process->nodes);
	leave_only_misplaced(pages, process, mapping);
	cell.misplaced = mapping->judged && any_page(pages, process->nodes);
	if (cell.misplaced && picture->own) {
		reasons_own(process, mapping, start, end, pages);
		cell.misplaced = any_page(pages, process->nodes);
	}
	if (cell.misplaced)
		find_node(&cell, pages, process->nodes);
	cell.unknown = unknown != 0;
	return cell;
}

/* The smallest power of two, from a page on, with which the mapping fits in its rows. */
static unsigned long stretch_of(const struct mapping *mapping, int row)
{
	unsigned long stretch = (unsigned long)sysconf(_SC_PAGESIZE);

	while ((mapping->end - mapping->start - 1) / stretch >= (unsigned long)row * ROWS)
		stretch *= 2;
	return stretch;
}

/* ---- drawing ---- */

static void draw_cell(const struct picture *picture, const struct cell *cell)
{
	int letter = cell->node >= 0 ? node_letter(cell->node) : cell->unknown ? '?' : '.';

	if (!picture->colour || cell->node < 0)
		fputc(letter, picture->file);
	else if (cell->misplaced)
		fprintf(picture->file, "\033[1;97;41m%c\033[0m", letter);
	else
		fprintf(picture->file, "\033[30;%dm%c\033[0m",
			colours[(size_t)cell->node % (sizeof(colours) / sizeof(*colours))], letter);
}

static void draw_marks(const struct picture *picture, const struct cell *cells, int count)
{
	int column = prefix_width(picture);
	bool any = false;

	for (int i = 0; i < count; i++)
		any |= cells[i].misplaced;
	if (!any)
		return;
	fprintf(picture->file, "%*s", column, "");
	while (!cells[count - 1].misplaced)
		count--;
	for (int i = 0; i < count; i++)
		fputc(cells[i].misplaced ? '^' : ' ', picture->file);
	fputc('\n', picture->file);
}

/* In its column; a policy that has been cut is not to look like another one. */
static void draw_policy(const struct picture *picture, const char *policy)
{
	if ((int)strlen(policy) > picture->policy)
		fprintf(picture->file, "%.*s... ", picture->policy - 3, policy);
	else
		fprintf(picture->file, "%-*s ", picture->policy, policy);
}

/* The end of a name is what tells one from another. */
static void draw_name(const struct picture *picture, const struct mapping *mapping, int room)
{
	const char *slash = strrchr(mapping->name, '/');
	const char *name = mapping->name[0] == '/' && slash ? slash + 1 : mapping->name;

	for (; *name && room > 0; name++, room--)
		fputc(*name >= ' ' && *name < 0x7f ? *name : '?', picture->file);
}

static void draw_mapping(const struct picture *picture, const struct process *process,
			 const struct mapping *mapping)
{
	int row = cells_in_row(picture);
	unsigned long stretch = stretch_of(mapping, row);
	struct cell cells[MOST_CELLS];
	char size[SIZE_TEXT];
	unsigned long at = mapping->start;

	while (at < mapping->end) {
		bool first = at == mapping->start;
		int count = 0;

		fprintf(picture->file, "%*lx ", ADDRESS, at);
		draw_policy(picture, first ? mapping_policy(mapping) : "");
		fprintf(picture->file, "%*s  ", SIZE, first ? print_size(size, stretch) : "");
		for (; count < row && at < mapping->end; count++) {
			unsigned long end =
				mapping->end - at > stretch ? at + stretch : mapping->end;

			cells[count] = look_at(picture, process, mapping, at, end);
			draw_cell(picture, &cells[count]);
			at = end;
		}
		if (first && mapping->name[0]) {
			fprintf(picture->file, "%*s", row - count + 1, "");
			draw_name(picture, mapping,
				  picture->width - prefix_width(picture) - row - 1);
		}
		fputc('\n', picture->file);
		draw_marks(picture, cells, count);
	}
}

static void draw_legend(const struct picture *picture)
{
	print_wrapped(
		picture->file, 0, terminal_text_width(),
		"A cell is a stretch of memory, as long as \"cell\" says: the node that most of "
		"its pages are on, '.' none present. '^' marks stretches with misplaced pages, and "
		"shows the node of those. Nodes above 9 are letters, and above 35 all are '+'. "
		"Mappings without pages are left out.");
	fprintf(picture->file, "\n%*s ", ADDRESS, "address");
	draw_policy(picture, "policy");
	fprintf(picture->file, "%*s\n", SIZE, "cell");
}

static bool is_drawn(const struct mapping *mapping, bool misplaced_only)
{
	return mapping->present && (mapping->misplaced || !misplaced_only);
}

/* As wide as the longest of those that are drawn. */
static int policy_width(const struct process *process, bool misplaced_only)
{
	int most = POLICY_LEAST;

	for (size_t i = 0; i < process->count; i++) {
		const struct mapping *mapping = &process->mappings[i];

		int width = (int)strlen(mapping_policy(mapping));

		if (is_drawn(mapping, misplaced_only) && width > most)
			most = width;
	}
	return most < POLICY_MOST ? most : POLICY_MOST;
}

void picture_draw(struct picture *picture, const struct process *process, bool misplaced_only)
{
	picture->policy = policy_width(process, misplaced_only);
	draw_legend(picture);
	for (size_t i = 0; i < process->count; i++) {
		if (is_drawn(&process->mappings[i], misplaced_only))
			draw_mapping(picture, process, &process->mappings[i]);
	}
	fputc('\n', picture->file);
}
