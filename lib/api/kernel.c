/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/abi.h"
#include "kernel/quirks.h"

SB_EXPORT int strictbind_kernel(unsigned index, struct strictbind_fact *fact)
{
	int result = sb_check_size(fact, SB_FACT_1_0);
	const struct sb_fact_text *text;
	struct strictbind_fact known;
	sb_answer answer;

	if (result < 0)
		return (int)sb_result(result);
	if (index >= SB_FACTS)
		return 0;
	text = sb_fact_text((enum sb_fact)index);
	answer = sb_ask_at_any_price((enum sb_fact)index);
	known = (struct strictbind_fact){
		.kind = index < SB_QUIRKS ? STRICTBIND_QUIRK : STRICTBIND_INTERFACE,
		.known = (enum strictbind_known)sb_answer_known(answer),
		.present = sb_answer_present(answer),
		.error = sb_answer_error(answer),
		.name = text->name,
		.description = text->description,
		.introduced = text->introduced,
		.fixed = text->fixed,
		.handling = text->handling,
	};
	sb_copy_out(fact, &known, sizeof(known));
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
