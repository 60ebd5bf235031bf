/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of /proc, read without stdio and without memory of our own. */
#ifndef SB_CORE_PROC_FILE_H
#define SB_CORE_PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/nodeset.h"

/* Opens /proc/PID/NAME, for pid 0 that of the caller. Returns a descriptor or a negative errno. */
int sb_proc_open(int pid, const char *name);

/* Opens /proc/PID/task/THREAD/NAME in the same way. */
int sb_proc_open_thread(int pid, int thread, const char *name);

/* Opens /sys/devices/system/node/nodeNODE/NAME. Returns a descriptor or a negative errno. */
int sb_node_open(unsigned node, const char *name);

/* The same below it for its huge pages of one size. */
int sb_node_open_pool(unsigned node, unsigned kib, const char *name);

/* Opens /sys/kernel/mm/transparent_hugepage/hugepages-KIBkB/NAME in the same way. */
int sb_folio_open(unsigned kib, const char *name);

/* Opens the file with its weight in weighted interleaving, which kernels before 6.9 do not have. */
int sb_node_open_weight(unsigned node);

/* Reads a text file word by word. */
struct sb_words {
	int fd;
	long error;    /* negative errno of a failed read */
	unsigned at;   /* next byte in buffer */
	unsigned fill; /* bytes in buffer */
	char end;      /* what ended the last word: ' ', '\n', or 0 at the end of the file */
	char word[64]; /* the last word, cut to fit */
	char buffer[512];
};

/* Returns 0 or a negative errno. Every successful open needs a close. */
int sb_words_open(struct sb_words *words, int pid, const char *name);
int sb_words_open_thread(struct sb_words *words, int pid, int thread, const char *name);
int sb_words_open_path(struct sb_words *words, const char *path);
void sb_words_close(struct sb_words *words);

/* Takes the next word; empty at the end of a line. False at the end of the file or on an error. */
bool sb_words_next(struct sb_words *words);

/*
 * The START-END in base 16 that the last word is, as at the beginning of a line of maps. Of a word
 * that is something else the end is 0.
 */
void sb_words_range(const struct sb_words *words, unsigned long *start, unsigned long *end);

/* Takes the next byte, 0 at the end of the file or on an error: /proc text has no zero bytes. */
char sb_words_byte(struct sb_words *words);

/* Takes a list of nodes, such as "0-2,5". Returns the byte that ends it, 0 at the end of the file.
 */
char sb_words_nodes(struct sb_words *words, struct sb_nodeset *nodes);

/* Goes to behind a text at the beginning of a line. False when there is no such line. */
bool sb_words_find_line(struct sb_words *words, const char *text);

/*
 * The number behind a text at the beginning of a line of the thread's own status, in base 10 or 16.
 * False when the kernel does not tell it.
 */
bool sb_status_number(const char *label, unsigned base, unsigned long *number);

/* Skips what is left of the line whose word was last taken. */
void sb_words_skip_line(struct sb_words *words);

/* Reads the names in a directory. */
struct sb_entries {
	int fd;
	unsigned at;   /* next entry in buffer */
	unsigned fill; /* bytes in buffer */
	char buffer[512];
};

/* Of /proc/PID/task. Returns 0 or a negative errno. Every successful open needs a close. */
int sb_entries_open_threads(struct sb_entries *entries, int pid);
void sb_entries_close(struct sb_entries *entries);

/* The next name, which is there until another is asked for; NULL after the last, or on an error. */
const char *sb_entries_next(struct sb_entries *entries);

/* The number that an open file begins with, which is closed; 0 for none, or no file. */
unsigned long sb_number_in(int fd);

/* Reads a number in base 10 or 16; leaves *text behind it. */
unsigned long sb_number(const char **text, unsigned base);

#endif
