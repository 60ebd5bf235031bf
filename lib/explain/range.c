/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain/range.h"

#include <string.h>

#include "core/page.h"
#include "pages/maps.h"

static unsigned long start_of(const struct sb_failure *failure)
{
	return sb_untag((uintptr_t)failure->call.addr);
}

static unsigned long end_of(const struct sb_failure *failure)
{
	return start_of(failure) + sb_round_up(failure->call.len);
}

enum strictbind_cause sb_explain_start(const struct sb_failure *failure)
{
	struct sb_line *line = failure->line;
	unsigned long page = sb_page_size();

	if (start_of(failure) % page == 0)
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_line_add(line, "The address ");
	sb_line_hex(line, (uintptr_t)failure->call.addr);
	sb_line_add(line, " is not a multiple of the page size, ");
	sb_line_number(line, page);
	sb_line_add(line, " bytes.");
	return STRICTBIND_CAUSE_ADDRESS;
}

enum strictbind_cause sb_explain_wrap(const struct sb_failure *failure)
{
	struct sb_line *line = failure->line;

	if (end_of(failure) >= start_of(failure))
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_line_add(line, "A range of ");
	sb_line_number(line, failure->call.len);
	sb_line_add(line, " bytes from ");
	sb_line_hex(line, (uintptr_t)failure->call.addr);
	sb_line_add(line, " on goes beyond the last address there can be.");
	return STRICTBIND_CAUSE_RANGE_WRAPS;
}

/* ---- holes ---- */

/* In a range that has a hole, by halves. */
static unsigned long hole_by_msync(unsigned long start, unsigned long end)
{
	unsigned long page = sb_page_size();

	while (end - start > page) {
		unsigned long middle = start + (end - start) / 2 / page * page;

		if (sb_has_hole(start, middle - start))
			end = middle;
		else
			start = middle;
	}
	return start;
}

/* end when there is none; false when that cannot be told. */
static bool hole_by_maps(unsigned long start, unsigned long end, unsigned long *hole)
{
	struct sb_words words;
	struct sb_maps_line line;
	bool read;

	*hole = start;
	if (sb_words_open(&words, 0, "maps") < 0)
		return false;
	while (*hole < end && sb_maps_next(&words, &line) && line.start <= *hole)
		if (line.end > *hole)
			*hole = sb_min(line.end, end);
	read = words.error == 0;
	sb_words_close(&words);
	return read;
}

static bool find_hole(unsigned long start, unsigned long end, unsigned long *hole)
{
	long told = sb_sys_msync(start, end - start, MS_ASYNC);

	*hole = end;
	if (told == -ENOMEM)
		*hole = hole_by_msync(start, end);
	return told == 0 || told == -ENOMEM || hole_by_maps(start, end, hole);
}

enum strictbind_cause sb_explain_hole(const struct sb_failure *failure)
{
	struct sb_line *line = failure->line;
	unsigned long hole;

	if (!find_hole(start_of(failure), end_of(failure), &hole)) {
		sb_line_add(line, "The mask can be read; whether the range has a hole cannot be "
				  "told, as msync and /proc/self/maps are refused.");
		return STRICTBIND_CAUSE_UNKNOWN;
	}
	if (hole == end_of(failure)) {
		sb_line_add(line, "The mask can be read and all of the range is mapped now.");
		return STRICTBIND_CAUSE_UNKNOWN;
	}
	sb_line_add(line, "Part of the range is not mapped: the first hole begins at ");
	sb_line_hex(line, hole);
	sb_line_add(line, ", ");
	sb_line_number(line, hole - start_of(failure));
	sb_line_add(line, " bytes from its start.");
	return STRICTBIND_CAUSE_HOLE;
}

/* ---- mappings ---- */

/* Mappings of the process, 0 when that cannot be told. */
static unsigned long count_mappings(void)
{
	struct sb_words words;
	struct sb_maps_line line;
	unsigned long count = 0;

	if (sb_words_open(&words, 0, "maps") < 0)
		return 0;
	/* The kernel's own page at the end of all addresses, on x86, does not count. */
	while (sb_maps_next(&words, &line))
		count += (long)line.start >= 0;
	if (words.error)
		count = 0;
	sb_words_close(&words);
	return count;
}

