/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind_explain(): calls that fail for a reason that the test knows. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "filter.h"
#include "fullnode.h"

enum { PAGES = 8, MANY = 4096, TEXT = 512, MOST_MAPPINGS = 300000 };

static struct nodes home, nobody;
static unsigned long long_mask[65536 * 8 / 64 + 64];

/* ---- making a call, and having it explained ---- */

static struct strictbind_arguments new_call(void *at, size_t pages)
{
	struct strictbind_arguments call = STRICTBIND_ARGUMENTS_INIT;

	home = nodes_one(NODE(0));
	nobody = nodes_none();
	call.addr = at;
	call.len = pages * PAGE;
	call.mode = MPOL_BIND;
	call.nodemask = home.words;
	call.maxnode = NODES_MAXNODE;
	return call;
}

static struct strictbind_arguments new_migration(int pid, const struct nodes *to)
{
	struct strictbind_arguments call = new_call(NULL, 0);

	call.call = STRICTBIND_CALL_MIGRATE_PAGES;
	call.pid = pid;
	call.new_nodes = to->words;
	return call;
}

static long make(const struct strictbind_arguments *call)
{
	if (call->call == STRICTBIND_CALL_MIGRATE_PAGES)
		return answer(strictbind_migrate_pages(call->pid, call->maxnode, call->nodemask,
						       call->new_nodes));
	return answer(strictbind_mbind((void *)(uintptr_t)call->addr, call->len, call->mode,
				       call->nodemask, call->maxnode, call->flags));
}

static long lines_of_maps(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	long lines = 0;
	int byte;

	while (maps && (byte = fgetc(maps)) != EOF)
		lines += byte == '\n';
	if (maps)
		fclose(maps);
	return lines;
}

static int next_descriptor(void)
{
	int fd = dup(0);

	if (fd >= 0)
		close(fd);
	return fd;
}

static bool is_sentence(const char *text)
{
	size_t length = strlen(text);

	return length > 20 && text[length - 1] == '.' && !strchr(text, '\n') && !strstr(text, "  ");
}

/* For a child, too: the cause that was told, -2 when something else was wrong. */
static int explained(const struct strictbind_arguments *call, int error, const char *words)
{
	static char text[TEXT];
	long lines = lines_of_maps();
	int fd = next_descriptor();
	int cause;

	errno = 77;
	cause = strictbind_explain(call, error, text, sizeof(text));
	if (errno != 77 || lines_of_maps() != lines || next_descriptor() != fd) {
		printf("something is left behind, or errno is %d\n", errno);
		return -2;
	}
	printf("%s: %s: %s\n", strerror(error), strictbind_cause_name(cause), text);
	fflush(stdout);
	return is_sentence(text) && strstr(text, words) ? cause : -2;
}

/* The call fails so, and that is why. */
static void fails(const struct strictbind_arguments *call, int error, int cause, const char *words)
{
	long result = make(call);
	int told;

	ck_assert_msg(result == -error, "%s: the call answers %ld", words, result);
	told = explained(call, error, words);
	ck_assert_msg(told == cause, "%s: cause %d (%s), not %d", words, told,
		      strictbind_cause_name(told), cause);
}

/* The same for functions that run in a child. */
#define EXPECT_FAILS(call, error, cause, words)                                                    \
	do {                                                                                       \
		EXPECT(make(call) == -(error));                                                    \
		EXPECT(explained(call, error, words) == (int)(cause));                             \
	} while (0)

static const char *words_of(const char *format, unsigned long number)
{
	static char words[100];

	snprintf(words, sizeof(words), format, number);
	return words;
}

/* ---- nodes ---- */

/* A number that is none of a list in a file of the kernel's, or is; -1 when there is none. */
static bool listed(const char *file, int node)
{
	char path[100], text[200] = "", *at = text;
	FILE *list;

	snprintf(path, sizeof(path), "/sys/devices/system/node/%s", file);
	list = fopen(path, "re");
	if (!list)
		return false;
	if (!fgets(text, sizeof(text), list))
		text[0] = '\0';
	fclose(list);
	while (*at >= '0' && *at <= '9') {
		long first = strtol(at, &at, 10);
		long last = *at == '-' ? strtol(at + 1, &at, 10) : first;

		if (node >= first && node <= last)
			return true;
		at += *at == ',';
	}
	return false;
}

