/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID/auxv, and with maps: where the vdso of a process is. */
#include "simulated.h"

#include <elf.h>

#include "core/page.h"
#include "pages/vdso.h"

/* The address in the first entry of its kind; 0: none, or what comes before is cut off. */
static unsigned long plain_image(const char *auxv, size_t size)
{
	unsigned long entry[2];

	for (; size >= sizeof(entry); auxv += sizeof(entry), size -= sizeof(entry)) {
		memcpy(entry, auxv, sizeof(entry));
		if (entry[0] == AT_NULL)
			return 0;
		if (entry[0] == AT_SYSINFO_EHDR && entry[1])
			return entry[1];
	}
	return 0;
}

static void check_range(unsigned long start, unsigned long end, unsigned long image)
{
	unsigned long page = sb_page_size();

	sb_vdso_range(FAKE_PID, &start, &end);
	if (!image)
		require(start == 0 && end == 0, "%lx-%lx, and there is none", start, end);
	else if (image + page > image)
		require(start <= image && end >= image + page, "%lx-%lx, and it is at %lx", start,
			end, image);
}

/* Far from the range that is asked about maps is not read. */
static void check_far(unsigned long image)
{
	unsigned long start = image ^ 1UL << 40, end = start + FAKE_PAGE;

	if (!image || image >> 47 || image % FAKE_PAGE)
		return;
	sb_vdso_range(FAKE_PID, &start, &end);
	require(start == image && end == image + FAKE_PAGE, "%lx-%lx, far from %lx", start, end,
		image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	unsigned long start, entries, image;
	size_t auxv;
	char *text;

	boot_for_files(&input);
	start = input_number(&input, 6) & -(unsigned long)FAKE_PAGE;
	entries = input_number(&input, 1);
	auxv = entries < input.left ? entries : input.left;
	fake.text_of[FAKE_AUXV] = (const char *)input.at;
	fake.size_of[FAKE_AUXV] = auxv;
	image = plain_image((const char *)input.at, auxv);
	input.at += auxv;
	input.left -= auxv;
	text = give_text(&input, FAKE_MAPS);
	/* An entry is read at once, as the kernel gives it; in pieces it may be taken for none. */
	if (auxv && (fake.read_max == 0 || fake.read_max >= 16)) {
		check_range(start, start + FAKE_PAGE, image);
		check_range(image, image + FAKE_PAGE, image);
		check_far(image);
	}
	require_nothing_left();
	free(text);
	return 0;
}
