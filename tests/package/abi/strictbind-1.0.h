/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The declarations of version 1.0, as programs were built with them. Never changed: a later library
 * has to serve those programs (docs/versioning.md). The words about them are in
 * include/strictbind.h.
 */
#ifndef STRICTBIND_1_0_H
#define STRICTBIND_1_0_H

#include <limits.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STRICTBIND_VERSION_MAJOR 1
#define STRICTBIND_VERSION_MINOR 0
#define STRICTBIND_VERSION_PATCH 0

#define STRICTBIND_UNKNOWN ULONG_MAX

enum strictbind_first {
	STRICTBIND_FIRST_NONE = 0,
	STRICTBIND_FIRST_KNOWN = 1,
	STRICTBIND_FIRST_UNKNOWN = 2
};

struct strictbind_report {
	size_t size;
	unsigned long unmoved;
	unsigned long shared;
	const void *first_unmoved;
	unsigned long first_status;
};

#define STRICTBIND_REPORT_INIT                                                                     \
	{                                                                                          \
		sizeof(struct strictbind_report), 0, 0, NULL, STRICTBIND_FIRST_NONE                \
	}

struct strictbind_options {
	size_t size;
	unsigned long threads;
	unsigned long stall_us;
	int (*progress)(void *user, unsigned long done, unsigned long total);
	void *user;
};

#define STRICTBIND_OPTIONS_INIT                                                                    \
	{                                                                                          \
		sizeof(struct strictbind_options), 0, 0, NULL, NULL                                \
	}

long strictbind_mbind(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
		      unsigned long maxnode, unsigned flags);

long strictbind_mbind_opt(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
			  unsigned long maxnode, unsigned flags,
			  const struct strictbind_options *options,
			  struct strictbind_report *report);

long strictbind_migrate_pages(int pid, unsigned long maxnode, const unsigned long *old_nodes,
			      const unsigned long *new_nodes);

long strictbind_migrate_pages_opt(int pid, unsigned long maxnode, const unsigned long *old_nodes,
				  const unsigned long *new_nodes,
				  const struct strictbind_options *options,
				  struct strictbind_report *report);

int strictbind_locate(int pid, const void *addr, unsigned long len, unsigned long *pages,
		      unsigned long nodes, unsigned long *unknown);

enum strictbind_known {
	STRICTBIND_PROBED = 1,
	STRICTBIND_BY_VERSION,
	STRICTBIND_ASSUMED,
	STRICTBIND_FORCED
};

enum strictbind_kind { STRICTBIND_QUIRK = 1, STRICTBIND_INTERFACE };

struct strictbind_fact {
	size_t size;
	enum strictbind_kind kind;
	enum strictbind_known known;
	int present;
	int error;
	const char *name;
	const char *description;
	const char *introduced;
	const char *fixed;
	const char *handling;
};

#define STRICTBIND_FACT_INIT                                                                       \
	{                                                                                          \
		sizeof(struct strictbind_fact), STRICTBIND_QUIRK, STRICTBIND_PROBED, 0, 0, NULL,   \
			NULL, NULL, NULL, NULL                                                     \
	}

int strictbind_kernel(unsigned index, struct strictbind_fact *fact);

const char *strictbind_plan(unsigned index, int mode, unsigned flags,
			    const struct strictbind_options *options, int counted);
const char *strictbind_version(void);

struct bitmask;

long strictbind_mbind_bitmask(void *addr, unsigned long len, int mode, const struct bitmask *nodes,
			      unsigned flags, const struct strictbind_options *options,
			      struct strictbind_report *report);

long strictbind_migrate_pages_bitmask(int pid, const struct bitmask *old_nodes,
				      const struct bitmask *new_nodes,
				      const struct strictbind_options *options,
				      struct strictbind_report *report);

int strictbind_locate_bitmask(int pid, const void *addr, unsigned long len, struct bitmask *nodes);

#ifdef __cplusplus
}
#endif

#endif
