# SPDX-License-Identifier: MIT
"""A program that takes all it can of one thing ends with a clear outcome, in time, and says what it had said."""

from pathlib import Path

from support import build
from support.case import Case, each

BOMB = Path(__file__).parent / "guests" / "bomb.c"

# How a run may end when something has run out: by itself, by the clock, or by the memory limit. Never as our failure.
STOPPED = ("exited", "signaled", "timeout", "out_of_memory", "output_limit")


class Bomb(Case):
    def explode(self, kind, *options):
        r = self.job("/input/bomb", kind, files={"bomb": build.program(BOMB)},
                     options=["-t", "2", "-m", "256M", *options], timeout=30)
        self.assertIn(r.outcome, STOPPED, r.message)
        self.assertTrue(r.stdout.startswith(b"begun\n"), r.stdout[:100])
        self.assertNotIn(b"no kind", r.stderr)
        self.assertLess(r["peak_memory_bytes"], 400 << 20)
        if not options:
            self.assertLess(r["wall_ms"], 3500)
            self.assertLess(r.run.seconds, 6)
        return r

    @each({k: k for k in (
        "fork", "orphans", "zombies", "threads", "big-stack", "pipes", "sockets", "descriptors-in-flight", "files",
        "output-files", "deep", "output-deep", "dentries", "open-files", "events", "watches", "shared-segments",
        "message-queues", "timers", "mappings", "page-tables", "exec-loop", "signals", "descriptor-table",
        "memory-file")})
    def kind(self, kind):
        self.explode(kind)

    def test_heap(self):
        r = self.explode("heap", "-m", "96M", "-t", "15")
        self.assertEqual(r.outcome, "out_of_memory")
        self.assertGreater(r["peak_memory_bytes"], 80 << 20)

    def test_heap_says_so_on_stderr(self):
        run = self.guest("/input/bomb", "heap", files={"bomb": build.program(BOMB)}, options=["-m", "64M"], exit=137)
        self.assertIn("memory", "\n".join(run.notes()))
        self.assertEqual(run.stdout, b"begun\n")

    def test_stack(self):
        self.assertEqual(self.explode("stack").signal, "SIGSEGV")

    @each({"tmp": "tmp", "shm": "shm", "input": "input"})
    def disk(self, kind):
        # 28 is ENOSPC: these have a size of their own, which is below the memory limit.
        self.assertEqual(self.explode(kind).stdout, b"begun\nrefused 28\n")

    def test_disk_larger_than_memory(self):
        r = self.explode("tmp", "--scratch", "2G", "-m", "64M", "-t", "10")
        self.assertIn(r.outcome, ("out_of_memory", "exited"))

    def test_zombie_storm(self):
        r = self.job("/input/bomb", "zombie-storm", files={"bomb": build.program(BOMB)}, options=["-t", "30"],
                     outcome="exited")
        self.assertEqual((r.code, r.stdout), (0, b"begun\ndone\n"))

    def test_scattered_pages(self):
        r = self.job("/input/bomb", "scattered-pages", files={"bomb": build.program(BOMB)}, options=["-m", "1G"])
        self.assertIn(r.outcome, ("exited", "signaled", "out_of_memory"))

    def test_shell_fork_bomb_with_default_limits(self):
        r = self.sh_job("echo begun; f() { f | f & }; f; wait; sleep 30", options=["-t", "2"])
        self.assertIn(r.outcome, STOPPED)
        self.assertIn(b"begun\n", r.stdout)
        self.assertLess(r.run.seconds, 6)

    def test_several_at_once(self):
        r = self.sh_job("cd /input; for k in fork tmp pipes dentries; do ./bomb $k & done; wait; sleep 30",
                        files={"bomb": build.program(BOMB)}, options=["-t", "2", "-m", "256M"])
        self.assertIn(r.outcome, STOPPED)
        self.assertLess(r.run.seconds, 6)

    def test_the_next_run_is_as_if_nothing_had_been(self):
        self.explode("heap", "-m", "64M")
        self.assertEqual(self.guest("echo", "fine").stdout, b"fine\n")
