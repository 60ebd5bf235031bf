/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "screen.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"
#include "terminal.h"

enum { HEIGHT_USUAL = 24 };

static struct {
	bool on;
	bool keys; /* the standard input is the terminal, too */
	struct termios old;
	FILE *file;
	char *text;
	size_t size;
	volatile sig_atomic_t ended; /* the signal */
	volatile sig_atomic_t resized;
	volatile sig_atomic_t stopped;
} screen;

/* ---- signals ---- */

static void take_signal(int number)
{
	if (number == SIGWINCH)
		screen.resized = 1;
	else if (number == SIGTSTP)
		screen.stopped = 1;
	else
		screen.ended = number;
}

/* ---- the terminal ---- */

/* Another screen than that of the shell, and no cursor; and back. */
static const char open_text[] = "\033[?1049h\033[?25l";
static const char close_text[] = "\033[?25h\033[?1049l";

static void take_terminal(void)
{
	struct termios now;

	screen.keys = tcgetattr(STDIN_FILENO, &screen.old) == 0;
	if (screen.keys) {
		now = screen.old;
		/* Each key at once, and not on the screen. */
		now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		/* Ctrl-C does not throw away what is written once it is typed. */
		now.c_lflag |= NOFLSH;
		now.c_cc[VMIN] = 1;
		now.c_cc[VTIME] = 0;
		screen.keys = tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0;
	}
	write_all(STDOUT_FILENO, open_text, sizeof(open_text) - 1);
	screen.on = true;
}

void screen_end(void)
{
	if (!screen.on)
		return;
	screen.on = false;
	write_all(STDOUT_FILENO, close_text, sizeof(close_text) - 1);
	if (screen.keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &screen.old);
}

void screen_remember(void)
{
	screen.keys = tcgetattr(STDIN_FILENO, &screen.old) == 0;
}

void screen_put_back(void)
{
	screen.on = terminal_draws(STDOUT_FILENO);
	screen_end();
}

void screen_begin(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = take_signal };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		catch_signal(signals[i], &action);
	if (!terminal_draws(STDOUT_FILENO))
		return;
	catch_signal(SIGTSTP, &action);
	catch_signal(SIGWINCH, &action);
	before_failing(screen_end);
	take_terminal();
}

bool screen_is_on(void)
{
	return screen.on;
}

int screen_height(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row
									   : HEIGHT_USUAL;
}

/* ---- drawing ---- */

FILE *screen_draw(void)
{
	screen.file = open_memstream(&screen.text, &screen.size);
	if (!screen.file)
		fail(EXIT_FAILED, "no memory");
	return screen.file;
}

/* Bytes of the first so many characters of a line. */
static int cut(const char *line, size_t length, int width)
{
	size_t used = 0;

	while (used < length && width > 0) {
		used++;
		while (used < length && ((unsigned char)line[used] & 0xc0) == 0x80)
			used++;
		width--;
	}
	return (int)used;
}

/* The last line has no end, which would roll the screen. */
static void put_lines(FILE *file)
{
	int height = screen_height(), width = terminal_width();
	const char *line = screen.text;

	fputs("\033[H", file);
	for (int row = 0; row < height && *line; row++) {
		size_t length = strcspn(line, "\n");

		fprintf(file, "%s%.*s\033[K", row ? "\n" : "", cut(line, length, width), line);
		line += length;
		line += *line == '\n';
	}
	fputs("\033[J", file);
}

/* In one go: what is written piece by piece flickers. */
void screen_show(void)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (fclose(screen.file) != 0 || !file)
		fail(EXIT_FAILED, "no memory");
	put_lines(file);
	if (fclose(file) != 0)
		fail(EXIT_FAILED, "no memory");
	write_all(STDOUT_FILENO, text, size);
	free(text);
	free(screen.text);
}

/* ---- waiting ---- */

/* Ctrl-Z: the shell gets its terminal as it was, and when it lets go on it is taken again. */
static void stop(void)
{
	screen.stopped = 0;
	screen_end();
	raise(SIGSTOP);
	take_terminal();
}

static enum screen_event read_key(void)
{
	char key;

	if (read(STDIN_FILENO, &key, 1) != 1) {
		/* Nothing more will be typed. */
		screen.keys = false;
		return SCREEN_NOTHING;
	}
	if (key == 'q' || key == 'Q')
		return SCREEN_END;
	return key == ' ' || key == '\n' ? SCREEN_AGAIN : SCREEN_NOTHING;
}

enum screen_event screen_wait(int ms)
{
	struct pollfd input = { .fd = screen.keys ? STDIN_FILENO : -1, .events = POLLIN };
	int ready = screen.ended || screen.stopped || screen.resized ? 0 : poll(&input, 1, ms);

	if (screen.ended)
		return SCREEN_END;
	if (screen.stopped) {
		stop();
		return SCREEN_RESIZED;
	}
	if (screen.resized) {
		screen.resized = 0;
		return SCREEN_RESIZED;
	}
	return ready > 0 ? read_key() : SCREEN_NOTHING;
}
