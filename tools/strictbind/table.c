/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "terminal.h"
#include "text.h"

enum { CUT_LEAST = 16, FOLD_INDENT = 4 };

void table_column(struct table *table, const char *title, bool right)
{
	if (table->columns == TABLE_COLUMNS)
		fail(EXIT_FAILED, "too many columns");
	table->titles[table->columns] = title;
	table->right[table->columns++] = right;
}

static void add_cell(struct table *table, char *text)
{
	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 256;
		table->cells = reallocate(table->cells, table->room * sizeof(*table->cells));
	}
	table->cells[table->count++] = text;
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_cell(table, print_new_list(format, arguments));
	va_end(arguments);
}

void table_text(struct table *table, const char *text)
{
	size_t size = strlen(text) + 1;

	add_cell(table, memcpy(allocate(size), text, size));
}

static void add_digits(struct table *table, unsigned long number, unsigned base)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	table_text(table, digits + at);
}

void table_number(struct table *table, unsigned long number)
{
	add_digits(table, number, 10);
}

void table_hex(struct table *table, unsigned long number)
{
	add_digits(table, number, 16);
}

static int column_width(const struct table *table, int column)
{
	size_t width = strlen(table->titles[column]);

	for (size_t i = (size_t)column; i < table->count; i += (size_t)table->columns) {
		size_t length = strlen(table->cells[i]);

		if (length > width)
			width = length;
	}
	return (int)width;
}

/* How the table is laid out; -1: no such column. */
struct layout {
	int widths[TABLE_COLUMNS];
	int folded;
};

static int find_column(const struct table *table, const char *title)
{
	for (int i = 0; title && i < table->columns; i++)
		if (strcmp(table->titles[i], title) == 0)
			return i;
	return -1;
}

static int row_width(const struct table *table, const struct layout *layout)
{
	int width = -2;

	for (int i = 0; i < table->columns; i++)
		width += i == layout->folded ? 0 : layout->widths[i] + 2;
	return width;
}

/* The end of a path is what tells one from another. */
static void cut_cell(char *cell, int width)
{
	size_t length = strlen(cell);
	const char *rest;

	if (length <= (size_t)width)
		return;
	rest = cell + length - (width - 3);
	/* Not within a character. */
	while (((unsigned char)*rest & 0xc0) == 0x80)
		rest++;
	memcpy(cell, "...", 3);
	memmove(cell + 3, rest, strlen(rest) + 1);
}

static void cut_column(const struct table *table, struct layout *layout, int column, int width)
{
	if (layout->widths[column] <= width)
		return;
	for (size_t i = (size_t)column; i < table->count; i += (size_t)table->columns)
		cut_cell(table->cells[i], width);
	layout->widths[column] = width;
}

/* Into so many columns of a terminal, as far as that can be done. */
static void fit(const struct table *table, struct layout *layout, int room)
{
	int fold = find_column(table, table->fold);
	int cut = find_column(table, table->cut);
	int least =
		cut >= 0 && layout->widths[cut] > CUT_LEAST ? layout->widths[cut] - CUT_LEAST : 0;
	int width;

	if (fold >= 0 && row_width(table, layout) - least > room)
		layout->folded = fold;
	if (cut < 0)
		return;
	width = room - (row_width(table, layout) - layout->widths[cut]);
	cut_column(table, layout, cut, width > CUT_LEAST ? width : CUT_LEAST);
}

static void print_row(const struct table *table, FILE *file, const struct layout *layout,
		      const char *const *cells)
{
	int last = table->columns;

	/* No spaces at the end of a line. */
	while (last > 0 && (!*cells[last - 1] || last - 1 == layout->folded))
		last--;
	for (int i = 0; i < last; i++) {
		int width = table->right[i] ? layout->widths[i] : -layout->widths[i];

		if (i == layout->folded)
			continue;
		if (i == last - 1 && !table->right[i])
			width = 0;
		fprintf(file, "%s%*s", i ? "  " : "", width, cells[i]);
	}
	fputc('\n', file);
}

static void print_folded(const struct layout *layout, FILE *file, const char *const *cells)
{
	if (layout->folded >= 0 && *cells[layout->folded])
		print_wrapped(file, FOLD_INDENT, terminal_text_width(), cells[layout->folded]);
}

