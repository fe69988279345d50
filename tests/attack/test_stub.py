# SPDX-License-Identifier: MIT
"""A program turns on the pages through which User-Mode Linux drives it: that is its own end and nobody else's."""

import re
from pathlib import Path

from support import build
from support.case import Case, each

STUB = Path(__file__).parent / "guests" / "stub.c"


class Stub(Case):
    def attack(self, *words, seconds=10):
        return self.job("/input/stub", *words, files={"stub": build.program(STUB)}, options=["-t", str(seconds)],
                        timeout=seconds + 20)

    @each({"jump to the kernel s calls": "call", "spoil the shared pages": "spoil", "spoil them during calls": "slowly",
           "land anywhere in the code": "land", "block the clock": "deaf"})
    def ends_only_itself(self, kind):
        r = self.attack(kind)
        self.assertIn(r.outcome, ("exited", "timeout"), r.message)
        # Other processes of the same guest go on, and the guest still tells.
        self.assertTrue(r.stdout.startswith(b"found "))
        if r.outcome == "exited":
            self.assertTrue(r.stdout.endswith(b"end\n"), r.stdout[-200:])
        for line in r.stdout.decode().splitlines()[1:-1]:
            self.assertRegex(line, r": (killed \d+|exited \d+|stuck)$")

    def test_without_the_clock_the_host_s_own_ends_it(self):
        r = self.attack("nothing")
        sites = int(re.match(rb"found (\d+) calls", r.stdout)[1])
        for site in range(sites):
            with self.subTest(site=site):
                run = self.guest("/input/stub", "alone", chr(ord("a") + site), files={"stub": build.program(STUB)},
                                 options=["-t", "0.5"], exit=None, timeout=20)
                self.assertNotEqual(run.exit, 0)
                self.assertLess(run.seconds, 8)
