# SPDX-License-Identifier: LGPL-2.1-or-later
# For Spack 1.0 and later. Before a release is out its checksum is not known: scripts/release writes a copy with it.
from spack_repo.builtin.build_systems.meson import MesonPackage

from spack.package import *


class Strictbind(MesonPackage):
    """mbind and migrate_pages that mean the same on every Linux kernel."""

    homepage = "https://strictbind.example"
    url = "https://strictbind.example/strictbind-1.1.0.tar.xz"

    license("LGPL-2.1-or-later")

    version("1.1.0", sha256="0000000000000000000000000000000000000000000000000000000000000000")

    variant("command", default=True, description="The strictbind command, which takes libnuma")
    variant("preload", default=True, description="The library for LD_PRELOAD")

    depends_on("c", type="build")
    depends_on("meson@0.61:", type="build")
    depends_on("pkgconfig", type="build", when="+command")
    depends_on("numactl", when="+command")

    requires("platform=linux")

    def meson_args(self):
        def feature(name):
            return "-D{0}={1}".format(name, "enabled" if self.spec.satisfies("+" + name) else "disabled")

        return ["-Dtests=false", "-Dexamples=false", feature("command"), feature("preload")]
