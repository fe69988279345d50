# SPDX-License-Identifier: MIT
"""Clones of one template: the same at birth, and from then on nobody's but their own."""

import re
import threading
import unittest

from support import build, clones, oci, pe
from support.case import Case
from support.store import StoreCase

FILL = pe.ROOT / "tests" / "run" / "guests" / "fill.c"
STAT = pe.ROOT / "tests" / "run" / "guests" / "stat.c"


class Clones(Case):
    def setUp(self):
        super().setUp()
        self.lender = clones.shared()

    def clone(self, *argv, image="shell", options=()):
        """What a clone printed; it must be one."""
        done = self.lender.pe("run", "--json", *options, image, "--", *argv)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = pe.json.loads(done.stdout)
        self.assertEqual(report["start"], "clone")
        return report["stdout"]

    def at_once(self, n, what):
        """@what(i) for n of i at the same time; what they gave."""
        given = [None] * n

        def one(i):
            given[i] = what(i)
        threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertNotIn(None, given)
        return given

    def test_randomness(self):
        script = "cat /proc/sys/kernel/random/boot_id; head -c 16 /dev/urandom | od -An -tx1; cat /proc/self/maps"
        seen = [self.clone("sh", "-c", script).splitlines() for _ in range(6)]
        for line in (0, 1):
            self.assertEqual(len({s[line] for s in seen}), 6, "boot ids, random bytes")
        stacks = {next(text for text in s if "[stack]" in text).split()[0] for s in seen}
        self.assertGreaterEqual(len(stacks), 1)

    def test_random_numbers_of_programs(self):
        program = "import random, uuid, os; print(random.random(), uuid.uuid4(), hash('x'), os.urandom(8))"
        seen = {self.clone("python3", "-c", program, image="python3") for _ in range(4)}
        self.assertEqual(len(seen), 4)

    def test_the_time_is_now(self):
        before = pe.time.time()
        then = float(self.clone("date", "+%s.%N"))
        self.assertLess(abs(then - before), 5)
        # A second lasts a second.
        took = self.clone("sh", "-c", "a=$(date +%s%N); sleep 1; b=$(date +%s%N); echo $(((b - a) / 1000000))")
        self.assertGreaterEqual(int(took), 1000)
        self.assertLess(int(took), 4000)

    def test_files_of_another_are_not_there(self):
        self.clone("sh", "-c", "echo secret > /tmp/mark; echo secret > /mark; echo secret > /dev/shm/mark; ls /tmp",
                   options=["--user", "0"])
        left = self.clone("sh", "-c", "ls /tmp/mark /mark /dev/shm/mark /input /output 2>/dev/null; echo end",
                          options=["--user", "0"])
        self.assertNotIn("mark", left)

    def test_the_image_reads_right_in_each(self):
        script = "find /usr/bin /usr/lib /etc -type f 2>/dev/null | sort | head -600 | xargs md5sum | md5sum"
        cold = self.lender.pe("run", "--cold", "shell", "--", "sh", "-c", script).stdout
        self.assertEqual(set(self.at_once(4, lambda _: self.clone("sh", "-c", script))), {cold})

    def test_the_image_reads_right_when_memory_is_short(self):
        script = ("f() { find /usr/bin /usr/lib -type f | sort | head -400 | xargs md5sum | md5sum; }; f;"
                  "head -c 60000000 /dev/zero | tail -c 1 | od -An -tx1; f")
        first, _, second = self.clone("sh", "-c", script).splitlines()
        self.assertEqual(first, second)

    def test_all_memory_is_their_own(self):
        """A program fills most of the guest's memory with a pattern, forks, and looks whether it stays."""
        fill = build.program(FILL)
        said = self.at_once(2, lambda i: self.lender.pe(
            "run", "--json", "-t", "40", "-f", str(fill), "gcc", "--", "./fill", str(500 + i), "700"))
        for done in said:
            report = pe.json.loads(done.stdout)
            self.assertEqual((report["outcome"], report.get("code")), ("exited", 0), report)
            self.assertEqual(report["start"], "clone")

    def test_a_compiler(self):
        source = self.write("hello.c", '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n')
        said = self.at_once(3, lambda _: self.clone(
            "sh", "-c", "gcc hello.c -o /tmp/a && /tmp/a", image="gcc", options=["-f", str(source)]))
        self.assertEqual(set(said), {"hello\n"})

    def test_many_in_a_row(self):
        for i in range(60):
            self.assertEqual(self.clone("echo", str(i)), f"{i}\n")

    def test_jobs_unlike_most(self):
        """A template is ready for a job that says nothing; one that does runs as if it were booted."""
        script = ("id; hostname; cat; pwd; umask; ulimit -a; ls -l /proc/self/fd | grep -c .; readlink /proc/self/fd/0;"
                  "cat /etc/hosts; grep -E 'Cap|NoNewPrivs|Seccomp' /proc/self/status; echo $HOME;"
                  "df -k /tmp /output | tr -s ' ' | cut -d' ' -f2;"
                  "echo 1 2>&1 > /proc/sys/kernel/panic || echo no; stat -c '%U %a' /input /output")
        with_stdin = self.write("stdin", "something\n")
        cases = [(), ("-u", "0"), ("-u", "1234"), ("-u", "1000:5"), ("--hostname", "other"), ("-i", str(with_stdin)),
                 ("-i", str(with_stdin), "-u", "0"), ("--scratch", "20M"), ("--max-output", "1M"), ("--max-output", "20M"),
                 ("-m", "1020M"), ("--pids", "20"), ("-C", "/tmp"), ("-e", "HOME=/x"), ("-f", str(with_stdin))]
        for options in cases:
            with self.subTest(options=options):
                cold = self.lender.pe("run", "--cold", *options, "shell", "--", "bash", "-c", script)
                self.assertEqual(cold.returncode, 0, cold.stderr)
                said = self.clone("bash", "-c", script, options=options)
                self.assertEqual(re.sub(r"#\d+", "#N", said), re.sub(r"#\d+", "#N", cold.stdout))

    def test_a_program_cannot_become_a_template(self):
        said = self.clone("sh", "-c", "cat /proc/template 2>&1; echo $?; id -u", options=["--user", "0"])
        self.assertNotEqual(said.splitlines()[-2], "0")


