# SPDX-License-Identifier: MIT
"""What holds when the guest kernel has been taken over: its clock, its jail, and the jail as the host sees it."""

import os
from pathlib import Path

from support import host, needs, pe
from support.case import Case, each
from support.newc import result
from support.takeover import Takeover


class Behaviour(Takeover):
    def test_ends_at_once(self):
        for what in (b"EXIT 0", b"EXIT 3", b"EXIT 255", b"CRASH"):
            with self.subTest(what=what):
                run = self.evil(what)
                self.calm(run)
                self.assertEqual(run.exit, 125)
                self.assertTrue(run.notes())
                self.assertLess(run.seconds, 2)

    @each({"hangs": b"HANG", "hangs with children": b"HANG2", "spins": b"SPIN"})
    def does_not_end(self, what):
        run = self.evil(what, "-t", "1", timeout=30)
        self.calm(run)
        self.assertIn(run.exit, (124, 125))
        self.assertGreaterEqual(run.seconds, 1)
        self.assertLess(run.seconds, 8)

    def test_a_result_before_it_hangs_does_not_end_the_wait_late(self):
        run = self.evil(b"SLEEPY\n" + result(stdout=b"early"), "-t", "1", timeout=30)
        self.calm(run)
        self.assertEqual(run.exit, 125)
        self.assertLess(run.seconds, 8)

    def test_floods_the_console(self):
        run = self.evil(b"FLOOD", "-t", "1", timeout=30)
        self.calm(run)
        self.assertIn(run.exit, (124, 125))
        self.assertLess(len(run.stderr), 100_000)
        self.assertLess(run.seconds, 8)


class Jail(Takeover):
    """What the process of the guest kernel can do, at its start and behind the filter that it has later."""

    # Calls whose success does no harm.
    HARMLESS = {"hold keeper", "local socket"}

    def probe(self, what):
        run = self.evil(what)
        self.assertEqual(run.exit, 0)
        return dict(line.rsplit(": ", 1) for line in run.stdout.decode().splitlines())

    @each({"at start": b"PROBE", "at work": b"PROBE2"})
    def lets_nothing_through(self, what):
        found = self.probe(what)
        self.assertGreater(len(found), 40)
        self.assertEqual(found.pop("end"), "0")
        descriptors, disks = found.pop("descriptors").removesuffix(" disks").split(" of ")
        self.assertLessEqual(int(descriptors), int(disks) + 5)
        wrong = {k: v for k, v in found.items() if v.startswith(("success", "executed", "no process"))}
        self.assertEqual({k: v for k, v in wrong.items() if k not in self.HARMLESS}, {})

    def test_the_image_is_untouched(self):
        before = self.job("true", outcome="exited")["image_digest"]
        self.evil(b"PROBE")
        self.assertEqual(self.sh("head -c 5 /etc/passwd; echo").stdout, b"root:\n")
        self.assertEqual(self.job("true", outcome="exited")["image_digest"], before)

    @needs.cgroup()
    def test_memory_of_all_its_processes_is_bounded(self):
        run = self.evil(b"GREED", "-m", "64M", timeout=40)
        self.calm(run)
        if run.exit == 0:
            self.assertGreater(int(run.stdout), 0)
            self.assertLess(int(run.stdout), 1024)


