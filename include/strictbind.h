/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clang-format off */
/*
 * strictbind: mbind(2) and migrate_pages(2) that mean the same on every Linux kernel.
 *
 * The contract, rule by rule
 * --------------------------
 * N is the node set the caller passed. A page is a base page, sysconf(_SC_PAGESIZE) bytes. A present
 * page is misplaced when its node is not in N. A page is shared when more than one page table entry
 * maps it. MOVE stands for MPOL_MF_MOVE or MPOL_MF_MOVE_ALL, STRICT for MPOL_MF_STRICT.
 *
 *  mbind
 *   1  A bad flag, mode, mask, alignment or privilege: the kernel's own errno, nothing changed.
 *   2  Length 0: returns 0.
 *   3  Any page of the range is unmapped and the mode is not MPOL_DEFAULT: EFAULT. No policy was set
 *      and no page moved.
 *   4  MPOL_DEFAULT over a range with holes: 0. EFAULT only when no page of the range is mapped.
 *   5  Neither MOVE nor STRICT: the policy is set, pages are not looked at.
 *   6  STRICT alone, some page misplaced, shared or not: EIO. No policy was set, nothing moved.
 *   7  STRICT alone, no page misplaced: the policy is set, returns 0.
 *   8  MOVE: the policy is set on the whole range and every misplaced page that can move has moved to
 *      a node of N, in every mode: it can as long as some node of N has room. Returns 0 even when some
 *      could not.
 *   9  MOVE and STRICT: as 8, then EIO when a page that had to move is not in N, else 0.
 *  10  MOVE without _ALL leaves shared pages where they are. That is no failure.
 *  11  MPOL_DEFAULT: STRICT is ignored.
 *
 *  migrate_pages
 *  12  Success: the number of pages that had to move and could not, in base pages.
 *  13  Shared pages, caller without CAP_SYS_NICE: left where they are, not counted.
 *  14  Anything else: the kernel's own errno.
 *
 * So EFAULT says that nothing was done, EIO without MOVE says that nothing was done, and EIO with MOVE
 * says that the policy is set, everything movable has moved, and some pages stayed.
 *
 * MPOL_LOCAL, and MPOL_PREFERRED with an empty mask, have an empty N: every present page counts as
 * misplaced, so STRICT alone fails on any populated range, and a MOVE moves every page.
 *
 * Never counted, because no policy governs them: unpopulated pages, the shared zero page, device
 * mappings (VM_PFNMAP, VM_IO), the vdso and its data.
 *
 * Common to all functions
 * -----------------------
 * Thread-safe and async-signal-safe; usable in a child after fork or vfork, inside an allocator, and
 * without /proc. None allocates memory, takes a lock, starts a thread that was not asked for, or
 * leaves a descriptor open, or takes more than 16 KiB of stack. errno is set on failure and
 * untouched on success. When the kernel or a seccomp filter refuses a system call, the caller gets
 * that errno (EPERM, ENOSYS).
 *
 * Calls are not atomic against other threads that map, unmap, fault in or migrate pages of the same
 * range, or set its policy, meanwhile; the result is then one of those listed.
 *
 * Calls wait as the kernel does: for the lock of the address space, and for pages that are being
 * written. With a file of FUSE or NFS mapped, that is as long as its daemon or server takes to
 * answer, and a process can keep those waiting that look at it or move its pages.
 */
/* clang-format on */

#ifndef STRICTBIND_H
#define STRICTBIND_H

#include <limits.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STRICTBIND_VERSION_MAJOR 1
#define STRICTBIND_VERSION_MINOR 1
#define STRICTBIND_VERSION_PATCH 0

/*
 * A count that could not be taken: what it needs (a readable /proc, move_pages) was refused, or the
 * kernel does not tell. The call itself is not affected.
 */
#define STRICTBIND_UNKNOWN ULONG_MAX

/*
 * The structures below begin with their size. The caller sets it to sizeof, best by the macro named
 * STRICTBIND_..._INIT behind each, which is for C and for all of C++; later versions add fields at
 * the end, and nothing else. So a program and a library of different versions work together: the
 * library reads and writes no byte behind the size that it is given. Of a newer caller's structure
 * it clears what it does not know, and takes options only if that part is zero.
 */

