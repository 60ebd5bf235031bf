/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "core/huge_size.h"
#include "core/page.h"
#include "core/syscall.h"
#include "work/pace.h"
#include "work/threads.h"

/* More threads than this never pay: memory is not that fast. */
#define MOST_THREADS 64
/* No share is smaller than so many grains. */
#define SMALLEST_SHARE 2
/* Of what there is to do, the caller looks alone through at most this part at a time. */
#define ALONE_PART 16
#define STACK_SIZE (256UL << 10)

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
	unsigned long size;

	if (threads->count == 1)
		return left;
	if (atomic_load(&threads->alone))
		return atomic_load(&threads->alone);
	size = left / (4 * threads->count);
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

	if (atomic_load(&threads->result) != 0 || !take_share(threads, &start, &end))
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
	/* Touched when there is no memory for a stack, and then one thread less is no failure. */
	int saved = errno;

	if (pthread_attr_init(&attr) != 0)
		return false;
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	started = pthread_create(&hand->thread, &attr, worker, hand) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	errno = saved;
	return started;
}

/*
 * Until there is something to move the caller looks alone, at more and more at a time: of a range
 * that is in place already no thread is started.
 */
static void look_alone(const struct hand *caller)
{
	struct sb_threads *threads = caller->threads;
	unsigned long most = (threads->end - threads->start) / ALONE_PART;
	unsigned long share = threads->grain;

	do {
		atomic_store(&threads->alone, share);
		share = sb_max(sb_min(2 * share, most & -threads->grain), threads->grain);
	} while (do_share(caller) && atomic_load(&threads->moved) == 0);
	atomic_store(&threads->alone, 0);
}

/* Returns how many threads there are. No more are started than there are shares. */
static unsigned long start_workers(struct hand *hands)
{
	struct sb_threads *threads = hands[0].threads;
	unsigned long shares =
		(threads->end - atomic_load(&threads->next)) / (SMALLEST_SHARE * threads->grain);
	unsigned long wanted = sb_min(threads->count, shares + 1);
	unsigned long running = 1;

	while (running < wanted && start_worker(&hands[running]))
		running++;
	return running;
}

void sb_threads_run(struct sb_threads *threads)
{
	struct hand hands[threads->count]; /* stacks may be small, and one thread is the rule */
	unsigned long running = 1;
	int cancel_state;

	atomic_store(&threads->next, threads->start);
	for (unsigned long i = 0; i < threads->count; i++)
		hands[i] = (struct hand){ .threads = threads, .number = i };
	/* A cancelled caller would leave workers behind that use its stack. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (threads->count > 1) {
		look_alone(&hands[0]);
		running = start_workers(hands);
	}
	do_all(&hands[0]);
	for (unsigned long i = 1; i < running; i++)
		pthread_join(hands[i].thread, NULL);
	/* What the others have done since the caller's last share nobody has told. */
	if (running > 1 && sb_threads_result(threads) == 0)
		tell_progress(threads);
	pthread_setcancelstate(cancel_state, NULL);
}
