/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

int utf8_length(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	int length = *bytes < 0x80		       ? 1
		     : *bytes >= 0xc2 && *bytes < 0xe0 ? 2
		     : *bytes >= 0xe0 && *bytes < 0xf0 ? 3
		     : *bytes >= 0xf0 && *bytes < 0xf5 ? 4
						       : 0;

	for (int i = 1; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong, half of a pair, beyond the last. */
	if ((bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xed && bytes[1] >= 0xa0) ||
	    (bytes[0] == 0xf0 && bytes[1] < 0x90) || (bytes[0] == 0xf4 && bytes[1] >= 0x90))
		return 0;
	return length;
}
