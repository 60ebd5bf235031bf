/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller.h"

#include "core/proc_file.h"

struct mapping {
	unsigned long start;
	unsigned long end;
	unsigned long inode;
};

/* The rest of the line, from its last slash on. */
static void read_name(struct sb_words *words, char *name, unsigned size)
{
	unsigned length = 0;
	char byte;

	while ((byte = sb_words_byte(words)) != 0 && byte != '\n') {
		if (byte == '/')
			length = 0;
		else if (length < size - 1 && (length > 0 || byte != ' '))
			name[length++] = byte;
	}
	name[length] = '\0';
}

/* START-END PERMISSIONS OFFSET DEVICE INODE NAME */
static bool next_mapping(struct sb_words *words, struct mapping *mapping, struct sb_caller *caller)
{
	const char *text;

	if (!sb_words_next(words))
		return false;
	sb_words_range(words, &mapping->start, &mapping->end);
	for (int i = 0; i < 4 && words->end == ' '; i++)
		sb_words_next(words);
	text = words->word;
	mapping->inode = sb_number(&text, 10);
	caller->object[0] = '\0';
	if (words->end == ' ')
		read_name(words, caller->object, sizeof(caller->object));
	return true;
}

bool sb_caller_find(struct sb_caller *caller, unsigned long address)
{
	struct sb_words words;
	struct mapping mapping = { 0 };
	unsigned long inode = 0;
	unsigned long start = 0;
	bool found = false;

	if (sb_words_open(&words, 0, "maps") < 0)
		return false;
	while (!found && next_mapping(&words, &mapping, caller)) {
		/* An object is several mappings, with others among them that have no file. */
		if (mapping.inode && mapping.inode != inode) {
			inode = mapping.inode;
			start = mapping.start;
		}
		found = address >= mapping.start && address < mapping.end;
	}
	sb_words_close(&words);
	caller->offset = address - (mapping.inode ? start : mapping.start);
	return found && caller->object[0];
}