static bool has_sys(void)
{
	return access("/sys/devices/system/node/online", R_OK) == 0;
}

START_TEST(node_that_does_not_exist)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);
	struct nodes odd = nodes_one(machine()->kernel_nodes - 1);
	int cause = has_sys() ? STRICTBIND_CAUSE_NODE_MISSING : STRICTBIND_CAUSE_NODE_NOT_ALLOWED;

	SKIP_IF(listed("online", machine()->kernel_nodes - 1), "all nodes are there");
	call.nodemask = odd.words;
	fails(&call, EINVAL, cause,
	      words_of(has_sys() ? "Node %lu does not exist" : "Node %lu cannot be used",
		       (unsigned long)machine()->kernel_nodes - 1));
	nodes_add(&odd, machine()->kernel_nodes - 2);
	fails(&call, EINVAL, cause, "None of the nodes ");
	call.flags = STRICT | MOVE;
	fails(&call, EINVAL, cause, "this process may use node");
	unmap((char *)(uintptr_t)call.addr, PAGES);
}
END_TEST

/* Here the kernel does not overlook it beside a good one. */
START_TEST(node_beyond_all)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);

	nodes_add(&home, machine()->kernel_nodes + 1);
	call.maxnode = NODES_BITS;
	fails(&call, EINVAL, STRICTBIND_CAUSE_NODE_MISSING,
	      words_of("Node %lu, which nodemask names, is beyond",
		       (unsigned long)machine()->kernel_nodes + 1));
	call = new_migration(0, &home);
	nodes_add(&home, machine()->kernel_nodes);
	call.maxnode = NODES_BITS;
	fails(&call, EINVAL, STRICTBIND_CAUSE_NODE_MISSING, "which old_nodes names");
}
END_TEST

START_TEST(node_without_memory)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);
	struct nodes odd = nodes_none();
	int node = 0;

	while (node < MACHINE_NODES && (!listed("online", node) || listed("has_memory", node)))
		node++;
	SKIP_IF(node == MACHINE_NODES, "every node has memory");
	nodes_add(&odd, node);
	call.nodemask = odd.words;
	fails(&call, EINVAL, STRICTBIND_CAUSE_NODE_WITHOUT_MEMORY,
	      words_of("Node %lu has no memory", (unsigned long)node));
	call = new_migration(0, &odd);
	fails(&call, machine()->nice ? EINVAL : EPERM, STRICTBIND_CAUSE_NODE_WITHOUT_MEMORY,
	      words_of("Node %lu has no memory", (unsigned long)node));
}
END_TEST

START_TEST(node_outside_of_the_cpuset)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);
	struct nodes odd = nodes_none();
	int node = 0;

	while (node < MACHINE_NODES &&
	       (!listed("has_memory", node) || nodes_has(&machine()->allowed, node)))
		node++;
	SKIP_IF(node == MACHINE_NODES, "the cpuset allows every node");
	nodes_add(&odd, node);
	call.nodemask = odd.words;
	fails(&call, EINVAL, STRICTBIND_CAUSE_NODE_NOT_ALLOWED,
	      words_of("Node %lu is outside of the cpuset", (unsigned long)node));
	call = new_migration(0, &odd);
	fails(&call, machine()->nice ? EINVAL : EPERM, STRICTBIND_CAUSE_NODE_NOT_ALLOWED,
	      words_of("Node %lu is outside of the cpuset", (unsigned long)node));
}
END_TEST

START_TEST(maxnode_too_small)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);
	unsigned long last = (unsigned long)NODE(machine()->node_count - 1);

	home = nodes_one((int)last);
	call.maxnode = last + 1;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MAXNODE_SMALL,
	      words_of("takes maxnode %lu.", last + 2));
	call.maxnode = 1;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MAXNODE_SMALL, "maxnode 1 is too small");
	call.maxnode = 0;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MAXNODE_SMALL, "maxnode is 0");
	/* What is behind the words that the kernel reads is no part of the mask. */
	home = nodes_one(64);
	call.maxnode = 65;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MASK_EMPTY, "nodemask names none");
	home = nodes_one(63);
	call.maxnode = 64;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MAXNODE_SMALL, "takes maxnode 65.");
	call = new_migration(0, &home);
	home = nodes_one((int)last);
	call.maxnode = last + 1;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MAXNODE_SMALL,
	      words_of("takes maxnode %lu.", last + 2));
}
END_TEST

