/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the system calls of this thread are filtered. */
#ifndef SB_KERNEL_FILTER_H
#define SB_KERNEL_FILTER_H

#include <stdbool.h>

/*
 * By seccomp. A filter may end the process for a call that it does not know: what is not asked for
 * in every program is then left alone.
 */
bool sb_has_filter(void);

#endif
