# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes of strictbind.h the header of an imagined later version: every structure that carries its size has more
# fields at its end.
/^\tsize_t size;/ { inside = 1 }
inside && /^};/ {
	print "\tunsigned long later[8];"
	inside = 0
	grown++
}
/^#define STRICTBIND_VERSION_MINOR / { $3++ }
{ print }
END {
	if (grown < 3)
		exit 1
}
