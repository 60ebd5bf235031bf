/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hwloc: memory strictly on the nodes that are local to each package of the machine, with sets of
 * nodes as hwloc has them: hwloc [MIB]. Prints a line for each package. Exits with 1 when pages
 * stayed.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <strictbind-hwloc.h>
#include <string.h>

enum { ALIGNMENT = 1 << 21, TEXT = 256 };

/* 0 when all of it is there. */
static int bind_to(hwloc_topology_t topology, hwloc_obj_t package, char *memory, size_t length)
{
	struct strictbind_report report = STRICTBIND_REPORT_INIT;
	hwloc_nodeset_t found = hwloc_bitmap_alloc();
	char wanted[TEXT], there[TEXT];
	long result;

	hwloc_bitmap_list_snprintf(wanted, sizeof(wanted), package->nodeset);
	result = strictbind_hwloc_mbind(topology, memory, length, MPOL_BIND, package->nodeset,
					MPOL_MF_STRICT | MPOL_MF_MOVE, NULL, &report);
	if (result < 0 && errno != EIO)
		printf("Package %u, nodes %s: %s\n", package->os_index, wanted, strerror(errno));
	else if (strictbind_hwloc_locate(0, memory, length, found) == 0) {
		hwloc_bitmap_list_snprintf(there, sizeof(there), found);
		printf("Package %u, nodes %s: pages are on %s, %lu stayed elsewhere.\n",
		       package->os_index, wanted, there, report.unmoved);
	}
	hwloc_bitmap_free(found);
	return result != 0;
}

int main(int argc, char **argv)
{
	size_t length = (argc > 1 ? strtoul(argv[1], NULL, 0) : 8) << 20;
	char *memory = aligned_alloc(ALIGNMENT, length);
	hwloc_topology_t topology;
	int wrong = 0;

	if (!memory || hwloc_topology_init(&topology) < 0)
		return 1;
	memset(memory, 1, length);
	if (hwloc_topology_load(topology) < 0)
		return 1;
	for (hwloc_obj_t package = NULL;
	     (package = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PACKAGE, package));)
		if (!hwloc_bitmap_iszero(package->nodeset))
			wrong |= bind_to(topology, package, memory, length);
	hwloc_topology_destroy(topology);
	free(memory);
	return wrong;
}
