# SPDX-License-Identifier: MIT
"""A program turns on the pages through which User-Mode Linux drives it: it gains nothing, and ends itself at most."""

import re
from pathlib import Path

from support import build
from support.case import Case, each

STUB = Path(__file__).parent / "guests" / "stub.c"
CROWD = Path(__file__).parent / "guests" / "crowd.c"


class Stub(Case):
    def attack(self, *words, seconds=10):
        return self.job("/input/stub", *words, files={"stub": build.program(STUB)}, options=["-t", str(seconds)],
                        timeout=seconds + 20)

    def told(self, kind):
        """What came of each attack of @kind, when the guest lived to tell."""
        r = self.attack(kind)
        self.assertEqual(r.outcome, "exited", r.message)
        lines = r.stdout.decode().splitlines()
        self.assertRegex(lines[0], r"^found \d+ calls, ")
        self.assertEqual(lines[-1], "end")
        self.assertGreater(len(lines), 2)
        return lines[0], lines[1:-1]

    @each({"make the stub s calls": "call", "map all memory": "memory", "report what is not": "report",
           "block the clock": "deaf"})
    def is_killed_each_time(self, kind):
        for line in self.told(kind)[1]:
            self.assertRegex(line, r": killed 11$")

    @each({"spoil the shared pages": "spoil", "spoil them during calls": "slowly", "land anywhere in the code": "land"})
    def ends_at_most_itself(self, kind):
        for line in self.told(kind)[1]:
            self.assertRegex(line, r": (killed (4|5|11)|exited 0)$")

    def test_nothing_of_a_program_is_left_for_the_next_one(self):
        lines = self.told("remains")[1]
        looks = [line for line in lines if line.startswith("look ")]
        self.assertGreaterEqual(len(looks), 8)
        for line in looks:
            self.assertRegex(line, r": exited [0-9]$")  # bytes that happen to be the same
        for line in lines:
            if line.startswith("peek "):
                self.assertRegex(line, r": killed 11$")

    def test_a_tracer_sees_no_registers_of_the_stub(self):
        lines = self.told("trace")[1]
        self.assertEqual(lines[-1], "trace: killed")
        self.assertGreater(len(lines), 1)
        for line in lines[:-1]:
            self.assertRegex(line, r": r12 0 r13 0 rdx 0 r10 0$")

    def test_who_shares_its_memory_ends_too(self):
        r = self.job("/input/crowd", files={"crowd": build.program(CROWD)}, options=["-t", "20"], timeout=40)
        self.assertEqual((r.outcome, r.stdout), ("exited", b"3 tried, 0 left\n"), r.message)

    def test_only_the_signal_stack_can_be_written(self):
        self.assertRegex(self.told("land")[0], r", 1 pages$")

    def test_the_clock_cannot_be_taken_away(self):
        r = self.attack("nothing")
        sites = int(re.match(rb"found (\d+) calls", r.stdout)[1])
        for site in range(sites):
            with self.subTest(site=site):
                r = self.attack("alone", chr(ord("a") + site))
                self.assertEqual((r.outcome, r.signal), ("signaled", "SIGSEGV"), r.message)
