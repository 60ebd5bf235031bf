/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes of others as characters. */
#ifndef TEXT_H
#define TEXT_H

/* The length of the UTF-8 character that begins here; 0: bytes that are none. */
int utf8_length(const char *text);

#endif
