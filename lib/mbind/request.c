/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/request.h"
#include "core/nodeset.h"
#include "work/bisect.h"

/* Parts that begin or end at a device mapping, and are then not refused for it. */
static long set_in_parts(const struct sb_request *request)
{
	struct sb_pieces parts =
		sb_pieces_of(sb_request_start(request), sb_request_end(request), sb_page_size());

	while (parts.at < parts.end) {
		long result = sb_bind_part(request, parts.at, sb_piece_end(&parts), 0);

		if (result == 0)
			sb_piece_next_grow(&parts);
		else if (result == -EINVAL ? !sb_piece_widen(&parts)
					   : result != -EFAULT || !sb_piece_shrink(&parts))
			return result;
	}
	return 0;
}

long sb_bind_policy(const struct sb_request *request)
{
	long result = sb_bind_flags(request, 0);

	if (result != -EFAULT || !request->plan.parts_at_devices)
		return result;
	/* EFAULT is right for a mask that cannot be read, and for a hole. */
	if (!sb_nodeset_readable(request->mask, request->maxnode) ||
	    sb_has_hole(request->start, request->len))
		return result;
	return set_in_parts(request);
}
