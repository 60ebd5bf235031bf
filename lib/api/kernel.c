/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/abi.h"
#include "kernel/quirks.h"

SB_EXPORT int strictbind_kernel(unsigned index, struct strictbind_fact *fact)
{
	int result = sb_check_struct(fact, sizeof(*fact), sizeof(*fact));
	const struct sb_fact_text *text;
	sb_answer answer;

	if (result < 0)
		return (int)sb_result(result);
	if (index >= SB_FACTS)
		return 0;
	text = sb_fact_text((enum sb_fact)index);
	answer = sb_ask_at_any_price((enum sb_fact)index);
	fact->kind = index < SB_QUIRKS ? STRICTBIND_QUIRK : STRICTBIND_INTERFACE;
	fact->present = sb_answer_present(answer);
	fact->known = (enum strictbind_known)sb_answer_known(answer);
	fact->error = sb_answer_error(answer);
	fact->name = text->name;
	fact->description = text->description;
	fact->introduced = text->introduced;
	fact->fixed = text->fixed;
	fact->handling = text->handling;
	return 1;
}

bool sb_understands_quirks(const char *value)
{
	unsigned quirks;

	return sb_quirks_listed(value, &quirks);
}

#define STRING(x) STRING_OF(x)
#define STRING_OF(x) #x

SB_EXPORT const char *strictbind_version(void)
{
	return STRING(STRICTBIND_VERSION_MAJOR) "." STRING(STRICTBIND_VERSION_MINOR) "." STRING(
		STRICTBIND_VERSION_PATCH);
}
