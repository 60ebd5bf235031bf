/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "terminal.h"
#include "text.h"

/* So much is to stay of what is cut: before another column is folded, and at all. */
enum { CUT_WELL = 16, CUT_LEAST = 8, FOLD_INDENT = 4 };

void table_column(struct table *table, const char *title, bool right)
{
	if (table->columns == TABLE_COLUMNS)
		fail(EXIT_FAILED, "too many columns");
	table->titles[table->columns] = title;
	table->widths[table->columns] = (int)strlen(title);
	table->right[table->columns++] = right;
}

/* Stored in front of its text; what is longer is not told in full. */
typedef uint16_t cell_length;

/* Where the text of the next cell goes, which has no more characters than that. */
static char *begin_cell(struct table *table, size_t most)
{
	while (table->room - table->size < sizeof(cell_length) + most + 1) {
		table->room = table->room ? 2 * table->room : 16384;
		table->text = reallocate(table->text, table->room);
	}
	return table->text + table->size + sizeof(cell_length);
}

static void end_cell(struct table *table, char *end)
{
	char *begin = table->text + table->size;
	cell_length length = (cell_length)(end - begin - (ptrdiff_t)sizeof(length));

	memcpy(begin, &length, sizeof(length));
	*end++ = '\0';
	table->size += (size_t)(end - begin);
	if (length > table->widths[table->column])
		table->widths[table->column] = length;
	if (++table->column == table->columns)
		table->column = 0;
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = print_new_list(format, arguments);
	va_end(arguments);
	table_text(table, text);
	free(text);
}

/* Most cells are too short to call memcpy for. */
static char *put_text(char *at, const char *text, size_t length)
{
	if (length > 16)
		return (char *)memcpy(at, text, length) + length;
	while (length-- > 0)
		*at++ = *text++;
	return at;
}

void table_text(struct table *table, const char *text)
{
	size_t length = strlen(text);
	size_t most = length < UINT16_MAX ? length : UINT16_MAX;

	end_cell(table, put_text(begin_cell(table, most), text, most));
}

