/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/cpuset.h"

#include <errno.h>

#include "core/proc_file.h"

int sb_nodes_allowed(int pid, struct sb_nodeset *nodes)
{
	struct sb_words words;
	int result;

	if (pid == 0)
		return (int)sb_nodeset_allowed(nodes);
	result = sb_words_open(&words, pid, "status");
	if (result < 0)
		return result;
	if (sb_words_find_line(&words, "Mems_allowed_list:\t"))
		sb_words_nodes(&words, nodes);
	else
		result = words.error ? (int)words.error : -ENOENT;
	sb_words_close(&words);
	return result;
}
