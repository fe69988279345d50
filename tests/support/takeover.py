# SPDX-License-Identifier: MIT
"""The attacker owns the guest kernel: a program of ours takes its place (see attack/guests/kernel.c).

It has what the real one has, a jail and some descriptors, and nothing to lose.
"""

import os
import shutil

from . import build, pe
from .case import Case

KERNEL = pe.ROOT / "tests" / "attack" / "guests" / "kernel.c"


class Takeover(Case):
    def kernel(self):
        """A kernel directory that says of itself what the real one does."""
        directory = self.tmp / "kernel"
        if not directory.exists():
            shutil.copytree(pe.KERNEL, directory, symlinks=True, ignore=shutil.ignore_patterns("linux*"))
            shutil.copyfile(build.program(KERNEL), directory / "linux")
            directory.chmod(0o755)
            (directory / "linux").chmod(0o755)
        return directory

    def evil(self, what, *options, image="shell", **kw):
        env = {**os.environ, "PE_KERNEL": str(self.kernel())}
        command = [pe.PE, "run", *options, "-i", self.write("what", what), image, "--", "true"]
        run = self.execute(command, env=env, **kw)
        self.assertNotIn(b"status 99", run.stderr, "our kernel did not find its task")
        return run

    def calm(self, run):
        """pe ended by itself, with a status of its contract, and no terminal codes of the attacker in its notes."""
        self.assertIn(run.exit, {0, 1, 2, 124, 125, 126, 127, 137, 139, 143, 153})
        for note in run.notes():
            self.assertTrue(note.isprintable(), f"control characters in {note!r}")
