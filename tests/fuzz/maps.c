/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/maps: each line is read as it stands there, and what is found out about a range from
 * these lines agrees with them, in whatever pieces the file is read.
 */
#include "simulated.h"

#include "core/page.h"
#include "pages/hugetlb.h"
#include "pages/maps.h"
#include "preload/caller.h"

enum { LINES_MOST = 4096 };

static struct sb_maps_line lines[LINES_MOST];
static unsigned line_count;

/* ---- in the plainest way ---- */

static bool begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static enum sb_backing plain_backing(const char *name, bool has_device)
{
	if (begins(name, "/secretmem"))
		return SB_BACKING_SECRET;
	if (begins(name, "anon_inode:") || begins(name, "socket:"))
		return SB_BACKING_KERNEL;
	if (begins(name, "/memfd:") || begins(name, "/SYSV") || begins(name, "/dev/zero") ||
	    begins(name, "/dev/shm/") || begins(name, "/anon_hugepage"))
		return SB_BACKING_MEMORY;
	return has_device ? SB_BACKING_DISK : SB_BACKING_UNTOLD;
}

static struct sb_maps_line plain_line(char *text)
{
	struct sb_maps_line line = { .backing = SB_BACKING_NONE };
	const char *at = cut_word(take_word(&text));
	bool has_device = false;
	int count = 1;

	line.start = plain_number(&at, 16);
	if (*at == '-') {
		at++;
		line.end = plain_number(&at, 16);
	}
	for (char *word; (word = take_word(&text));) {
		if (!*cut_word(word))
			continue;
		count++;
		if (count == 4) {
			has_device = !begins(word, "00:");
			at = has_device ? "" : word + 3;
			line.minor = (unsigned)plain_number(&at, 16);
		}
		if (count == 5)
			line.file = strcmp(word, "0") != 0;
		if (count == 6) {
			line.vdso = begins(word, "[vdso") || begins(word, "[vvar");
			if (line.file)
				line.backing = plain_backing(word, has_device);
		}
	}
	return line;
}

static void read_plainly(const char *text)
{
	char *copy = copy_text(text), *rest = copy;

	line_count = 0;
	for (char *line; (line = take_line(&rest)) && line_count < LINES_MOST;)
		lines[line_count++] = plain_line(line);
	free(copy);
}

/* ---- lines ---- */

static void check_lines(void)
{
	struct sb_words words;
	struct sb_maps_line line;
	unsigned count = 0;

	require(sb_words_open(&words, FAKE_PID, "maps") == 0, "not opened");
	for (; sb_maps_next(&words, &line) && count < line_count; count++) {
		const struct sb_maps_line *due = &lines[count];

		require(line.start == due->start && line.end == due->end,
			"line %u: %lx-%lx, not %lx-%lx", count, line.start, line.end, due->start,
			due->end);
		require(line.vdso == due->vdso && line.file == due->file &&
				line.backing == due->backing && line.minor == due->minor,
			"line %u: vdso %d file %d backing %d", count, line.vdso, line.file,
			(int)line.backing);
	}
	require(count == line_count, "%u of %u lines", count, line_count);
	sb_words_close(&words);
}

/* ---- ranges ---- */

static unsigned long plain_first(unsigned long start, unsigned long end)
{
	for (unsigned i = 0; i < line_count; i++) {
		unsigned long first = lines[i].start > start ? lines[i].start : start;

		if (lines[i].end > start && first < end)
			return first;
	}
	return end;
}

/* Addresses ascend, as in a file of the kernel. */
static bool is_ascending(void)
{
	for (unsigned i = 0; i < line_count; i++)
		if (lines[i].start >= lines[i].end || (i && lines[i].start < lines[i - 1].end))
			return false;
	return true;
}

static void check_first(unsigned long start, unsigned long end)
{
	struct sb_mapped mapped = sb_next_mapped(FAKE_PID, start, end);

	require(mapped.start >= start && mapped.start <= mapped.end && mapped.end <= end,
		"%lx to %lx is mapped first", mapped.start, mapped.end);
	require(mapped.lines <= line_count, "%lu of %u lines", mapped.lines, line_count);
	if (is_ascending())
		require(mapped.start == plain_first(start, end), "%lx is mapped first",
			mapped.start);
}

static void check_cut(unsigned long start, unsigned long end)
{
	struct sb_cut cut, due = { start, start, end, end };

	require(sb_maps_cut(FAKE_PID, start, end, &cut) == 0, "not read");
	require(cut.outer_start <= start && cut.outer_end >= end, "the range is not inside");
	require(cut.inner_start >= start && cut.inner_end <= end, "not inside the range");
	for (unsigned i = 0; i < line_count; i++) {
		if (lines[i].start < start && lines[i].end > start) {
			due.outer_start = lines[i].start;
			due.inner_start = lines[i].end;
		}
		if (lines[i].start < end && lines[i].end > end) {
			due.inner_end = lines[i].start;
			due.outer_end = lines[i].end;
		}
	}
	require(!is_ascending() || memcmp(&cut, &due, sizeof(cut)) == 0,
		"%lx-%lx cuts at %lx, %lx, %lx, %lx", start, end, cut.outer_start, cut.inner_start,
		cut.inner_end, cut.outer_end);
}

static void check_hugetlb(unsigned long start, unsigned long end)
{
	struct sb_stretch stretch;

	sb_hugetlb_find(start, end, &stretch);
	require(stretch.start >= start && stretch.end <= end && stretch.start <= stretch.end,
		"the stretch is %lx-%lx", stretch.start, stretch.end);
	if (!is_ascending())
		return;
	for (unsigned i = 0; i < line_count; i++) {
		const struct sb_maps_line *line = &lines[i];
		unsigned long least = sb_smallest_hugetlb();

		if (!line->file || line->start % least || line->end % least || line->end <= start ||
		    line->start >= end)
			continue;
		require(stretch.start <= (line->start > start ? line->start : start) &&
				stretch.end >= (line->end < end ? line->end : end),
			"line %u is outside", i);
	}
}

/* ---- who calls ---- */

static void check_caller(unsigned long address)
{
	struct sb_caller caller = { .offset = 0 };
	bool mapped = false;
	bool found = sb_caller_find(&caller, address);

	for (unsigned i = 0; i < line_count; i++)
		mapped |= address >= lines[i].start && address < lines[i].end;
	require(!found || mapped, "found where nothing is mapped");
	require(!found || memchr(caller.object, '\0', sizeof(caller.object)), "no end");
	require(!found || (caller.object[0] && !strchr(caller.object, '/')), "%s", caller.object);
	if (found && is_ascending())
		require(caller.offset <= address, "offset %lx", caller.offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	unsigned long start, end;
	char *text;

	boot_for_files(&input);
	/* On the line of a mapping, or near it. */
	start = input_number(&input, 6) & -(unsigned long)FAKE_PAGE;
	end = start + input_number(&input, 4) * FAKE_PAGE;
	text = give_text(&input, FAKE_MAPS);
	fake.text_of[FAKE_STATUS] = "HugetlbPages:\t    2048 kB\n";
	read_plainly(text);
	check_lines();
	check_first(start, end);
	if (start < end)
		check_cut(start, end);
	check_hugetlb(start, end);
	check_caller(start);
	check_caller(end - 1);
	require_nothing_left();
	free(text);
	return 0;
}