START_TEST(maxnode_too_large)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);

	SKIP_IF(PAGE > 65536, "pages are larger than the mask");
	call.nodemask = long_mask;
	call.maxnode = PAGE * 8 + 2;
	long_mask[0] = 1UL << NODE(0);
	fails(&call, EINVAL, STRICTBIND_CAUSE_MAXNODE_LARGE,
	      words_of("which has %lu bits", PAGE * 8));
	call.maxnode--;
	ck_assert_int_eq(make(&call), 0);
	ck_assert_int_eq(explained(&call, EINVAL, "takes them now"), STRICTBIND_CAUSE_UNKNOWN);
}
END_TEST

START_TEST(masks_that_modes_do_not_take)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);

	call.mode = MPOL_DEFAULT;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MASK_UNWANTED, "MPOL_DEFAULT takes no nodes");
	call.mode = MODE_LOCAL;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MASK_UNWANTED, "MPOL_LOCAL takes no nodes");
	call.mode = MPOL_BIND;
	call.nodemask = nobody.words;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MASK_EMPTY, "and nodemask names none");
	call.nodemask = NULL;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MASK_EMPTY, "and nodemask is NULL");
	call.mode = MPOL_INTERLEAVE;
	call.maxnode = 0;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MASK_EMPTY, "MPOL_INTERLEAVE needs at least one");
	call.mode = MPOL_PREFERRED | MODE_STATIC_NODES;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MASK_EMPTY, "MPOL_PREFERRED|MPOL_F_STATIC_NODES");
	call.mode = MODE_LOCAL | MODE_RELATIVE_NODES;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MODE_FLAGS, "MPOL_LOCAL has no nodes");
	call = new_migration(0, &nobody);
	fails(&call, EINVAL, STRICTBIND_CAUSE_MASK_EMPTY, "and new_nodes names none");
}
END_TEST

START_TEST(mask_that_cannot_be_read)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);
	char *two =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(two + PAGE, PAGE);
	call.nodemask = (unsigned long *)16;
	fails(&call, EFAULT, STRICTBIND_CAUSE_MASK_UNREADABLE, "cannot read nodemask at 0x10,");
	/* Its first word can be read. */
	call.nodemask = (unsigned long *)(void *)(two + PAGE - sizeof(long));
	fails(&call, EFAULT, STRICTBIND_CAUSE_MASK_UNREADABLE, " names 1024 bits");
	/* Nothing is read behind the end for the bit that maxnode ignores. */
	call.maxnode = 65;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MASK_EMPTY, "nodemask names none");
	call = new_migration(0, (void *)16);
	fails(&call, EFAULT, STRICTBIND_CAUSE_MASK_UNREADABLE, "cannot read new_nodes");
	/* Bad all the same, but the kernel does not come to it. */
	call = new_call(NULL, 1);
	call.mode = 77;
	call.nodemask = (unsigned long *)16;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MODE_INVALID, "Mode 0x4d");
	munmap(two, PAGE);
}
END_TEST

/* ---- mode and flags ---- */

static void try_mode(int mode, const char *name)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);

	call.mode = mode;
	if (has_mode(mode))
		ck_assert_int_eq(make(&call), 0);
	else
		fails(&call, EINVAL, STRICTBIND_CAUSE_MODE_MISSING, name);
}

/* Linux 5.12 brought the flag, and vendors took it back to older kernels. */
static bool can_balance(void)
{
	struct nodes set = nodes_one(NODE(0));

	return raw_mbind(NULL, 0, MPOL_BIND | MODE_NUMA_BALANCING, set.words, NODES_MAXNODE, 0) ==
	       0;
}

START_TEST(modes)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);

	try_mode(MODE_PREFERRED_MANY, "MPOL_PREFERRED_MANY, which came with Linux 5.15");
	try_mode(MODE_WEIGHTED_INTERLEAVE, "MPOL_WEIGHTED_INTERLEAVE, which came with Linux 6.9");
	call.mode = 9;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MODE_INVALID, "Mode 0x9 is none");
	call.mode = -1;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MODE_INVALID, "is none that any kernel");
	call.mode = MPOL_BIND | MODE_FLAGS;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MODE_FLAGS, "exclude each other");
	call.mode = MPOL_BIND | MODE_NUMA_BALANCING;
	if (can_balance())
		ck_assert_int_eq(make(&call), 0);
	else
		fails(&call, EINVAL, STRICTBIND_CAUSE_MODE_FLAG_MISSING, "Linux 5.12");
	call.mode = MPOL_INTERLEAVE | MODE_NUMA_BALANCING;
	fails(&call, EINVAL,
	      can_balance() ? STRICTBIND_CAUSE_MODE_FLAGS : STRICTBIND_CAUSE_MODE_FLAG_MISSING,
	      "MPOL_F_NUMA_BALANCING");
}
END_TEST

