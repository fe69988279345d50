# SPDX-License-Identifier: MIT
"""What a program has in its registers and its memory is right after calls of which the guest kernel sees no more
than the arguments."""

from support import build, pe
from support.case import Case, each

REGISTERS = pe.ROOT / "tests" / "run" / "guests" / "registers.c"
HEAP = pe.ROOT / "tests" / "run" / "guests" / "heap.c"


class Registers(Case):
    @each({"after calls": "plain", "in frames of signals": "signals", "in a storm of signals": "storm",
           "of threads": "threads", "for a tracer": "traced", "for a tracer that comes later": "attached"})
    def right(self, what):
        self.finds(what)

    @each({"unmapped by another thread": "unmapped", "taken from the heap": "heap"})
    def memory_is_gone(self, what):
        self.finds(what)

    def test_a_heap_that_shrinks_and_grows(self):
        self.assertEqual(self.guest("./heap", files={"heap": build.program(HEAP)}).stdout, b"fine\n")

    def finds(self, what):
        run = self.guest("./registers", what, files={"registers": build.program(REGISTERS)}, options=("-t", "30"))
        self.assertEqual((run.exit, run.stdout), (0, b"right\n"))
