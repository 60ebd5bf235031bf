/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memory.h"
#include "vmas.h"

int sb_vmas_open(struct sb_vmas *vmas, int pid, const struct sb_nodeset *nodes)
{
	int result = sb_words_open(&vmas->numa_maps, pid, "numa_maps");

	if (result < 0)
		return result;
	result = sb_words_open(&vmas->maps, pid, "maps");
	if (result < 0)
		sb_words_close(&vmas->numa_maps);
	vmas->nodes = nodes;
	vmas->line = (struct sb_maps_line){ .end = 0 };
	return result;
}

void sb_vmas_close(struct sb_vmas *vmas)
{
	sb_words_close(&vmas->numa_maps);
	sb_words_close(&vmas->maps);
}

int sb_vmas_error(const struct sb_vmas *vmas)
{
	return (int)(vmas->numa_maps.error ? vmas->numa_maps.error : vmas->maps.error);
}

/* The value of a word that begins with key, or NULL. */
static const char *value_of(const char *word, const char *key)
{
	size_t length = strlen(key);

	return strncmp(word, key, length) == 0 ? word + length : NULL;
}

/* One line: START POLICY [file=... heap stack huge] [anon=... mapmax=...] N0=...
 * kernelpagesize_kB=... */
static bool read_numa_maps_line(struct sb_vmas *vmas)
{
	struct sb_words *words = &vmas->numa_maps;
	unsigned long unit = 1;
	const char *text = words->word;

	if (!sb_words_next(words))
		return false;
	vmas->start = sb_number(&text, 16);
	vmas->pages = 0;
	vmas->shared = false;
	while (words->end == ' ' && sb_words_next(words)) {
		const char *value;

		if (words->word[0] == 'N' && words->word[1] >= '0' && words->word[1] <= '9') {
			value = words->word + 1;
			int node = (int)sb_number(&value, 10);

			if (*value++ == '=' && sb_nodeset_has(vmas->nodes, node))
				vmas->pages += sb_number(&value, 10);
		} else if ((value = value_of(words->word, "mapmax="))) {
			vmas->shared = sb_number(&value, 10) > 1;
		} else if ((value = value_of(words->word, "kernelpagesize_kB="))) {
			unit = sb_number(&value, 10) * 1024 / sb_page_size();
		}
	}
	vmas->pages *= unit;
	return true;
}

/* Whether a name in maps, which is the sixth word, is the kernel's own for the vdso or its data. */
static bool names_vdso(const char *name)
{
	return strncmp(name, "[vdso", 5) == 0 || strncmp(name, "[vvar", 5) == 0;
}

bool sb_maps_next(struct sb_words *words, struct sb_maps_line *line)
{
	const char *text = words->word;
	unsigned count = 1;

	if (!sb_words_next(words))
		return false;
	line->start = sb_number(&text, 16);
	text++;
	line->end = sb_number(&text, 16);
	line->vdso = false;
	while (words->end == ' ' && sb_words_next(words))
		if (words->word[0] && ++count == 6)
			line->vdso = names_vdso(words->word);
	return true;
}

/*
 * maps lists the same VMAs in the same order, and tells their ends. False when the VMA is not
 * there: another thread has unmapped it between the two reads.
 */
static bool find_end(struct sb_vmas *vmas)
{
	while (vmas->line.end <= vmas->start)
		if (!sb_maps_next(&vmas->maps, &vmas->line))
			return false;
	vmas->end = vmas->line.end;
	return vmas->line.start <= vmas->start;
}

unsigned long sb_first_mapped(unsigned long start, unsigned long end)
{
	struct sb_words words;
	struct sb_maps_line line;
	unsigned long first = end;

	if (sb_words_open(&words, 0, "maps") < 0)
		return start;
	while (first == end && sb_maps_next(&words, &line))
		if (line.end > start)
			first = sb_min(sb_max(line.start, start), end);
	sb_words_close(&words);
	return first;
}

bool sb_vmas_next(struct sb_vmas *vmas)
{
	while (read_numa_maps_line(vmas))
		/* No policy governs the vdso; some kernels count it all the same. */
		if (vmas->pages > 0 && find_end(vmas) && !vmas->line.vdso)
			return true;
	return false;
}
