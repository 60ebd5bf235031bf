/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mappings of files in a file system, in memory or on a disk. */
#ifndef RANDOM_MAP_FILES_H
#define RANDOM_MAP_FILES_H

#include "kinds.h"

kind_step map_tmpfs, map_disk, map_disk_private;

#endif
