/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pthread.h>
#include <signal.h>

#include "core/page.h"
#include "core/syscall.h"
#include "work/pace.h"
#include "work/threads.h"

/* More threads than this never pay: memory is not that fast. */
#define MOST_THREADS 64
/* While it is found out how many threads pay, a share is a grain; no other is smaller than this. */
#define SMALLEST_SHARE 2
/* A larger crew must be this much faster, in percent, to be kept. */
#define WORTHWHILE 115
/* That is measured for so long, in nanoseconds, and for so many shares of the caller's. */
#define TRIAL_TIME 4000000
#define TRIAL_SHARES 2
#define STACK_SIZE (256UL << 10)

bool sb_crew_eager;

struct hand {
	struct sb_crew *crew;
	unsigned long number; /* 0: the caller */
	pthread_t thread;
};

struct sb_crew sb_crew_of(const struct strictbind_options *options)
{
	return (struct sb_crew){
		.grain = sb_huge_size(),
		.threads = 1,
		.options = options,
	};
}

unsigned long sb_crew_threads(unsigned long asked, const cpu_set_t *processors)
{
	unsigned long count = (unsigned long)CPU_COUNT(processors);

	return sb_max(sb_min(sb_min(asked, count), MOST_THREADS), 1);
}

void sb_crew_stop(struct sb_crew *crew, long result)
{
	long none = 0;

	atomic_compare_exchange_strong(&crew->result, &none, result);
}

static void tell_progress(struct sb_crew *crew)
{
	const struct strictbind_options *options = crew->options;
	unsigned long done = sb_min(atomic_load(&crew->done), crew->total);

	/* Whatever else has stopped the crew meanwhile: the caller wants no more. */
	if (options->progress && options->progress(options->user, done, crew->total) != 0)
		atomic_store(&crew->result, -ECANCELED);
}

void sb_crew_tell(struct sb_crew *crew, unsigned long number, unsigned long pages,
		  unsigned long moved)
{
	atomic_fetch_add(&crew->done, pages);
	atomic_fetch_add(&crew->moved, moved);
	if (number == 0)
		tell_progress(crew);
}

/* ---- shares ---- */

static unsigned long share_size(const struct sb_crew *crew, unsigned long left)
{
	unsigned long active = atomic_load(&crew->active);
	unsigned long size;

	if (atomic_load(&crew->trying))
		return crew->grain;
	if (active == 1)
		return left;
	size = left / (4 * active);
	return sb_max(size - size % crew->grain, SMALLEST_SHARE * crew->grain);
}

/* Takes the next share; false when there is none. */
static bool take_share(struct sb_crew *crew, unsigned long *start, unsigned long *end)
{
	unsigned long at = atomic_load(&crew->next);
	unsigned long until;

	do {
		unsigned long left = crew->end - at;
		unsigned long size;

		if (left == 0)
			return false;
		size = share_size(crew, left);
		until = size >= left ? crew->end : (at + size) & -crew->grain;
	} while (!atomic_compare_exchange_weak(&crew->next, &at, until));
	*start = at;
	*end = until;
	return true;
}

/* False when there is nothing left for this hand. */
static bool do_share(const struct hand *hand)
{
	struct sb_crew *crew = hand->crew;
	unsigned long start, end;

	if (atomic_load(&crew->result) != 0 || hand->number >= atomic_load(&crew->active) ||
	    !take_share(crew, &start, &end))
		return false;
	crew->work(crew, hand->number, start, end);
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
	const cpu_set_t *near = hand->crew->near;

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
	struct sb_crew *crew = caller->crew;
	unsigned long moved = atomic_load(&crew->moved);
	uint64_t before = sb_now();
	uint64_t elapsed = 0;

	for (int shares = 0; shares < TRIAL_SHARES || elapsed < TRIAL_TIME; shares++) {
		if (!do_share(caller))
			return 0;
		elapsed = sb_now() - before;
	}
	return (uint64_t)(atomic_load(&crew->moved) - moved) * 1000000000 / elapsed;
}

/* Makes it so many threads, if so many can be had. Returns how many there are. */
static unsigned long add_workers(struct hand *hands, unsigned long threads, unsigned long goal)
{
	atomic_store(&hands[0].crew->active, goal);
	while (threads < goal && start_worker(&hands[threads]))
		threads++;
	return threads;
}

/* Doubles the crew as long as that pays. Returns how many threads there are. */
static unsigned long gather(struct hand *hands)
{
	struct sb_crew *crew = hands[0].crew;
	unsigned long threads = 1;
	uint64_t speed;

	if (sb_crew_eager)
		return add_workers(hands, 1, crew->threads);
	speed = measure(&hands[0]);
	while (threads < crew->threads && speed > 0) {
		unsigned long before = threads;
		unsigned long goal = sb_min(2 * threads, crew->threads);
		uint64_t faster;

		threads = add_workers(hands, threads, goal);
		faster = threads == goal ? measure(&hands[0]) : 0;
		if (faster * 100 < speed * WORTHWHILE) {
			atomic_store(&crew->active, before);
			break;
		}
		speed = faster;
	}
	return threads;
}

void sb_crew_work(struct sb_crew *crew)
{
	struct hand hands[crew->threads]; /* stacks may be small, and one thread is the rule */
	unsigned long threads = 1;
	int cancel_state;

	atomic_store(&crew->active, 1);
	atomic_store(&crew->next, crew->start);
	for (unsigned long i = 0; i < crew->threads; i++)
		hands[i] = (struct hand){ .crew = crew, .number = i };
	/* A cancelled caller would leave workers behind that use its stack. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	atomic_store(&crew->trying, crew->threads > 1);
	if (crew->threads > 1)
		threads = gather(hands);
	atomic_store(&crew->trying, false);
	if (crew->together && crew->threads > 1 && atomic_load(&crew->active) == 1)
		sb_crew_stop(crew, -EAGAIN);
	do_all(&hands[0]);
	for (unsigned long i = 1; i < threads; i++)
		pthread_join(hands[i].thread, NULL);
	pthread_setcancelstate(cancel_state, NULL);
}
