/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "table.h"
#include "terminal.h"

enum { BAR_LEAST = 4, BAR_MOST = 60, NOT_THE_BAR = 44, EACH_MS = 100 };

static struct {
	bool bar;
	bool drawn;
	uint64_t started;
	uint64_t last;
	volatile sig_atomic_t signal;
} state;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void cancel(int number)
{
	state.signal = number;
}

void progress_begin(bool bar)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = cancel, .sa_flags = (int)SA_RESETHAND };

	state.bar = bar && terminal_draws(STDERR_FILENO);
	state.started = now_ms();
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		catch_signal(signals[i], &action);
}

/* Asked each time: windows change their size. */
static int bar_width(void)
{
	int width = terminal_room(STDERR_FILENO) - NOT_THE_BAR;

	return width > BAR_MOST ? BAR_MOST : width;
}

static void draw(unsigned long done, unsigned long total, uint64_t elapsed)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	char bar[BAR_MOST + 1], size[SIZE_TEXT], all[SIZE_TEXT], rate[SIZE_TEXT];
	double percent = 100 * (double)done / (double)total;
	int width = bar_width();
	int filled = (int)((double)done * width / (double)total);

	state.drawn = true;
	if (width < BAR_LEAST) {
		fprintf(stderr, "\r%3.0f%%\033[K", percent);
		return;
	}
	memset(bar, '#', (size_t)filled);
	memset(bar + filled, '.', (size_t)(width - filled));
	bar[width] = '\0';
	print_size(rate, elapsed ? done * page / elapsed * 1000 : 0);
	fprintf(stderr, "\r[%s] %3.0f%%  %s of %s  %s/s\033[K", bar, percent,
		print_size(size, done * page), print_size(all, total * page), rate);
}

int progress_tell(void *user, unsigned long done, unsigned long total)
{
	uint64_t now = now_ms();

	(void)user;
	if (state.bar && total && done <= total && now - state.last >= EACH_MS) {
		state.last = now;
		draw(done, total, now - state.started);
	}
	return state.signal != 0;
}

void progress_end(void)
{
	if (state.drawn)
		fputs("\r\033[K", stderr);
	state.drawn = false;
}

int progress_signal(void)
{
	return state.signal;
}
