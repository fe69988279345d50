# SPDX-License-Identifier: MIT
"""Many runs, one after another and at once, leave nothing behind and do not see each other."""

import os
import shlex
import sys
import threading
from pathlib import Path

from support import host, needs, pe
from support.case import Case

# Where a program might leave a file without being told to.
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run")


def needed(directory):
    """True when something that pe needs lies below @directory, so that it cannot be covered."""
    paths = (pe.PE, pe.ROOT, sys.executable, pe.KERNEL, pe.IMAGES)
    return any(os.path.realpath(p).startswith(directory + "/") for p in paths)


class Many(Case):
    exclusive = True

    def mixed(self, i):
        """One of several kinds of run, as [command words, expected exit]."""
        kinds = [(["true"], 0), (["sh", "-c", f"echo {i} > /output/x; exit 3"], 3), (["sh", "-c", "kill -9 $$"], 137),
                 (["no-such"], 127), (["sh", "-c", "sleep 60 & setsid sleep 60 & exit 0"], 0)]
        return kinds[i % len(kinds)]

    def test_100_in_a_row_leave_nothing(self):
        snapshot = host.Snapshot()
        out = self.tmp / "out"
        for i in range(100):
            words, status = self.mixed(i)
            run = self.guest(*words, options=["-o", out], exit=status)
            self.runs = [run]
        self.assertEqual(host.orphans(), [])
        self.assertEqual(snapshot.left(), [])
        self.assertEqual(os.listdir(out), ["x"])

    @needs.mount_namespace()
    def test_no_file_is_left_anywhere(self):
        covered = [p for p in PLACES if os.path.isdir(p) and not needed(p) and p not in str(self.tmp)]
        work = self.tmp / "cwd"
        work.mkdir()
        quoted = shlex.quote(pe.PE)
        script = ("set -e\n" + "".join(f"mount -t tmpfs none {p}\n" for p in covered) +
                  f"cd {shlex.quote(str(work))}\n"
                  f"for i in 1 2 3 4 5; do {quoted} run shell -- true; done\n"
                  f"{quoted} run -t 0.5 shell -- sleep 60 || true\n"
                  f"{quoted} run shell -- sleep 60 & sleep 0.5; kill -9 $!; wait $! || true\n"
                  f"find {' '.join(map(shlex.quote, covered))} . -mindepth 1\n")
        run = self.execute(["unshare", "--mount", "--propagation", "private", "bash", "-c", script])
        self.assertEqual(run.exit, 0)
        self.assertEqual(run.stdout, b"")

    def test_the_store_and_the_kernel_are_as_they_were(self):
        directories = (pe.IMAGES, pe.KERNEL)

        def look():
            return {str(f): (f.lstat().st_size, f.lstat().st_mtime_ns, f.lstat().st_ino)
                    for d in directories for f in d.iterdir() if f.name != "lock"}
        before = look()
        for image in ("shell", "gcc", "python3"):
            self.sh("touch /x /usr/x; rm -rf /usr/lib 2>/dev/null", image=image, options=["-u", "root"], exit=None)
        changed = {k for k in before if before[k] != look().get(k)}
        self.assertEqual({k for k in changed if Path(k).stem in ("shell", "gcc", "python3", "linux")}, set())


class Together(Case):
    exclusive = True

    def crowd(self, n, work):
        """Runs work(i) in @n threads; returns what they raised."""
        wrong = []

        def one(i):
            try:
                work(i)
            except BaseException as e:  # the test's own thread reports it
                wrong.append(f"{i}: {e}")
        threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return wrong

    def alone(self, i):
        """Job @i of a crowd, with files of its own, checked to the last byte."""
        token = f"token-{i}-".encode() * 500
        given, stdin = self.write(f"{i}/given", token), self.write(f"{i}/stdin", f"stdin {i}")
        run = pe.execute([pe.PE, "run", "--json", "-e", f"N={i}", "-i", stdin, "-f", given, "shell", "--", "sh", "-c",
                          "cat given; cat >&2; cp given /output/copy; ls /tmp /dev/shm; sleep 0.3; exit $N"])
        r = pe.read_report(run)
        self.assertEqual((r.outcome, r.code, run.exit), ("exited", i, i))
        self.assertEqual(r.stdout, token + b"/dev/shm:\n\n/tmp:\n")
        self.assertEqual((r.stderr, r.files), (f"stdin {i}".encode(), {"copy": token}))

    def test_8_at_once(self):
        snapshot = host.Snapshot()
        self.assertTrue(self.tmp.is_dir())
        self.assertEqual(self.crowd(8, self.alone), [])
        self.assertEqual(host.orphans(), [])
        self.assertEqual(snapshot.left(), [])

    def test_8_at_once_into_one_directory(self):
        out = self.tmp / "out"

        def work(i):
            run = pe.execute([pe.PE, "run", "-o", out, "shell", "--", "sh", "-c",
                              f"mkdir /output/d; echo {i} > /output/d/f{i}; echo {i} > /output/same"])
            self.assertEqual(run.exit, 0, run)
        self.assertEqual(self.crowd(8, work), [])
        self.assertEqual(sorted(os.listdir(out / "d")), [f"f{i}" for i in range(8)])
        self.assertIn((out / "same").read_text(), {f"{i}\n" for i in range(8)})

    def test_one_hog_does_not_stop_the_others(self):
        hogs = ["f() { f | f & }; f; sleep 20", "while :; do :; done",
                "head -c 1G /dev/zero | tail -c 900M > /dev/null"]

        def work(i):
            if i < len(hogs):
                pe.execute([pe.PE, "run", "-t", "4", "-m", "256M", "shell", "--", "sh", "-c", hogs[i]])
                return
            run = pe.execute([pe.PE, "run", "shell", "--", "sh", "-c", "sleep 1; echo fine"])
            self.assertEqual((run.exit, run.stdout), (0, b"fine\n"), run)
        self.assertEqual(self.crowd(8, work), [])
        self.assertEqual(host.orphans(), [])
