/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "api/abi.h"
#include "core/line.h"
#include "core/proc_file.h"
#include "core/syscall.h"
#include "preload_limits.h"
#include "settings.h"

#define PREFIX "STRICTBIND_"
/* Of a value that is complained about. */
#define SHOWN 64

enum state { UNREAD, READING, READ };

static _Atomic int state = UNREAD;
static struct sb_settings settings = { .options = { .size = sizeof(settings.options) } };
static char complaint_text[1023];
static struct sb_line complaints;

/* ---- values: false when they are malformed ---- */

static bool take_switch(const char *value)
{
	settings.off = strcmp(value, "off") == 0;
	return settings.off || strcmp(value, "on") == 0;
}

static bool take_number(const char *value, unsigned long least, unsigned long most,
			unsigned long *taken)
{
	const char *end = value;
	unsigned long number = sb_number(&end, 10);

	if (end == value || *end || end - value > 10 || number < least || number > most)
		return false;
	*taken = number;
	return true;
}

static bool take_threads(const char *value)
{
	return take_number(value, 1, SB_MOST_THREADS, &settings.options.threads);
}

static bool take_stall(const char *value)
{
	return take_number(value, 1, SB_MOST_STALL_US, &settings.options.stall_us);
}

static bool take_trace(const char *value)
{
	size_t length = strlen(value);

	if (length >= sizeof(settings.trace))
		return false;
	memcpy(settings.trace, value, length + 1);
	return true;
}

/* The library reads this variable itself; here it is only complained about. */
static bool check_quirks(const char *value)
{
	return sb_understands_quirks(value);
}

/* ---- the environment ---- */

static const struct variable {
	const char *name;
	bool (*take)(const char *value);
} variables[] = {
	{ "PRELOAD", take_switch }, { "THREADS", take_threads }, { "STALL_US", take_stall },
	{ "TRACE", take_trace },    { "QUIRKS", check_quirks },
};

static void complain(const char *entry, const char *why)
{
	sb_line_add(&complaints, complaints.used ? "\n" : "");
	sb_line_add(&complaints, "libstrictbind-preload: ");
	sb_line_add_foreign(&complaints, entry, SHOWN);
	sb_line_add(&complaints, why);
}

/* entry is STRICTBIND_NAME=VALUE. An empty value is none. */
static void take(const char *entry)
{
	const char *name = entry + sizeof(PREFIX) - 1;
	size_t length = strcspn(name, "=");

	if (!name[length] || !name[length + 1])
		return;
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		if (strlen(variables[i].name) != length ||
		    memcmp(variables[i].name, name, length) != 0)
			continue;
		if (!variables[i].take(name + length + 1))
			complain(entry, ": not understood, ignored");
		return;
	}
	complain(entry, ": no such variable, ignored");
}

static void read_environment(void)
{
	complaints = sb_line_in(complaint_text, sizeof(complaint_text));
	if (getauxval(AT_SECURE))
		return;
	for (char **entry = environ; *entry; entry++)
		if (strncmp(*entry, PREFIX, sizeof(PREFIX) - 1) == 0)
			take(*entry);
	if (settings.options.threads > 1)
		settings.pid = sb_sys_getpid();
}

const struct sb_settings *sb_settings(void)
{
	static const struct sb_settings defaults;
	int before = UNREAD;

	if (atomic_load_explicit(&state, memory_order_acquire) == READ)
		return &settings;
	/* Before its own constructor libc has no environment yet. */
	if (!environ || !atomic_compare_exchange_strong(&state, &before, READING))
		return before == READ ? &settings : &defaults;
	read_environment();
	atomic_store_explicit(&state, READ, memory_order_release);
	return &settings;
}

const struct strictbind_options *sb_settings_options(const struct sb_settings *from,
						     struct strictbind_options *room)
{
	if (!from->options.threads && !from->options.stall_us)
		return NULL;
	*room = from->options;
	if (room->threads > 1 && sb_sys_getpid() != from->pid)
		room->threads = 1;
	return room;
}

__attribute__((constructor)) static void at_start(void)
{
	sb_settings();
	if (complaints.used == 0)
		return;
	sb_line_end(&complaints, '\n');
	sb_sys_write(STDERR_FILENO, complaints.text, complaints.used);
	complaints.used = 0;
}