class Names(StoreCase):
    def test_what_runs_looked_up_is_learnt(self):
        """Files that were read, with their pages; links and directories by name; nothing that is not in the image."""
        tree = oci.tar(oci.symlink("bin", "usr/bin"), oci.directory("usr"), oci.directory("usr/bin"),
                       oci.entry("usr/bin/stat", build.program(STAT).read_bytes(), mode=0o755),
                       oci.directory("empty"), oci.directory("other"), oci.entry("other/file", b"not looked at"),
                       oci.symlink("link", "usr"), oci.symlink("unused", "usr"), oci.entry("looked at", b"not read"))
        self.add(f"oci:{oci.layout(self.tmp / 'layout', tree, name='it')}:it", "it")
        looked = ("/empty", "/link/bin", "/looked at", "/nowhere", "/other-secret/name", "/empty/nothing")
        learnt = self.store / "warm" / (self.show("it")["digest"] + ".2")
        with clones.lender(images=["it"], PE_IMAGES=str(self.store)) as lender:
            for i in range(3):
                done = lender.pe("run", "--json", "it", "--", "/bin/stat", *looked)
                report = pe.json.loads(done.stdout)
                self.assertEqual((report["start"], report["stdout"]), ("clone", "1 1 1 0 0 0\n"))
                if i == 0:
                    lender.warm("it")
        records = dict(reversed(r.split(" ", 1)) for r in learnt.read_text().split("\0") if r)
        self.assertRegex(records.pop("usr/bin/stat"), r"^0\+\d+")
        for name in ("bin", "link", "empty", "looked at"):
            self.assertEqual(records.pop(name), "-", name)
        for name in ("unused", "other", "other/file", "nowhere", "other-secret", "empty/nothing"):
            self.assertNotIn(name, records)


if __name__ == "__main__":
    unittest.main()
