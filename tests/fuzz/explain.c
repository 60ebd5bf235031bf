/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * strictbind_explain() about any call, on a system whose files hold what the input says. A sentence
 * comes of it that fits, ends, and has nothing in it but what can be printed; and nothing changes.
 */
#include "scene_input.h"

#include <ctype.h>
#include <errno.h>

#include "calls.h"

enum { TEXT = 512 };

static struct fake_space before;

static const enum fake_file_kind files[] = { FAKE_STATUS,	FAKE_MAPS,
					     FAKE_SMAPS,	FAKE_NODES_ONLINE,
					     FAKE_UID_MAP,	FAKE_NODES_WITH_MEMORY,
					     FAKE_MAX_MAP_COUNT };
enum { FILES = sizeof(files) / sizeof(*files) };

static struct strictbind_arguments input_arguments(struct input *input, const struct mask *masks)
{
	static const int pids[] = { 0, FAKE_PID, 77, -1 };
	struct strictbind_arguments call = STRICTBIND_ARGUMENTS_INIT;

	call.call = (int)input_below(input, 4);
	call.addr = fake_pointer((long)input_address(input));
	call.len = input_length(input);
	call.mode = (int)input_number(input, 2);
	call.flags = (unsigned)input_number(input, 1);
	call.pid = pids[input_below(input, 4)];
	call.maxnode = masks[0].maxnode;
	call.nodemask = input_below(input, 8) ? masks[0].nodes.bits : NULL;
	call.new_nodes = input_below(input, 8) ? masks[1].nodes.bits : NULL;
	return call;
}

static void check_text(const char *text, unsigned long size, int cause)
{
	size_t length;

	require(text[size] == 0x5a, "written behind the text");
	if (size == 0)
		return;
	require(memchr(text, '\0', size), "no end");
	length = strlen(text);
	for (size_t i = 0; i < length; i++)
		require(isprint((unsigned char)text[i]), "byte %#x", text[i]);
	if (size == TEXT - 1)
		require(length > 10 && text[length - 1] == '.', "%s: %s",
			strictbind_cause_name(cause), text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int errors[] = { EINVAL, EFAULT,	 EIO,	EPERM, ENOMEM, ENOSYS,
				      ESRCH,  ECANCELED, E2BIG, 0,     -1,     5000 };
	struct input input = input_of(data, size);
	char text[TEXT], *contents[FILES];
	struct mask masks[2];
	struct strictbind_arguments call;
	unsigned long room;
	unsigned given;
	int cause, error;

	boot_a_scene(&input);
	given = (unsigned)input_number(&input, 1);
	fake.filtered = given & 128;
	masks[0] = input_mask(&input);
	masks[1] = input_mask(&input);
	call = input_arguments(&input, masks);
	error = errors[input_below(&input, sizeof(errors) / sizeof(*errors))];
	room = input_below(&input, 4) ? TEXT - 1 : input_number(&input, 2) % (TEXT - 1);
	for (int i = 0; i < FILES; i++)
		contents[i] = given >> i & 1 ? give_text(&input, files[i]) : NULL;
	memset(text, 0x5a, sizeof(text));
	copy_space(&before, &fake.space);
	fake_count();
	errno = 0;
	cause = strictbind_explain(&call, error, text, room);
	require(unchanged(&before, &fake.space), "something has changed");
	require_nothing_left();
	if (call.call != STRICTBIND_CALL_MBIND && call.call != STRICTBIND_CALL_MIGRATE_PAGES) {
		require(cause == -1 && errno == EINVAL, "call %d: %d", call.call, cause);
	} else {
		require(cause >= 0 && errno == 0, "%d, errno %d", cause, errno);
		require(cause == 0 || strcmp(strictbind_cause_name(cause), "unknown") != 0,
			"cause %d has no name", cause);
		check_text(text, room, cause);
	}
	for (int i = 0; i < FILES; i++)
		free(contents[i]);
	return 0;
}
