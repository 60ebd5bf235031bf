/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stage.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "layout.h"
#include "trial.h"

static void *shared_memory(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED) {
		perror("random: mmap");
		exit(2);
	}
	return at;
}

struct stage *stage_new(void)
{
	struct stage *stage = shared_memory(sizeof(*stage));
	size_t capacity = scene_capacity();

	stage->scene.capacity = capacity;
	stage->scene.pages = shared_memory(capacity * sizeof(struct page));
	stage->scene.scratch = shared_memory(capacity * sizeof(int));
	stage->sight.node = shared_memory(capacity * sizeof(short));
	stage->sight.policy = shared_memory(capacity * sizeof(struct policy));
	return stage;
}

void stage_free(struct stage *stage)
{
	size_t capacity = stage->scene.capacity;

	munmap(stage->scene.pages, capacity * sizeof(struct page));
	munmap(stage->scene.scratch, capacity * sizeof(int));
	munmap(stage->sight.node, capacity * sizeof(short));
	munmap(stage->sight.policy, capacity * sizeof(struct policy));
	munmap(stage, sizeof(*stage));
}

/*
 * The whole process counts here, so scenes are small. A process that has forked shares all of its
 * pages until it writes to them: only one that does nothing during the call may do that.
 */
static void do_build(struct stage *stage, struct world *world)
{
	static const struct scene_size active = { 5, 4, 0, 0 }, idle = { 5, 4, 5, 0 };
	struct rng rng = rng_for(stage->seed, STREAM_MIGRATION, stage->number);

	scene_build(&stage->scene, world, &rng, stage->idle ? &idle : &active);
}

static void do_look(struct stage *stage, const struct world *world)
{
	crowd_look(&stage->after, world);
	scene_look(&stage->scene, &stage->sight);
}

static void obey(struct stage *stage, struct world *world, char command)
{
	if (command == 'b')
		do_build(stage, world);
	else if (command == 'p')
		crowd_look(&stage->before, world);
	else if (command == 'l')
		do_look(stage, world);
	else
		scene_destroy(&stage->scene, world);
}

static void child(struct stage *stage, int local, int commands, int answers)
{
	static struct world world;
	char command;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	world_open(&world, local);
	world_try_kinds(&world, &stage->scene);
	if (write(answers, "", 1) != 1)
		_exit(1);
	while (read(commands, &command, 1) == 1 && command != 'q') {
		obey(stage, &world, command);
		if (write(answers, &command, 1) != 1)
			break;
	}
	world_close(&world);
	_exit(0);
}

struct actor actor_fork(int local)
{
	struct actor actor = { .stage = stage_new() };
	int commands[2], answers[2];
	char ready;

	if (pipe2(commands, O_CLOEXEC) || pipe2(answers, O_CLOEXEC)) {
		perror("random: pipe");
		exit(2);
	}
	actor.stage->idle = true;
	actor.pid = fork();
	if (actor.pid == 0) {
		close(commands[1]);
		close(answers[0]);
		child(actor.stage, local, commands[0], answers[1]);
	}
	close(commands[0]);
	close(answers[1]);
	actor.commands = commands[1];
	actor.answers = answers[0];
	/*
	 * One at a time: the first perf event makes the kernel patch its scheduler, and emulators
	 * have been seen to get that wrong while another CPU runs through it.
	 */
	if (read(actor.answers, &ready, 1) != 1) {
		fprintf(stderr, "random: the child has died\n");
		exit(2);
	}
	return actor;
}

void actor_end(struct actor *actor)
{
	if (!actor->pid)
		return;
	if (write(actor->commands, "q", 1) == 1)
		waitpid(actor->pid, NULL, 0);
	close(actor->commands);
	close(actor->answers);
}

static void command(const struct actor *actor, char what)
{
	if (!actor->pid) {
		obey(actor->stage, actor->world, what);
		return;
	}
	if (write(actor->commands, &what, 1) != 1 || read(actor->answers, &what, 1) != 1) {
		fprintf(stderr, "random: the child has died\n");
		exit(2);
	}
}

void actor_build(const struct actor *actor, uint64_t seed, uint64_t number)
{
	actor->stage->seed = seed;
	actor->stage->number = number;
	command(actor, 'b');
	command(actor, 'p');
	/* After a fork one round writes to whatever a round needs, so that the next sees what
	 * stays. */
	if (actor->stage->scene.forked)
		command(actor, 'p');
}

void actor_look(const struct actor *actor)
{
	command(actor, 'l');
}

void actor_destroy(const struct actor *actor)
{
	command(actor, 'd');
}
