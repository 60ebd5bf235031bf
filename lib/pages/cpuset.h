/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_PAGES_CPUSET_H
#define SB_PAGES_CPUSET_H

#include "core/nodeset.h"

/* The nodes that the cpuset of a process allows, 0 for the calling thread. 0 or a negative errno.
 */
int sb_nodes_allowed(int pid, struct sb_nodeset *nodes);

#endif
