/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_MBIND_CHUNKS_H
#define SB_MBIND_CHUNKS_H

#include <stdint.h>

#include "mbind/chunk.h"
#include "strictbind.h"

/*
 * Moves the whole range in chunks, with as many threads as the options allow and the machine is
 * worth. The policy is set already. stall: nanoseconds that a chunk may take, 0 for any. Returns 0,
 * -ECANCELED, or the negative errno that ended the work; left is right for the whole range in the
 * first two cases.
 */
long sb_move_in_chunks(const struct sb_move *whole, const struct strictbind_options *options,
		       struct sb_tally *tally);

#endif