class FromOutside(Case):
    """The processes of a running VM as the host sees them."""

    def setUp(self):
        super().setUp()
        self.secret = self.write("secret", "secret")
        fd = os.open(self.secret, os.O_RDONLY)
        os.set_inheritable(fd, True)
        self.addCleanup(os.close, fd)
        self.pe = pe.spawn([pe.PE, "run", "-t", "20", "shell", "--", "sh", "-c", "sleep 15 & sleep 15"],
                           stdin=pe.subprocess.DEVNULL, stdout=pe.subprocess.PIPE, stderr=pe.subprocess.PIPE,
                           close_fds=False)
        self.addCleanup(self.end)
        self.assertIn(str(self.secret), host.descriptors(self.pe.pid).values())
        # The keeper, the kernel, and a process for every address space of the guest.
        self.inside = host.wait_for(lambda: [p for p in host.descendants(self.pe.pid)], at_least=4)

    def end(self):
        self.pe.kill()
        self.pe.communicate()
        pe.forget(self.pe)

    def test_no_rights(self):
        for pid in self.inside:
            s = host.status(pid)
            with self.subTest(process=host.describe(pid)):
                self.assertEqual({s[c] for c in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}, {"0" * 16})
                self.assertEqual((s["NoNewPrivs"], s["Seccomp"]), ("1", "2"))
                self.assertNotIn("0", s["Uid"].split() + s["Gid"].split())
                self.assertIn(s["Groups"].split(), ([], [s["Gid"].split()[0]]))

    @needs.root()
    def test_a_user_of_its_own(self):
        users = {host.status(p)["Uid"].split()[0] for p in self.inside}
        self.assertEqual(len(users), 1)
        self.assertGreater(int(users.pop()), 65536)

    @needs.root()
    def test_namespaces_of_its_own(self):
        for pid in self.inside:
            for kind in ("user", "pid", "mnt", "net", "ipc", "uts"):
                self.assertNotEqual(host.namespace(pid, kind), host.namespace(os.getpid(), kind), f"{kind} of {pid}")

    @needs.root()
    def test_an_empty_root(self):
        for pid in self.inside:
            self.assertEqual(os.listdir(f"/proc/{pid}/root"), [], host.describe(pid))
            mounts = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
            self.assertEqual(len(mounts), 1, mounts)
            self.assertIn(" ro,", mounts[0])

    @needs.root()
    def test_no_descriptor_of_the_caller(self):
        for pid in self.inside:
            held = host.descriptors(pid)
            self.assertNotIn(str(self.secret), held.values(), host.describe(pid))
            for target in held.values():
                if target.startswith("/") and "memfd:" not in target and "(deleted)" not in target:
                    self.assertRegex(target, r"\.erofs$|/data[^/]*$|^/dev/null$", host.describe(pid))

    def test_one_processor_and_bounded_resources(self):
        for pid in self.inside:
            self.assertRegex(host.status(pid)["Cpus_allowed_list"], r"^\d+$", host.describe(pid))
            limits = Path(f"/proc/{pid}/limits").read_text()
            for name in ("Max processes", "Max file size", "Max open files", "Max cpu time"):
                line = next(text for text in limits.splitlines() if text.startswith(name))
                self.assertNotIn("unlimited", line.split("  ")[-3:] + line.split(), host.describe(pid))

    @needs.root()
    def test_the_environment_of_the_caller_is_not_there(self):
        # The keeper is a fork of pe and shares its memory's past; the others were executed.
        for pid in self.inside[1:]:
            words = Path(f"/proc/{pid}/environ").read_bytes()
            self.assertNotIn(b"HOME=" + os.environ.get("HOME", "?").encode(), words)

    @needs.cgroup()
    def test_all_in_one_group(self):
        groups = {Path(f"/proc/{p}/cgroup").read_text() for p in self.inside}
        for text in groups:
            self.assertIn("program-explorer-", text)


class Crowd(Case):
    exclusive = True

    @needs.cgroup()
    def test_every_vm_is_in_a_group_also_when_many_start_at_once(self):
        running = [pe.spawn([pe.PE, "run", "-t", "20", "shell", "--", "sleep", "15"], stdin=pe.subprocess.DEVNULL,
                            stdout=pe.subprocess.DEVNULL, stderr=pe.subprocess.DEVNULL) for _ in range(8)]
        try:
            for p in running:
                for pid in host.wait_for(lambda p=p: host.descendants(p.pid), at_least=3):
                    text = Path(f"/proc/{pid}/cgroup").read_text()
                    self.assertRegex(text, "memory:.*program-explorer-|^0::.*program-explorer-", host.describe(pid))
        finally:
            for p in running:
                p.kill()
                p.wait()
                pe.forget(p)
        self.assertEqual(host.orphans(), [])
