/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that a userfaultfd watches. Nobody answers it: missing pages must not be touched. */
#ifndef RANDOM_UFFD_H
#define RANDOM_UFFD_H

#include <stdbool.h>
#include <stddef.h>

/* -1 when it is refused. */
int open_uffd(void);
/* Watch for pages that are missing, or have those that are there reported when they are written to.
 */
bool watch_missing(int uffd, void *at, size_t len);
bool write_protect(int uffd, void *at, size_t len);

#endif