/* What a report knows of the first page that did not move: values of first_status. */
enum strictbind_first {
	STRICTBIND_FIRST_NONE = 0,   /* there is no unmoved page */
	STRICTBIND_FIRST_KNOWN = 1,  /* first_unmoved is its address */
	STRICTBIND_FIRST_UNKNOWN = 2 /* there is one, or may be, and its address is not known */
};

/*
 * What a call left behind. Everything but size is written by the call: counted when it returns 0 or
 * more, or fails with EIO or ECANCELED, or migrate_pages with ENOMEM. After any other error, the
 * earliest ones included, the counts are 0, first_unmoved is NULL and first_status is
 * STRICTBIND_FIRST_NONE. A page that is mapped at two addresses counts at each.
 */
struct strictbind_report {
	size_t size;
	/*
	 * Base pages that had to move and are still misplaced when the call returns. Under STRICT
	 * alone: the misplaced pages that made the call fail. With an empty N: the pages that the
	 * kernel could not move. MPOL_DEFAULT leaves no page misplaced.
	 */
	unsigned long unmoved;
	/* Base pages that are misplaced and left alone because they are shared (rules 10, 13). */
	unsigned long shared;
	/*
	 * Lowest address of an unmoved page, in the address space of the process asked about. NULL
	 * unless first_status is STRICTBIND_FIRST_KNOWN.
	 */
	const void *first_unmoved;
	/* One of enum strictbind_first: the kernel may not tell which of several pages stayed. */
	unsigned long first_status;
	/*
	 * Since 1.1: how many ranges there are to tell, when options->ranges is set; as many as
	 * options->range_room, the first ones, are in that array.
	 */
	unsigned long ranges;
};

#define STRICTBIND_REPORT_INIT                                                                     \
	{                                                                                          \
		sizeof(struct strictbind_report), 0, 0, NULL, STRICTBIND_FIRST_NONE, 0             \
	}

/*
 * Why pages are not where they should be. Told as far as the kernel lets it be known, and not
 * guessed: STRICTBIND_REASON_MERGED, _KERNEL_MEMORY of an anonymous mapping and _CUT take root.
 * Judged as things are right after the move: where a node was full and has room again meanwhile,
 * its pages are told as _HELD.
 */
enum strictbind_reason {
	STRICTBIND_REASON_NONE = 0,   /* of extents, which are not judged */
	STRICTBIND_REASON_UNTOLD = 1, /* their node is not told, so they may be in place; or
					 whether they are shared is not told */
	STRICTBIND_REASON_SHARED = 2, /* mapped more than once, and so left alone by who may not
					 move such pages */
	STRICTBIND_REASON_MERGED = 3, /* with equal pages, by KSM */
	STRICTBIND_REASON_KERNEL_MEMORY =
		4,		      /* the kernel's own, mapped, as of a ring: cannot move */
	STRICTBIND_REASON_SECRET = 5, /* memfd_secret(2): cannot move, and its node is not told */
	STRICTBIND_REASON_FILE_CACHE = 6, /* of a file on a disk, where it was first read */
	STRICTBIND_REASON_NO_ROOM = 7,	  /* no node where they should be has memory for them */
	STRICTBIND_REASON_CPUSET = 8,	  /* the cpuset allows no node where they should be */
	STRICTBIND_REASON_CUT = 9,	  /* of a huge page or large folio, which lies across two
					     policies, or across the end of the range */
	STRICTBIND_REASON_HELD = 10,	  /* nothing of these, and they did not move when it was
					     tried: pinned, or under I/O */
	STRICTBIND_REASON_NOT_MOVED = 11  /* nothing of these, and it was not tried */
};

/*
 * A stretch of pages on one node, and why they are there. This structure does not grow, as arrays
 * are made of it.
 */
struct strictbind_range {
	const void *address;
	unsigned long length; /* bytes */
	int node;	      /* -1: not told */
	int reason;	      /* one of enum strictbind_reason */
	unsigned long room; /* of STRICTBIND_REASON_NO_ROOM: free bytes on the nodes where the pages
			       should be, which the kernel keeps for others; else 0 */
};

