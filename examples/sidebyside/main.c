/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The raw system calls and the library side by side: the same memory, the same call, and what came
 * of it. Fails when the library is off the contract.
 */
#include <stdio.h>

#include "nodes.h"
#include "show.h"

enum { SKIP = 77 };

struct score {
	int shown;
	int raw_wrong;
	int strictbind_wrong;
};

static void play(size_t number, const struct scene *scene, struct score *score)
{
	struct outcome raw = call_raw(scene);
	struct outcome ours = call_strictbind(scene);
	struct outcome due = contract(scene, raw.unit);
	struct verdict raw_verdict, our_verdict;

	show_scene(number, scene);
	if (raw.skipped || ours.skipped) {
		show_skipped(raw.skipped ? raw.skipped : ours.skipped);
		return;
	}
	raw_verdict = judge(&raw, &due);
	our_verdict = judge(&ours, &due);
	show_before(scene);
	show_contract(&due);
	show_outcome("raw call", scene, &raw);
	show_outcome("strictbind", scene, &ours);
	show_verdicts(&raw_verdict, &our_verdict);
	score->shown++;
	score->raw_wrong += raw_verdict.text[0] != '\0';
	score->strictbind_wrong += our_verdict.text[0] != '\0';
}

int main(void)
{
	struct score score = { 0, 0, 0 };
	int nodes = nodes_find();

	if (nodes < 2) {
		printf("This needs several memory nodes, and there is only one here.\n"
		       "On a kernel with four of them, in QEMU:\n\n"
		       "    lab/lab run 5.10 --thp madvise -- build/examples/sidebyside\n");
		return SKIP;
	}
	run_on(0);
	show_legend(nodes);
	for (size_t i = 0; i < scene_count; i++)
		play(i + 1, &scenes[i], &score);
	printf("\n%d of %zu scenes shown. The raw calls got %d wrong, strictbind %d.\n",
	       score.shown, scene_count, score.raw_wrong, score.strictbind_wrong);
	if (score.shown == 0)
		return SKIP;
	return score.strictbind_wrong != 0;
}
