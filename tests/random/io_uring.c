/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "io_uring.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "world.h"

int open_uring(void)
{
	struct io_uring_params params = { .flags = 0 };

	return (int)syscall(SYS_io_uring_setup, 1, &params);
}

bool add_buffer(struct world *world, void *at, size_t len)
{
	if (world->uring < 0 || world->buffer_count == MOST_BUFFERS)
		return false;
	world->buffers[world->buffer_count++] = (struct iovec){ at, len };
	return true;
}

bool register_buffers(struct world *world)
{
	if (!world->buffer_count)
		return true;
	return syscall(SYS_io_uring_register, world->uring, IORING_REGISTER_BUFFERS, world->buffers,
		       world->buffer_count) == 0;
}

/* The ring stays: to close one ends some time later, and until then its buffers are held. */
void unregister_buffers(struct world *world)
{
	if (world->buffer_count)
		syscall(SYS_io_uring_register, world->uring, IORING_UNREGISTER_BUFFERS, NULL, 0);
	world->buffer_count = 0;
}
