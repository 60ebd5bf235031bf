/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <strictbind.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hardships.h"
#include "machine.h"
#include "raw.h"
#include "wrong.h"

enum { PAGES = 4, INTERVAL_US = 1000, HARD_INTERVAL_US = 15, ERRNO_BEFORE = 4321 };

struct own {
	char *at;
	pthread_t thread;
	bool there; /* guarded by lock */
	unsigned long calls;
};

static struct own owners[MOST_THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char stacks[MOST_THREADS][STACK_KIB << 10];
static atomic_ulong handled;
static _Thread_local struct own *own;

static char stamp(const struct own *owner, size_t page)
{
	return (char)(1 + (size_t)(owner - owners) * PAGES + page);
}

static void verify_own(void)
{
	for (size_t i = 0; i < PAGES; i++)
		if (own->at[i * machine()->page] != stamp(own, i))
			wrong("handler: page %zu has other contents", i);
}

static void call_in_handler(void)
{
	const struct machine *m = machine();
	struct nodes set = nodes_one(m->node[own->calls++ % (size_t)m->node_count]);
	unsigned flags = own->calls % 3 ? STRICT | MOVE : MOVE;
	long result;

	errno = ERRNO_BEFORE;
	result = strictbind_mbind(own->at, PAGES * m->page, MPOL_BIND, set.words, NODES_MAXNODE,
				  flags);
	if (result == 0 && errno != ERRNO_BEFORE)
		wrong("handler: success, and errno has become %d", errno);
	if (result == -1 && errno == EINVAL && hardship_is(CPUSET))
		return;
	/* Another thread's migration may hold a page. */
	if (result != 0 && (result != -1 || errno != EIO || !(flags & STRICT)))
		wrong("handler: flags %x: returned %ld with errno %d", flags, result, errno);
}

static void handle(int number)
{
	int error = errno;

	(void)number;
	call_in_handler();
	verify_own();
	atomic_fetch_add(&handled, 1);
	errno = error;
}

void signals_open(size_t threads)
{
	size_t page = machine()->page;
	struct sigaction action = { .sa_handler = handle,
				    .sa_flags =
					    SA_RESTART | (hardship_is(STACK) ? SA_ONSTACK : 0) };
	char *at = mmap(NULL, threads * PAGES * page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED) {
		wrong("mmap failed");
		return;
	}
	for (size_t i = 0; i < threads; i++) {
		owners[i].at = at + i * PAGES * page;
		for (size_t p = 0; p < PAGES; p++)
			memset(owners[i].at + p * page, stamp(&owners[i], p), page);
	}
	sigaction(SIGUSR1, &action, NULL);
}

static void set_there(size_t number, bool there)
{
	pthread_mutex_lock(&lock);
	owners[number].thread = pthread_self();
	owners[number].there = there;
	pthread_mutex_unlock(&lock);
}

void signals_join(size_t number)
{
	stack_t stack = { .ss_sp = stacks[number], .ss_size = sizeof(stacks[number]) };

	/* What has next to no stack has no room for a second call on it. */
	sigaltstack(&stack, NULL);
	own = &owners[number];
	set_there(number, true);
}

void signals_leave(size_t number)
{
	set_there(number, false);
}

static void interrupt(struct own *owner)
{
	pthread_mutex_lock(&lock);
	if (owner->there)
		pthread_kill(owner->thread, SIGUSR1);
	pthread_mutex_unlock(&lock);
}

void *signals_storm(void *argument)
{
	const atomic_bool *stop = argument;

	for (size_t i = 0; !atomic_load(stop); i = (i + 1) % MOST_THREADS) {
		interrupt(&owners[i]);
		usleep(hardship_is(SIGNALS) ? HARD_INTERVAL_US : INTERVAL_US);
	}
	return NULL;
}

unsigned long signals_handled(void)
{
	return atomic_load(&handled);
}
