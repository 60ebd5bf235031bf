/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain/masks.h"

#include <string.h>

#include "core/call_words.h"
#include "explain/nodes.h"
#include "explain/try.h"

#define RELATIVE_OR_STATIC (SB_MPOL_F_RELATIVE_NODES | SB_MPOL_F_STATIC_NODES)

static bool readable(const unsigned long *mask, unsigned long maxnode)
{
	long tried;

	if (!mask || maxnode <= 1)
		return true;
	tried = sb_try_mask(mask, maxnode);
	return tried == 0 || (tried != -EFAULT && !sb_nodeset_too_long(maxnode) &&
			      sb_nodeset_readable(mask, maxnode));
}

bool sb_mask_read(struct sb_nodeset *set, const unsigned long *mask, unsigned long maxnode)
{
	bool can = readable(mask, maxnode);

	sb_nodeset_read(set, can ? mask : NULL, maxnode);
	return can;
}

enum strictbind_cause sb_explain_unreadable(const struct sb_failure *failure,
					    const unsigned long *mask, const char *name)
{
	unsigned long maxnode = failure->call.maxnode;

	if (!mask || sb_nodeset_too_long(maxnode) || readable(mask, maxnode))
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_line_add(failure->line, "The kernel cannot read ");
	sb_line_add(failure->line, name);
	sb_line_add(failure->line, " at ");
	sb_line_hex(failure->line, (uintptr_t)mask);
	sb_line_add(failure->line, ", of which maxnode ");
	sb_line_number(failure->line, maxnode);
	sb_line_add(failure->line, " names ");
	sb_line_number(failure->line, maxnode - 1);
	sb_line_add(failure->line, " bits.");
	return STRICTBIND_CAUSE_MASK_UNREADABLE;
}

/* The first bit that is set, from this one on; end when there is none. */
static unsigned long next_bit(const unsigned long *mask, unsigned long bit, unsigned long end)
{
	unsigned long word;

	for (; bit < end; bit++) {
		/* The mask need not be aligned. */
		memcpy(&word, (const char *)mask + bit / SB_BITS_PER_LONG * sizeof(long),
		       sizeof(word));
		if (word >> (bit % SB_BITS_PER_LONG) & 1)
			break;
	}
	return bit;
}

static enum strictbind_cause too_long(const struct sb_failure *failure, const char *name)
{
	struct sb_line *line = failure->line;

	if (failure->call.maxnode == 0) {
		sb_line_add(line, "maxnode is 0, which the kernel takes for no length of ");
		sb_line_add(line, name);
		sb_line_add(line, "; it is the number of bits plus one.");
		return STRICTBIND_CAUSE_MAXNODE_SMALL;
	}
	sb_line_add(line, "maxnode ");
	sb_line_number(line, failure->call.maxnode);
	sb_line_add(line, " is too large: the kernel takes no mask longer than a page, which has ");
	sb_line_number(line, sb_page_size() * 8);
	sb_line_add(line, " bits.");
	return STRICTBIND_CAUSE_MAXNODE_LARGE;
}

/* Whether the kernel takes a mask with this node alone. */
static bool takes_node(unsigned long node)
{
	struct sb_nodeset one = { { 0 } };

	if (node >= SB_MAX_NODES)
		return false;
	sb_nodeset_add(&one, (int)node);
	return sb_try_mask(one.bits, SB_MAX_NODES + 1) != -EINVAL;
}

enum strictbind_cause sb_explain_mask(const struct sb_failure *failure, const unsigned long *mask,
				      const char *name)
{
	unsigned long maxnode = failure->call.maxnode;
	struct sb_line *line = failure->line;
	unsigned long bit;

	if (!mask || maxnode == 1)
		return STRICTBIND_CAUSE_UNKNOWN;
	if (sb_nodeset_too_long(maxnode))
		return too_long(failure, name);
	if (!readable(mask, maxnode))
		return STRICTBIND_CAUSE_UNKNOWN;
	bit = next_bit(mask, 0, maxnode - 1);
	while (bit < maxnode - 1 && takes_node(bit))
		bit = next_bit(mask, bit + 1, maxnode - 1);
	if (bit == maxnode - 1)
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_line_add(line, "Node ");
	sb_line_number(line, bit);
	sb_line_add(line, ", which ");
	sb_line_add(line, name);
	sb_line_add(line, " names, is beyond the highest that this kernel can have.");
	return STRICTBIND_CAUSE_NODE_MISSING;
}

/*
 * A bit that is set behind those that the kernel reads, in the words that it reads them from: there
 * need not be any behind. Of a mask of which it reads nothing there is one all the same.
 */
