/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rights.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "machine.h"

#define KSM "/sys/kernel/mm/ksm/"
#define THP "/sys/kernel/mm/transparent_hugepage/"

enum { NOBODY = 65534, WORD = 16, SIZES = 16 };

/* -2: not tried yet. */
static int memory = -2, ksm_run = -2, ksm_sleep = -2;
static long run_before, sleep_before;

static int kept_open(int *fd, const char *path, int how)
{
	if (*fd == -2)
		*fd = open(path, how | O_CLOEXEC);
	return *fd;
}

int device_memory(void)
{
	return kept_open(&memory, "/dev/mem", O_RDONLY);
}

static bool open_ksm(void)
{
	return kept_open(&ksm_run, KSM "run", O_WRONLY) >= 0 &&
	       kept_open(&ksm_sleep, KSM "sleep_millisecs", O_WRONLY) >= 0;
}

void rights_take(void)
{
	device_memory();
	open_ksm();
}

int become_nobody(void)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return -1;
	/* The change of user has made /proc/self unreadable. */
	return prctl(PR_SET_DUMPABLE, 1);
}

static bool write_number(int fd, long number)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%ld", number);

	return pwrite(fd, text, (size_t)length, 0) == length;
}

bool ksm_start(void)
{
	if (!open_ksm())
		return false;
	run_before = number_in(KSM "run", 0);
	sleep_before = number_in(KSM "sleep_millisecs", 20);
	return write_number(ksm_sleep, 1) && write_number(ksm_run, 1);
}

void ksm_stop(void)
{
	write_number(ksm_run, run_before);
	write_number(ksm_sleep, sleep_before);
}

/* Large pages --------------------------------------------------------------------------------- */

static struct choice {
	char path[128];
	char before[WORD];
} choices[SIZES];
static size_t choice_count;

bool write_word(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, word, strlen(word)) == (ssize_t)strlen(word);
	close(fd);
	return done;
}

/* The chosen one of "always [madvise] never". */
static bool chosen_word(const char *path, char *word)
{
	FILE *file = fopen(path, "re");
	bool found;

	if (!file)
		return false;
	found = fscanf(file, "%*[^[][%15[^]]", word) == 1;
	rewind(file);
	found = found || fscanf(file, "[%15[^]]", word) == 1;
	fclose(file);
	return found;
}

static void choose(const char *path, const char *word)
{
	struct choice *choice = &choices[choice_count];

	if (choice_count == SIZES || strlen(path) >= sizeof(choice->path) ||
	    !chosen_word(path, choice->before) || !write_word(path, word))
		return;
	strcpy(choice->path, path);
	choice_count++;
}

void large_pages_on(void)
{
	char largest[32];
	glob_t sizes;

	snprintf(largest, sizeof(largest), "-%zukB/", machine()->huge / 1024);
	choose(THP "shmem_enabled", "advise");
	if (glob(THP "hugepages-*kB/enabled", 0, NULL, &sizes))
		return;
	for (size_t i = 0; i < sizes.gl_pathc; i++)
		/* This one goes with the setting for all. */
		if (!strstr(sizes.gl_pathv[i], largest))
			choose(sizes.gl_pathv[i], "madvise");
	globfree(&sizes);
}

void large_pages_back(void)
{
	while (choice_count) {
		choice_count--;
		write_word(choices[choice_count].path, choices[choice_count].before);
	}
}