/* A reason in words, as "no room where they belong"; NULL when there is none such. Static. */
const char *strictbind_reason_name(int reason);

/*
 * How a call that moves pages is to be carried out. Zero in any field but size means the default.
 * Options change how pages get where they belong, and, but for spread, never where that is.
 */
struct strictbind_options {
	size_t size;
	/*
	 * How many threads may move pages, the caller's included; 0 and 1: the caller's alone. It
	 * is a ceiling: there are never more than processors, or 64, or than there is work for, and
	 * where the kernel lets only one at a time do the work it is one. Where nothing is to be
	 * moved none is started. Workers run with all signals blocked, and have ended when the call
	 * returns. Starting them takes memory from the C library: do not ask for them inside an
	 * allocator.
	 */
	unsigned long threads;
	/*
	 * How long, in microseconds, one chunk of the work may keep other threads of the process
	 * from faulting pages in; an aim that sizes are adapted to, not a guarantee. 0: no bound
	 * where the kernel lets others go on meanwhile, and 2000 where it does not (Linux up
	 * to 6.6). Of MPOL_DEFAULT nothing tells where there is something to move: no bound there
	 * either.
	 */
	unsigned long stall_us;
	/*
	 * Called between chunks, by the calling thread, with the number of base pages of the range
	 * gone over so far and of all. A return value other than 0 stops the call, which then fails
	 * with ECANCELED: the policy is set, what has moved stays moved, and the report tells what
	 * is left. Must not call longjmp() or end the thread.
	 */
	int (*progress)(void *user, unsigned long done, unsigned long total);
	void *user;
	/*
	 * Since 1.1: an array for the pages that the report counts as unmoved or shared, from
	 * below, each with its reason, and its number of elements. Takes a report, whose ranges
	 * tells how many there are. They are looked for after everything else, when something
	 * stayed, and cost one more look at the range. With an empty N they are the pages that are
	 * on other nodes than the caller's.
	 */
	struct strictbind_range *ranges;
	unsigned long range_room;
	/*
	 * Since 1.1: not 0: strictbind_enforce() gives each page of interleaved mappings to the
	 * node whose turn it is, as if the memory were touched anew, page by page or huge page by
	 * huge page, and by the weights where the policy says so; else it moves those only that are
	 * on none of the policy's nodes. Which turn that is goes by the address, so that memory
	 * which is spread well, but begins with another node, is moved, too. No other call looks at
	 * it.
	 */
	unsigned long spread;
};

#define STRICTBIND_OPTIONS_INIT                                                                    \
	{                                                                                          \
		sizeof(struct strictbind_options), 0, 0, NULL, NULL, NULL, 0, 0                    \
	}

/*
 * Set the memory policy of a range and, with MOVE, move its pages. Drop-in replacement for
 * mbind(2).
 *
 * - addr: start of the range, a multiple of the page size
 * - len: its length in bytes, rounded up to whole pages
 * - mode: MPOL_* of <numaif.h>, with MPOL_F_* mode flags
 * - nodemask: bit set of nodes, may be NULL
 * - maxnode: number of bits in nodemask plus one, as for mbind(2): the kernel ignores the last bit
 *   that maxnode names, so node 3 alone needs maxnode 5
 * - flags: MPOL_MF_STRICT, MPOL_MF_MOVE, MPOL_MF_MOVE_ALL
 *
 * Returns 0, or -1 with errno:
 * - EFAULT: part of the range is unmapped, or nodemask is not readable; nothing was done (rule 3)
 * - EIO: pages are misplaced (rules 6 and 9)
 * - EINVAL: a bad argument; nothing was done (rule 1). Also a range that cuts a huge page of
 *   hugetlb: the policy may then be set on the part of the range below it; no page was moved
 * - EPERM: MPOL_MF_MOVE_ALL without CAP_SYS_NICE, or mbind is refused; nothing was done (rule 1)
 * - ENOMEM: the kernel is out of memory, or the process is at vm.max_map_count and a mapping would
 *   have to be split: the policy may then be set on the lower part of the range, up to the mapping
 *   that could not be split; no page was moved
 * - ENOSYS: the kernel or a seccomp filter has no mbind; nothing was done
 *
 * Keeps rules 1 to 11. On a kernel without quirks this is one system call; where it fails with EIO,
 * a few more look at the pages. With MOVE and a mode other than MPOL_BIND, a call that finds pages
 * to move is three, as no kernel tells whether those pages are in N; with MPOL_MF_MOVE_ALL it is
 * two in any case.
 */
