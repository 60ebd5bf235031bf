/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cases.h"

static bool play_sides(struct run *run, const struct result *about, play_fn *play, uint64_t turn,
		       bool repeated)
{
	bool tight = !nodes_empty(&run->room.full) || !nodes_empty(&run->room.no_hugetlb);

	for (uint64_t i = 0; i < SIDES; i++) {
		enum side side = (enum side)((turn + i) % SIDES);

		if (run->sides[side])
			play(run, about->number, side == SIDE_RAW ? WAY_KERNEL : run->way,
			     run->sides[side]);
	}
	return tally_sides(run->tally, about, run->sides, tight, repeated);
}

void run_case(struct run *run, const struct result *about, play_fn *play, uint64_t turn)
{
	if (play_sides(run, about, play, turn, false))
		play_sides(run, about, play, turn, true);
}
