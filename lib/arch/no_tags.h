/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For architectures where no bit of an address is the program's. */
#ifndef SB_ARCH_NO_TAGS_H
#define SB_ARCH_NO_TAGS_H

static inline unsigned long sb_arch_untag(unsigned long address)
{
	return address;
}

#endif