long strictbind_mbind(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
		      unsigned long maxnode, unsigned flags);

/*
 * strictbind_mbind() with options and a report, either of which may be NULL. Asking for a report
 * changes neither what the call does nor what it returns.
 *
 * Also fails with ECANCELED when options->progress asked for it. Options matter to calls with MOVE.
 *
 * Also fails with EINVAL when options->size or report->size is smaller than in version 1.0 or
 * options->ranges is set without a report, and with E2BIG when options is larger than this library
 * knows and the part it does not know is not all zero, or when either size is above 4096; nothing
 * was done then.
 */
long strictbind_mbind_opt(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
			  unsigned long maxnode, unsigned flags,
			  const struct strictbind_options *options,
			  struct strictbind_report *report);

/*
 * The common case: bind a range to one node, and move there what is elsewhere. It is
 * strictbind_mbind_opt() with MPOL_BIND, that node, and MPOL_MF_STRICT | MPOL_MF_MOVE.
 *
 * - addr, len: the range, as for strictbind_mbind()
 * - node: its number
 * - options, report: as for strictbind_mbind_opt(); either may be NULL
 *
 * Returns 0, or -1 with the errors of strictbind_mbind_opt(). EINVAL also says that there is no
 * such node, whatever its number is, or that it has no memory or is not allowed:
 * strictbind_explain() tells which. A number outside of 0 to 1023 is EINVAL before anything else is
 * looked at, but for the sizes of options and report. Keeps rules 1 to 11 as that call does.
 */
long strictbind_bind_node(void *addr, unsigned long len, int node,
			  const struct strictbind_options *options,
			  struct strictbind_report *report);

/*
 * Move the pages of a process from one set of nodes to another. Drop-in replacement for
 * migrate_pages(2).
 *
 * - pid: the process, 0 for the calling one
 * - maxnode: number of bits in both masks plus one, as for strictbind_mbind()
 * - old_nodes: nodes to empty
 * - new_nodes: nodes to fill; pairs are formed as the kernel forms them (migrate_pages(2))
 *
 * Returns the number of base pages that had to move and could not (rule 12), or -1 with errno:
 * - EFAULT: a mask is not readable
 * - EINVAL: a mask names nodes that do not exist, none of new_nodes is allowed, or pid has no
 *   memory of its own: a kernel thread, a zombie
 * - EPERM: no right to move the pages of pid, to use a node, or migrate_pages is refused
 * - ESRCH: no such process
 * - ENOMEM: a node of new_nodes is full; some pages may have moved
 * - ENOSYS: the kernel or a seccomp filter has no migrate_pages
 *
 * Keeps rules 12 to 14. A return value of 0 costs one system call on a kernel without quirks.
 * Without /proc the count is the kernel's own.
 */
long strictbind_migrate_pages(int pid, unsigned long maxnode, const unsigned long *old_nodes,
			      const unsigned long *new_nodes);

/*
 * strictbind_migrate_pages() with options and a report, either of which may be NULL.
 * report->unmoved equals the value returned, unless the pages could not be counted; then it is
 * STRICTBIND_UNKNOWN. Asking for a report changes neither what the call does nor what it returns.
 *
 * With options->threads above 1, stall_us or progress set, and by default where the kernel keeps
 * the address space locked, most pages are moved in chunks by move_pages(2), which locks nothing
 * for long, before migrate_pages(2) itself is called for what is left. Progress is told in pages of
 * the process on old_nodes. Where /proc is not readable there are no chunks, and no progress is
 * told.
 *
 * Errors as for strictbind_mbind_opt() besides those of strictbind_migrate_pages(). After ECANCELED
 * what has moved stays moved, and report->unmoved counts what is left on old_nodes.
 */