void table_print(struct table *table, FILE *file)
{
	struct layout layout = { .folded = -1 };
	int room = terminal_room(STDOUT_FILENO);

	for (int i = 0; i < table->columns; i++)
		layout.widths[i] = column_width(table, i);
	if (room)
		fit(table, &layout, room);
	print_row(table, file, &layout, table->titles);
	for (size_t i = 0; i < table->count; i += (size_t)table->columns) {
		const char *const *cells = (const char *const *)table->cells + i;

		print_row(table, file, &layout, cells);
		print_folded(&layout, file, cells);
	}
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct table){ 0 };
}

void print_wrapped(FILE *file, int indent, int width, const char *text)
{
	int column = 0;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column && column + 1 + length > width) {
			fputc('\n', file);
			column = 0;
		}
		column += column ? fprintf(file, " %.*s", length, text)
				 : fprintf(file, "%*s%.*s", indent, "", length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', file);
}

void print_paragraph(FILE *file, const char *text)
{
	int room = terminal_room(STDOUT_FILENO);

	if (room)
		print_wrapped(file, 0, room, text);
	else
		fprintf(file, "%s\n", text);
}

char *print_harmless(const char *text)
{
	char *copy = print_new("%s", text);

	for (unsigned char *c = (unsigned char *)copy; *c; c++) {
		/* In UTF-8 there are control characters of two bytes. */
		bool two = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;

		if (*c < ' ' || *c == 0x7f || two)
			c[two] = c[0] = '?';
	}
	return copy;
}

const char *print_size(char *text, unsigned long bytes)
{
	static const char units[] = "KMGTPE";
	double size = (double)bytes / 1024;
	int unit = 0;

	for (; size >= 1024 && units[unit + 1]; unit++)
		size /= 1024;
	snprintf(text, SIZE_TEXT, size < 10 && size != (double)(int)size ? "%.1f%c" : "%.0f%c",
		 size, units[unit]);
	return text;
}

/* ---- JSON ---- */

static void quote(FILE *file, const char *text)
{
	fputc('"', file);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		int length = utf8_length(text);

		/* Control characters have two bytes, and are told by number as others are. */
		if (length > 1 && !(c == 0xc2 && (unsigned char)text[1] < 0xa0)) {
			fwrite(text, 1, (size_t)length, file);
			text += length - 1;
		} else if (length > 1) {
			fprintf(file, "\\u%04x", (unsigned char)*++text);
		} else if (c == '"' || c == '\\') {
			fprintf(file, "\\%c", c);
		} else if (c < 0x20 || c >= 0x7f) {
			/* Names of files are bytes: one of no character becomes the same code
			 * point.
			 */
			fprintf(file, "\\u%04x", c);
		} else {
			fputc(c, file);
		}
	}
	fputc('"', file);
}

static void before(struct json *json, const char *key)
{
	if (json->depth) {
		fprintf(json->file, "%s\n%*s", json->used[json->depth] ? "," : "", 2 * json->depth,
			"");
		json->used[json->depth] = true;
	}
	if (key) {
		quote(json->file, key);
		fputs(": ", json->file);
	}
}

void json_begin(struct json *json, const char *key, char bracket)
{
	before(json, key);
	fputc(bracket, json->file);
	json->used[++json->depth] = false;
}

void json_end(struct json *json, char bracket)
{
	bool used = json->used[json->depth--];

	if (used)
		fprintf(json->file, "\n%*s", 2 * json->depth, "");
	fputc(bracket, json->file);
	if (json->depth == 0)
		fputc('\n', json->file);
}

void json_text(struct json *json, const char *key, const char *value)
{
	before(json, key);
	quote(json->file, value);
}

void json_number(struct json *json, const char *key, unsigned long value)
{
	before(json, key);
	fprintf(json->file, "%lu", value);
}

void json_count(struct json *json, const char *key, unsigned long value)
{
	if (value == STRICTBIND_UNKNOWN)
		json_null(json, key);
	else
		json_number(json, key, value);
}

void json_real(struct json *json, const char *key, double value)
{
	before(json, key);
	fprintf(json->file, "%.6g", value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	before(json, key);
	fputs(value ? "true" : "false", json->file);
}

void json_null(struct json *json, const char *key)
{
	before(json, key);
	fputs("null", json->file);
}

void json_address(struct json *json, const char *key, unsigned long value)
{
	before(json, key);
	fprintf(json->file, "\"0x%lx\"", value);
}
