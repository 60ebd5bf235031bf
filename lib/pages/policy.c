/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/policy.h"

#include <string.h>

#include "core/syscall.h"

/* As the kernel writes them; two have a blank in them. */
static int mode_of(const char *name)
{
	static const struct {
		const char *name;
		int mode;
	} modes[] = {
		{ "default", SB_MPOL_DEFAULT },
		{ "prefer", SB_MPOL_PREFERRED },
		{ "bind", SB_MPOL_BIND },
		{ "interleave", SB_MPOL_INTERLEAVE },
		{ "local", SB_MPOL_LOCAL },
		{ "prefer (many)", SB_MPOL_PREFERRED_MANY },
		{ "weighted interleave", SB_MPOL_WEIGHTED_INTERLEAVE },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(name, modes[i].name) == 0)
			return modes[i].mode;
	return -1;
}

/* Whether a blank that ends this much of a policy is part of its name. */
static bool has_blank(const char *name)
{
	return strcmp(name, "prefer") == 0 || strcmp(name, "weighted") == 0;
}

void sb_policy_read(struct sb_words *words, struct sb_policy *policy)
{
	char name[24];
	size_t length = 0;
	bool flags = false;
	char byte;

	*policy = (struct sb_policy){ .mode = -1 };
	for (;;) {
		byte = sb_words_byte(words);
		name[length] = '\0';
		if (byte == 0 || byte == '\n' || byte == ':' || (byte == ' ' && !has_blank(name)))
			break;
		flags |= byte == '=';
		if (!flags && length < sizeof(name) - 1)
			name[length++] = byte;
	}
	policy->mode = mode_of(name);
	words->end = byte == ':' ? sb_words_nodes(words, &policy->nodes) : byte;
}

bool sb_policy_interleaves(const struct sb_policy *policy)
{
	return policy->mode == SB_MPOL_INTERLEAVE || policy->mode == SB_MPOL_WEIGHTED_INTERLEAVE;
}

bool sb_policy_equal(const struct sb_policy *a, const struct sb_policy *b)
{
	return a->mode == b->mode && sb_nodeset_equal(&a->nodes, &b->nodes);
}