long strictbind_migrate_pages_opt(int pid, unsigned long maxnode, const unsigned long *old_nodes,
				  const unsigned long *new_nodes,
				  const struct strictbind_options *options,
				  struct strictbind_report *report);

/*
 * Tell where the present pages of a range are.
 *
 * - pid: the process, 0 for the calling one
 * - addr: any address of the first page
 * - len: length in bytes; every page that the range touches is looked at, holes are skipped
 * - pages: array of nodes elements; pages[n] becomes the number of base pages on node n. May be
 *   NULL when nodes is 0
 * - nodes: number of elements of pages
 * - unknown: if not NULL, the number of present pages whose node the kernel does not tell (pages of
 *   PROT_NONE mappings on some kernels; left out where /proc is not readable) or that are on a node
 *   of which there is no element
 *
 * Returns 0, or -1 with errno:
 * - EPERM, EACCES: no right to look at pid, or move_pages is refused
 * - ESRCH: no such process
 * - EINVAL: pages is NULL and nodes is not 0, addr + len wraps around, or pid has no memory of its
 *   own: a kernel thread, a zombie
 * - ENOSYS: the kernel or a seccomp filter has no move_pages
 *
 * Changes nothing. Pages without a policy (see "Never counted" above) are left out. A page that is
 * mapped at two addresses counts at each.
 */
int strictbind_locate(int pid, const void *addr, unsigned long len, unsigned long *pages,
		      unsigned long nodes, unsigned long *unknown);

/*
 * Tell which pages of a range are misplaced, and why. Changes nothing. Since 1.1.
 *
 * - pid: the process, 0 for the calling one
 * - addr: any address of the first page
 * - len: length in bytes; every page that the range touches is looked at, holes are skipped
 * - nodemask: bit set of the nodes where pages are in place; NULL: the nodes that the policy in
 * force names, mapping by mapping, and where it names none, those that the cpuset of the process
 * allows. A mapping without a policy of its own has that of the thread which puts pages there:
 * where threads differ, pages are in place on the nodes of any of them
 * - maxnode: number of bits in nodemask plus one, as for strictbind_mbind()
 * - options: for its ranges; may be NULL
 * - report: may be NULL. unmoved counts misplaced pages, shared those of them that are shared
 *
 * Returns the number of misplaced base pages, shared ones among them (as many as there are at
 * least, where report->unmoved is STRICTBIND_UNKNOWN), or -1 with errno:
 * - EPERM, EACCES: no right to look at pid, or move_pages is refused
 * - ESRCH: no such process
 * - EINVAL: addr + len wraps around, nodemask is too long, or pid has no memory of its own
 * - EFAULT: nodemask is not readable
 * - ENOENT: nodemask is NULL, and there is no /proc or no numa_maps
 * - ENOSYS: the kernel or a seccomp filter has no move_pages
 * - what strictbind_mbind_opt() says of options and report
 *
 * Judges as rule 6 does; pages without a policy are left out (see "Never counted" above).
 */
long strictbind_check(int pid, const void *addr, unsigned long len, const unsigned long *nodemask,
		      unsigned long maxnode, const struct strictbind_options *options,
		      struct strictbind_report *report);

/*
 * Move the misplaced pages of a range to where the policies in force want them, as
 * strictbind_check() without a mask judges that. Sets no policy. Since 1.1.
 *
 * - pid, addr, len: as for strictbind_check()
 * - options, report: as for strictbind_mbind_opt(), may be NULL. stall_us has no effect, as nobody
 *   is kept waiting for long
 *
 * Pages of interleaved mappings go to their nodes in turn, by their weights where the policy says
 * so, huge pages as wholes. A transparent huge page that lies across an end of the range or of a
 * mapping, and is misplaced there, is split, where the kernel can be made to: from Linux 5.4 on,
 * and in another process from 5.10 on, with CAP_SYS_NICE, unless it is locked or shared. Shared
 * pages are moved by callers with
 * CAP_SYS_NICE only (rule 13), and those of files on disks by nobody.
 *
 * Returns the number of pages that had to move and could not, in base pages (rule 12), or -1 with
 * errno as strictbind_check(), and:
 * - ECANCELED: options->progress asked for it; what has moved stays moved
 * - ENOMEM: no memory to work with
 */
