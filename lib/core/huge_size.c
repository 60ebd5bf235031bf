/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/huge_size.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "core/page.h"
#include "core/proc_file.h"
#include "core/syscall.h"

#define SIZE_FILE "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
#define ENABLED_FILE "/sys/kernel/mm/transparent_hugepage/enabled"

/* 0: not asked yet. Threads that ask at the same time get the same answer. */
static atomic_ulong known;

unsigned long sb_huge_size(void)
{
	unsigned long size = atomic_load_explicit(&known, memory_order_relaxed);
	unsigned long page = sb_page_size();

	if (size)
		return size;
	size = sb_number_in((int)sb_sys_open_read(SIZE_FILE));
	if (size <= page || (size & (size - 1)))
		size = page / 8 * page;
	atomic_store_explicit(&known, size, memory_order_relaxed);
	return size;
}

/* What a file chooses among several words: "[always]" is 'a'. 0: it is not there. */
static char chosen_in(int fd)
{
	struct sb_words words = { .fd = fd, .end = ' ' };
	char chosen = 0;

	if (fd < 0)
		return 0;
	while (sb_words_next(&words))
		if (words.word[0] == '[')
			chosen = words.word[1];
	sb_words_close(&words);
	return chosen;
}

/* A size may say that it does as all do. */
static bool is_given(unsigned long size)
{
	char chosen = chosen_in(sb_folio_open((unsigned)(size >> 10), "enabled"));

	if (chosen == 'i')
		chosen = chosen_in((int)sb_sys_open_read(ENABLED_FILE));
	return chosen == 'a' || chosen == 'm';
}

unsigned long sb_folio_size(void)
{
	unsigned long size = sb_huge_size() / 2;

	while (size > sb_page_size() && !is_given(size))
		size /= 2;
	return size;
}