START_TEST(flags)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);

	call.flags = STRICT | 8;
	fails(&call, EINVAL, STRICTBIND_CAUSE_FLAG_INVALID, "Flag 0x8 is none");
	/* The kernel comes to this before the address, and to the mode before this. */
	call.addr = (char *)(uintptr_t)call.addr + 1;
	fails(&call, EINVAL, STRICTBIND_CAUSE_FLAG_INVALID, "Flag 0x8 is none");
	call.mode = 9;
	fails(&call, EINVAL, STRICTBIND_CAUSE_MODE_INVALID, "Mode 0x9");
}
END_TEST

/* ---- the range ---- */

START_TEST(addresses)
{
	char *at = pages_on(PAGES, NODE(0));
	struct strictbind_arguments call = new_call(at + 1, 1);

	fails(&call, EINVAL, STRICTBIND_CAUSE_ADDRESS,
	      words_of("multiple of the page size, %lu bytes", PAGE));
	call.addr = at;
	call.len = ~0UL - 2 * PAGE;
	fails(&call, EINVAL, STRICTBIND_CAUSE_RANGE_WRAPS, "beyond the last address");
	unmap(at, PAGES);
}
END_TEST

START_TEST(holes)
{
	char *at = pages_on(PAGES, NODE(0));
	struct strictbind_arguments call = new_call(at, PAGES);

	for (size_t hole = PAGES; hole-- > 0;) {
		munmap(at + hole * PAGE, PAGE);
		fails(&call, EFAULT, STRICTBIND_CAUSE_HOLE,
		      words_of("the first hole begins at 0x%lx", (uintptr_t)at + hole * PAGE));
	}
	/* Nothing is mapped at all, which is the only hole for MPOL_DEFAULT. */
	call.mode = MPOL_DEFAULT;
	call.nodemask = NULL;
	call.maxnode = 0;
	fails(&call, EFAULT, STRICTBIND_CAUSE_HOLE, ", 0 bytes from its start.");
	/* Mapped meanwhile. */
	pages_at(at, PAGES, NODE(0), MAP_PRIVATE);
	ck_assert_int_eq(explained(&call, EFAULT, "is mapped now"), STRICTBIND_CAUSE_UNKNOWN);
	unmap(at, PAGES);
}
END_TEST

START_TEST(cut_huge_pages)
{
	char *at = hugetlb_on(NODE(0));
	struct strictbind_arguments call = new_call(at, HUGETLB_PAGES);

	SKIP_IF(!at, "needs a huge page");
	call.addr = at + PAGE;
	call.len = (HUGETLB_PAGES - 1) * PAGE;
	if (access("/proc/self/smaps", R_OK)) {
		/* Nothing else tells. */
		fails(&call, EINVAL, STRICTBIND_CAUSE_UNKNOWN, "is seen to be cut");
		unmap(at, HUGETLB_PAGES);
		return;
	}
	fails(&call, EINVAL, STRICTBIND_CAUSE_HUGE_PAGE_CUT,
	      words_of("The range begins at 0x%lx inside a page of hugetlb", (uintptr_t)at + PAGE));
	call.addr = at;
	fails(&call, EINVAL, STRICTBIND_CAUSE_HUGE_PAGE_CUT,
	      words_of("which has %lu bytes", machine()->hugetlb));
	call.len = HUGETLB_PAGES * PAGE;
	ck_assert_int_eq(make(&call), 0);
	unmap(at, HUGETLB_PAGES);
}
END_TEST

