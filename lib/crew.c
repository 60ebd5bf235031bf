/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving a range in pieces, alone or with other threads. Threads take shares off the front of what
 * is left, and go through a share in pieces.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "cpus.h"
#include "crew.h"
#include "dirty.h"
#include "facts.h"
#include "nodeset.h"
#include "pace.h"
#include "pieces.h"

/* More threads than this never pay: memory is not that fast. */
#define MOST_THREADS 64
/* No share is smaller than this many huge pages, but for the last ones. */
#define SMALLEST_SHARE 2
/* A larger crew must be this much faster, in percent, to be kept. */
#define WORTHWHILE 115
/* A check whether there is anything to move spans at most this many pieces: it takes the lock too.
 */
#define CHECK_SPAN 64
#define STACK_SIZE (256UL << 10)

struct crew {
	const struct sb_move *move;
	const struct strictbind_options *options;
	uint64_t stall;
	unsigned long start;
	unsigned long end;
	unsigned long ceiling;	      /* threads that may work, the caller's included */
	const cpu_set_t *near;	      /* processors that workers are kept on, or NULL */
	_Atomic unsigned long active; /* threads that are to go on */
	_Atomic unsigned long next;   /* start of the next share */
	_Atomic unsigned long done;   /* bytes gone over */
	_Atomic unsigned long moved;  /* bytes of them that were not skipped */
	_Atomic long result;	      /* not 0: stop */
};

struct hand {
	struct crew *crew;
	unsigned long number; /* 0: the caller */
	struct sb_pace pace;
	unsigned long check_span; /* bytes that are checked in one go */
	struct sb_left left;
	pthread_t thread;
};

static void stop(struct crew *crew, long result)
{
	long none = 0;

	atomic_compare_exchange_strong(&crew->result, &none, result);
}

static void tell_progress(struct crew *crew)
{
	const struct strictbind_options *options = crew->options;
	unsigned long page = sb_page_size();

	if (options->progress && options->progress(options->user, atomic_load(&crew->done) / page,
						   (crew->end - crew->start) / page) != 0)
		stop(crew, -ECANCELED);
}

/* ---- one share ---- */

static void went_over(struct hand *hand, unsigned long bytes)
{
	atomic_fetch_add(&hand->crew->done, bytes);
	if (hand->number == 0)
		tell_progress(hand->crew);
}

/* What a call costs that has nothing to move: pieces must be worth it. */
static void learn_fixed_cost(struct hand *hand, unsigned long moved_page)
{
	const struct sb_bind *bind = hand->crew->move->bind;
	uint64_t before = sb_now();

	sb_bind_part(bind, moved_page, moved_page + sb_page_size(), bind->flags & ~SB_MF_STRICT);
	hand->pace.fixed = sb_now() - before;
}

static void move_piece(struct hand *hand, unsigned long start, unsigned long end)
{
	struct crew *crew = hand->crew;
	uint64_t before = sb_now();
	long result = sb_move_mapped(crew->move, start, end, &hand->left);

	sb_pace_learn(&hand->pace, end - start, sb_now() - before);
	if (result < 0)
		stop(crew, result);
	else if (hand->pace.target && !hand->pace.fixed)
		learn_fixed_cost(hand, start);
	atomic_fetch_add(&crew->moved, end - start);
}

/* Whether there is nothing to move in the piece. Learns how much may be looked at in one go. */
static bool is_clean(struct hand *hand, unsigned long start, unsigned long end)
{
	uint64_t target = hand->pace.target;
	uint64_t before = target ? sb_now() : 0;
	bool clean = sb_is_clean(hand->crew->move->bind, start, end);
	uint64_t took;

	if (!target || end - start < hand->check_span)
		return clean;
	took = sb_now() - before;
	if (took > target && hand->check_span > hand->pace.smallest)
		hand->check_span /= 2;
	else if (took < target / SB_PIECES_FACTOR)
		hand->check_span *= SB_PIECES_FACTOR;
	return clean;
}

static void work_through(struct hand *hand, unsigned long start, unsigned long end)
{
	struct crew *crew = hand->crew;
	struct sb_pace *pace = &hand->pace;
	struct sb_pieces pieces = sb_pieces_of(start, end, pace->smallest);

	while (pieces.at < end && atomic_load(&crew->result) == 0) {
		unsigned long at = pieces.at;
		unsigned long piece;

		pieces.size = sb_min(pieces.size, hand->check_span);
		piece = sb_piece_end(&pieces);
		if (is_clean(hand, at, piece)) {
			sb_piece_next_grow(&pieces);
		} else if (piece - at > pace->size) {
			pieces.size = sb_max(pieces.size / SB_PIECES_FACTOR, pace->size);
			continue;
		} else {
			move_piece(hand, at, piece);
			sb_piece_next(&pieces);
			pieces.size = pace->size;
		}
		went_over(hand, piece - at);
	}
	sb_leave_piece(crew->move, pieces.at, end, &hand->left);
}

/* ---- shares ---- */

static unsigned long share_size(const struct crew *crew, const struct hand *hand,
				unsigned long left)
{
	unsigned long size;

	if (crew->ceiling == 1)
		return left;
	size = left / (4 * crew->ceiling);
	/* Small ones while it is still being found out how many threads pay. */
	size = sb_min(size, (crew->end - crew->start) / 64);
	size -= size % hand->pace.smallest;
	return sb_max(size, SMALLEST_SHARE * hand->pace.smallest);
}