long strictbind_enforce(int pid, const void *addr, unsigned long len,
			const struct strictbind_options *options, struct strictbind_report *report);

/*
 * Move the pages of a range to a node, whatever the policies say, and without setting one.
 * Since 1.1.
 *
 * As strictbind_enforce(), with all pages misplaced that are not on the node. Also fails with
 * EINVAL when the kernel can have no such node. A node that is full, has no memory or is outside
 * the cpuset is no error: the pages have stayed, and the report tells why.
 */
long strictbind_move(int pid, const void *addr, unsigned long len, int node,
		     const struct strictbind_options *options, struct strictbind_report *report);

/*
 * Tell where the pages of a range are, as runs of present pages side by side on one node.
 * Since 1.1.
 *
 * - pid, addr, len: as for strictbind_check()
 * - extents: array that is filled from below; node is -1 where it is not told, reason is
 *   STRICTBIND_REASON_NONE
 * - room: number of its elements
 *
 * Returns how many runs there were, or when it returns room, the first ones: the next call begins
 * at the end of the last of them. -1 with errno as strictbind_check(), and EINVAL when extents is
 * NULL and room is not 0. Changes nothing; takes no memory but that array.
 */
long strictbind_extents(int pid, const void *addr, unsigned long len,
			struct strictbind_range *extents, unsigned long room);

/* How a fact about the kernel is known. */
enum strictbind_known {
	STRICTBIND_PROBED = 1, /* asked of the running kernel, or follows from what was asked */
	STRICTBIND_BY_VERSION, /* could not be asked; mainline has it right since this version */
	STRICTBIND_ASSUMED, /* could not be asked; assumed, which costs time but keeps results right
			     */
	STRICTBIND_FORCED   /* set by the environment variable STRICTBIND_QUIRKS */
};

enum strictbind_kind {
	STRICTBIND_QUIRK = 1, /* something this kernel does differently from the contract */
	STRICTBIND_INTERFACE  /* something this kernel offers and lets this process use */
};

/* One fact about the running kernel. Strings are static and never freed. */
struct strictbind_fact {
	size_t size; /* set by the caller */
	enum strictbind_kind kind;
	enum strictbind_known known;
	int present;		 /* 1: the quirk or interface is there, 0: it is not */
	int error;		 /* interface that is not there: the errno it answered, else 0 */
	const char *name;	 /* as STRICTBIND_QUIRKS takes it */
	const char *description; /* one sentence */
	const char *introduced;	 /* quirk: mainline release and commit that brought it, or "" */
	const char *fixed;	 /* quirk: mainline release and commit that took it away, or "" */
	const char *handling;	 /* quirk: what this library does about it */
};

/* What it says before a call has filled it means nothing. */
#define STRICTBIND_FACT_INIT                                                                       \
	{                                                                                          \
		sizeof(struct strictbind_fact), STRICTBIND_QUIRK, STRICTBIND_PROBED, 0, 0, NULL,   \
			NULL, NULL, NULL, NULL                                                     \
	}

/*
 * Tell what the running kernel does. index counts from 0; all quirks come before all interfaces.
 *
 * Returns 1 when *fact was filled, 0 when there is no fact with that index, -1 with errno EINVAL
 * when fact->size is smaller than in version 1.0, or E2BIG when it is above 4096.
 *
 * A question not yet answered is asked now: that maps a few pages and unmaps them again, and may
 * take the kernel some tens of milliseconds, as some questions take a page that cannot be moved, of
 * a perf or packet ring. Calls never ask those: for them, until this function was called,
 * mainline 6.7 and later have no such quirk and anything older has, which costs time and no
 * correctness. On a machine where only one node is allowed some quirks cannot show; they are then
 * assumed or known by version. So are those that take such a ring, or secret memory, where a
 * seccomp filter is in force: it may end the process for a system call that it does not know.
 *
 * The environment variable STRICTBIND_QUIRKS, read once when the library is loaded and ignored in
 * setuid programs, forces the quirks: a list of names separated by commas, or "all", or "none".
 * Names not listed are then absent. An empty value, or one with a name that is not known, forces
 * nothing.
 */
