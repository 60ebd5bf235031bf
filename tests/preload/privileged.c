/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that has both libraries linked to it, and may be made setgid: it makes a call that a
 * trace would tell of, and prints whether its environment is to be trusted, and what is taken for
 * true about the kernel.
 */
#include <linux/mempolicy.h>
#include <stdio.h>
#include <strictbind.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };
	static char memory[1];
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);

	syscall(SYS_mbind, (unsigned long)memory / page * page, page, MPOL_DEFAULT, NULL, 0UL, 0U);
	printf("secure %lu:", getauxval(AT_SECURE));
	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		if (fact.present)
			printf(" %s", fact.name);
	return 0;
}