/* Takes the next share; false when there is none. Shares end where huge pages end. */
static bool take_share(struct hand *hand, unsigned long *start, unsigned long *end)
{
	struct crew *crew = hand->crew;
	unsigned long at = atomic_load(&crew->next);
	unsigned long until;

	do {
		unsigned long left = crew->end - at;
		unsigned long size;

		if (left == 0)
			return false;
		size = share_size(crew, hand, left);
		until = size >= left ? crew->end : (at + size) & -hand->pace.smallest;
	} while (!atomic_compare_exchange_weak(&crew->next, &at, until));
	*start = at;
	*end = until;
	return true;
}

static bool wanted(const struct hand *hand)
{
	return atomic_load(&hand->crew->result) == 0 &&
	       hand->number < atomic_load(&hand->crew->active);
}

static void work(struct hand *hand)
{
	unsigned long start, end;

	while (wanted(hand) && take_share(hand, &start, &end))
		work_through(hand, start, end);
}

/* ---- threads ---- */

static void *worker(void *argument)
{
	struct hand *hand = argument;
	const cpu_set_t *near = hand->crew->near;

	/* Local policies place pages by the processor that moves them. */
	if (near &&
	    sb_syscall(SYS_sched_setaffinity, 0, sizeof(*near), (long)(uintptr_t)near, 0, 0, 0) < 0)
		return NULL;
	work(hand);
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

/* Bytes moved per millisecond while the caller works off shares, about as many as there are
 * threads. */
static uint64_t measure(struct hand *caller)
{
	struct crew *crew = caller->crew;
	unsigned long shares = 2;
	unsigned long start, end;
	unsigned long moved = atomic_load(&crew->moved);
	uint64_t before = sb_now();
	uint64_t elapsed;

	while (shares-- && wanted(caller) && take_share(caller, &start, &end))
		work_through(caller, start, end);
	elapsed = sb_now() - before;
	return (uint64_t)(atomic_load(&crew->moved) - moved) * 1000000 / (elapsed ? elapsed : 1);
}

/* Doubles the crew as long as that pays. Returns the number of workers started. */
static unsigned long gather(struct hand *hands)
{
	struct hand *caller = &hands[0];
	struct crew *crew = caller->crew;
	unsigned long threads = 1;
	uint64_t speed = measure(caller);

	while (threads < crew->ceiling && wanted(caller) && speed > 0) {
		unsigned long before = threads;
		unsigned long goal = sb_min(2 * threads, crew->ceiling);
		uint64_t faster;

		atomic_store(&crew->active, goal);
		while (threads < goal && start_worker(&hands[threads]))
			threads++;
		if (threads < goal)
			break;
		faster = measure(caller);
		if (faster * 100 < speed * WORTHWHILE) {
			atomic_store(&crew->active, before);
			break;
		}
		speed = faster;
	}
	return threads - 1;
}

static void work_together(struct crew *crew, struct sb_left *left)
{
	struct hand hands[crew->ceiling]; /* stacks may be small, and one thread is the rule */
	unsigned long workers = 0;
	int cancel_state;

	for (unsigned long i = 0; i < crew->ceiling; i++) {
		struct sb_pace pace = sb_pace_of(crew->stall);

		hands[i] = (struct hand){
			.crew = crew,
			.number = i,
			.pace = pace,
			.check_span = pace.target ? pace.size * CHECK_SPAN : pace.size,
		};
	}
	/* A cancelled caller would leave workers behind that use its stack. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (crew->ceiling > 1)
		workers = gather(hands);
	work(&hands[0]);
	for (unsigned long i = 0; i < workers; i++)
		pthread_join(hands[i + 1].thread, NULL);
	pthread_setcancelstate(cancel_state, NULL);
	for (unsigned long i = 0; i < workers + 1; i++)
		sb_left_add(left, &hands[i].left);
}

/* ---- the whole range ---- */

/* With one node to move to, every processor places pages alike. */
static bool placed_by_processor(const struct sb_bind *bind)
{
	struct sb_nodeset wanted;

	sb_nodeset_read(&wanted, bind->mask, bind->maxnode);
	return sb_nodeset_weight(&wanted) != 1;
}

/* How many threads may work; *near becomes the processors that workers have to stay on. */
static unsigned long ceiling_of(struct crew *crew, unsigned long asked, cpu_set_t *near)
{
	unsigned long cpus;

	if (asked <= 1 || sb_has(SB_LOCKED_WHILE_MOVING))
		return 1;
	if (placed_by_processor(crew->move->bind)) {
		if (!sb_cpus_near(near))
			return 1;
		crew->near = near;
	} else if (!sb_cpus_allowed(near)) {
		return 1;
	}
	cpus = (unsigned long)CPU_COUNT(near);
	return sb_max(sb_min(sb_min(asked, cpus), MOST_THREADS), 1);
}

long sb_crew_move(const struct sb_move *move, const struct strictbind_options *options,
		  uint64_t stall, struct sb_left *left)
{
	struct crew crew = {
		.move = move,
		.options = options,
		.stall = stall,
		.start = sb_bind_start(move->bind),
		.end = sb_bind_end(move->bind),
	};
	cpu_set_t near;

	crew.ceiling = ceiling_of(&crew, options->threads, &near);
	atomic_init(&crew.active, 1);
	atomic_init(&crew.next, crew.start);
	work_together(&crew, left);
	sb_leave_piece(move, atomic_load(&crew.next), crew.end, left);
	return atomic_load(&crew.result);
}
