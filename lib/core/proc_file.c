/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "core/proc_file.h"
#include "core/syscall.h"

/* The longest is that of a pool of huge pages. */
#define PATH_SIZE 96

static char *append(char *at, const char *text)
{
	size_t length = strlen(text);

	memcpy(at, text, length + 1);
	return at + length;
}

static char *append_number(char *at, unsigned number)
{
	char digits[12];
	char *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do {
		*--first = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return append(at, first);
}

static int open_below(const char *directory, const char *name)
{
	char path[PATH_SIZE];

	append(append(append(append(path, "/proc/"), directory), "/"), name);
	return (int)sb_sys_open_read(path);
}

int sb_proc_open(int pid, const char *name)
{
	char directory[16];
	int fd;

	if (pid != 0) {
		append_number(directory, (unsigned)pid);
		return open_below(directory, name);
	}
	/* /proc/self is the first thread, which has no memory any more once it has exited. */
	fd = open_below("thread-self", name);
	return fd == -ENOENT ? open_below("self", name) : fd;
}

static char *append_tasks(char *at, int pid)
{
	at = append(at, "/proc/");
	at = pid != 0 ? append_number(at, (unsigned)pid) : append(at, "self");
	return append(at, "/task/");
}

int sb_proc_open_thread(int pid, int thread, const char *name)
{
	char path[PATH_SIZE];
	char *at = append_number(append_tasks(path, pid), (unsigned)thread);

	append(append(at, "/"), name);
	return (int)sb_sys_open_read(path);
}

static char *append_node(char *at, unsigned node)
{
	return append(append_number(append(at, "/sys/devices/system/node/node"), node), "/");
}

int sb_node_open(unsigned node, const char *name)
{
	char path[PATH_SIZE];

	append(append_node(path, node), name);
	return (int)sb_sys_open_read(path);
}

int sb_node_open_pool(unsigned node, unsigned kib, const char *name)
{
	char path[PATH_SIZE];
	char *at = append(append_node(path, node), "hugepages/hugepages-");

	append(append(append_number(at, kib), "kB/"), name);
	return (int)sb_sys_open_read(path);
}

int sb_folio_open(unsigned kib, const char *name)
{
	char path[PATH_SIZE];
	char *at = append(path, "/sys/kernel/mm/transparent_hugepage/hugepages-");

	append(append(append_number(at, kib), "kB/"), name);
	return (int)sb_sys_open_read(path);
}

int sb_node_open_weight(unsigned node)
{
	char path[PATH_SIZE];

	append_number(append(path, "/sys/kernel/mm/mempolicy/weighted_interleave/node"), node);
	return (int)sb_sys_open_read(path);
}

static int begin(struct sb_words *words, int fd)
{
	words->fd = fd;
	words->error = 0;
	words->at = 0;
	words->fill = 0;
	words->end = '\n';
	return fd < 0 ? fd : 0;
}

int sb_words_open(struct sb_words *words, int pid, const char *name)
{
	return begin(words, sb_proc_open(pid, name));
}

int sb_words_open_thread(struct sb_words *words, int pid, int thread, const char *name)
{
	return begin(words, sb_proc_open_thread(pid, thread, name));
}

int sb_words_open_path(struct sb_words *words, const char *path)
{
	return begin(words, (int)sb_sys_open_read(path));
}

void sb_words_close(struct sb_words *words)
{
	sb_sys_close(words->fd);
}

char sb_words_byte(struct sb_words *words)
{
	if (words->at == words->fill) {
		long got;

		do
			got = sb_sys_read(words->fd, words->buffer, sizeof(words->buffer));
		while (got == -EINTR);
		if (got < 0)
			words->error = got;
		if (got <= 0)
			return 0;
		words->at = 0;
		words->fill = (unsigned)got;
	}
	return words->buffer[words->at++];
}

bool sb_words_next(struct sb_words *words)
{
	unsigned length = 0;

	for (;;) {
		char byte = sb_words_byte(words);

		if (byte == 0 || byte == ' ' || byte == '\n') {
			words->end = byte;
			words->word[length] = '\0';
			return byte != 0 || length > 0;
		}
		if (length < sizeof(words->word) - 1)
			words->word[length++] = byte;
	}
}

void sb_words_skip_line(struct sb_words *words)
{
	while (words->end == ' ' && sb_words_next(words))
		;
}

static void add_nodes(struct sb_nodeset *nodes, int first, int last)
{
	for (int node = first; node >= 0 && node <= last && node < SB_MAX_NODES; node++)
		sb_nodeset_add(nodes, node);
}

char sb_words_nodes(struct sb_words *words, struct sb_nodeset *nodes)
{
	int first = -1; /* of "first-node" */
	int node = -1;

	*nodes = (struct sb_nodeset){ .bits = { 0 } };
	for (;;) {
		char byte = sb_words_byte(words);

		if (byte >= '0' && byte <= '9') {
			/* No node is so high, and no number wraps around. */
			node = node >= SB_MAX_NODES ? node
						    : (node < 0 ? 0 : node) * 10 + (byte - '0');
			continue;
		}
		if (byte == '-') {
			first = node;
			node = -1;
			continue;
		}
		add_nodes(nodes, first < 0 ? node : first, node);
		if (byte != ',')
			return byte;
		first = node = -1;
	}
}

bool sb_words_find_line(struct sb_words *words, const char *text)
{
	const char *next = text;
	bool matches = true; /* the line so far */

	while (*next) {
		char byte = sb_words_byte(words);

		if (byte == 0)
			return false;
		matches &= byte == *next;
		if (byte == '\n') {
			next = text;
			matches = true;
		} else if (matches) {
			next++;
		}
	}
	return true;
}

unsigned long sb_number(const char **text, unsigned base)
{
	unsigned long number = 0;

	for (;; (*text)++) {
		unsigned digit;

		if (**text >= '0' && **text <= '9')
			digit = (unsigned)(**text - '0');
		else if (base == 16 && **text >= 'a' && **text <= 'f')
			digit = (unsigned)(**text - 'a') + 10;
		else
			return number;
		number = number * base + digit;
	}
}

bool sb_status_number(const char *label, unsigned base, unsigned long *number)
{
	struct sb_words words;
	const char *text = words.word;
	bool found;

	if (sb_words_open(&words, 0, "status") < 0)
		return false;
	found = sb_words_find_line(&words, label) && sb_words_next(&words);
	sb_words_close(&words);
	if (!found)
		return false;
	*number = sb_number(&text, base);
	return true;
}

void sb_words_range(const struct sb_words *words, unsigned long *start, unsigned long *end)
{
	const char *text = words->word;

	*start = sb_number(&text, 16);
	/* Behind the end of the word is what is left of one before. */
	*end = *text++ == '-' ? sb_number(&text, 16) : 0;
}

unsigned long sb_number_in(int fd)
{
	char text[24];
	const char *at = text;
	long got;

	if (fd < 0)
		return 0;
	got = sb_sys_read(fd, text, sizeof(text) - 1);
	sb_sys_close(fd);
	text[got > 0 ? got : 0] = '\0';
	return sb_number(&at, 10);
}

int sb_entries_open_threads(struct sb_entries *entries, int pid)
{
	char path[PATH_SIZE];

	append_tasks(path, pid);
	entries->fd = (int)sb_sys_open_read(path);
	entries->at = 0;
	entries->fill = 0;
	return entries->fd < 0 ? entries->fd : 0;
}

void sb_entries_close(struct sb_entries *entries)
{
	sb_sys_close(entries->fd);
}

const char *sb_entries_next(struct sb_entries *entries)
{
	/* struct linux_dirent64, which has no header. */
	enum { LENGTH_AT = 16, NAME_AT = 19 };
	const char *entry;
	unsigned short length;

	if (entries->at == entries->fill) {
		long got = sb_sys_getdents(entries->fd, entries->buffer, sizeof(entries->buffer));

		if (got <= 0)
			return NULL;
		entries->at = 0;
		entries->fill = (unsigned)got;
	}
	entry = entries->buffer + entries->at;
	memcpy(&length, entry + LENGTH_AT, sizeof(length));
	entries->at += length;
	return entry + NAME_AT;
}
