# SPDX-License-Identifier: MIT
"""Limits do what they say, and the numbers of a result are true."""

from support.case import Case, each

MEBI = 1 << 20


class Limit(Case):
    def test_memory(self):
        hog = "x = bytearray(300 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\nprint('had it')"
        self.assertEqual(self.guest("python3", "-c", hog, image="python3", options=["-m", "512M"]).stdout, b"had it\n")
        r = self.job("python3", "-c", "print('begun', flush=True)\n" + hog, image="python3", options=["-m", "128M"])
        if r.outcome == "exited":
            self.assertIn(b"MemoryError", r.stderr)
        else:
            self.assertEqual(r.outcome, "out_of_memory")
        self.assertEqual(r.stdout, b"begun\n")

    def test_default_memory_is_enough_for_600_mebibytes(self):
        run = self.guest("python3", "-c", "x = b'x' * (600 << 20); print(len(x))", image="python3",
                         options=["-t", "50"])
        self.assertEqual(int(run.stdout), 600 << 20)

    def test_scratch(self):
        run = self.sh("head -c 4M /dev/zero > /tmp/a && echo small; head -c 16M /dev/zero > /tmp/b || echo full",
                      options=["--scratch", "8M"])
        self.assertEqual(run.stdout.split(), [b"small", b"full"])
        self.assertIn(b"No space left", run.stderr)

    def test_default_scratch_holds_32_mebibytes(self):
        run = self.sh("head -c 32M /dev/zero > /tmp/a && stat -c %s /tmp/a")
        self.assertEqual(int(run.stdout), 32 << 20)

    def test_processes(self):
        script = ("import os, time\nn = 0\n"
                  "try:\n    while n < 100:\n        if os.fork() == 0: time.sleep(30); os._exit(0)\n        n += 1\n"
                  "except BlockingIOError: pass\nprint(n)")
        few = int(self.guest("python3", "-c", script, image="python3", options=["--pids", "20"]).stdout)
        self.assertGreaterEqual(few, 10)
        self.assertLess(few, 20)
        self.assertEqual(self.guest("python3", "-c", script, image="python3").stdout, b"100\n")

    def test_output(self):
        r = self.sh_job("head -c 900K /dev/zero", options=["--max-output", "1M"], outcome="exited")
        self.assertEqual(len(r.stdout), 900 << 10)
        r = self.sh_job("head -c 2M /dev/zero", options=["--max-output", "1M"], outcome="output_limit")
        self.assertLessEqual(len(r.stdout), MEBI)
        self.assertGreater(len(r.stdout), MEBI // 2)

    def test_output_default_holds_12_mebibytes_and_not_20(self):
        self.assertEqual(len(self.sh("head -c 12M /dev/zero").stdout), 12 * MEBI)
        run = self.sh("head -c 20M /dev/zero", exit=153)
        self.assertTrue(run.notes())

    @each({"a second": "1", "a fraction": "0.5", "two": "2"})
    def time(self, seconds):
        run = self.guest("sleep", "30", options=["-t", seconds], exit=124)
        self.assertGreaterEqual(run.seconds, float(seconds))
        self.assertLess(run.seconds, float(seconds) + 3)


class Number(Case):
    def test_processor_time(self):
        # A live program has used processor time before.
        spin = "import time\nbegin = time.process_time()\nwhile time.process_time() - begin < 0.8: pass"
        r = self.job("python3", "-c", spin, image="python3", outcome="exited")
        self.assertGreater(r["user_ms"] + r["system_ms"], 700)
        self.assertGreater(r["user_ms"], r["system_ms"])
        self.assertGreaterEqual(r["wall_ms"], 700)

    def test_children_count(self):
        r = self.job("python3", "-c", "import os, time\nif os.fork() == 0:\n    while time.process_time() < 0.6: pass\n"
                     "else: os.wait()", image="python3", outcome="exited")
        self.assertGreater(r["user_ms"] + r["system_ms"], 500)

    def test_sleeping_takes_no_processor(self):
        r = self.job("sleep", "0.8", outcome="exited")
        self.assertGreaterEqual(r["wall_ms"], 790)
        self.assertLess(r["wall_ms"], 2500)
        self.assertLess(r["user_ms"] + r["system_ms"], 300)

    def test_peak_memory(self):
        r = self.job("python3", "-c", "x = b'x' * (200 << 20)", image="python3", outcome="exited")
        self.assertGreater(r["peak_memory_bytes"], 200 * MEBI)
        self.assertLess(r["peak_memory_bytes"], 400 * MEBI)
        self.assertLess(self.job("true", outcome="exited")["peak_memory_bytes"], 60 * MEBI)

    def test_startup(self):
        r = self.job("true", outcome="exited")
        self.assertGreater(r["startup_ms"], 0)
        self.assertLess(r["startup_ms"], 3000)
        self.assertLess(r["wall_ms"], 3000)

    def test_image(self):
        a = self.job("true", outcome="exited")
        b = self.job("true", image="gcc", outcome="exited")
        self.assertEqual((a["image"], b["image"]), ("shell", "gcc"))
        self.assertNotEqual(a["image_digest"], b["image_digest"])
