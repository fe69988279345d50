# SPDX-License-Identifier: MIT
"""Output without end: each ends within the limit, says so, and gives what was written until then."""

from support.case import Case, each

MEBI = 1 << 20
LIMIT = ("--max-output", "2M", "-t", "10")


class Stream(Case):
    def flood(self, script, options=LIMIT, **kw):
        r = self.sh_job(script, options=options, outcome="output_limit", **kw)
        total = len(r.stdout) + len(r.stderr) + sum(map(len, r.files.values()))
        self.assertLessEqual(total, 2 * MEBI)
        return r

    @each({
        "lines": ("yes", b"y\n"), "one line without end": ("tr '\\0' x < /dev/zero", b"x"),
        "nul bytes": ("cat /dev/zero", b"\0"), "invalid utf8": ("tr '\\0' '\\377' < /dev/zero", b"\xff"),
        "terminal codes": ("yes '\033[31m'", b"\033[31m\n"),
    })
    def stdout(self, script, unit):
        r = self.flood(script)
        self.assertGreater(len(r.stdout), MEBI)
        self.assertEqual(r.stdout, (unit * (len(r.stdout) // len(unit) + 1))[:len(r.stdout)])

    def test_stderr(self):
        r = self.flood("echo out; yes >&2")
        self.assertGreater(len(r.stderr), MEBI)
        self.assertEqual((r.stdout, r.stderr[:4]), (b"out\n", b"y\ny\n"))

    def test_both(self):
        r = self.flood("yes out & yes err >&2 & wait")
        self.assertGreater(len(r.stdout) + len(r.stderr), MEBI)

    def test_many_writers(self):
        self.flood("for i in 1 2 3 4 5 6 7 8; do yes $i & done; wait")

    def test_by_a_child_that_nobody_waits_for(self):
        r = self.flood("echo begun; setsid yes & sleep 30")
        self.assertTrue(r.stdout.startswith(b"begun\n"))

    def test_plain(self):
        run = self.sh("yes", options=LIMIT, exit=153)
        self.assertTrue(run.stdout.startswith(b"y\ny\n"))
        self.assertGreater(len(run.stdout), MEBI)
        self.assertIn("output", "\n".join(run.notes()))

    def test_deaf_writer(self):
        self.flood("trap '' TERM PIPE XFSZ HUP; while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done;"
                   " yes", options=("--max-output", "200K", "-t", "10"))

    def test_one_byte_over(self):
        self.sh_job(f"head -c {MEBI} /dev/zero", options=["--max-output", "1M"], outcome="exited")
        r = self.sh_job(f"head -c {MEBI + 1} /dev/zero", options=["--max-output", "1M"], outcome="output_limit")
        self.assertEqual(len(r.stdout), MEBI)


class Files(Case):
    def bounded(self, r):
        total = len(r.stdout) + len(r.stderr) + sum(map(len, r.files.values()))
        self.assertLessEqual(total, 2 * MEBI)
        self.assertLess(r.run.seconds, 13)

    def test_one_file(self):
        r = self.sh_job("echo begun; cat /dev/zero > /output/x; sleep 1; echo left", options=LIMIT)
        self.bounded(r)
        # Either the program was stopped for it, or it was told that the disk is full; nothing vanishes in silence.
        self.assertIn(r.outcome, ("output_limit", "exited"))
        self.assertTrue(r.stdout.startswith(b"begun\n"))
        self.assertIn("x", {**r.files, **r.skipped})

    def test_small_files_before_the_flood_are_kept(self):
        r = self.sh_job("cd /output; for i in 1 2 3 4 5; do echo $i > f$i; done; cat /dev/zero > z", options=LIMIT)
        self.bounded(r)
        self.assertEqual({f"f{i}" for i in range(1, 6)} - set(r.files), set())

    def test_streams_and_files_share_the_limit(self):
        r = self.sh_job("head -c 1500K /dev/zero; head -c 1500K /dev/zero > /output/x; sleep 0.3", options=LIMIT)
        self.bounded(r)
        self.assertEqual(r.outcome, "output_limit")
        self.assertEqual(len(r.stdout), 1500 << 10)
        # What there was room for comes back, and it is said that there was more.
        self.assertEqual(r.skipped, {"x": "truncated"})
        self.assertEqual(r.files["x"].strip(b"\0"), b"")
        self.assertGreater(len(r.files["x"]), 400 << 10)

    def test_many_empty_files(self):
        r = self.sh_job("cd /output; i=0; while [ $i -lt 20000 ]; do : > file-$i; i=$((i+1)); done",
                        options=["--max-output", "1M", "-t", "9"])
        self.assertIn(r.outcome, ("exited", "output_limit", "timeout"))
        self.assertLess(len(r.run.stdout), 16 * MEBI)
        self.assertGreater(len(r.files), 100)
        if len(r.files) < 20000 and r.outcome == "exited":
            self.assertTrue(r.skipped or r.message)

    def test_sparse_terabyte(self):
        r = self.sh_job("cd /output; echo small > a; truncate -s 1T x; echo small > z; stat -c %s x", options=LIMIT)
        self.bounded(r)
        self.assertEqual(r.stdout, b"%d\n" % (1 << 40))
        self.assertEqual(r.files, {"a": b"small\n", "z": b"small\n"})
        self.assertEqual(r.skipped, {"x": "too_large"})

    def test_sparse_within_the_limit_comes_back(self):
        r = self.sh_job("truncate -s 1M /output/x", options=LIMIT, outcome="exited")
        self.assertEqual(r.files, {"x": bytes(MEBI)})

    def test_preallocated(self):
        r = self.sh_job("fallocate -l 1G /output/x; echo status $?", options=LIMIT)
        self.bounded(r)
        self.assertIn(r.outcome, ("exited", "output_limit"))

    def test_files_that_nobody_can_list(self):
        r = self.sh_job("exec 3> /output/x; rm /output/x; cat /dev/zero >&3", options=LIMIT)
        self.bounded(r)
        self.assertIn(r.outcome, ("exited", "output_limit"))
        self.assertEqual(r.files, {})
