# SPDX-License-Identifier: MIT
"""pe in odd surroundings: closed descriptors, full disks, small limits, damaged pieces, another user."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from support import host, needs, pe
from support.case import Case, each

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "program-explorer"
KERNEL = Path(os.environ.get("PE_KERNEL") or CACHE / "kernel/current")
IMAGES = Path(os.environ.get("PE_IMAGES") or CACHE / "images")


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
        run = self.execute(["bash", "-c", '"$@" | (sleep 1; wc -c)', "sh", *words("head", "-c", "4000000", "/dev/zero")])
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
        run = self.execute(["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size=64k none "{out}"; exec "$@"', "sh",
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


class Damaged(Case):
    """Pieces of ours that are broken: a message, no hang, nothing left."""

    def kernel(self, content, mode=0o755):
        directory = self.tmp / "kernel"
        shutil.copytree(KERNEL, directory, symlinks=True, ignore=shutil.ignore_patterns("linux*"))
        directory.chmod(0o755)
        (directory / "linux").write_bytes(content)
        (directory / "linux").chmod(mode)
        return directory

    def run_with(self, *, kernel=KERNEL, images=IMAGES, options=("-t", "2")):
        env = {**os.environ, "PE_KERNEL": str(kernel), "PE_IMAGES": str(images)}
        return self.execute(words("echo", "fine", options=options), env=env, timeout=30)

    @each({"empty": b"", "text": b"not a kernel", "a script": b"#!/bin/sh\nexit 0\n", "cut elf": b"\x7fELF\x02\x01\x01" + bytes(57)})
    def kernel_that_is(self, content):
        self.refused(self.run_with(kernel=self.kernel(content)), exits=(125,))

    def test_half_a_kernel(self):
        whole = (KERNEL / "linux").read_bytes()
        self.refused(self.run_with(kernel=self.kernel(whole[:len(whole) // 2])), exits=(125,))

    def test_a_kernel_that_ends_at_once(self):
        with open(shutil.which("true"), "rb") as f:
            run = self.run_with(kernel=self.kernel(f.read()))
        self.refused(run, exits=(125,))

    def test_a_kernel_that_may_not_be_executed(self):
        kernel = self.kernel(b"x", 0o644)
        self.refused(self.run_with(kernel=kernel), str(kernel), exits=(125,))

    def store(self, damage):
        store = self.tmp / "store"
        store.mkdir()
        for f in IMAGES.glob("shell.*"):
            shutil.copyfile(f, store / f.name)
        damage(store)
        return store

    def test_an_image_cut_short(self):
        run = self.run_with(images=self.store(lambda s: os.truncate(s / "shell.erofs", 1 << 20)))
        self.refused(run, exits=(125, 126, 127))

    def test_an_image_of_zeros(self):
        def damage(store):
            size = (store / "shell.erofs").stat().st_size
            os.truncate(store / "shell.erofs", 0)
            os.truncate(store / "shell.erofs", size)
        self.refused(self.run_with(images=self.store(damage)), exits=(125,))

    @each({"empty": b"", "cut": b'{"name": "shell", ', "other types": b'{"digest": 5, "env": {}, "cmd": "x"}', "array": b"[]",
           "deep": b"[" * 100_000, "nul": b"\0" * 100})
    def config_that_is(self, content):
        run = self.run_with(images=self.store(lambda s: (s / "shell.json").write_bytes(content)))
        self.refused(run, "shell", exits=(125,))

    def test_an_image_without_its_disk(self):
        run = self.run_with(images=self.store(lambda s: (s / "shell.erofs").unlink()))
        self.refused(run, "shell", exits=(125,))

    def test_an_image_whose_disk_is_a_fifo(self):
        def damage(store):
            (store / "shell.erofs").unlink()
            os.mkfifo(store / "shell.erofs")
        self.refused(self.run_with(images=self.store(damage)), "shell", exits=(125,))

    def test_noise_in_the_metadata_of_an_image_never_hangs(self):
        import random
        noise = random.Random(3)
        for i in range(8):
            def damage(store):
                with open(store / "shell.erofs", "r+b") as f:
                    for _ in range(200):
                        f.seek(noise.randrange(0, 1 << 20))
                        f.write(noise.randbytes(8))
            store = self.store(damage)
            run = self.run_with(images=store, options=("-t", "2"))
            self.assertIn(run.exit, range(0, 160), run)
            self.assertTrue(run.stdout == b"fine\n" if run.exit == 0 else run.notes() or run.stderr, run)
            self.assertLess(run.seconds, 9)
            shutil.rmtree(store)


@needs.root()
class OrdinaryUser(Case):
    """All of it without root: pe, kernel and images are copied where everybody can read them."""

    USER = 65534

    def setUp(self):
        super().setUp()
        self.tmp.chmod(0o755)
        shutil.copyfile(pe.PE, self.tmp / "pe")
        (self.tmp / "pe").chmod(0o755)
        self.copy(KERNEL, self.tmp / "kernel", "*")
        self.copy(IMAGES, self.tmp / "images", "shell.*")
        self.home = self.tmp / "home"
        self.home.mkdir()
        os.chown(self.home, self.USER, self.USER)

    @staticmethod
    def copy(source, target, pattern):
        target.mkdir()
        for f in source.glob(pattern):
            if not f.is_file():
                continue
            try:
                os.link(f.resolve(), target / f.name)
            except OSError:
                shutil.copyfile(f, target / f.name)
        target.chmod(0o755)

    def user(self, *command, **kw):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "PE_KERNEL": str(self.tmp / "kernel"),
               "PE_IMAGES": str(self.tmp / "images")}
        if not self.namespaces(env):
            self.skipTest("the host gives ordinary users no namespaces")
        return self.execute(["setpriv", f"--reuid={self.USER}", f"--regid={self.USER}", "--clear-groups", *command], env=env,
                            cwd=self.home, **kw)

    def namespaces(self, env):
        return subprocess.run(["setpriv", f"--reuid={self.USER}", f"--regid={self.USER}", "--clear-groups", "unshare",
                               "--user", "true"], env=env, check=False, capture_output=True).returncode == 0

    def pe(self, *argv, options=(), **kw):
        return self.user(self.tmp / "pe", "run", *options, "shell", "--", *argv, **kw)

    def test_a_run(self):
        run = self.pe("sh", "-c", "echo out; echo err >&2; id -u; echo x > /output/x; exit 7", options=["-o", "out"])
        self.assertEqual((run.exit, run.stdout, run.stderr), (7, b"out\n1000\n", b"err\n"))
        made = self.home / "out/x"
        self.assertEqual((made.read_text(), made.stat().st_uid), ("x\n", self.USER))

    def test_as_root_of_the_guest(self):
        run = self.pe("sh", "-c", "id -u; touch /x && ls /x", options=["-u", "root"])
        self.assertEqual((run.exit, run.stdout), (0, b"0\n/x\n"))

    def test_limits(self):
        self.assertEqual(self.pe("sleep", "60", options=["-t", "1"]).exit, 124)
        self.assertEqual(self.pe("sh", "-c", "yes", options=["--max-output", "1M"]).exit, 153)
        self.assertEqual(self.pe("sh", "-c", "x=y; while :; do x=$x$x; done", options=["-m", "64M"]).exit & 0x80, 0x80)

    def test_doctor(self):
        run = self.user(self.tmp / "pe", "doctor")
        self.assertIn(run.exit, (0, 1))
        self.assertIn(b"own user id", run.stdout)

    @each({"file": ("-f",), "stdin": ("-i",)})
    def unreadable(self, option):
        secret = self.write("secret", "secret", 0o600)
        self.refused(self.pe("true", options=[option, secret]), str(secret))

    def test_unreadable_directory(self):
        directory = self.tmp / "locked"
        directory.mkdir(mode=0o700)
        self.refused(self.pe("true", options=["-d", directory]), str(directory))

    def test_unreadable_file_in_a_directory(self):
        self.write("d/secret", "secret", 0o600)
        self.refused(self.pe("true", options=["-d", self.tmp / "d"]), "secret")

    def test_outdir_that_may_not_be_written(self):
        run = self.pe("sh", "-c", "echo x > /output/x", options=["-o", self.tmp / "out"])
        self.refused(run, str(self.tmp / "out"))

    def test_unreadable_kernel_and_images(self):
        (self.tmp / "kernel").chmod(0o700)
        self.refused(self.pe("true"), str(self.tmp / "kernel"), exits=(125,))
        (self.tmp / "kernel").chmod(0o755)
        (self.tmp / "images").chmod(0o700)
        self.refused(self.pe("true"), exits=(125,))

    def test_has_no_rights_inside_the_jail(self):
        p = pe.spawn(["setpriv", f"--reuid={self.USER}", f"--regid={self.USER}", "--clear-groups", self.tmp / "pe", "run",
                      "-t", "20", "shell", "--", "sleep", "15"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL, env={"PE_KERNEL": str(self.tmp / "kernel"), "PE_IMAGES": str(self.tmp / "images")})
        try:
            for pid in host.wait_for(lambda: host.descendants(p.pid), at_least=3):
                s = host.status(pid)
                self.assertEqual({s[c] for c in ("CapPrm", "CapEff", "CapBnd")}, {"0" * 16}, host.describe(pid))
                self.assertEqual(s["Seccomp"], "2", host.describe(pid))
                self.assertEqual(os.listdir(f"/proc/{pid}/root"), [], host.describe(pid))
        finally:
            p.kill()
            p.wait()
            pe.forget(p)

    def test_killed_in_mid_run(self):
        p = pe.spawn(["setpriv", f"--reuid={self.USER}", f"--regid={self.USER}", "--clear-groups", self.tmp / "pe", "run",
                      "-t", "20", "shell", "--", "sleep", "15"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL, env={"PE_KERNEL": str(self.tmp / "kernel"), "PE_IMAGES": str(self.tmp / "images")})
        pids = host.wait_for(lambda: host.descendants(p.pid), at_least=3)
        p.kill()
        p.wait()
        pe.forget(p)
        deadline = threading.Event()
        for _ in range(100):
            if not any(map(host.is_alive, pids)):
                break
            deadline.wait(0.03)
        self.assertEqual([host.describe(pid) for pid in pids if host.is_alive(pid)], [])
