/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that cannot move. */
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kinds.h"

static const char *pin_some(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		if (!put_pinned(i, pages_home()))
			return "vmsplice is refused";
	return NULL;
}

const char *put_pins(size_t first)
{
	return pin_some(first, FEW);
}

const char *put_many_pins(size_t first)
{
	return pin_some(first, MANY);
}

const char *put_ring_page(size_t first)
{
	for (size_t i = first; i < first + FEW; i++)
		if (!put_ring(i))
			return "no ring that is counted";
	return NULL;
}

/*
 * Registered buffers stay where they are. The ring is kept: to close one ends some time later, and
 * until then its buffers count for what a user may lock.
 */
const char *put_uring(size_t first)
{
	static int ring = -1;
	struct io_uring_params params = { .flags = 0 };
	struct iovec buffer = { stage_page(first), FEW * machine()->page };

	if (ring < 0)
		ring = (int)syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0)
		return "io_uring is not there, or refused";
	/* Those of the stage before. */
	syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL, 0);
	put_anon(first, FEW, pages_home());
	note_stuck(first, FEW);
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1) < 0)
		return "no buffer can be registered";
	return NULL;
}

const char *put_secret(size_t first)
{
	int fd = (int)syscall(SYS_memfd_secret, 0);
	bool done;

	if (fd < 0)
		return "this kernel has no secret memory";
	done = !ftruncate(fd, (off_t)(FEW * machine()->page)) && map_at(first, FEW, MAP_SHARED, fd);
	close(fd);
	if (!done)
		return "no secret memory";
	touch_cells(first, FEW, pages_home());
	note_mapped(first, FEW, true);
	note_stuck(first, FEW);
	for (size_t i = first; i < first + FEW; i++)
		stage.cells[i].untold = true;
	return NULL;
}
