/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rng.h"

/* splitmix64: small, and good from the first number on whatever the seed. */
uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

struct rng rng_for(uint64_t seed, uint64_t stream, uint64_t number)
{
	struct rng rng = { seed };

	rng.state = rng_next(&rng) ^ stream;
	rng.state = rng_next(&rng) ^ number;
	return rng;
}

size_t rng_below(struct rng *rng, size_t below)
{
	return rng_next(rng) % below;
}

size_t rng_between(struct rng *rng, size_t low, size_t high)
{
	return low + rng_below(rng, high - low + 1);
}

bool rng_percent(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}

size_t rng_weighted(struct rng *rng, const unsigned *weights)
{
	unsigned total = 0;
	size_t roll, i;

	for (i = 0; weights[i]; i++)
		total += weights[i];
	roll = rng_below(rng, total);
	for (i = 0; roll >= weights[i]; i++)
		roll -= weights[i];
	return i;
}