static int at_most_mappings(void *arg)
{
	long most = number_in("/proc/sys/vm/max_map_count", MOST_MAPPINGS + 1);
	size_t pages = (size_t)most * 2 + 2, i;
	char *at = pages_on(PAGES, NODE(0));
	struct strictbind_arguments call = new_call(at + 2 * PAGE, 2);
	char *many = mmap(NULL, pages * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)arg;
	EXPECT(many != MAP_FAILED);
	for (i = 1; i < pages && !mprotect(many + i * PAGE, PAGE, PROT_READ); i += 2)
		;
	EXPECT(i < pages);
	/* The last one may be had where one more is enough. */
	mprotect(at, PAGE, PROT_READ);
	EXPECT_FAILS(
		&call, ENOMEM, STRICTBIND_CAUSE_MAP_COUNT,
		words_of(" %lu is the most that vm.max_map_count allows", (unsigned long)most));
	munmap(many, pages * PAGE);
	EXPECT(make(&call) == 0);
	EXPECT(explained(&call, ENOMEM, "it is not that") == STRICTBIND_CAUSE_UNKNOWN);
	return 0;
}

START_TEST(most_mappings)
{
	SKIP_IF(number_in("/proc/sys/vm/max_map_count", MOST_MAPPINGS + 1) > MOST_MAPPINGS,
		"vm.max_map_count is too large");
	ASSERT_CHILD(at_most_mappings, NULL);
}
END_TEST

/* ---- pages ---- */

START_TEST(misplaced_pages)
{
	struct strictbind_arguments call;
	struct pins pins;
	char *at;

	NEED_NODES(2);
	at = pages_on(PAGES, NODE(1));
	call = new_call(at, PAGES);
	call.flags = STRICT;
	fails(&call, EIO, STRICTBIND_CAUSE_MISPLACED, "nothing was done");
	ck_assert(pins_open(&pins) && pin(&pins, at + PAGE));
	call.flags = STRICT | MOVE;
	fails(&call, EIO, STRICTBIND_CAUSE_MISPLACED, "The policy is set, and pages");
	unpin_all(&pins);
	pins_close(&pins);
	call.flags = MOVE;
	ck_assert_int_eq(explained(&call, EIO, "no failure"), STRICTBIND_CAUSE_UNKNOWN);
	unmap(at, PAGES);
}
END_TEST

static bool is_said_full(void *arg)
{
	const struct strictbind_arguments *call = arg;
	const char *words = words_of("Nodes of new_nodes are full: %lu.", (unsigned long)NODE(1));

	pages_on(MANY, NODE(0));
	return make(call) == -ENOMEM &&
	       explained(call, ENOMEM, words) == STRICTBIND_CAUSE_NODES_FULL;
}

static int to_full_node(void *arg)
{
	struct nodes to = nodes_one(NODE(1));
	struct strictbind_arguments call = new_migration(0, &to);

	(void)arg;
	EXPECT(fill_node(NODE(1), 0));
	EXPECT(meets_full_node(is_said_full, &call, NODE(1), 0));
	empty_nodes();
	EXPECT(explained(&call, ENOMEM, "has room for a small page now") ==
	       STRICTBIND_CAUSE_UNKNOWN);
	return 0;
}

START_TEST(full_node)
{
	NEED_NODES(2);
	SKIP_IF(cannot_fill(NODE(1)), "%s", cannot_fill(NODE(1)));
	ASSERT_CHILD(to_full_node, NULL);
}
END_TEST

/* ---- rights ---- */

static int move_all_as_user(void *arg)
{
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);

	(void)arg;
	EXPECT(become_nobody() == 0);
	call.flags = MOVE_ALL;
	EXPECT_FAILS(&call, EPERM, STRICTBIND_CAUSE_PRIVILEGE,
		     "MPOL_MF_MOVE_ALL takes CAP_SYS_NICE");
	return 0;
}

static int other_process_as_user(void *arg)
{
	struct strictbind_arguments call = new_migration(getppid(), &home);

	(void)arg;
	home = nodes_one(NODE(0));
	EXPECT(become_nobody() == 0);
	EXPECT_FAILS(&call, EPERM, STRICTBIND_CAUSE_PRIVILEGE, "may not look into process");
	return 0;
}

START_TEST(missing_privileges)
{
	ASSERT_CHILD(move_all_as_user, NULL);
	SKIP_IF(geteuid() != 0, "another user's process takes root");
	ASSERT_CHILD(other_process_as_user, NULL);
}
END_TEST