int strictbind_kernel(unsigned index, struct strictbind_fact *fact);

/*
 * Tells in words how a call of strictbind_mbind_opt() is carried out on the running kernel.
 *
 * - index: which step, from 0 on
 * - mode: a mode of mbind, with its flags. It is taken to name nodes, but for MPOL_DEFAULT and
 *   MPOL_LOCAL
 * - flags: MPOL_MF_STRICT, MPOL_MF_MOVE, MPOL_MF_MOVE_ALL
 * - options: NULL for the defaults. A structure that the library would refuse counts as NULL
 * - counted: not 0: with a report
 *
 * The range is taken to be large, in a process with much memory. Asks the kernel what such a call
 * would ask, and changes nothing.
 *
 * Returns a sentence, which is static, or NULL when there are no more steps. A call that goes to
 * the kernel as it is has none. errno is untouched. Keeps no rule; thread-safe as all functions.
 */
const char *strictbind_plan(unsigned index, int mode, unsigned flags,
			    const struct strictbind_options *options, int counted);

/* Why a call failed: what strictbind_explain() finds. Later versions may add values. */
enum strictbind_cause {
	STRICTBIND_CAUSE_UNKNOWN = 0, /* it could not be found out; it is never guessed */

	/* the nodes */
	STRICTBIND_CAUSE_NODE_MISSING,	      /* a node that does not exist, or is not online */
	STRICTBIND_CAUSE_NODE_WITHOUT_MEMORY, /* a node that has processors only */
	STRICTBIND_CAUSE_NODE_NOT_ALLOWED,    /* a node outside of the cpuset */
	STRICTBIND_CAUSE_MASK_EMPTY,	      /* the mask names no node, and one is needed */
	STRICTBIND_CAUSE_MASK_UNWANTED,	      /* MPOL_DEFAULT, MPOL_LOCAL: no node may be named */
	STRICTBIND_CAUSE_MASK_UNREADABLE,     /* the mask is not in the caller's memory */
	STRICTBIND_CAUSE_MAXNODE_SMALL,	      /* the bit that is set is not read: see maxnode */
	STRICTBIND_CAUSE_MAXNODE_LARGE,	      /* more bits than a page has */

	/* the mode and the flags */
	STRICTBIND_CAUSE_MODE_MISSING,	    /* a mode that this kernel does not have */
	STRICTBIND_CAUSE_MODE_INVALID,	    /* a mode that no kernel has */
	STRICTBIND_CAUSE_MODE_FLAG_MISSING, /* a mode flag that this kernel does not have */
	STRICTBIND_CAUSE_MODE_FLAGS,   /* mode flags that do not go together, or with this mode */
	STRICTBIND_CAUSE_FLAG_INVALID, /* a flag that is none of MPOL_MF_* */

	/* the range */
	STRICTBIND_CAUSE_ADDRESS,	/* not a multiple of the page size */
	STRICTBIND_CAUSE_RANGE_WRAPS,	/* the range goes beyond the end of all addresses */
	STRICTBIND_CAUSE_HOLE,		/* part of the range is unmapped */
	STRICTBIND_CAUSE_HUGE_PAGE_CUT, /* an end of the range is inside a page of hugetlb */

	/* rights */
	STRICTBIND_CAUSE_PRIVILEGE, /* CAP_SYS_NICE, or the right to look at the process */
	STRICTBIND_CAUSE_SECCOMP,   /* a seccomp filter refuses the call */
	STRICTBIND_CAUSE_NOT_BUILT, /* the kernel was built without the call */

	/* memory */
	STRICTBIND_CAUSE_MAP_COUNT,  /* the process is at vm.max_map_count */
	STRICTBIND_CAUSE_NODES_FULL, /* there is no room on nodes that were named */
	STRICTBIND_CAUSE_MISPLACED,  /* pages are on other nodes: see the report */

