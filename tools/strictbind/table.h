/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables for people, JSON for programs, and text as wide as the page. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum { TABLE_COLUMNS = 80 };

struct table {
	int columns;
	const char *titles[TABLE_COLUMNS];
	bool right[TABLE_COLUMNS]; /* to the right, as numbers are */
	int widths[TABLE_COLUMNS]; /* of the widest cell */
	/* The cells, row after row: how long each is, in two bytes, and its text with a zero byte.
	 */
	char *text;
	size_t size;
	size_t room;
	int column; /* of the next cell */
	/* On a terminal that is too narrow, titles of: */
	const char *fold; /* a column that goes below the row, or NULL */
	const char *cut;  /* a column of which the beginning is left out, or NULL */
};

/* All columns come before the first cell; a title is kept, not copied. */
void table_column(struct table *table, const char *title, bool right);
/* The next cell, from the left to the right and from the top to the bottom. */
void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for what tables are full of. */
void table_text(struct table *table, const char *text);
void table_number(struct table *table, unsigned long number);
void table_hex(struct table *table, unsigned long number);
/* Prints the table and frees its cells. */
void table_print(struct table *table, FILE *file);

/* Paragraph with lines of at most width characters, each behind so many spaces. */
void print_wrapped(FILE *file, int indent, int width, const char *text);

/* The same on a terminal; one line where there is none. */
void print_paragraph(FILE *file, const char *text);

/* The same of a new string, which is freed. */
void print_sentence(FILE *file, char *text);

/* Bytes of others, as names of files and programs, that are to do nothing on a terminal. */
char *print_harmless(const char *text);

/* A size as people read it: 4K, 1.5M. Into a buffer of SIZE_TEXT bytes, which is returned. */
enum { SIZE_TEXT = 24 };
const char *print_size(char *text, unsigned long bytes);

/* ---- JSON; key is NULL within arrays ---- */

struct json {
	FILE *file;
	int depth;
	bool used[8]; /* there is something before, at each depth */
};

void json_begin(struct json *json, const char *key, char bracket);
void json_end(struct json *json, char bracket);
void json_text(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, unsigned long value);
/* STRICTBIND_UNKNOWN becomes null. */
void json_count(struct json *json, const char *key, unsigned long value);
void json_real(struct json *json, const char *key, double value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* "0x7f...": a number would lose bits in many readers. */
void json_address(struct json *json, const char *key, unsigned long value);

#endif