static int filtered(void *arg)
{
	int error = *(int *)arg;
	struct strictbind_arguments call = new_call(pages_on(PAGES, NODE(0)), PAGES);
	struct strictbind_arguments migration = new_migration(0, &home);

	EXPECT(refuse_call(SYS_mbind, error) == 0);
	EXPECT_FAILS(&call, error, STRICTBIND_CAUSE_SECCOMP,
		     error == EPERM ? "answers mbind with EPERM" : "answers mbind with ENOSYS");
	EXPECT(make(&migration) == 0);
	EXPECT(refuse_call(SYS_migrate_pages, error) == 0);
	EXPECT_FAILS(&migration, error, STRICTBIND_CAUSE_SECCOMP,
		     error == EPERM ? "answers migrate_pages with EPERM"
				    : "answers migrate_pages with ENOSYS");
	/* It does not let itself be asked for, either. */
	EXPECT(refuse_call(SYS_prctl, error) == 0);
	EXPECT_FAILS(&call, error, STRICTBIND_CAUSE_SECCOMP, "A seccomp filter");
	return 0;
}

START_TEST(filters)
{
	int errors[] = { EPERM, ENOSYS };

	for (int i = 0; i < 2; i++)
		ASSERT_CHILD(filtered, &errors[i]);
}
END_TEST

/* ---- what explains other calls may be refused itself ---- */

static int without_msync(void *arg)
{
	char *at = pages_on(PAGES, NODE(0));
	struct strictbind_arguments call = new_call(at, PAGES);

	(void)arg;
	unmap(at + 3 * PAGE, 1);
	EXPECT(refuse_call(SYS_msync, EPERM) == 0);
	EXPECT(refuse_call(SYS_get_mempolicy, EPERM) == 0);
	EXPECT(explained(&call, EFAULT, words_of("begins at 0x%lx", (uintptr_t)at + 3 * PAGE)) ==
	       STRICTBIND_CAUSE_HOLE);
	/* The nodes are still told by /proc. */
	home = nodes_one(machine()->kernel_nodes - 1);
	EXPECT(explained(&call, EINVAL, "this process may use node") ==
	       STRICTBIND_CAUSE_NODE_MISSING);
	/* Files as well: nothing tells. */
	EXPECT(refuse_call(SYS_openat, EPERM) == 0);
	EXPECT(strictbind_explain(&call, EFAULT, NULL, 0) == STRICTBIND_CAUSE_UNKNOWN);
	EXPECT(strictbind_explain(&call, ENOMEM, NULL, 0) == STRICTBIND_CAUSE_UNKNOWN);
	EXPECT(strictbind_explain(&call, EINVAL, NULL, 0) == STRICTBIND_CAUSE_UNKNOWN);
	return 0;
}

START_TEST(refused_means)
{
	SKIP_IF(!has_sys() || access("/proc/self/maps", R_OK), "needs /proc and /sys");
	ASSERT_CHILD(without_msync, NULL);
}
END_TEST

/* ---- processes ---- */

START_TEST(processes)
{
	struct strictbind_arguments call = new_migration(0x3ffffff, &home);
	pid_t zombie = fork();
	siginfo_t ended;

	if (zombie == 0)
		_exit(0);
	fails(&call, ESRCH, STRICTBIND_CAUSE_NO_PROCESS, "There is no process 67108863");
	ck_assert_int_eq(waitid(P_PID, (id_t)zombie, &ended, WEXITED | WNOWAIT), 0);
	call.pid = zombie;
	if (machine()->nice)
		fails(&call, EINVAL, STRICTBIND_CAUSE_PROCESS_WITHOUT_MEMORY,
		      "has no memory of its own");
	waitpid(zombie, NULL, 0);
}
END_TEST

/* ---- how the functions are called ---- */

static int stop(void *user, unsigned long done, unsigned long total)
{
	(void)user, (void)done, (void)total;
	return 1;
}

