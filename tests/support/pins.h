/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that can be isolated and not migrated: a pipe holds a reference to each. */
#ifndef TESTS_PINS_H
#define TESTS_PINS_H

#include <stdbool.h>
#include <stddef.h>

struct pins {
	int read_end, write_end;
	size_t held;
};

bool pins_open(struct pins *pins);
void pins_close(struct pins *pins);
/* Pin a page; false when the pipe is full. */
bool pin(struct pins *pins, void *page);
void unpin_all(struct pins *pins);

#endif
