/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <sys/auxv.h>

#include "memory.h"
#include "nodeset.h"
#include "proc.h"
#include "sys.h"
#include "vdso.h"

/* Bytes of the vdso, read from its own header: the section headers end the image. */
static unsigned long image_size(void)
{
	unsigned long start = getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)start; // NOLINT(performance-no-int-to-ptr)
	unsigned long page = sb_page_size();

	/* A process may unmap its vdso. */
	if (!start ||
	    !sb_nodeset_readable((const unsigned long *)start, SB_BITS_PER_LONG + 1)) // NOLINT
		return 0;
	return (header->e_shoff + (unsigned long)header->e_shnum * header->e_shentsize + page - 1) &
	       -page;
}

static unsigned long start_of(int pid)
{
	unsigned long entry[2];
	unsigned long start = 0;
	int fd;

	if (pid == 0)
		return getauxval(AT_SYSINFO_EHDR);
	fd = sb_proc_open(pid, "auxv");
	if (fd < 0)
		return 0;
	while (!start && sb_sys_read(fd, entry, sizeof(entry)) == sizeof(entry) &&
	       entry[0] != AT_NULL)
		if (entry[0] == AT_SYSINFO_EHDR)
			start = entry[1];
	sb_sys_close(fd);
	return start;
}

void sb_vdso_range(int pid, unsigned long *start, unsigned long *end)
{
	*start = start_of(pid);
	/* Every 64-bit process has the same image. */
	*end = *start ? *start + image_size() : 0;
}
