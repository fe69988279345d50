# SPDX-License-Identifier: MIT
"""The Debian package: what is in it, what it says of itself, and that it runs from where it is put. tests/deb installs
it into a Debian of its own and boots that."""

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path

from support import needs, pe, serve
from support.case import Case

DEBIAN = pe.ROOT / "packaging" / "debian"
UNITS = pe.ROOT / "packaging" / "systemd"


@cache
def built():
    """The package, made now."""
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    # How well it is packed does not matter here.
    clean["DPKG_DEB_COMPRESSOR_LEVEL"] = "0"
    run = subprocess.run(["make", "deb"], cwd=pe.ROOT, capture_output=True, text=True, check=False, env=clean)
    if run.returncode != 0:
        raise AssertionError(f"make deb: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    found = list((pe.ROOT / "build").glob("program-explorer_*.deb"))
    assert len(found) == 1, found
    return found[0]


def field(name):
    return subprocess.check_output(["dpkg-deb", "-f", built(), name], text=True).strip()


@needs.tool("dpkg-deb")
@needs.tool("dpkg-shlibdeps")
class Package(Case):
    exclusive = True

    def unpacked(self):
        subprocess.run(["dpkg-deb", "-R", built(), self.tmp / "root"], check=True)
        return self.tmp / "root"

    def test_what_is_in_it(self):
        root = self.unpacked()
        for path in ("usr/bin/pe", "usr/bin/pe-serve", "usr/lib/program-explorer/kernel/linux",
                     "usr/share/program-explorer/catalog/shell.yaml", "usr/share/man/man1/pe.1.gz",
                     "usr/share/bash-completion/completions/pe", "usr/share/zsh/site-functions/_pe",
                     "lib/systemd/system/program-explorer.service", "lib/systemd/system/program-explorer.socket",
                     "usr/lib/sysusers.d/program-explorer.conf", "usr/lib/tmpfiles.d/program-explorer.conf",
                     "etc/program-explorer/serve.yaml", "usr/share/doc/program-explorer/copyright",
                     "usr/share/doc/program-explorer/operating.md", "usr/share/doc/program-explorer/examples/Caddyfile"):
            self.assertTrue((root / path).is_file(), path)
        self.assertEqual((root / "DEBIAN/conffiles").read_text(), "/etc/program-explorer/serve.yaml\n")
        for line in (root / "DEBIAN/md5sums").read_text().splitlines():
            self.assertTrue((root / line.split("  ", 1)[1]).is_file(), line)
        for path in root.rglob("*"):
            self.assertFalse(path.lstat().st_mode & 0o022, f"{path} may be written by others")
        text = b"".join(p.read_bytes() for p in (root / "usr/bin").iterdir())
        self.assertNotIn(os.fsencode(pe.ROOT), text, "a path of the machine that built it")

    def test_what_it_says(self):
        self.assertEqual(field("Package"), "program-explorer")
        self.assertRegex(field("Version"), r"^[0-9][0-9a-z.+~]*$")
        self.assertRegex(field("Depends"), r"\blibc6 \(.*\blibmicrohttpd12\b.*\blibsqlite3-0\b.*\bsystemd\b")
        self.assertGreater(int(field("Installed-Size")), 1000)

    def test_same_tree_same_bytes(self):
        first = built().read_bytes()
        built.cache_clear()
        self.assertEqual(built().read_bytes(), first)

    def test_runs_from_where_it_is_put(self):
        root = self.unpacked()
        program = root / "usr/bin/pe"
        env = {k: v for k, v in os.environ.items() if not k.startswith("PE_")}
        # Its kernel, not the one of the cache.
        env.update(XDG_CACHE_HOME=str(self.tmp / "empty"), PE_IMAGES=str(Path(os.environ.get(
            "XDG_CACHE_HOME", Path.home() / ".cache")) / "program-explorer" / "images"))
        run = self.execute([program, "run", "--json", "shell", "--", "echo", "packaged"], env=env)
        self.assertEqual(json.loads(run.stdout)["stdout"], "packaged\n")
        check = self.execute([program, "serve", "--check", "--config", root / "etc/program-explorer/serve.yaml"], env=env)
        self.assertEqual(check.exit, 0, check.stderr)


class Units(Case):
    @needs.tool("systemd-analyze")
    def test_hardening_is_rated_well(self):
        run = self.execute(["systemd-analyze", "security", "--offline=true", "--no-pager",
                            UNITS / "program-explorer.service"])
        found = re.search(r"Overall exposure level for program-explorer.service: ([\d.]+)", run.stdout.decode())
        self.assertTrue(found, run.stdout + run.stderr)
        self.assertLess(float(found[1]), 4.5)

    def test_nothing_that_a_jail_needs_is_forbidden(self):
        unit = (UNITS / "program-explorer.service").read_text()
        for line in ("LockPersonality", "RestrictNamespaces", "MemoryDenyWriteExecute", "ProtectControlGroups",
                     "PrivateUsers", "PrivateNetwork"):
            self.assertNotIn(f"\n{line}=", unit)
        for line in ("NoNewPrivileges=yes", "CapabilityBoundingSet=\n", "Delegate=memory pids", "Type=notify"):
            self.assertIn(f"\n{line}", unit)

    def test_socket_activation(self):
        """Sockets that systemd holds: as sd_listen_fds(3) has it."""
        path = self.tmp / "activated.sock"
        wrapper = ("systemd-socket-activate", "-l", str(path), "-E", "XDG_CACHE_HOME", "-E", "HOME")
        if not needs.shutil.which(wrapper[0]):
            self.skipTest(f"needs {wrapper[0]}")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PE_SERVE_")}
        process = pe.spawn([*wrapper, pe.PE, "serve", "--config", "/dev/null", "--state", self.tmp / "state",
                            "--listen", "systemd"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean)
        self.addCleanup(pe.forget, process)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        serve.eventually(path.exists)
        run = self.execute(["curl", "-sS", "--max-time", "20", "--unix-socket", path, "http://pe/healthz"])
        self.assertEqual(run.stdout, b"ok\n")
