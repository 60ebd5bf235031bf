# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian packages of any suite, downloaded with a private apt and never installed.

Nothing of the machine's own apt is changed. Its mirrors, proxies and credentials are used:
they are what works where the machine stands.
"""
import contextlib
import io
import os
import re
import subprocess
import tarfile

from errors import Unavailable

KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg",
            "/usr/share/keyrings/debian-archive-keyring.pgp")

MIRROR_VARIABLES = {"main": "LAB_MIRROR", "security": "LAB_SECURITY_MIRROR"}

# Read after the machine's configuration, so its hooks can be cleared. docker images, for
# one, empty the machine's package cache after each update.
APT_CONFIG = """\
#clear APT::Update;
#clear APT::Architectures;
#clear DPkg::Post-Invoke;
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "{root}/state";
Dir::State::lists "{root}/state/lists";
Dir::State::status "{root}/state/status";
Dir::Cache "{root}/cache";
Dir::Log "{root}";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
"""


def run(command, **options):
    """Standard output and error of a command; what it said on failure becomes the message."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, **options)
    except FileNotFoundError:
        raise Unavailable("%s is not installed" % command[0]) from None
    complaints = done.stderr.decode(errors="replace").strip()
    if done.returncode != 0:
        raise Unavailable("%s failed:\n%s" % (" ".join(command[:4]), complaints))
    return done.stdout, complaints


def is_debian(site, origin):
    if origin:
        return origin == "Debian"
    # No package lists on this machine yet, so the origin is not known: go by the address,
    # which may also be that of a list of mirrors.
    return bool(re.search(r"/debian(-security)?(\.list)?/?$", site))


def mirrors_of_machine():
    """{"main": address, "security": address} as far as the machine's apt knows them."""
    output, _ = run(["apt-get", "indextargets", "--format", "$(SITE)|$(RELEASE)|$(ORIGIN)",
                     "Created-By: Packages"])
    found = {}
    for line in output.decode().splitlines():
        site, release, origin = line.split("|")
        if is_debian(site, origin):
            security = release.endswith("-security") or "debian-security" in site
            found.setdefault("security" if security else "main", site)
    return found


def mirror(archive):
    """Address of the archive "main" or "security"."""
    variable = MIRROR_VARIABLES[archive]
    address = os.environ.get(variable) or mirrors_of_machine().get(archive)
    if not address:
        raise Unavailable(
            "apt on this machine names no Debian mirror for the %s archive: set %s to the address\n"
            "of one, as it would stand in a sources.list (LAB_MIRROR for the main archive,\n"
            "LAB_SECURITY_MIRROR for the security archive)" % (archive, variable))
    return address


def keyring():
    for path in KEYRINGS:
        if os.path.exists(path):
            return path
    raise Unavailable("no Debian archive keys here: install the package debian-archive-keyring")


class Suite:
    """One suite of one archive, for one of Debian's architectures, with a private apt below the directory root."""

    def __init__(self, root, archive, suite, architecture):
        self.root = os.path.abspath(root)
        self.config = os.path.join(self.root, "apt.conf")
        for name in ("state/lists/partial", "cache/archives/partial", "files"):
            os.makedirs(os.path.join(self.root, name))
        self.write("state/status", "")
        self.write("apt.conf", APT_CONFIG.format(root=self.root, architecture=architecture))
        # Old suites are no longer signed anew, which is fine for a museum of kernels: the
        # signature is still checked, its age is not.
        self.write("sources.list", "deb [arch=%s signed-by=%s check-valid-until=no] %s %s main\n"
                   % (architecture, keyring(), mirror(archive), suite))
        _, complaints = run(["apt-get", "-c", self.config, "-qq", "update"])
        # apt-get update calls it a success when nothing could be fetched.
        self.packages = self.read_packages()
        if not self.packages:
            raise Unavailable("no package list of %s could be fetched\n%s" % (suite, complaints))

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w") as file:
            file.write(text)

    def read_packages(self):
        """{name: version}, the newest version of each package."""
        packages = {}
        name = None
        available, _ = run(["apt-cache", "-c", self.config, "dumpavail"])
        for line in available.decode().splitlines():
            if line.startswith("Package: "):
                name = line[9:]
            elif line.startswith("Version: "):
                packages[name] = max(packages.get(name, ""), line[9:], key=version_key)
        return packages

    def newest(self, pattern):
        """(name, version) of the newest package with a name that matches."""
        matching = [item for item in self.packages.items() if re.fullmatch(pattern, item[0])]
        if not matching:
            raise Unavailable("the mirror has no package %s" % pattern)
        return max(matching, key=lambda item: version_key(item[1]))

    @contextlib.contextmanager
    def downloaded(self, name, version):
        """The path of a package, for as long as it is needed."""
        where = os.path.join(self.root, "files")
        run(["apt-get", "-c", self.config, "-qq", "download", "%s=%s" % (name, version)], cwd=where)
        (deb,) = os.listdir(where)
        yield os.path.join(where, deb)
        os.unlink(os.path.join(where, deb))

    def unpack(self, name, version, directory):
        """All files of a package."""
        with self.downloaded(name, version) as deb:
            run(["dpkg-deb", "-x", deb, directory])

    def files(self, name, version, pattern):
        """{path: content} of the files of a package with paths that match."""
        with self.downloaded(name, version) as deb:
            content, _ = run(["dpkg-deb", "--fsys-tarfile", deb])
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return {member.name: archive.extractfile(member).read()
                    for member in archive if member.isfile() and re.search(pattern, member.name)}


def version_key(version):
    """Order of versions of one series: by their numbers."""
    return [int(number) for number in re.findall(r"\d+", version)]