START_TEST(structures)
{
	struct {
		struct strictbind_options known;
		unsigned long later;
	} options = { .known = { .size = sizeof(options), .progress = stop }, .later = 1 };
	char *at = pages_on(PAGES, NODE(machine()->node_count - 1));
	struct strictbind_arguments call = new_call(at, PAGES);

	ck_assert_int_eq(
		answer(strictbind_bind_node(at, PAGES * PAGE, NODE(0), &options.known, NULL)),
		-E2BIG);
	ck_assert_int_eq(explained(&call, E2BIG, "does not know"),
			 STRICTBIND_CAUSE_NEWER_STRUCTURE);
	options.known.size = 3;
	ck_assert_int_eq(
		answer(strictbind_bind_node(at, PAGES * PAGE, NODE(0), &options.known, NULL)),
		-EINVAL);
	ck_assert_int_eq(explained(&call, EINVAL, "options and report were not"),
			 STRICTBIND_CAUSE_UNKNOWN);
	ck_assert_int_eq(explained(&call, ECANCELED, "asked for it"), STRICTBIND_CAUSE_CANCELED);
	/* The kernel does not say that. */
	ck_assert_int_eq(explained(&call, ENOENT, "ENOENT"), STRICTBIND_CAUSE_UNKNOWN);
	ck_assert_int_eq(explained(&call, EPERM, "EPERM"), STRICTBIND_CAUSE_UNKNOWN);
	ck_assert_int_eq(explained(&call, 200, "errno 200"), STRICTBIND_CAUSE_UNKNOWN);
	unmap(at, PAGES);
}
END_TEST

/* Not a byte more than there is room for, and always an end. */
START_TEST(room_for_text)
{
	struct strictbind_arguments call = new_call(NULL, 1);
	char whole[TEXT], text[TEXT + 1];
	size_t length;

	call.mode = 9;
	ck_assert_int_eq(strictbind_explain(&call, EINVAL, whole, sizeof(whole)),
			 STRICTBIND_CAUSE_MODE_INVALID);
	length = strlen(whole);
	for (size_t size = 0; size <= length + 5; size++) {
		memset(text, '#', sizeof(text));
		ck_assert_int_eq(strictbind_explain(&call, EINVAL, text, size),
				 STRICTBIND_CAUSE_MODE_INVALID);
		for (size_t i = size; i < sizeof(text); i++)
			ck_assert_int_eq(text[i], '#');
		if (size == 0)
			continue;
		ck_assert(memchr(text, 0, size) != NULL);
		if (size > 4 && size < length + 1)
			ck_assert(strcmp(text + strlen(text) - 3, "...") == 0 &&
				  strlen(text) == size - 1);
		else if (size >= length + 4)
			ck_assert_str_eq(text, whole);
	}
	ck_assert_int_eq(strictbind_explain(&call, EINVAL, NULL, 0), STRICTBIND_CAUSE_MODE_INVALID);
	ck_assert_int_eq(strictbind_explain(&call, EINVAL, NULL, 100),
			 STRICTBIND_CAUSE_MODE_INVALID);
}
END_TEST

/* All that there are have a name, of which each is another one. */
START_TEST(names)
{
	int causes = STRICTBIND_CAUSE_NEWER_STRUCTURE + 1;

	ck_assert_str_eq(strictbind_cause_name(STRICTBIND_CAUSE_UNKNOWN), "unknown");
	for (int i = 1; i < causes; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(strictbind_cause_name(i), strictbind_cause_name(j));
	ck_assert_str_eq(strictbind_cause_name(-1), "unknown");
	ck_assert_str_eq(strictbind_cause_name(causes), "unknown");
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, node_that_does_not_exist);
	tcase_add_test(tests, node_beyond_all);
	tcase_add_test(tests, node_without_memory);
	tcase_add_test(tests, node_outside_of_the_cpuset);
	tcase_add_test(tests, maxnode_too_small);
	tcase_add_test(tests, maxnode_too_large);
	tcase_add_test(tests, masks_that_modes_do_not_take);
	tcase_add_test(tests, mask_that_cannot_be_read);
	tcase_add_test(tests, modes);
	tcase_add_test(tests, flags);
	tcase_add_test(tests, addresses);
	tcase_add_test(tests, holes);
	tcase_add_test(tests, cut_huge_pages);
	tcase_add_test(tests, most_mappings);
	tcase_add_test(tests, misplaced_pages);
	tcase_add_test(tests, full_node);
	tcase_add_test(tests, missing_privileges);
	tcase_add_test(tests, filters);
	tcase_add_test(tests, refused_means);
	tcase_add_test(tests, processes);
	tcase_add_test(tests, structures);
	tcase_add_test(tests, room_for_text);
	tcase_add_test(tests, names);
}

int main(void)
{
	return run_suite("explain", add);
}