	/* the process, and how the function was called */
	STRICTBIND_CAUSE_NO_PROCESS,
	STRICTBIND_CAUSE_PROCESS_WITHOUT_MEMORY, /* a kernel thread, a zombie */
	STRICTBIND_CAUSE_CANCELED,		 /* options->progress asked for it */
	STRICTBIND_CAUSE_NEWER_STRUCTURE /* options or report ask for what this library lacks */
};

enum strictbind_call { STRICTBIND_CALL_MBIND = 1, STRICTBIND_CALL_MIGRATE_PAGES };

/* The arguments of a call that has failed. What the call does not have is not looked at. */
struct strictbind_arguments {
	size_t size;
	const void *addr;		/* mbind */
	unsigned long len;		/* mbind */
	const unsigned long *nodemask;	/* mbind; old_nodes of migrate_pages */
	const unsigned long *new_nodes; /* migrate_pages */
	unsigned long maxnode;
	int call;	/* one of enum strictbind_call */
	int pid;	/* migrate_pages */
	int mode;	/* mbind */
	unsigned flags; /* mbind */
};

#define STRICTBIND_ARGUMENTS_INIT                                                                  \
	{                                                                                          \
		sizeof(struct strictbind_arguments), NULL, 0, NULL, NULL, 0,                       \
			STRICTBIND_CALL_MBIND, 0, 0, 0                                             \
	}

/*
 * Tells why a call failed: strictbind_mbind(), strictbind_migrate_pages() and their _opt siblings,
 * or the system calls by themselves.
 *
 * - arguments: those of the call, as they were passed
 * - error: its errno
 * - text: where a sentence about it is written, that names the node, the address, the flag in
 *   question; may be NULL when size is 0
 * - size: bytes that are written to text at most, the final zero included. A sentence has up
 *   to 511; of a longer one, or in less room, the end is cut off
 *
 * It looks at the arguments, asks the kernel (which nodes are allowed, whether a page of its own
 * may have that policy), and reads /proc and /sys where it can. So it tells of now: it should be
 * called soon after the failure, by the same thread. What cannot be found out is
 * STRICTBIND_CAUSE_UNKNOWN, and the sentence then says what was looked at. Nothing of the caller's
 * is changed. Where a call has several faults, the one is told that the kernel comes to first.
 *
 * Returns one of enum strictbind_cause, or -1 with errno EINVAL when arguments->size is smaller
 * than in version 1.1 or arguments->call is none of enum strictbind_call, or E2BIG when arguments
 * is larger than this library knows and the part it does not know is not all zero, or its size is
 * above 4096. errno is untouched else. Keeps no rule; thread-safe and async-signal-safe as all
 * functions.
 */
int strictbind_explain(const struct strictbind_arguments *arguments, int error, char *text,
		       unsigned long size);

/*
 * The name of a cause, as "node-missing"; "unknown" for a value that is none. Static. errno is
 * untouched. Keeps no rule; thread-safe as all functions.
 */
const char *strictbind_cause_name(int cause);

/* The version of the library that is running, as "1.0.0". Static. */
const char *strictbind_version(void);

/*
 * For callers of libnuma: the same calls with node sets as libnuma has them (<numa.h>). A NULL
 * bitmask is an empty set. Results and errors are those of the functions above.
 */
struct bitmask;

long strictbind_mbind_bitmask(void *addr, unsigned long len, int mode, const struct bitmask *nodes,
			      unsigned flags, const struct strictbind_options *options,
			      struct strictbind_report *report);

long strictbind_migrate_pages_bitmask(int pid, const struct bitmask *old_nodes,
				      const struct bitmask *new_nodes,
				      const struct strictbind_options *options,
				      struct strictbind_report *report);

/*
 * Set in *nodes the nodes that hold pages of the range, and clear the others. A page on a node
 * beyond nodes->size fails with ERANGE, a present page whose node is not known with EIO.
 */
int strictbind_locate_bitmask(int pid, const void *addr, unsigned long len, struct bitmask *nodes);

#ifdef __cplusplus
}
#endif

#endif /* STRICTBIND_H */
