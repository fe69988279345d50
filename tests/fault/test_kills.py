# SPDX-License-Identifier: MIT
"""pe or its VM is killed at any moment: nothing stays, and what can be said is said."""

import os
import random
import resource
import signal
import time

from support import host, needs, pe
from support.case import Case, each

# A guest that holds on to everything: children, sessions, memory, output.
BUSY = ("trap '' TERM INT HUP; setsid sleep 60 & (sleep 60 &) & head -c 20M /dev/zero > /tmp/x;"
        " echo begun > /output/x; while :; do :; done")


class Kill(Case):
    # An orphan is found as a child of ours, whoever's run it was.
    exclusive = True

    def start(self, *argv, options=("-t", "30"), **kw):
        kw.setdefault("stdout", pe.subprocess.PIPE)
        p = pe.spawn([pe.PE, "run", *options, "shell", "--", *argv], stdin=pe.subprocess.DEVNULL,
                     stderr=pe.subprocess.PIPE, **kw)
        self.addCleanup(self.finish, p)
        return p

    def finish(self, p, timeout=10):
        try:
            out, err = p.communicate(timeout=timeout)
        except pe.subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
        except ValueError:
            return p.returncode, b"", b""
        finally:
            pe.forget(p)
        return p.returncode, out, err

    def inside(self, p, at_least=4):
        return host.wait_for(lambda: host.descendants(p.pid), at_least)

    def gone(self, pids):
        """All @pids are gone, and nothing hangs below us."""
        self.assertEqual(host.orphans(), [])
        for pid in pids:
            self.assertFalse(host.is_alive(pid), host.describe(pid))

    @each({"KILL": signal.SIGKILL, "TERM": signal.SIGTERM, "INT": signal.SIGINT, "HUP": signal.SIGHUP,
           "QUIT": signal.SIGQUIT, "SEGV": signal.SIGSEGV})
    def pe_gets(self, number):
        snapshot = host.Snapshot()
        p = self.start("sh", "-c", BUSY)
        pids = self.inside(p)
        p.send_signal(number)
        status, _, _ = self.finish(p)
        self.assertIn(status, (-number, 128 + number))
        self.gone(pids)
        # A killed pe cannot tidy up its control group; the next run that gets one does.
        self.guest("sleep", "0.2")
        self.assertEqual(snapshot.left(), [])

    def test_the_process_that_forks_the_guest_s_others(self):
        """It is the eldest of those below the guest's kernel. Another one takes its place when one is needed."""
        p = self.start("sh", "-c", "sleep 1; for i in 1 2 3 4; do for n in 1 2 3 4 5 6 7 8; do sleep 0.1 & done; wait;"
                       " done; echo all")
        forker = next(pid for pid in self.inside(p, at_least=6) if "uml-userspace" in host.describe(pid))
        os.kill(forker, signal.SIGKILL)
        self.assertEqual(self.finish(p, timeout=30)[:2], (0, b"all\n"))

    @needs.root()
    def test_the_host_gives_no_more_processes(self):
        """The guest's program is told, and nobody waits for a process that does not come."""
        p = self.start("sh", "-c", "sleep 1; for n in 1 2 3 4 5 6 7 8; do sleep 5 & done; echo all")
        forker = next(pid for pid in self.inside(p, at_least=6) if "uml-userspace" in host.describe(pid))
        resource.prlimit(forker, resource.RLIMIT_NPROC, (1, 1))
        status, out, err = self.finish(p, timeout=10)
        self.assertNotIn(status, (0, 124, 125), err)
        self.assertEqual(out, b"")
        self.assertIn(b"fork", err)

    def test_its_whole_session_is_killed(self):
        p = self.start("sh", "-c", BUSY, start_new_session=True)
        pids = self.inside(p)
        os.killpg(p.pid, signal.SIGKILL)
        self.finish(p)
        self.gone(pids)

    def test_killed_at_any_moment_of_its_start(self):
        moments = random.Random(1)
        for i in range(60):
            p = self.start("sh", "-c", BUSY)
            time.sleep(moments.uniform(0, 0.06))
            p.kill()
            self.finish(p)
            left = host.orphans(patience=2)
            self.assertEqual(left, [], f"after kill {i}")

    def test_killed_at_any_moment_of_its_end(self):
        moments = random.Random(2)
        for i in range(30):
            p = self.start("true")
            time.sleep(0.04 + moments.uniform(0, 0.06))
            p.kill()
            self.finish(p)
            self.assertEqual(host.orphans(patience=2), [], f"after kill {i}")

    def test_a_stopped_pe_still_takes_all_with_it(self):
        p = self.start("sh", "-c", BUSY)
        pids = self.inside(p)
        p.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        p.kill()
        self.finish(p)
        self.gone(pids)

    def test_the_thread_that_started_it_ends(self):
        # timeout(1) and shells put a process between; the VM must outlive that, and die with pe alone.
        run = self.execute(["sh", "-c", f'"{pe.PE}" run shell -- sh -c "sleep 0.3; echo fine" & wait'])
        self.assertEqual((run.exit, run.stdout), (0, b"fine\n"))

    @needs.root()
    def test_any_process_of_the_vm_is_killed(self):
        count = len(self.inside(self.start("sh", "-c", BUSY)))
        for i in range(count):
            with self.subTest(process=i):
                p = self.start("sh", "-c", BUSY, options=("-t", "1"))
                pids = self.inside(p)
                if i >= len(pids):
                    continue
                what = host.describe(pids[i])
                os.kill(pids[i], signal.SIGKILL)
                status, _, err = self.finish(p, timeout=15)
                # Keeper and kernel are ours to lose; a process of the guest is the program's loss.
                self.assertIn(status, (125, 124, 137, 139, 143), f"{what}: {err}")
                self.assertIn(b"pe: ", err, what)
                self.gone(pids)

    @needs.root()
    def test_keeper_or_kernel_is_stopped(self):
        for i in range(2):
            with self.subTest(process=i):
                p = self.start("sh", "-c", BUSY, options=("-t", "1"))
                pids = self.inside(p)
                os.kill(pids[i], signal.SIGSTOP)
                begin = time.monotonic()
                status, _, err = self.finish(p, timeout=20)
                self.assertIn(status, (124, 125), err)
                self.assertLess(time.monotonic() - begin, 8)
                self.gone(pids)

    @needs.root()
    def test_a_lost_vm_is_told(self):
        p = self.start("sh", "-c", BUSY)
        pids = self.inside(p)
        os.kill(pids[0], signal.SIGKILL)
        status, _, err = self.finish(p)
        self.assertEqual(status, 125)
        self.assertTrue(err.startswith(b"pe: "))
        self.gone(pids)

    @needs.root()
    def test_a_lost_vm_is_told_in_json(self):
        p = self.start("sh", "-c", BUSY, options=("-t", "30", "--json"))
        pids = self.inside(p)
        os.kill(pids[0], signal.SIGKILL)
        status, out, err = self.finish(p)
        report = pe.read_report(pe.Run(["pe"], status, out, err, 0))
        self.assertEqual((status, report.outcome), (125, "lost"))
