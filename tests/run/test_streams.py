# SPDX-License-Identifier: MIT
"""Standard input, output and error: every byte, in both directions."""

import hashlib
import os
import random

from support import pe
from support.case import Case, each

ALL_BYTES = bytes(range(256)) * 17
MEBI = 1 << 20


def noise(n, seed=1):
    return random.Random(seed).randbytes(n)


class Stdin(Case):
    def test_empty_by_default(self):
        run = self.execute([pe.PE, "run", "shell", "--", "wc", "-c"], stdin=b"not for the guest")
        self.assertEqual((run.exit, run.stdout.strip()), (0, b"0"))

    def test_own_stdin(self):
        run = self.execute([pe.PE, "run", "-i", "-", "shell", "--", "cat"], stdin=ALL_BYTES)
        self.assertEqual((run.exit, run.stdout), (0, ALL_BYTES))

    def test_own_stdin_that_comes_in_pieces(self):
        run = self.execute(["sh", "-c", f'(echo a; sleep 0.3; echo b) | "{pe.PE}" run -i - shell -- cat'])
        self.assertEqual((run.exit, run.stdout), (0, b"a\nb\n"))

    def test_a_file(self):
        self.assertEqual(self.guest("cat", stdin=ALL_BYTES).stdout, ALL_BYTES)

    def test_an_empty_file(self):
        self.assertEqual(self.guest("wc", "-c", stdin=b"").stdout.strip(), b"0")

    def test_10_mebibytes(self):
        data = noise(10 * MEBI)
        run = self.guest("sha256sum", stdin=data)
        self.assertEqual(run.stdout.split()[0].decode(), hashlib.sha256(data).hexdigest())

    def test_10_mebibytes_through_a_pipe(self):
        data = noise(10 * MEBI, 2)
        run = self.execute([pe.PE, "run", "-i", "-", "shell", "--", "sha256sum"], stdin=data)
        self.assertEqual(run.stdout.split()[0].decode(), hashlib.sha256(data).hexdigest())

    def test_left_unread(self):
        self.assertEqual(self.guest("echo", "x", stdin=noise(MEBI)).stdout, b"x\n")

    def test_end_of_file_stays(self):
        self.assertEqual(self.sh("cat; cat; cat", stdin=b"once").stdout, b"once")

    def test_writing_to_it_fails_cleanly(self):
        r = self.sh_job("echo x >&0; echo status $?", outcome="exited")
        self.assertRegex(r.stdout, rb"status [1-9]")

    def test_is_no_terminal(self):
        self.sh("test -t 0 || test -t 1 || test -t 2 || exit 9", exit=9)

    def test_more_than_the_limit_is_refused(self):
        path = self.write("big", b"")
        os.truncate(path, 17 * MEBI)
        self.refused(self.execute([pe.PE, "run", "-i", path, "shell", "--", "true"]), "input")

    def test_more_than_the_limit_through_a_pipe_is_refused(self):
        run = self.execute(["sh", "-c", f'"{pe.PE}" run -i - shell -- true < /dev/zero'], timeout=20)
        self.refused(run, "input")

    def test_the_limit_can_be_raised(self):
        path = self.write("big", b"")
        os.truncate(path, 20 * MEBI)
        run = self.execute([pe.PE, "run", "--max-input", "24M", "-i", path, "shell", "--", "wc", "-c"])
        self.assertEqual((run.exit, run.stdout.strip()), (0, b"%d" % (20 * MEBI)))


class Output(Case):
    @each({
        "every byte": ALL_BYTES,
        "no newline at the end": b"abc",
        "only newlines": b"\n\n\n",
        "terminal codes": b"\x1b[31mred\x1b[0m\x1b]0;title\x07\r\x08\x9b1m",
        "invalid utf8": b"\xff\xfe\xc0\x80\xed\xa0\x80\xf5\x80ok",
        "nul bytes": b"\0a\0\0b\0",
        "utf8": "grüße 日本語 🙂\u2028".encode(),
        "like a bundle": b"07070100000000000000000000000000000000TRAILER!!!\0",
        "like our notes": b"pe: not from pe\n",
    })
    def passes_untouched(self, data):
        self.assertEqual(self.guest("cat", stdin=data).stdout, data)
        self.assertEqual(self.sh("cat >&2", stdin=data).stderr, data)
        r = self.sh_job("tee /dev/stderr", stdin=data, outcome="exited")
        self.assertEqual((r.stdout, r.stderr), (data, data))

    def test_streams_do_not_mix(self):
        run = self.sh("echo out; echo err >&2; echo out2; echo err2 >&2")
        self.assertEqual((run.stdout, run.stderr), (b"out\nout2\n", b"err\nerr2\n"))

    def test_8_mebibytes(self):
        data = noise(8 * MEBI, 3)
        self.assertEqual(hashlib.sha256(self.guest("cat", stdin=data).stdout).digest(), hashlib.sha256(data).digest())

    @each({
        "dev stdout": ("echo x > /dev/stdout", b"x\n", b""),
        "dev stderr": ("echo x > /dev/stderr", b"", b"x\n"),
        "dev fd": ("echo x > /dev/fd/1; echo y > /dev/fd/2", b"x\n", b"y\n"),
        "proc": ("echo x > /proc/self/fd/2", b"", b"x\n"),
        "appending": ("echo a; echo b >> /dev/stdout; echo c", b"a\nb\nc\n", b""),
        "reading dev stdin": ("cat /dev/stdin", b"in", b""),
    })
    def reopened(self, script, out, err):
        run = self.sh(script, stdin=b"in")
        self.assertEqual((run.stdout, run.stderr), (out, err))

    def test_reopening_does_not_lose_what_was_there(self):
        run = self.sh("echo first; echo second > /dev/stdout; echo third")
        self.assertEqual(run.stdout, b"first\nsecond\nthird\n")

    def test_closed_by_the_program(self):
        r = self.sh_job("exec >&- 2>&-; echo lost; exit 7", outcome="exited")
        self.assertEqual((r.code, r.stdout), (7, b""))

    def test_both_to_one(self):
        self.assertEqual(self.sh("exec 2>&1; echo a; echo b >&2; echo c").stdout, b"a\nb\nc\n")

    def test_no_other_descriptor_is_open(self):
        run = self.sh("ls -1 /proc/self/fd")
        # ls itself holds one for the directory.
        self.assertEqual(run.stdout.split(), [b"0", b"1", b"2", b"3"])
