/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain/nodes.h"

#include <string.h>

#include "core/call_words.h"
#include "core/proc_file.h"

#define NODE_FILES "/sys/devices/system/node/"

static void read_file(const char *path, struct sb_nodeset *set)
{
	struct sb_words words;

	memset(set, 0, sizeof(*set));
	if (sb_words_open_path(&words, path) < 0)
		return;
	sb_words_nodes(&words, set);
	sb_words_close(&words);
}

static void read_allowed(int pid, struct sb_nodeset *set)
{
	struct sb_words words;

	memset(set, 0, sizeof(*set));
	if (sb_words_open(&words, pid, "status") < 0)
		return;
	if (sb_words_find_line(&words, "Mems_allowed_list:\t"))
		sb_words_nodes(&words, set);
	sb_words_close(&words);
}

void sb_known_nodes(struct sb_known_nodes *known, int pid)
{
	known->pid = pid;
	read_file(NODE_FILES "online", &known->online);
	read_file(NODE_FILES "has_memory", &known->memory);
	if (pid != 0 || sb_nodeset_allowed(&known->allowed) < 0)
		read_allowed(pid, &known->allowed);
}

static bool lacks(const struct sb_nodeset *set, int node)
{
	return !sb_nodeset_is_empty(set) && !sb_nodeset_has(set, node);
}

static bool usable(const struct sb_known_nodes *known, int node)
{
	return !lacks(&known->online, node) && !lacks(&known->memory, node) &&
	       !lacks(&known->allowed, node);
}

bool sb_any_usable(const struct sb_known_nodes *known, const struct sb_nodeset *named)
{
	for (int node = 0; node < SB_MAX_NODES; node++)
		if (sb_nodeset_has(named, node) && usable(known, node))
			return true;
	return false;
}

bool sb_all_usable(const struct sb_known_nodes *known, const struct sb_nodeset *named)
{
	for (int node = 0; node < SB_MAX_NODES; node++)
		if (sb_nodeset_has(named, node) && !usable(known, node))
			return false;
	return true;
}

static void add_usable(struct sb_line *line, const struct sb_known_nodes *known)
{
	struct sb_nodeset left = known->allowed;

	for (int node = 0; node < SB_MAX_NODES; node++)
		if (!usable(known, node))
			sb_nodeset_remove(&left, node);
	if (!sb_nodeset_is_empty(&left)) {
		sb_line_add(line, known->pid ? "; that process may use node"
					     : "; this process may use node");
		sb_line_add(line, sb_nodeset_weight(&left) > 1 ? "s " : " ");
		sb_line_nodes(line, &left);
	}
	sb_line_add(line, ".");
}

static enum strictbind_cause why_not(const struct sb_known_nodes *known, int node,
				     struct sb_line *line)
{
	if (lacks(&known->online, node)) {
		sb_line_add(line, " does not exist, or is not online");
		return STRICTBIND_CAUSE_NODE_MISSING;
	}
	if (sb_nodeset_is_empty(&known->online)) {
		sb_line_add(line, " cannot be used, and /sys does not tell whether it exists");
		return STRICTBIND_CAUSE_NODE_NOT_ALLOWED;
	}
	if (lacks(&known->memory, node)) {
		sb_line_add(line, " has no memory");
		return STRICTBIND_CAUSE_NODE_WITHOUT_MEMORY;
	}
	sb_line_add(line, known->pid ? " is outside of the cpuset of the process"
				     : " is outside of the cpuset of this process");
	return STRICTBIND_CAUSE_NODE_NOT_ALLOWED;
}

enum strictbind_cause sb_explain_node(const struct sb_failure *failure,
				      const struct sb_known_nodes *known,
				      const struct sb_nodeset *named)
{
	struct sb_line *line = failure->line;
	enum strictbind_cause cause;
	int node = 0;

	while (!sb_nodeset_has(named, node) || usable(known, node))
		node++;
	if (sb_nodeset_weight(named) > 1 && !sb_any_usable(known, named)) {
		sb_line_add(line, "None of the nodes ");
		sb_line_nodes(line, named);
		sb_line_add(line, " can be used: node ");
	} else {
		sb_line_add(line, "Node ");
	}
	sb_line_number(line, (unsigned)node);
	cause = why_not(known, node, line);
	add_usable(line, known);
	return cause;
}
