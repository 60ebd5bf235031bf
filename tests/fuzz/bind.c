/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * strictbind_mbind_opt() with any range, mode, mask, flags and options, on every release that is
 * simulated: what it returns, does and counts is what the contract says. And masks of any length:
 * no more of them is read than the kernel reads, with the kernel's own answer.
 */
#include "scene_input.h"

#include <errno.h>

enum { CALLS_MOST = 4, MODES = 7, MASK_BITS_MOST = 40000, RELATIVE_NODES = 1 << 14 };

/* In chunks of one page, with all that is asked of each, within the limit of system calls. */
#define VAST (32UL << 20)

static struct fake_space before;

static int input_mode(struct input *input)
{
	unsigned how = input_below(input, 16);

	if (how == 0)
		return (int)input_number(input, 4) & ~RELATIVE_NODES;
	/* What relative nodes are relative to is not simulated. */
	return (int)input_below(input, MODES) | (how == 1 ? 1 << 15 : how == 2 ? 1 << 13 : 0);
}

static unsigned input_flags(struct input *input)
{
	unsigned flags = input_below(input, 128);

	return flags < 120 ? flags % 8 : (unsigned)input_number(input, 4);
}

static void bind_and_judge(struct input *input, int nodes)
{
	static struct wishes wishes;
	struct bind bind = {
		.start = input_address(input),
		.len = input_length(input),
		.mode = input_mode(input),
		.mask = input_mask(input),
		.flags = input_flags(input),
	};
	struct outcome outcome;
	const char *broken;

	input_wishes(input, &wishes);
	/* What is left when a call is stopped is another test's. */
	wishes.stop_at = 0;
	wishes.options.ranges = NULL;
	wishes.options.range_room = 0;
	/* Chunks are as large as time allows, and calls take long here: there would be very many.
	 */
	if (bind.len > VAST)
		wishes.has_options = false;
	bind.counted = wishes.has_report;
	bind.options = options_of(&wishes);
	/*
	 * With an empty N pages that the kernel leaves are moved to this thread's node. When that
	 * is full they stay; whether they should go elsewhere is open, so here it has room.
	 */
	if (fake_is_empty(&bind.mask.nodes))
		fake.room[fake.local] = fake.pool[fake.local] = -1;
	copy_space(&before, &fake.space);
	fake_count();
	outcome = do_bind(&bind);
	broken = judge_bind(&bind, &before, &outcome, fake_leeway_of(&bind, nodes));
	require(!broken, "%s: %s\n%s, maxnode %lu, options %d: stall %lu, progress %d",
		fake.kernel.release, broken, scene_describe(&bind, &outcome), bind.mask.maxnode,
		wishes.has_options, wishes.options.stall_us, wishes.options.progress != NULL);
	require_nothing_left();
}

/* ---- masks of any length ---- */

static unsigned long input_maxnode(struct input *input)
{
	unsigned how = input_below(input, 8);

	if (how == 0)
		return input_number(input, 8);
	return how < 4 ? input_number(input, 2) % MASK_BITS_MOST : input_number(input, 1);
}

/* In memory of its own that ends where it does, if need be not aligned. */
static void check_mask(struct input *input)
{
	unsigned long maxnode = input_maxnode(input);
	unsigned long words = maxnode && maxnode <= MASK_BITS_MOST ? (maxnode - 1 + 63) / 64 : 0;
	size_t shift = input_below(input, 8);
	char *memory = calloc(1, words * sizeof(long) + shift + 1);
	unsigned long *mask = (unsigned long *)(void *)(memory + shift + 1);
	unsigned flags = input_below(input, 8);
	long expected, result;

	if (!memory)
		abort();
	for (unsigned i = 0; i < 3 && words; i++) {
		unsigned long bit = input_number(input, 2) % (words * 64);

		memory[shift + 1 + bit / 8] |= (char)(1 << bit % 8);
	}
	if (!words && maxnode > 1 && maxnode <= FAKE_PAGE * 8 + 1)
		mask = NULL;
	expected = fake_raw_mbind(-2UL * FAKE_PAGE, FAKE_PAGE, 2, mask, maxnode, flags);
	errno = 0;
	result = strictbind_mbind((void *)at(0), FAKE_PAGE, 2, mask, maxnode, flags);
	if (expected != -EFAULT)
		require(result == -1 && errno == -expected, "maxnode %lu: %ld, errno %d, not %ld",
			maxnode, result, errno, -expected);
	errno = 0;
	result = strictbind_migrate_pages(0, maxnode, mask, mask);
	require(result >= 0 || errno, "migrate_pages: no errno");
	require_nothing_left();
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	int nodes = boot_a_scene(&input);

	for (int i = 0; i < CALLS_MOST && input.left; i++)
		if (input_below(&input, 4) == 0)
			check_mask(&input);
		else
			bind_and_judge(&input, nodes);
	return 0;
}
