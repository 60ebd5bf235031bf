/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments of the two system calls in the words that programs have for them. */
#ifndef SB_CORE_CALL_WORDS_H
#define SB_CORE_CALL_WORDS_H

#include "core/line.h"
#include "core/nodeset.h"

/* As "MPOL_BIND|MPOL_F_STATIC_NODES". What has no name is a number. */
void sb_line_mode(struct sb_line *line, int mode);

/* As "MPOL_MF_STRICT|MPOL_MF_MOVE", "0" for none. */
void sb_line_flags(struct sb_line *line, unsigned flags);

/* As "0-2,5"; nothing for an empty set. */
void sb_line_nodes(struct sb_line *line, const struct sb_nodeset *set);

/* As "EINVAL", and "errno 200" where it has no name here. */
void sb_line_error(struct sb_line *line, int error);

#endif