/* Inline, so that the base is known: a division by what is not takes longer than all else. */
__attribute__((always_inline)) static inline void add_digits(struct table *table,
							     unsigned long number, unsigned base)
{
	char *end = begin_cell(table, 24), *at;

	for (unsigned long rest = number; rest >= base; rest /= base)
		end++;
	at = ++end;
	do {
		*--at = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	end_cell(table, end);
}

void table_number(struct table *table, unsigned long number)
{
	add_digits(table, number, 10);
}

void table_hex(struct table *table, unsigned long number)
{
	add_digits(table, number, 16);
}

/* How the table is laid out; -1: no such column. */
struct layout {
	int widths[TABLE_COLUMNS];
	int folded;
	int cut;
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

/* Into so many columns of a terminal, as far as that can be done. */
static void fit(const struct table *table, struct layout *layout, int room)
{
	int fold = find_column(table, table->fold);
	int cut = find_column(table, table->cut);
	int least = cut >= 0 && layout->widths[cut] > CUT_WELL ? layout->widths[cut] - CUT_WELL : 0;
	int width;

	if (fold >= 0 && row_width(table, layout) - least > room)
		layout->folded = fold;
	if (cut < 0)
		return;
	width = room - (row_width(table, layout) - layout->widths[cut]);
	if (width < CUT_LEAST)
		width = CUT_LEAST;
	if (width >= layout->widths[cut])
		return;
	layout->widths[cut] = width;
	layout->cut = cut;
}

/* ---- rows ---- */

struct row {
	const struct table *table;
	const struct layout *layout;
	const char *cells[TABLE_COLUMNS];
	cell_length lengths[TABLE_COLUMNS];
	/* A line is put together here: to print it cell by cell takes longer than all else. */
	char *line;
	size_t room;
};

/* The end of a path is what tells one from another. */
static char *put_cut(char *at, const char *cell, int length, int width)
{
	const char *end = cell + length;
	const char *rest = end - (width - 3);

	/* Not within a character. */
	while (((unsigned char)*rest & 0xc0) == 0x80)
		rest++;
	return put_text(put_text(at, "...", 3), rest, (size_t)(end - rest));
}

/* One cell, in a column that begins there. Returns what is behind it. */
static char *put_cell(const struct row *row, int column, char *begin)
{
	const char *cell = row->cells[column];
	int width = row->layout->widths[column];
	int length = row->lengths[column];

	if (row->table->right[column])
		begin += width - length;
	if (column == row->layout->cut && length > width)
		return put_cut(begin, cell, length, width);
	return put_text(begin, cell, (size_t)length);
}

static void print_row(const struct row *row, FILE *file)
{
	char *begin = row->line;
	char *end = begin;

	memset(row->line, ' ', row->room);
	for (int i = 0; i < row->table->columns; i++) {
		if (i == row->layout->folded)
			continue;
		if (row->lengths[i])
			end = put_cell(row, i, begin);
		begin += row->layout->widths[i] + 2;
	}
	*end++ = '\n';
	fwrite(row->line, 1, (size_t)(end - row->line), file);
}

static void print_titles(struct row *row, FILE *file)
{
	for (int i = 0; i < row->table->columns; i++) {
		row->cells[i] = row->table->titles[i];
		row->lengths[i] = (cell_length)strlen(row->cells[i]);
	}
	print_row(row, file);
}

/* The cells of the next row. Returns what is behind them. */
static const char *take_row(struct row *row, const char *cell)
{
	for (int i = 0; i < row->table->columns; i++) {
		memcpy(&row->lengths[i], cell, sizeof(row->lengths[i]));
		row->cells[i] = cell + sizeof(row->lengths[i]);
		cell = row->cells[i] + row->lengths[i] + 1;
	}
	return cell;
}

void table_print(struct table *table, FILE *file)
{
	struct layout layout = { .folded = -1, .cut = -1 };
	struct row row = { .table = table, .layout = &layout };
	int room = terminal_room(STDOUT_FILENO);
	const char *cell = table->text;

	memcpy(layout.widths, table->widths, sizeof(layout.widths));
	if (room)
		fit(table, &layout, room);
	row.room = (size_t)row_width(table, &layout) + 1;
	row.line = allocate(row.room);
	print_titles(&row, file);
	while (cell < table->text + table->size) {
		cell = take_row(&row, cell);
		print_row(&row, file);
		if (layout.folded >= 0 && *row.cells[layout.folded])
			print_wrapped(file, FOLD_INDENT, terminal_text_width(),
				      row.cells[layout.folded]);
	}
	free(row.line);
	free(table->text);
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

void print_sentence(FILE *file, char *text)
{
	print_paragraph(file, text);
	free(text);
}

char *print_harmless(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = memcpy(allocate(size), text, size);

	for (unsigned char *c = (unsigned char *)copy; *c; c++) {
		/* In UTF-8 there are control characters of two bytes. */
		bool two = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;

		if (*c < ' ' || *c == 0x7f || two)
			c[two] = c[0] = '?';
	}
	return copy;
}

/* Without printf, which takes longer than all else of a row. */
const char *print_size(char *text, unsigned long bytes)
{
	static const char units[] = "KMGTPE";
	unsigned long size = bytes, part, rest = 0, tenths;
	char *at = text + SIZE_TEXT;
	int unit = -1;

	do {
		part = size % 1024;
		rest |= part;
		size /= 1024;
		unit++;
	} while (size >= 1024 && units[unit + 1]);
	tenths = size * 10 + (part * 10 + 512) / 1024;
	*--at = '\0';
	*--at = units[unit];
	if (size < 10 && rest) {
		*--at = (char)('0' + tenths % 10);
		*--at = '.';
		size = tenths / 10;
	} else {
		size += part >= 512;
	}
	do {
		*--at = (char)('0' + size % 10);
		size /= 10;
	} while (size);
	return memmove(text, at, (size_t)(text + SIZE_TEXT - at));
}

/* ---- JSON ---- */

/* Whether a byte stands for itself. */
static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Writes what stands for itself; returns what comes behind it. */
static const char *write_plain(FILE *file, const char *text)
{
	const char *end = text;

	while (is_plain(*end))
		end++;
	fwrite(text, 1, (size_t)(end - text), file);
	return end;
}

static void quote(FILE *file, const char *text)
{
	fputc('"', file);
	while (*(text = write_plain(file, text))) {
		unsigned char c = (unsigned char)*text;
		int length = utf8_length(text);

		/* Control characters of two bytes are told by number as others are. */
		if (length > 1 && !(c == 0xc2 && (unsigned char)text[1] < 0xa0))
			fwrite(text, 1, (size_t)length, file);
		else if (length > 1)
			fprintf(file, "\\u%04x", (unsigned char)text[1]);
		else if (c == '"' || c == '\\')
			fprintf(file, "\\%c", c);
		/* Names of files are bytes: one of no character becomes the same code point. */
		else
			fprintf(file, "\\u%04x", c);
		text += length > 1 ? length : 1;
	}
	fputc('"', file);
}

/* What is between a value and the next line: as far in as there are brackets around it. */
static void begin_line(struct json *json, bool comma)
{
	static const char text[] = ",\n                                        ";
	size_t length = 1 + 2 * (size_t)json->depth;

	_Static_assert(sizeof(text) > 2 + 2 * sizeof(json->used), "two spaces for each bracket");

	fwrite(text + !comma, 1, length + comma, json->file);
}

static void before(struct json *json, const char *key)
{
	if (json->depth) {
		begin_line(json, json->used[json->depth]);
		json->used[json->depth] = true;
	}
	if (key) {
		quote(json->file, key);
		fwrite(": ", 1, 2, json->file);
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
		begin_line(json, false);
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
