/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program elsewhere may look like, in C and C++: prints the version of the library it runs
 * with. */
#include <errno.h>
#include <stdio.h>
#include <strictbind.h>
#include <string.h>

int main(void)
{
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;
	struct strictbind_report report = STRICTBIND_REPORT_INIT;
	struct strictbind_fact fact = STRICTBIND_FACT_INIT;
	char header_version[32];

	snprintf(header_version, sizeof(header_version), "%d.%d.%d", STRICTBIND_VERSION_MAJOR,
		 STRICTBIND_VERSION_MINOR, STRICTBIND_VERSION_PATCH);
	if (strcmp(header_version, strictbind_version()) != 0)
		return 1;
	/* Length 0 is always right, a flag that does not exist never is. */
	if (strictbind_mbind_opt(NULL, 0, 0, NULL, 0, 0, &options, &report) != 0)
		return 1;
	if (report.first_status != STRICTBIND_FIRST_NONE || report.first_unmoved)
		return 1;
	if (strictbind_kernel(0, &fact) != 1 || fact.kind != STRICTBIND_QUIRK)
		return 1;
	if (strictbind_mbind(NULL, 0, 0, NULL, 0, 1U << 30) != -1 || errno != EINVAL)
		return 1;
	puts(strictbind_version());
	return 0;
}
