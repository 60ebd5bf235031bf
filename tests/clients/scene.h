/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the clients written in C have in common: memory with pages that cannot be moved, and a look
 * at it from outside. No memory is bound or moved here: all calls that do so are the client's.
 */
#ifndef TESTS_CLIENTS_SCENE_H
#define TESTS_CLIENTS_SCENE_H

#include <stddef.h>

/* Pages on node 0, the first ones shared with the kernel. Exits with 77 where these cannot be had.
 */
char *scene_pages(size_t pages, size_t kernels);

/* Have look (look.c) print where these pages are, and end the line. They are full of ones. */
void scene_look(const char *look, const void *start, size_t pages);

/* "0", or the name of the error. */
const char *scene_result(long result);

#endif
