/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pthread.h>
#include <signal.h>

#include "core/huge_size.h"
#include "core/page.h"
#include "core/syscall.h"
#include "work/pace.h"
#include "work/threads.h"

/* More threads than this never pay: memory is not that fast. */
#define MOST_THREADS 64
/* While it is found out how many threads pay, a share is a grain; no other is smaller than this. */
#define SMALLEST_SHARE 2
/* More threads must be this much faster, in percent, to be kept. */
#define WORTHWHILE 115
/* That is measured for so long, in nanoseconds, and for so many shares of the caller's. */
#define TRIAL_TIME 4000000
#define TRIAL_SHARES 2
#define STACK_SIZE (256UL << 10)

bool sb_threads_eager;

struct hand {
	struct sb_threads *threads;
	unsigned long number; /* 0: the caller */
	pthread_t thread;
};

struct sb_threads sb_threads_of(const struct strictbind_options *options)
{
	return (struct sb_threads){
		.grain = sb_huge_size(),
		.count = 1,
		.options = options,
	};
}

unsigned long sb_threads_worth(unsigned long asked, const cpu_set_t *processors)
{
	unsigned long count = (unsigned long)CPU_COUNT(processors);

	return sb_max(sb_min(sb_min(asked, count), MOST_THREADS), 1);
}

void sb_threads_stop(struct sb_threads *threads, long result)
{
	long none = 0;

	atomic_compare_exchange_strong(&threads->result, &none, result);
}

static void tell_progress(struct sb_threads *threads)
{
	const struct strictbind_options *options = threads->options;
	unsigned long done = sb_min(atomic_load(&threads->done), threads->total);

	/* Whatever else has stopped the threads meanwhile: the caller wants no more. */
	if (options->progress && options->progress(options->user, done, threads->total) != 0)
		atomic_store(&threads->result, -ECANCELED);
}

void sb_threads_tell(struct sb_threads *threads, unsigned long number, unsigned long pages,
		     unsigned long moved)
{
	atomic_fetch_add(&threads->done, pages);
	atomic_fetch_add(&threads->moved, moved);
	if (number == 0)
		tell_progress(threads);
}

/* ---- shares ---- */

static unsigned long share_size(const struct sb_threads *threads, unsigned long left)
{
	unsigned long active = atomic_load(&threads->active);
	unsigned long size;

	if (atomic_load(&threads->trying))
		return threads->grain;
	if (active == 1)
		return left;
	size = left / (4 * active);
	return sb_max(size - size % threads->grain, SMALLEST_SHARE * threads->grain);
}

/* Takes the next share; false when there is none. */
static bool take_share(struct sb_threads *threads, unsigned long *start, unsigned long *end)
{
	unsigned long at = atomic_load(&threads->next);
	unsigned long until;

	do {
		unsigned long left = threads->end - at;
		unsigned long size;

		if (left == 0)
			return false;
		size = share_size(threads, left);
		until = size >= left ? threads->end : (at + size) & -threads->grain;
	} while (!atomic_compare_exchange_weak(&threads->next, &at, until));
	*start = at;
	*end = until;
	return true;
}

/* False when there is nothing left for this hand. */
static bool do_share(const struct hand *hand)
{
	struct sb_threads *threads = hand->threads;
	unsigned long start, end;

	if (atomic_load(&threads->result) != 0 || hand->number >= atomic_load(&threads->active) ||
	    !take_share(threads, &start, &end))
		return false;
	threads->work(threads, hand->number, start, end);
	return true;
}

static void do_all(const struct hand *hand)
{
	while (do_share(hand))
		;
}

/* ---- threads ---- */

static void *worker(void *argument)
{
	const struct hand *hand = argument;
	const cpu_set_t *near = hand->threads->near;

	/* Local policies place pages by the processor that moves them. */
	if (near &&
	    sb_syscall(SYS_sched_setaffinity, 0, sizeof(*near), (long)(uintptr_t)near, 0, 0, 0) < 0)
		return NULL;
	do_all(hand);
	return NULL;
}

static bool start_worker(struct hand *hand)
{
	pthread_attr_t attr;
	sigset_t all, old;
	bool started;

	if (pthread_attr_init(&attr) != 0)
		return false;
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	started = pthread_create(&hand->thread, &attr, worker, hand) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return started;
}

/* Pages moved per second while the caller works off shares. */
static uint64_t measure(const struct hand *caller)
{
	struct sb_threads *threads = caller->threads;
	unsigned long moved = atomic_load(&threads->moved);
	uint64_t before = sb_now();
	uint64_t elapsed = 0;

	for (int shares = 0; shares < TRIAL_SHARES || elapsed < TRIAL_TIME; shares++) {
		if (!do_share(caller))
			return 0;
		elapsed = sb_now() - before;
	}
	return (uint64_t)(atomic_load(&threads->moved) - moved) * 1000000000 / elapsed;
}

/* Makes it so many threads, if so many can be had. Returns how many there are. */
static unsigned long add_workers(struct hand *hands, unsigned long running, unsigned long goal)
{
	atomic_store(&hands[0].threads->active, goal);
	while (running < goal && start_worker(&hands[running]))
		running++;
	return running;
}

/* Doubles the threads as long as that pays. Returns how many threads there are. */
static unsigned long gather(struct hand *hands)
{
	struct sb_threads *threads = hands[0].threads;
	unsigned long running = 1;
	uint64_t speed;

	if (sb_threads_eager)
		return add_workers(hands, 1, threads->count);
	speed = measure(&hands[0]);
	while (running < threads->count && speed > 0) {
		unsigned long before = running;
		unsigned long goal = sb_min(2 * running, threads->count);
		uint64_t faster;

		running = add_workers(hands, running, goal);
		faster = running == goal ? measure(&hands[0]) : 0;
		if (faster * 100 < speed * WORTHWHILE) {
			atomic_store(&threads->active, before);
			break;
		}
		speed = faster;
	}
	return running;
}

void sb_threads_run(struct sb_threads *threads)
{
	struct hand hands[threads->count]; /* stacks may be small, and one thread is the rule */
	unsigned long running = 1;
	int cancel_state;

	atomic_store(&threads->active, 1);
	atomic_store(&threads->next, threads->start);
	for (unsigned long i = 0; i < threads->count; i++)
		hands[i] = (struct hand){ .threads = threads, .number = i };
	/* A cancelled caller would leave workers behind that use its stack. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	atomic_store(&threads->trying, threads->count > 1);
	if (threads->count > 1)
		running = gather(hands);
	atomic_store(&threads->trying, false);
	if (threads->together && threads->count > 1 && atomic_load(&threads->active) == 1)
		sb_threads_stop(threads, -EAGAIN);
	do_all(&hands[0]);
	for (unsigned long i = 1; i < running; i++)
		pthread_join(hands[i].thread, NULL);
	pthread_setcancelstate(cancel_state, NULL);
}
