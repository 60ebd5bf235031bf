/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers registered with an io_uring: pages that the kernel holds on to for as long as it likes.
 */
#ifndef RANDOM_IO_URING_H
#define RANDOM_IO_URING_H

#include <stdbool.h>
#include <stddef.h>

struct world;

/* -1 when it is refused. */
int open_uring(void);

/* A buffer that register_buffers() is to register; false when these are too many. */
bool add_buffer(struct world *world, void *at, size_t len);
/* All of them at once, as kernels before 5.13 want it. */
bool register_buffers(struct world *world);
void unregister_buffers(struct world *world);

#endif
