# SPDX-License-Identifier: MIT
"""Clones of a template, as the host sees them: each in namespaces and a group of its own, and nothing ties one's
end to another's."""

import os
import signal
import time
from pathlib import Path

from support import build, clones, host, needs, oci, pe
from support.case import Case
from support.store import StoreCase

KNOBS = pe.ROOT / "tests" / "attack" / "guests" / "knobs.c"


class Clones(Case):
    """Two long runs that are clones of one template."""

    exclusive = True

    def setUp(self):
        super().setUp()
        context = clones.lender(images=["shell"])
        self.lender = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.runs = [self.start(), self.start()]
        self.keeper = host.descendants(self.lender.process.pid)[0]
        self.kernels = host.wait_for(self.find_kernels, at_least=3)

    def start(self):
        run = pe.spawn([pe.PE, "run", "-t", "60", "shell", "--", "sh", "-c", "sleep 50 & sleep 50; echo woke"],
                       env=self.lender.env, stdin=pe.subprocess.DEVNULL, stdout=pe.subprocess.PIPE,
                       stderr=pe.subprocess.PIPE)
        self.addCleanup(self.end, run)
        return run

    def end(self, run):
        if run.poll() is None:
            run.kill()
        run.communicate()
        pe.forget(run)

    def find_kernels(self):
        """The template's kernel first, then its clones': all are children of the keeper, in their order of birth."""
        children = Path(f"/proc/{self.keeper}/task/{self.keeper}/children").read_text().split()
        return sorted((int(p) for p in children), key=lambda p: host.status(p)["NSpid"].split()[-1] == "1")

    def family(self, kernel):
        return [kernel, *host.descendants(kernel)]

    def again(self):
        """One more run works, and says how it was started."""
        done = self.lender.pe("run", "--json", "shell", "--", "echo", "fine")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("fine", done.stdout)
        return "clone" if '"start": "clone"' in done.stdout else "cold"

    def test_each_has_namespaces_of_its_own(self):
        template, *family = self.kernels
        for kind in ("user", "pid"):
            seen = {host.namespace(k, kind) for k in self.kernels}
            self.assertEqual(len(seen), 3, f"{kind} namespaces of {[host.describe(k) for k in self.kernels]}")
        for kind in ("mnt", "net", "ipc", "uts"):
            self.assertNotEqual(host.namespace(template, kind), host.namespace(os.getpid(), kind))
        for kernel in family:
            # PID 1 of its own: whatever it can name is its own.
            self.assertEqual(host.status(kernel)["NSpid"].split()[-1], "1")
            for pid in self.family(kernel):
                self.assertEqual(host.namespace(pid, "pid"), host.namespace(kernel, "pid"), host.describe(pid))

    def test_no_rights(self):
        for kernel in self.kernels:
            for pid in self.family(kernel):
                s = host.status(pid)
                with self.subTest(process=host.describe(pid)):
                    self.assertEqual({s[c] for c in ("CapInh", "CapPrm", "CapEff", "CapAmb")}, {"0" * 16})
                    self.assertEqual((s["NoNewPrivs"], s["Seccomp"]), ("1", "2"))
                    self.assertNotIn("0", s["Uid"].split() + s["Gid"].split())

    def test_bounded_as_any_vm(self):
        for kernel in self.kernels[1:]:
            limits = Path(f"/proc/{kernel}/limits").read_text()
            found = {line[:18].strip(): line[18:].split()[1] for line in limits.splitlines()[1:]}
            self.assertLess(int(found["Max processes"]), 1024)
            self.assertLess(int(found["Max cpu time"]), 120)
            self.assertNotEqual(found["Max file size"], "unlimited")
            self.assertNotEqual(found["Max data size"], "unlimited")

    @needs.root()
    def test_an_empty_root(self):
        for kernel in self.kernels:
            self.assertEqual(os.listdir(f"/proc/{kernel}/root"), [])

    @needs.root()
    def test_no_descriptor_of_another(self):
        held = [host.descriptors(k) for k in self.kernels[1:]]
        sockets = [{t for t in h.values() if t.startswith("socket:")} for h in held]
        template = {t for t in host.descriptors(self.kernels[0]).values() if t.startswith("socket:")}
        self.assertFalse(sockets[0] & sockets[1])
        self.assertFalse((sockets[0] | sockets[1]) & template)
        for h in held:
            self.assertFalse([t for t in h.values() if t == "anon_inode:[pidfd]"])

    @needs.root()
    def test_the_memory_of_the_template_cannot_be_written(self):
        for kernel in self.kernels[1:]:
            for line in Path(f"/proc/{kernel}/maps").read_text().splitlines():
                if "memfd:uml-physmem" in line:
                    self.assertEqual(line.split()[1][3], "p", line)
            for stub in host.descendants(kernel):
                for line in Path(f"/proc/{stub}/maps").read_text().splitlines():
                    if "memfd:uml-physmem" in line:
                        self.assertNotIn("w", line.split()[1], line)

    @needs.cgroup()
    def test_each_in_a_group_of_its_own(self):
        def groups():
            texts = [Path(f"/proc/{k}/cgroup").read_text() for k in self.kernels[1:]]
            named = {line for text in texts for line in text.splitlines() if "program-explorer-" in line}
            return sorted({line.rsplit("/", 1)[1] for line in named})
        self.assertGreaterEqual(len(host.wait_for(groups, at_least=2)), 2)

    def test_one_ends_and_the_others_go_on(self):
        os.kill(self.kernels[1], signal.SIGKILL)
        ended = host.wait_for(lambda: [r for r in self.runs if r.poll() is not None], at_least=1)
        self.assertEqual(len(ended), 1)
        out, err = ended[0].communicate()
        self.assertEqual(ended[0].returncode, 125, (out, err))
        self.assertIn(b"SIGKILL", err)
        self.assertTrue(host.is_alive(self.kernels[0]) and host.is_alive(self.kernels[2]))
        self.assertEqual(self.again(), "clone")

    def test_one_panics_and_the_others_go_on(self):
        stub = host.descendants(self.kernels[1])[1]
        os.kill(stub, signal.SIGKILL)  # init's, which the first one forked: without it the guest kernel panics
        ended = host.wait_for(lambda: [r for r in self.runs if r.poll() is not None], at_least=1)
        self.assertEqual(len(ended), 1)
        _, err = ended[0].communicate()
        self.assertEqual(ended[0].returncode, 125)
        self.assertIn(b"Attempted to kill init", err)
        self.assertEqual(self.again(), "clone")

    def test_a_killed_asker_takes_its_clone_along(self):
        self.runs[0].kill()
        self.runs[0].communicate()
        alive = host.wait_for(lambda: [k for k in self.kernels[1:] if host.is_alive(k)], at_least=1)
        self.assertEqual(len(alive), 1)
        self.assertTrue(host.is_alive(self.kernels[0]))
        self.assertEqual(self.again(), "clone")

    def test_the_template_ends_and_its_clones_go_on(self):
        os.kill(self.kernels[0], signal.SIGKILL)
        self.assertEqual(self.again(), "cold")
        self.assertTrue(host.is_alive(self.kernels[1]) and host.is_alive(self.kernels[2]))
        self.assertIsNone(self.runs[0].poll())

    def test_with_the_lender_all_is_gone(self):
        everything = [p for k in self.kernels for p in self.family(k)]
        self.lender.process.kill()
        for pid in everything:
            self.assertTrue(self.gone(pid), host.describe(pid))
        for run in self.runs:
            run.communicate(timeout=20)
            self.assertEqual(run.returncode, 125)

    @staticmethod
    def gone(pid, patience=10):
        deadline = time.monotonic() + patience
        while host.is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        return not host.is_alive(pid)


class RootByAnotherName(StoreCase):
    """An image may say that jobs which name no user are root: the process that is ready for them is not less bounded."""

    def test_knobs_stay_out_of_reach(self):
        tree = oci.tar(oci.directory("bin"), oci.entry("bin/knobs", build.program(KNOBS).read_bytes(), mode=0o755),
                       oci.directory("etc"), oci.entry("etc/passwd", b"1000:x:0:0::/:/bin/sh\n"))
        self.add(f"oci:{oci.layout(self.tmp / 'layout', tree, name='it')}:it", "root")
        with clones.lender(images=["root"], PE_IMAGES=str(self.store)) as lender:
            for how in (["--cold"], []):
                done = lender.pe("run", "--json", *how, "root", "--", "/bin/knobs")
                report = pe.json.loads(done.stdout)
                self.assertEqual(report["start"], "cold" if how else "clone")
                self.assertEqual(report["stdout"], "0 Read-only file system\n")
