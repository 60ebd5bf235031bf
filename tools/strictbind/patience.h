/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Work that the kernel may never come back from. Whoever reads the mappings of a process waits for
 * the lock of its address space, and whoever moves a page waits until it is written: both for as
 * long as a daemon of FUSE or a server of NFS likes, and no signal may end it. So the work is done
 * by a child, and the command waits for that no longer than it has patience.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <stdbool.h>

enum { PATIENCE_USUAL = 20, PATIENCE_MOST = 86400 };

/* The value of --patience, in seconds; 0 is for ever. */
unsigned long patience_argument(const char *text);

/*
 * What comes next is done by a child. The caller passes on what that prints, ends as it does, and
 * does not return; unless there can be no child: then it goes on itself. After so many seconds in
 * which the kernel keeps the child waiting, undo() is called, if there is one, to put the terminal
 * back. Then the caller fails; or, where many processes are looked at, another child comes back
 * from here, for which the process is a lost one.
 */
void patience_begin(unsigned long seconds, bool many, void (*undo)(void));

/* That process is looked at from now on. */
void patience_with(int pid);

/* Whether looking at that process took too long. */
bool patience_is_lost(int pid);

#endif
