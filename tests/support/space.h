/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses where nothing else ever appears: far below the kernel's own choice of addresses. */
#ifndef TESTS_SPACE_H
#define TESTS_SPACE_H

#include <stddef.h>

/* Room for this many pages, aligned to a huge page, unmapped, with unmapped room around it. */
char *space(size_t pages);

/* Leave a hole. */
void unmap(void *at, size_t pages);

#endif
