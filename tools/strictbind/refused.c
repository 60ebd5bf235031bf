/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refused.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"
#include "files.h"

enum { SECCOMP_FILTER = 2 };

static bool has_sys_nice(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	return data[0].effective >> CAP_SYS_NICE & 1;
}

/* What container managers leave for programs to see. */
static const char *find_container(void)
{
	static const struct {
		const char *file;
		const char *word; /* in the file, or NULL: that it is there is enough */
		const char *name;
	} signs[] = {
		{ "/.dockerenv", NULL, "docker" },
		{ "/run/.containerenv", NULL, "podman" },
		{ "/run/systemd/container", "podman", "podman" },
		{ "/run/systemd/container", "docker", "docker" },
		{ "/run/systemd/container", "lxc", "lxc" },
		{ "/run/systemd/container", "systemd-nspawn", "systemd-nspawn" },
		{ "/proc/1/cgroup", "kubepods", "kubernetes" },
		{ "/proc/1/cgroup", "docker", "docker" },
		{ "/proc/1/cgroup", "libpod", "podman" },
		{ "/proc/1/cgroup", "lxc", "lxc" },
	};

	if (getenv("KUBERNETES_SERVICE_HOST"))
		return "kubernetes";
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		char *text = other_text(signs[i].file);
		bool found = text && (!signs[i].word || strstr(text, signs[i].word));

		free(text);
		if (found)
			return signs[i].name;
	}
	return getenv("container");
}

/* Needs no /proc. The kernel answers EINVAL where it has no filters, and no other error of its own.
 */
static int seccomp_mode(void)
{
	int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	return mode < 0 && errno != EINVAL ? SECCOMP_FILTER : mode;
}

/* The line of a file, up to its end. */
static char *line_of(const char *text)
{
	return text && *text ? print_new("%.*s", (int)strcspn(text, "\n"), text) : NULL;
}

/* The one that counts: a cgroup that sets none has that of a group above. */
static char *find_cpuset(void)
{
	char *text = file_text("/proc/self/cpuset", NULL);
	char *path = line_of(text);
	char *at;

	free(text);
	if (path)
		return path;
	/* Where the kernel has no such file: "3:cpuset:/PATH", or "0::/PATH" for all controllers.
	 */
	text = file_text("/proc/self/cgroup", NULL);
	at = text ? strstr(text, ":cpuset:") : NULL;
	if (!at && text)
		at = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	path = at ? line_of(strchr(at, '/')) : NULL;
	free(text);
	return path;
}

struct confinement confinement_of_process(void)
{
	struct confinement confinement = {
		.seccomp = seccomp_mode(),
		.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
		.sys_nice = has_sys_nice(),
		.container = find_container(),
		.cpuset = find_cpuset(),
		.kernel_has_numa = access("/sys/devices/system/node/node0", F_OK) == 0 ||
				   access("/proc/self/numa_maps", F_OK) == 0,
	};

	return confinement;
}

char *refused_why(const struct confinement *confinement, const char *call, int error)
{
	const char *container = confinement->container;

	if (confinement->seccomp == SECCOMP_FILTER)
		return print_new("A seccomp filter on this process answers %s with %s%s%s%s.", call,
				 strerror(error), container ? ", probably set up by " : "",
				 container ? container : "",
				 error == ENOSYS && confinement->kernel_has_numa
					 ? ", though the kernel has the call"
					 : "");
	if (error == ENOSYS && !confinement->kernel_has_numa)
		return print_new("The kernel has no %s: it was built without CONFIG_NUMA or "
				 "CONFIG_MIGRATION.",
				 call);
	if (error == ENOSYS)
		return print_new("The kernel has no %s, or what runs this process in its place (a "
				 "sandbox that is its own kernel) has none.",
				 call);
	return print_new(
		"No seccomp filter is on this process, and the kernel itself does not answer "
		"%s so: a sandbox or a security module does.",
		call);
}

/* The profile that a runtime comes with lets mbind through to CAP_SYS_NICE, the others never. */
static char *runtime_remedy(const struct confinement *confinement, const char *call)
{
	if (strcmp(call, "mbind") != 0)
		return print_new(
			"Start the container with --security-opt seccomp=FILE, a profile that "
			"allows %s; the runtime's own never does.",
			call);
	return print_new(
		"Start the container with %s--security-opt seccomp=FILE, a profile that allows "
		"mbind.",
		confinement->sys_nice ? ""
				      : "--cap-add SYS_NICE, with which the runtime's own "
					"profile allows mbind, or with ");
}

static char *container_remedy(const struct confinement *confinement, const char *call)
{
	const char *container = confinement->container;
	bool by_capability = strcmp(call, "mbind") == 0 && !confinement->sys_nice;

	if (strcmp(container, "docker") == 0 || strcmp(container, "podman") == 0)
		return runtime_remedy(confinement, call);
	if (strcmp(container, "kubernetes") == 0)
		return print_new("In the container's securityContext: %sa seccompProfile of type "
				 "Localhost that allows %s.",
				 by_capability ? "capabilities.add SYS_NICE, or " : "", call);
	if (strcmp(container, "systemd-nspawn") == 0)
		return print_new("Start the container with --system-call-filter=%s.", call);
	return print_new("Allow %s in the container's seccomp profile.", call);
}

char *refused_remedy(const struct confinement *confinement, const char *call, int error)
{
	if (confinement->seccomp == SECCOMP_FILTER && confinement->container)
		return container_remedy(confinement, call);
	if (confinement->seccomp == SECCOMP_FILTER)
		return print_new(
			"Allow %s in the filter. In a systemd unit: SystemCallFilter=%s, or "
			"@resources, which has it. A filter cannot be taken off a running process%s.",
			call, call,
			confinement->no_new_privs == 1 ? ", nor by running a setuid program" : "");
	if (error == ENOSYS)
		return print_new("A kernel with CONFIG_NUMA and CONFIG_MIGRATION.");
	return print_new("Run it outside of the sandbox, or allow %s there.", call);
}
