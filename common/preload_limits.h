/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The largest values of STRICTBIND_THREADS and STRICTBIND_STALL_US. The preload library ignores
 * larger ones, and the command, which sets these variables, refuses them. The manual pages name
 * both numbers.
 */
#ifndef PRELOAD_LIMITS_H
#define PRELOAD_LIMITS_H

#define SB_MOST_THREADS 1024
#define SB_MOST_STALL_US 1000000000

#endif