static enum strictbind_cause explain_last_bit(const struct sb_failure *failure,
					      const unsigned long *mask)
{
	unsigned long maxnode = failure->call.maxnode;
	unsigned long words = maxnode > 1 ? (maxnode - 2) / SB_BITS_PER_LONG + 1 : 1;
	unsigned long end = words * SB_BITS_PER_LONG;
	struct sb_line *line = failure->line;
	unsigned long bit;

	if (!mask || maxnode == 0 || sb_nodeset_too_long(maxnode) || !readable(mask, end + 1))
		return STRICTBIND_CAUSE_UNKNOWN;
	bit = next_bit(mask, maxnode - 1, end);
	if (bit == end)
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_line_add(line, "maxnode ");
	sb_line_number(line, maxnode);
	sb_line_add(line,
		    " is too small: the kernel ignores the last bit that it names, and node ");
	sb_line_number(line, bit);
	sb_line_add(line, " takes maxnode ");
	sb_line_number(line, bit + 2);
	sb_line_add(line, ".");
	return STRICTBIND_CAUSE_MAXNODE_SMALL;
}

static enum strictbind_cause explain_empty(const struct sb_failure *failure,
					   const unsigned long *mask)
{
	enum strictbind_cause cause = explain_last_bit(failure, mask);
	struct sb_line *line = failure->line;

	if (cause)
		return cause;
	if (sb_failure_of_mbind(failure))
		sb_line_mode(line, failure->call.mode);
	else
		sb_line_add(line, "migrate_pages");
	sb_line_add(line, " needs at least one node, and ");
	sb_line_add(line, sb_failure_of_mbind(failure) ? "nodemask" : "new_nodes");
	sb_line_add(line, mask ? " names none." : " is NULL.");
	return STRICTBIND_CAUSE_MASK_EMPTY;
}

static enum strictbind_cause unwanted(const struct sb_failure *failure,
				      const struct sb_nodeset *named)
{
	struct sb_line *line = failure->line;

	sb_line_mode(line, failure->call.mode);
	sb_line_add(line, " takes no nodes, and nodemask names ");
	sb_line_nodes(line, named);
	sb_line_add(line, ".");
	return STRICTBIND_CAUSE_MASK_UNWANTED;
}

/* Of modes that may do without nodes. */
static bool may_be_empty(int mode)
{
	return mode == SB_MPOL_DEFAULT || mode == SB_MPOL_LOCAL || mode == SB_MPOL_PREFERRED;
}

static enum strictbind_cause explain_set(const struct sb_failure *failure,
					 const struct sb_nodeset *named)
{
	int mode = failure->call.mode & ~SB_MPOL_MODE_FLAGS;
	struct sb_known_nodes known;

	if (mode == SB_MPOL_DEFAULT || mode == SB_MPOL_LOCAL)
		return unwanted(failure, named);
	/* These count from the first node that is allowed: none can be wrong. */
	if (failure->call.mode & SB_MPOL_F_RELATIVE_NODES)
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_known_nodes(&known, 0);
	if (sb_any_usable(&known, named))
		return STRICTBIND_CAUSE_UNKNOWN;
	return sb_explain_node(failure, &known, named);
}

static enum strictbind_cause explain_flags_of_empty(const struct sb_failure *failure)
{
	struct sb_line *line = failure->line;

	if ((failure->call.mode & ~SB_MPOL_MODE_FLAGS) != SB_MPOL_LOCAL)
		return explain_empty(failure, failure->call.nodemask);
	sb_line_add(line, "MPOL_LOCAL has no nodes for MPOL_F_STATIC_NODES or "
			  "MPOL_F_RELATIVE_NODES to be about.");
	return STRICTBIND_CAUSE_MODE_FLAGS;
}

enum strictbind_cause sb_explain_policy(const struct sb_failure *failure)
{
	const struct strictbind_arguments *call = &failure->call;
	struct sb_nodeset named;

	if (!sb_mask_read(&named, call->nodemask, call->maxnode) ||
	    sb_try_policy(call->mode, call->nodemask, call->maxnode) != -EINVAL)
		return STRICTBIND_CAUSE_UNKNOWN;
	if (!sb_nodeset_is_empty(&named))
		return explain_set(failure, &named);
	if (!may_be_empty(call->mode & ~SB_MPOL_MODE_FLAGS))
		return explain_empty(failure, call->nodemask);
	if (call->mode & RELATIVE_OR_STATIC)
		return explain_flags_of_empty(failure);
	return STRICTBIND_CAUSE_UNKNOWN;
}

enum strictbind_cause sb_explain_new_nodes(const struct sb_failure *failure, int pid, bool all)
{
	const struct strictbind_arguments *call = &failure->call;
	struct sb_known_nodes known;
	struct sb_nodeset named;

	if (!sb_mask_read(&named, call->new_nodes, call->maxnode))
		return STRICTBIND_CAUSE_UNKNOWN;
	if (sb_nodeset_is_empty(&named))
		return explain_empty(failure, call->new_nodes);
	sb_known_nodes(&known, pid);
	if (all ? sb_all_usable(&known, &named) : sb_any_usable(&known, &named))
		return STRICTBIND_CAUSE_UNKNOWN;
	return sb_explain_node(failure, &known, &named);
}
