# SPDX-License-Identifier: MIT
"""All of it without root."""

import json
import os
import shutil
import subprocess
import time

from support import host, needs, pe
from support.case import Case, each


@needs.root()
class OrdinaryUser(Case):
    """pe, kernel and images are copied where everybody can read them."""

    USER = 65534
    BECOME = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")

    def setUp(self):
        super().setUp()
        self.tmp.chmod(0o755)
        shutil.copyfile(pe.PE, self.tmp / "pe")
        (self.tmp / "pe").chmod(0o755)
        self.copy(pe.KERNEL, self.tmp / "kernel", "*")
        self.copy(pe.IMAGES, self.tmp / "images", "shell.json")
        digest = json.loads((pe.IMAGES / "shell.json").read_text())["digest"].removeprefix("sha256:")
        self.copy(pe.IMAGES / "metadata", self.tmp / "images/metadata", f"{digest}.erofs")
        self.link(pe.IMAGES / "data", self.tmp / "images/data")
        self.home = self.tmp / "home"
        self.home.mkdir()
        os.chown(self.home, self.USER, self.USER)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "PE_KERNEL": str(self.tmp / "kernel"),
                    "PE_IMAGES": str(self.tmp / "images")}
        tried = subprocess.run([*self.BECOME, "unshare", "--user", "true"], check=False, capture_output=True)
        if tried.returncode != 0:
            self.skipTest("the host gives ordinary users no namespaces")

    @staticmethod
    def copy(source, target, pattern):
        target.mkdir()
        for f in source.glob(pattern):
            if f.is_file():
                OrdinaryUser.link(f.resolve(), target / f.name)
        target.chmod(0o755)

    @staticmethod
    def link(source, target):
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)

    def user(self, *command, **kw):
        return self.execute([*self.BECOME, *command], env=self.env, cwd=self.home, **kw)

    def pe(self, *argv, options=(), **kw):
        return self.user(self.tmp / "pe", "run", *options, "shell", "--", *argv, **kw)

    def start(self, *argv):
        nothing = subprocess.DEVNULL
        return pe.spawn([*self.BECOME, self.tmp / "pe", "run", "-t", "20", "shell", "--", *argv], env=self.env,
                        stdin=nothing, stdout=nothing, stderr=nothing)

    def test_a_run(self):
        run = self.pe("sh", "-c", "echo out; echo err >&2; id -u; echo x > /output/x; exit 7", options=["-o", "out"])
        self.assertEqual((run.exit, run.stdout, run.stderr), (7, b"out\n1000\n", b"err\n"))
        made = self.home / "out/x"
        self.assertEqual((made.read_text(), made.stat().st_uid), ("x\n", self.USER))

    def test_as_root_of_the_guest(self):
        run = self.pe("sh", "-c", "id -u; touch /x && ls /x", options=["-u", "root"])
        self.assertEqual((run.exit, run.stdout), (0, b"0\n/x\n"))

    def test_limits(self):
        self.assertEqual(self.pe("sleep", "60", options=["-t", "1"]).exit, 124)
        self.assertEqual(self.pe("sh", "-c", "yes", options=["--max-output", "1M"]).exit, 153)
        self.assertEqual(self.pe("sh", "-c", "x=y; while :; do x=$x$x; done", options=["-m", "64M"]).exit & 0x80, 0x80)

    def test_doctor(self):
        run = self.user(self.tmp / "pe", "doctor")
        self.assertIn(run.exit, (0, 1))
        self.assertIn(b"own user id", run.stdout)

    @each({"file": ("-f",), "stdin": ("-i",)})
    def unreadable(self, option):
        secret = self.write("secret", "secret", 0o600)
        self.refused(self.pe("true", options=[option, secret]), str(secret))

    def test_unreadable_directory(self):
        directory = self.tmp / "locked"
        directory.mkdir(mode=0o700)
        self.refused(self.pe("true", options=["-d", directory]), str(directory))

    def test_unreadable_file_in_a_directory(self):
        self.write("d/secret", "secret", 0o600)
        self.refused(self.pe("true", options=["-d", self.tmp / "d"]), "secret")

    def test_outdir_that_may_not_be_written(self):
        run = self.pe("sh", "-c", "echo x > /output/x", options=["-o", self.tmp / "out"])
        self.refused(run, str(self.tmp / "out"))

    def test_unreadable_kernel_and_images(self):
        (self.tmp / "kernel").chmod(0o700)
        self.refused(self.pe("true"), str(self.tmp / "kernel"), exits=(125,))
        (self.tmp / "kernel").chmod(0o755)
        (self.tmp / "images").chmod(0o700)
        self.refused(self.pe("true"), exits=(125,))

    def test_has_no_rights_inside_the_jail(self):
        p = self.start("sleep", "15")
        try:
            for pid in host.wait_for(lambda: host.descendants(p.pid), at_least=3):
                s = host.status(pid)
                self.assertEqual({s[c] for c in ("CapPrm", "CapEff", "CapBnd")}, {"0" * 16}, host.describe(pid))
                self.assertEqual(s["Seccomp"], "2", host.describe(pid))
                self.assertEqual(os.listdir(f"/proc/{pid}/root"), [], host.describe(pid))
        finally:
            p.kill()
            p.wait()
            pe.forget(p)

    def test_killed_in_mid_run(self):
        p = self.start("sleep", "15")
        pids = host.wait_for(lambda: host.descendants(p.pid), at_least=3)
        p.kill()
        p.wait()
        pe.forget(p)
        deadline = time.monotonic() + 3
        while any(map(host.is_alive, pids)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual([host.describe(pid) for pid in pids if host.is_alive(pid)], [])
