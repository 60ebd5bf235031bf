/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pins.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

/* One byte of a page is enough to hold a reference to it, and cheap to read back. */
enum { PINNED_BYTES = 1 };

bool pins_open(struct pins *pins)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return false;
	pins->read_end = ends[0];
	pins->write_end = ends[1];
	pins->held = 0;
	return true;
}

void pins_close(struct pins *pins)
{
	close(pins->read_end);
	close(pins->write_end);
}

bool pin(struct pins *pins, void *page)
{
	struct iovec iov = { page, PINNED_BYTES };

	if (vmsplice(pins->write_end, &iov, 1, SPLICE_F_NONBLOCK) != PINNED_BYTES)
		return false;
	pins->held++;
	return true;
}

void unpin_all(struct pins *pins)
{
	char bytes[64];

	while (pins->held && read(pins->read_end, bytes, sizeof(bytes)) > 0)
		;
	pins->held = 0;
}
