/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/tally.h"

#include <limits.h>

#include "core/page.h"

static unsigned long add(unsigned long a, unsigned long b)
{
	return a > ULONG_MAX - b ? ULONG_MAX : a + b;
}

void sb_bounds_add(struct sb_bounds *bounds, struct sb_bounds more)
{
	bounds->least = add(bounds->least, more.least);
	bounds->most = add(bounds->most, more.most);
}

static void take_lowest(unsigned long *lowest, unsigned long address)
{
	if (address && (!*lowest || address < *lowest))
		*lowest = address;
}

void sb_tally_unmoved(struct sb_tally *tally, unsigned long address, unsigned long pages)
{
	sb_tally_unmoved_of(tally, address, pages, (struct sb_bounds){ pages, pages });
}

void sb_tally_unmoved_of(struct sb_tally *tally, unsigned long address, unsigned long all,
			 struct sb_bounds unmoved)
{
	if (unmoved.most == 0)
		return;
	sb_bounds_add(&tally->unmoved, unmoved);
	tally->failed |= unmoved.least > 0;
	take_lowest(unmoved.least == all ? &tally->first : &tally->first_maybe, address);
}

void sb_tally_shared(struct sb_tally *tally, unsigned long pages)
{
	sb_bounds_add(&tally->shared, (struct sb_bounds){ pages, pages });
}

void sb_tally_unknown(struct sb_tally *tally)
{
	tally->unmoved.most = ULONG_MAX;
	tally->shared.most = ULONG_MAX;
}

void sb_tally_add(struct sb_tally *tally, const struct sb_tally *more)
{
	tally->failed |= more->failed;
	sb_bounds_add(&tally->unmoved, more->unmoved);
	sb_bounds_add(&tally->shared, more->shared);
	take_lowest(&tally->first, more->first);
	take_lowest(&tally->first_maybe, more->first_maybe);
	tally->vdso += more->vdso;
}

struct sb_bounds sb_bounds_of_some(unsigned long some, unsigned long all, unsigned long mine)
{
	unsigned long others = all - mine;

	return (struct sb_bounds){
		.least = some > others ? some - others : 0,
		.most = sb_min(some, mine),
	};
}

unsigned long sb_tally_first(const struct sb_tally *tally)
{
	bool hidden_before = tally->first_maybe && tally->first_maybe < tally->first;

	return !sb_bounds_exact(&tally->unmoved) || hidden_before ? 0 : tally->first;
}
