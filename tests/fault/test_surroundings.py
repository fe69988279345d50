# SPDX-License-Identifier: MIT
"""pe in odd surroundings: closed descriptors, full disks, small limits, signals that are blocked."""

import os
import sys

from support import needs, pe
from support.case import Case, each

def words(*argv, options=()):
    return [pe.PE, "run", *options, "shell", "--", *argv]


class Descriptors(Case):
    @each({"stdin": "<&-", "stdout": ">&-", "stderr": "2>&-", "all": "<&- >&- 2>&-", "stdin and stdout": "<&- >&-"})
    def closed(self, redirections):
        out = self.tmp / "out"
        run = self.execute(["sh", "-c", f'"$@" {redirections}', "sh",
                            *words("sh", "-c", "echo file > /output/x; cat; exit 5", options=["-o", out])])
        self.assertEqual(run.exit, 5)
        self.assertEqual((out / "x").read_text(), "file\n")

    def test_closed_stdout_with_output_is_told(self):
        run = self.execute(["sh", "-c", '"$@" >&-', "sh", *words("echo", "x")])
        self.refused(run, "output", exits=(125,))

    def test_full_device(self):
        with open("/dev/full", "wb") as full:
            run = self.execute(words("echo", "x"), stdout=full)
        self.refused(run, exits=(125,))

    def test_full_device_in_json(self):
        with open("/dev/full", "wb") as full:
            run = self.execute(words("echo", "x", options=["--json"]), stdout=full)
        self.refused(run, exits=(125,))

    def test_reader_that_left(self):
        run = self.execute(["bash", "-c", '"$@" | head -c 10; exit ${PIPESTATUS[0]}', "sh",
                            *words("sh", "-c", "yes | head -c 3000000")])
        self.assertIn(run.exit, (0, 141))
        self.assertEqual((run.stdout, run.stderr), (b"y\n" * 5, b""))

    def test_slow_reader(self):
        run = self.execute(["bash", "-c", '"$@" | (sleep 1; wc -c)', "sh",
                            *words("head", "-c", "4000000", "/dev/zero")])
        self.assertEqual(run.stdout.strip(), b"4000000")

    def test_many_inherited(self):
        pairs = [os.pipe() for _ in range(200)]
        self.addCleanup(lambda: [os.close(fd) for pair in pairs for fd in pair])
        fds = [fd for pair in pairs for fd in pair]
        run = self.execute(words("sh", "-c", "ls /proc/self/fd | wc -l"), pass_fds=fds)
        self.assertEqual((run.exit, run.stdout.strip()), (0, b"4"))

    def test_stdin_and_stdout_are_the_same_socket(self):
        import socket
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(b"through a socket")
            ours.shutdown(socket.SHUT_WR)
            run = self.execute(words("cat", options=["-i", "-"]), stdin=theirs, stdout=theirs)
            self.assertEqual((run.exit, ours.recv(100)), (0, b"through a socket"))


class Limits(Case):
    @each({"files": "--nofile=64", "stack": f"--stack={1 << 20}", "core": "--core=unlimited",
           "locked memory": "--memlock=0", "address space": f"--as={8 << 30}"})
    @needs.tool("prlimit")
    def works_with(self, limit):
        run = self.execute(["prlimit", limit, *words("echo", "fine")])
        self.assertEqual((run.exit, run.stdout), (0, b"fine\n"))

    @each({"8 files": "--nofile=8", "16 files": "--nofile=16", "30 files": "--nofile=30", "no file size": "--fsize=0",
           "small file size": f"--fsize={64 << 10}", "file size below memory": f"--fsize={100 << 20}",
           "address space": f"--as={20 << 20}"})
    @needs.tool("prlimit")
    def fails_cleanly_with(self, limit):
        run = self.execute(["prlimit", limit, *words("echo", "fine")], timeout=30)
        if run.exit == 0:
            self.assertEqual(run.stdout, b"fine\n")
        else:
            self.refused(run, exits=(125,))

    def test_a_low_priority_caller(self):
        self.assertEqual(self.execute(["nice", "-n", "19", *words("echo", "fine")]).stdout, b"fine\n")

    @needs.tool("taskset")
    def test_any_one_processor(self):
        for cpu in sorted(os.sched_getaffinity(0)):
            run = self.execute(["taskset", "-c", str(cpu), *words("echo", "fine")])
            self.assertEqual((run.exit, run.stdout), (0, b"fine\n"))

    def test_signals_that_the_caller_blocks(self):
        script = ("import os, signal, sys\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
                  "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nos.execv(sys.argv[1], sys.argv[1:])\n")
        run = self.execute([sys.executable, "-c", script, *words("sh", "-c", "kill -TERM $$")])
        self.assertEqual(run.exit, 143)

    def test_a_caller_that_has_children_of_its_own(self):
        run = self.execute(["sh", "-c", 'sleep 0.2 & exec "$@"', "sh", *words("sh", "-c", "sleep 0.5; exit 6")])
        self.assertEqual(run.exit, 6)

    def test_a_working_directory_that_is_gone(self):
        run = self.execute(["sh", "-c", 'mkdir gone; cd gone; rmdir ../gone; exec "$@"', "sh", *words("echo", "fine")],
                           cwd=self.tmp)
        self.assertEqual((run.exit, run.stdout), (0, b"fine\n"))

    def test_umask_of_the_caller(self):
        for umask in ("000", "077", "777"):
            out = self.tmp / f"out{umask}"
            out.mkdir()
            run = self.execute(["sh", "-c", f'umask {umask}; exec "$@"', "sh",
                                *words("sh", "-c", "umask; echo x > /output/x", options=["-o", out])])
            self.assertEqual((run.exit, run.stdout), (0, b"0022\n"))
            self.assertFalse((out / "x").stat().st_mode & 0o022)


class Outdir(Case):
    @needs.mount_namespace()
    def test_full(self):
        out = self.tmp / "out"
        out.mkdir()
        script = f'mount -t tmpfs -o size=64k none "{out}"; exec "$@"'
        run = self.execute(["unshare", "--mount", "sh", "-c", script, "sh",
                            *words("sh", "-c", "echo kept; head -c 1M /dev/zero > /output/big", options=["-o", out])])
        self.refused(run, "big", exits=(125,))
        self.assertEqual(run.stdout, b"kept\n")

    @needs.mount_namespace()
    def test_read_only(self):
        out = self.tmp / "out"
        out.mkdir()
        run = self.execute(["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o ro none "{out}"; exec "$@"', "sh",
                            *words("sh", "-c", "echo x > /output/x", options=["-o", out])])
        self.refused(run, str(out), exits=(125,))

    def test_below_a_file(self):
        path = self.write("file", "")
        run = self.execute(words("true", options=["-o", path / "out"]))
        self.refused(run, str(path), exits=(2, 125))

    def test_parent_that_is_missing(self):
        run = self.execute(words("sh", "-c", "echo x > /output/x", options=["-o", self.tmp / "a/b/c"]))
        if run.exit == 0:
            self.assertEqual((self.tmp / "a/b/c/x").read_text(), "x\n")
        else:
            self.refused(run, str(self.tmp / "a/b/c"))

    def test_an_outdir_that_cannot_be_is_told_before_the_program_runs(self):
        path = self.write("file", "")
        run = self.execute(words("sh", "-c", "sleep 3", options=["-o", path]))
        self.refused(run, str(path))
        self.assertLess(run.seconds, 2)
