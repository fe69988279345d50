# SPDX-License-Identifier: MIT
"""The base of every test: runs pe, keeps what was run for the reader of a failure, and tables of cases."""

import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from . import pe

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def each(table):
    """On a method that takes (self, *row): makes one test of every {name: row}."""
    def mark(method):
        method.table = table
        return method
    return mark


def _one(method, row):
    return lambda self: method(self, *(row if isinstance(row, (tuple, list)) else (row,)))


class Case(unittest.TestCase):
    # True when the test looks at the whole host, so that no other may run beside it.
    exclusive = False

    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        for name, method in list(vars(cls).items()):
            if not hasattr(method, "table"):
                continue
            delattr(cls, name)
            for label, row in method.table.items():
                word = "".join(c if c.isalnum() else "_" for c in str(label))
                test = f"test_{name}_{word}"
                assert not hasattr(cls, test), test
                setattr(cls, test, _one(method, row))

    def setUp(self):
        self.runs = []
        self._directory = None

    @property
    def tmp(self):
        """A directory of this test alone."""
        if not self._directory:
            self._directory = Path(tempfile.mkdtemp(prefix="pe-test-"))
            # rm goes deeper than Python's stack.
            self.addCleanup(subprocess.run, ["rm", "-rf", self._directory], check=False)
        return self._directory

    def write(self, name, data, mode=0o644):
        path = Path(os.fsdecode(os.path.join(os.fsencode(self.tmp), os.fsencode(name))))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        path.chmod(mode)
        return path

    def execute(self, command, **kw):
        run = pe.execute(command, **kw)
        self.runs.append(run)
        return run

    def _command(self, argv, image, files, options, stdin_file):
        command = [pe.PE, "run", *options]
        for name, content in (files or {}).items():
            if isinstance(content, Path):
                source = content
            else:
                data, mode = content if isinstance(content, tuple) else (content, 0o644)
                source = self.write(f"given/{len(command)}", data, mode)
            command += ["-f", f"{name}={source}"]
        if stdin_file is not None:
            command += ["-i", self.write("given/stdin", stdin_file)]
        return [*command, image, "--", *argv]

    def guest(self, *argv, image="shell", files=None, options=(), stdin=None, exit=0, **kw):
        """pe run: @stdin bytes become -i FILE; @exit is the status to expect, None for any. Returns a Run."""
        run = self.execute(self._command(argv, image, files, options, stdin), **kw)
        if exit is not None:
            self.assertEqual(run.exit, exit, "exit status")
        return run

    def sh(self, script, **kw):
        return self.guest("sh", "-c", script, **kw)

    def job(self, *argv, image="shell", files=None, options=(), stdin=None, outcome=None, **kw):
        """pe run --json. Returns a Report; checks that the exit status says the same."""
        run = self.execute(self._command(argv, image, files, ["--json", *options], stdin), **kw)
        report = pe.read_report(run)
        self.assertEqual(run.exit, self.exit_of(report), f"exit status of '{report.outcome}'")
        foreign = [line for line in run.stderr.splitlines() if not line.startswith(b"pe: ")]
        self.assertEqual(foreign, [], "with --json, stderr holds notes of pe only")
        if outcome is not None:
            self.assertEqual(report.outcome, outcome, report.message)
        return report

    def sh_job(self, script, **kw):
        return self.job("sh", "-c", script, **kw)

    @staticmethod
    def exit_of(report):
        fixed = {"timeout": 124, "out_of_memory": 137, "output_limit": 153, "not_found": 127,
                 "not_executable": 126, "rejected": 125, "lost": 125}
        if report.outcome == "exited":
            return report.code
        if report.outcome == "signaled":
            s = report.signal
            return 128 + (s if isinstance(s, int) else int(getattr(signal, s, s.removeprefix("SIG"))))
        return fixed[report.outcome]

    def refused(self, run, *names, exits=(2, 125)):
        """pe itself said no: with its own status and a message that names every one of @names."""
        self.assertIn(run.exit, exits)
        text = "\n".join(run.notes())
        self.assertTrue(text, "a message that starts with 'pe: '")
        for name in names:
            self.assertIn(name, text)
        self.assertNotIn("lost", text)
