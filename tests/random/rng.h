/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random numbers that depend on nothing but the seed and the number of the case. */
#ifndef RANDOM_RNG_H
#define RANDOM_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

struct rng rng_for(uint64_t seed, uint64_t stream, uint64_t number);
uint64_t rng_next(struct rng *rng);
/* From 0 to below - 1. */
size_t rng_below(struct rng *rng, size_t below);
/* From low to high, both included. */
size_t rng_between(struct rng *rng, size_t low, size_t high);
/* True in so many of a hundred cases. */
bool rng_percent(struct rng *rng, unsigned percent);
/* Index into weights, of which the last is 0. */
size_t rng_weighted(struct rng *rng, const unsigned *weights);

#endif