static unsigned long most_mappings(void)
{
	struct sb_words words;
	const char *text = words.word;
	unsigned long most = 0;

	if (sb_words_open_path(&words, "/proc/sys/vm/max_map_count") < 0)
		return 0;
	if (sb_words_next(&words))
		most = sb_number(&text, 10);
	sb_words_close(&words);
	return most;
}

enum strictbind_cause sb_explain_no_memory(const struct sb_failure *failure)
{
	struct sb_line *line = failure->line;
	unsigned long most = most_mappings();
	unsigned long count = most ? count_mappings() : 0;
	/* A policy for the middle of a mapping makes three of it, and the second may not fit. */
	bool full = count && count + 1 >= most;

	if (!count) {
		sb_line_add(line, "The kernel had no memory for the policy, or the process has too "
				  "many mappings, which /proc does not tell.");
		return STRICTBIND_CAUSE_UNKNOWN;
	}
	sb_line_add(line, "The process has ");
	sb_line_number(line, count);
	sb_line_add(line, " mappings, and ");
	sb_line_number(line, most);
	sb_line_add(line,
		    full ? " is the most that vm.max_map_count allows: a mapping could not be "
			   "split, as a policy for part of it takes."
			 : " are allowed by vm.max_map_count: it is not that; the kernel may "
			   "have had no memory for the policy.");
	return full ? STRICTBIND_CAUSE_MAP_COUNT : STRICTBIND_CAUSE_UNKNOWN;
}

/* ---- huge pages ---- */

/* Whether a mapping that an address is inside of may be of hugetlb: a file, and of whole pages. */
static bool may_cut(const struct sb_maps_line *line, unsigned long address)
{
	return line->file && line->start < address && address < line->end &&
	       (line->start | line->end) % sb_smallest_hugetlb() == 0;
}

/* The next word that is not empty. */
static bool next_word(struct sb_words *words)
{
	while (sb_words_next(words))
		if (words->word[0])
			return true;
	return false;
}

/* The size of pages of the mapping that begins there, 0 when it is not told. */
static unsigned long page_size_of(unsigned long start)
{
	struct sb_words words;
	bool here = false;
	unsigned long size = 0;

	if (sb_words_open(&words, 0, "smaps") < 0)
		return 0;
	/* Lines of names, which are capitalised, follow one that begins with an address. */
	while (size == 0 && sb_words_next(&words)) {
		const char *text = words.word;

		if (*text < 'A' || *text > 'Z') {
			here = sb_number(&text, 16) == start;
		} else if (here && strcmp(text, "KernelPageSize:") == 0 && next_word(&words)) {
			text = words.word;
			size = sb_number(&text, 10) * 1024;
		}
		sb_words_skip_line(&words);
	}
	sb_words_close(&words);
	return size;
}

/* The start of the mapping that may be cut there, 0 for none. */
static unsigned long find_cut(unsigned long address)
{
	struct sb_words words;
	struct sb_maps_line line;
	unsigned long start = 0;

	if (sb_words_open(&words, 0, "maps") < 0)
		return 0;
	while (sb_maps_next(&words, &line) && line.start < address)
		if (may_cut(&line, address))
			start = line.start;
	sb_words_close(&words);
	return start;
}

static bool explain_cut_at(const struct sb_failure *failure, unsigned long address,
			   const char *end_of_range)
{
	unsigned long mapping = find_cut(address);
	unsigned long size = mapping ? page_size_of(mapping) : 0;
	struct sb_line *line = failure->line;

	if (size <= sb_page_size() || address % size == 0)
		return false;
	sb_line_add(line, end_of_range);
	sb_line_hex(line, address);
	sb_line_add(line, " inside a page of hugetlb, which has ");
	sb_line_number(line, size);
	sb_line_add(line, " bytes and cannot be cut.");
	return true;
}

enum strictbind_cause sb_explain_cut(const struct sb_failure *failure)
{
	if (explain_cut_at(failure, start_of(failure), "The range begins at ") ||
	    explain_cut_at(failure, end_of(failure), "The range ends at "))
		return STRICTBIND_CAUSE_HUGE_PAGE_CUT;
	return STRICTBIND_CAUSE_UNKNOWN;
}
