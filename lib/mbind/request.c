/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/request.h"
#include "core/nodeset.h"
#include "pages/file_blocks.h"
#include "work/bisect.h"

long sb_bind_part(const struct sb_request *request, unsigned long start, unsigned long end,
		  unsigned flags)
{
	return sb_sys_mbind(start, end - start, request->mode, request->mask, request->maxnode,
			    flags);
}

long sb_bind_flags(const struct sb_request *request, unsigned flags)
{
	return sb_sys_mbind(request->start, request->len, request->mode, request->mask,
			    request->maxnode, flags);
}

/* Parts that begin or end at a device mapping, and are then not refused for it. */
static long set_in_parts(const struct sb_request *request)
{
	struct sb_bisect parts =
		sb_bisect_of(request->range.start, request->range.end, sb_page_size());

	while (parts.at < parts.end) {
		long result = sb_bind_part(request, parts.at, sb_bisect_end(&parts), 0);

		if (result == 0)
			sb_bisect_next_grow(&parts);
		else if (result == -EINVAL ? !sb_bisect_widen(&parts)
					   : result != -EFAULT || !sb_bisect_shrink(&parts))
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

static long bind_moving(const struct sb_request *request, unsigned long start, unsigned long end,
			unsigned flags)
{
	if (start == request->range.start && end == request->range.end)
		return sb_bind_flags(request, flags);
	return sb_bind_part(request, start, end, flags);
}

long sb_bind_moving(const struct sb_request *request, unsigned long start, unsigned long end,
		    unsigned flags)
{
	struct sb_file_blocks blocks;
	long result;

	if (!request->plan.maps_again || !sb_file_blocks_fit(start, end))
		return bind_moving(request, start, end, flags);
	sb_file_blocks_note(&blocks, start, end);
	result = bind_moving(request, start, end, flags);
	sb_file_blocks_map_again(&blocks);
	return result;
}
