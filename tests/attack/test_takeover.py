# SPDX-License-Identifier: MIT
"""The attacker owns the guest kernel: forged results, and what its process can do to the host.

A program of ours takes the kernel's place (see guests/kernel.c). It has what the real one has, a jail and some
descriptors, and nothing to lose.
"""

import errno
import os
import random
import shutil
from pathlib import Path

from support import build, host, needs, pe
from support.case import Case, each
from support.newc import DEVICE, DIRECTORY, FIFO, FILE, SYMLINK, TRAILER, entry, exit_record, result

KERNEL = Path(__file__).parent / "guests" / "kernel.c"
E = errno


def real_kernel():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(os.environ.get("PE_KERNEL") or f"{cache}/program-explorer/kernel/current")


class Takeover(Case):
    def kernel(self):
        """A kernel directory that says of itself what the real one does."""
        directory = self.tmp / "kernel"
        if not directory.exists():
            shutil.copytree(real_kernel(), directory, symlinks=True, ignore=shutil.ignore_patterns("linux*"))
            shutil.copyfile(build.program(KERNEL), directory / "linux")
            directory.chmod(0o755)
            (directory / "linux").chmod(0o755)
        return directory

    def evil(self, what, *options, image="shell", **kw):
        env = {**os.environ, "PE_KERNEL": str(self.kernel())}
        return self.execute([pe.PE, "run", *options, "-i", self.write("what", what), image, "--", "true"], env=env, **kw)

    def calm(self, run):
        """pe ended by itself, with a status of its contract, and no terminal codes of the attacker in its notes."""
        self.assertIn(run.exit, {0, 1, 2, 124, 125, 126, 127, 137, 139, 143, 153})
        for note in run.notes():
            self.assertTrue(note.isprintable(), f"control characters in {note!r}")


class Forged(Takeover):
    def forge(self, bundle):
        """Gives @bundle as result of a run with OUTDIR; nothing may change around OUTDIR."""
        out = self.tmp / "around" / "out"
        out.mkdir(parents=True)
        self.write("around/bait", "untouched")
        run = self.evil(b"WRITE\n" + bundle, "-t", "2", "-o", out)
        self.calm(run)
        self.assertEqual(sorted(os.listdir(out.parent)), ["bait", "out"])
        self.assertEqual((out.parent / "bait").read_text(), "untouched")
        odd = self.execute(["find", out, "(", "!", "-type", "f", "!", "-type", "d", ")", "-o", "-perm", "/7000"])
        self.assertEqual(odd.stdout, b"", "in OUTDIR: neither file nor directory, or a set-id bit")
        self.runs.remove(odd)
        return run

    def test_a_true_bundle_passes(self):
        run = self.forge(result(entry("dir/a", b"x"), entry("dir/d", mode=DIRECTORY), stdout=b"hello"))
        self.assertEqual((run.exit, run.stdout), (0, b"hello"))
        self.assertEqual((self.tmp / "around/out/a").read_bytes(), b"x")

    @each({
        "up": "../bait", "up inside": "dir/../../bait", "up at the end": "dir/x/..", "absolute": "/tmp/pe-forged",
        "absolute inside": "dir//tmp/x", "dot": "dir/./x", "slash at the end": "dir/x/", "only dir": "dir/",
        "empty": "", "nul": b"dir/a\0b", "own name": "argv", "unknown at the root": "bait", "256 bytes": "dir/" + "n" * 256,
        "too long": "dir/" + "n/" * 2100 + "x", "only dots": "dir/..",
    })
    def name(self, name):
        run = self.forge(result(entry(name, b"owned")))
        self.assertEqual(run.exit, 125)
        self.assertTrue(run.notes())

    @each({"symlink": SYMLINK, "device": DEVICE, "fifo": FIFO, "socket": 0o140644, "no type": 0o644, "all bits": 0xffffffff})
    def kind(self, mode):
        run = self.forge(result(entry("dir/l", b"/etc", mode=mode), entry("dir/l/x", b"owned")))
        self.assertEqual(run.exit, 125)

    def test_set_id_bits_are_dropped(self):
        self.forge(result(entry("dir/a", b"x", mode=0o106755), entry("dir/d", mode=0o47777)))
        self.assertTrue((self.tmp / "around/out/a").exists() and (self.tmp / "around/out/d").exists())

    @each({
        "nothing": b"", "zeros": bytes(8192), "noise": random.Random(7).randbytes(200_000), "only a trailer": TRAILER,
        "no trailer": result()[:-4096].rstrip(b"\0") + entry("dir/a", b"x"),
        "cut in a header": result(entry("dir/a", b"x" * 100))[:300],
        "old magic": entry("stdout", magic=b"070707") + TRAILER,
        "header not hexadecimal": entry("stdout").replace(b"00000001", b"0000000G", 1) + TRAILER,
        "minus sign": entry("stdout").replace(b"00000001", b"-0000001", 1) + TRAILER,
        "name larger than the disk": entry("stdout", namesize=0xffffffff), "name of no byte": entry("stdout", namesize=0),
        "file larger than the disk": entry("stdout", filesize=0xffffffff),
        "file a byte longer than the disk": entry("stdout", filesize=18 << 20),
        "directory with data": result(entry("dir/d", b"data", mode=DIRECTORY)),
        "stdout a directory": entry("stdout", mode=DIRECTORY) + entry("exit", exit_record()) + TRAILER,
        "two ends": result(entry("exit", exit_record())), "no end": entry("stdout", b"x") + TRAILER,
        "empty end": result(end=b""), "end of noise": result(end=random.Random(8).randbytes(3000)),
        "unknown outcome": result(end=exit_record(outcome="fine")),
        "negative status": result(end=exit_record(status=-1)), "large status": result(end=exit_record(status=99999)),
        "no signal": result(end=exit_record(outcome="signaled", status=0)),
        "signal 200": result(end=exit_record(outcome="signaled", status=200)),
        "overflow": result(end=exit_record(wall_us=2 ** 64)), "negative time": result(end=exit_record(wall_us=-5)),
        "words for numbers": result(end=exit_record(peak_bytes="many")),
        "two files of one name": result(entry("dir/a", b"1"), entry("dir/a", b"2")),
        "file and directory of one name": result(entry("dir/a", b"1"), entry("dir/a", mode=DIRECTORY)),
        "file that is a directory": result(entry("dir/a", b"1"), entry("dir/a/b", b"2")),
    })
    def broken(self, bundle):
        run = self.forge(bundle)
        self.assertEqual(run.exit, 125)
        self.assertTrue(run.notes())

    @each({
        "terminal codes in the message": result(end=exit_record(outcome="not_found", message="\x1b]0;owned\x07\x1b[2J")),
        "terminal codes in a reason": result(skipped=b"\x1b[2Jreason name\0"),
        "long message": result(end=exit_record(outcome="rejected", message="m" * 100_000)),
        "format in the message": result(end=exit_record(outcome="rejected", message="%s%n%s%n%999999d")),
        "not utf8": result(end=exit_record(outcome="rejected", message="x").replace(b"=x", b"=\xff\xfe")),
        "stamps that go backwards": result(end=exit_record(stamp_start=2 ** 62, stamp_exec=1)),
        "largest numbers": result(end=exit_record(**{k: 2 ** 63 - 1 for k in ("wall_us", "user_us", "system_us",
                                                                             "peak_bytes", "skipped_more")})),
        "skipped without reason": result(skipped=b"a\0\0\0 \0 x\0y \0"),
        "hard links": result(entry("dir/a", b"x", nlink=2, ino=5), entry("dir/b", b"", nlink=2, ino=5)),
        "many empty files": result(*(entry(f"dir/{i}") for i in range(10_000))),
    })
    def odd(self, bundle):
        run = self.forge(bundle)
        json_run = self.evil(b"WRITE\n" + bundle, "--json", "--trace")
        self.assertEqual(json_run.exit, run.exit)
        self.assertTrue(pe.read_report(json_run).outcome)

    def test_more_entries_than_can_be(self):
        run = self.forge(result(*(entry(f"dir/{i}") for i in range(70_000))))
        self.assertEqual(run.exit, 125)

    def test_deep_files_cost_no_more_than_they_weigh(self):
        deep = "dir/" + "d/" * 2000
        run = self.forge(result(*(entry(f"{deep}{i}") for i in range(4000))))
        self.assertTrue(run.exit == 125 or (self.tmp / "around/out/d/d").is_dir())
        self.assertLess(run.seconds, 6)

    def test_a_million_skipped(self):
        run = self.forge(result(skipped=b"a b\0" * 1_000_000))
        self.assertLess(run.seconds, 10)
        self.assertTrue(run.notes())
        self.assertLess(len(run.stderr), 4 << 20)

    def test_a_result_cannot_claim_to_be_without_end(self):
        # Everything that is there comes, and no more than the limit.
        run = self.evil(b"WRITE\n" + result(stdout=b"x" * (2 << 20)), "--max-output", "1M")
        self.calm(run)
        # The disk is as large as the limit and what names may add; the host takes no more than was agreed on.
        self.assertEqual(len(run.stdout) if run.exit == 0 else 0, min(len(run.stdout), 1 << 20))
        self.assertIn(run.exit, (0, 125, 153))
        self.assertTrue(run.stdout or run.notes())


class Behaviour(Takeover):
    def test_ends_at_once(self):
        for what in (b"EXIT 0", b"EXIT 3", b"EXIT 255", b"CRASH"):
            with self.subTest(what=what):
                run = self.evil(what)
                self.calm(run)
                self.assertEqual(run.exit, 125)
                self.assertTrue(run.notes())
                self.assertLess(run.seconds, 2)

    @each({"hangs": b"HANG", "hangs with children": b"HANG2", "spins": b"SPIN"})
    def does_not_end(self, what):
        run = self.evil(what, "-t", "1", timeout=30)
        self.calm(run)
        self.assertIn(run.exit, (124, 125))
        self.assertGreaterEqual(run.seconds, 1)
        self.assertLess(run.seconds, 8)

    def test_a_result_before_it_hangs_does_not_end_the_wait_late(self):
        run = self.evil(b"SLEEPY\n" + result(stdout=b"early"), "-t", "1", timeout=30)
        self.calm(run)
        self.assertEqual(run.exit, 125)
        self.assertLess(run.seconds, 8)

    def test_floods_the_console(self):
        run = self.evil(b"FLOOD", "-t", "1", timeout=30)
        self.calm(run)
        self.assertIn(run.exit, (124, 125))
        self.assertLess(len(run.stderr), 100_000)
        self.assertLess(run.seconds, 8)


class Jail(Takeover):
    """What the process of the guest kernel can do, at its start and behind the filter that it has later."""

    # Calls whose success does no harm.
    HARMLESS = {"hold keeper", "local socket"}

    def probe(self, what):
        run = self.evil(what)
        self.assertEqual(run.exit, 0)
        return dict(line.rsplit(": ", 1) for line in run.stdout.decode().splitlines())

    @each({"at start": b"PROBE", "at work": b"PROBE2"})
    def lets_nothing_through(self, what):
        found = self.probe(what)
        self.assertGreater(len(found), 40)
        self.assertEqual(found.pop("end"), "0")
        descriptors, disks = found.pop("descriptors").removesuffix(" disks").split(" of ")
        self.assertLessEqual(int(descriptors), int(disks) + 5)
        wrong = {k: v for k, v in found.items() if v.startswith(("success", "executed", "no process"))}
        self.assertEqual({k: v for k, v in wrong.items() if k not in self.HARMLESS}, {})

    def test_the_image_is_untouched(self):
        before = self.job("true", outcome="exited")["image_digest"]
        self.evil(b"PROBE")
        self.assertEqual(self.sh("head -c 5 /etc/passwd; echo").stdout, b"root:\n")
        self.assertEqual(self.job("true", outcome="exited")["image_digest"], before)

    @needs.cgroup()
    def test_memory_of_all_its_processes_is_bounded(self):
        run = self.evil(b"GREED", "-m", "64M", timeout=40)
        self.calm(run)
        if run.exit == 0:
            self.assertGreater(int(run.stdout), 0)
            self.assertLess(int(run.stdout), 1024)


class FromOutside(Case):
    """The processes of a running VM as the host sees them."""

    def setUp(self):
        super().setUp()
        self.secret = self.write("secret", "secret")
        fd = os.open(self.secret, os.O_RDONLY)
        os.set_inheritable(fd, True)
        self.addCleanup(os.close, fd)
        self.pe = pe.spawn([pe.PE, "run", "-t", "20", "shell", "--", "sh", "-c", "sleep 15 & sleep 15"],
                           stdin=pe.subprocess.DEVNULL, stdout=pe.subprocess.PIPE, stderr=pe.subprocess.PIPE,
                           close_fds=False)
        self.addCleanup(self.end)
        # The keeper, the kernel, and a process for every address space of the guest.
        self.inside = host.wait_for(lambda: [p for p in host.descendants(self.pe.pid)], at_least=4)

    def end(self):
        self.pe.kill()
        self.pe.communicate()
        pe.forget(self.pe)

    def test_no_rights(self):
        for pid in self.inside:
            s = host.status(pid)
            with self.subTest(process=host.describe(pid)):
                self.assertEqual({s[c] for c in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}, {"0" * 16})
                self.assertEqual((s["NoNewPrivs"], s["Seccomp"]), ("1", "2"))
                self.assertNotIn("0", s["Uid"].split() + s["Gid"].split())
                self.assertIn(s["Groups"].split(), ([], [s["Gid"].split()[0]]))

    @needs.root()
    def test_a_user_of_its_own(self):
        users = {host.status(p)["Uid"].split()[0] for p in self.inside}
        self.assertEqual(len(users), 1)
        self.assertGreater(int(users.pop()), 65536)

    @needs.root()
    def test_namespaces_of_its_own(self):
        for pid in self.inside:
            for kind in ("user", "pid", "mnt", "net", "ipc", "uts"):
                self.assertNotEqual(host.namespace(pid, kind), host.namespace(os.getpid(), kind), f"{kind} of {pid}")

    @needs.root()
    def test_an_empty_root(self):
        for pid in self.inside:
            self.assertEqual(os.listdir(f"/proc/{pid}/root"), [], host.describe(pid))
            mounts = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
            self.assertEqual(len(mounts), 1, mounts)
            self.assertIn(" ro,", mounts[0])

    @needs.root()
    def test_no_descriptor_of_the_caller(self):
        for pid in self.inside:
            held = host.descriptors(pid)
            self.assertNotIn(str(self.secret), held.values(), host.describe(pid))
            for target in held.values():
                if target.startswith("/") and "memfd:" not in target and "(deleted)" not in target:
                    self.assertRegex(target, r"\.erofs$|/data[^/]*$|^/dev/null$", host.describe(pid))

    def test_one_processor_and_bounded_resources(self):
        for pid in self.inside:
            self.assertRegex(host.status(pid)["Cpus_allowed_list"], r"^\d+$", host.describe(pid))
            limits = Path(f"/proc/{pid}/limits").read_text()
            for name in ("Max processes", "Max file size", "Max open files", "Max cpu time"):
                line = next(text for text in limits.splitlines() if text.startswith(name))
                self.assertNotIn("unlimited", line.split("  ")[-3:] + line.split(), host.describe(pid))

    @needs.root()
    def test_the_environment_of_the_caller_is_not_there(self):
        # The keeper is a fork of pe and shares its memory's past; the others were executed.
        for pid in self.inside[1:]:
            words = Path(f"/proc/{pid}/environ").read_bytes()
            self.assertNotIn(b"HOME=" + os.environ.get("HOME", "?").encode(), words)

    @needs.cgroup()
    def test_all_in_one_group(self):
        groups = {Path(f"/proc/{p}/cgroup").read_text() for p in self.inside}
        for text in groups:
            self.assertIn("program-explorer-", text)


class Crowd(Case):
    exclusive = True

    @needs.cgroup()
    def test_every_vm_is_in_a_group_also_when_many_start_at_once(self):
        running = [pe.spawn([pe.PE, "run", "-t", "20", "shell", "--", "sleep", "15"], stdin=pe.subprocess.DEVNULL,
                            stdout=pe.subprocess.DEVNULL, stderr=pe.subprocess.DEVNULL) for _ in range(8)]
        try:
            for p in running:
                for pid in host.wait_for(lambda p=p: host.descendants(p.pid), at_least=3):
                    text = Path(f"/proc/{pid}/cgroup").read_text()
                    self.assertRegex(text, "memory:.*program-explorer-|^0::.*program-explorer-", host.describe(pid))
        finally:
            for p in running:
                p.kill()
                p.wait()
                pe.forget(p)
        self.assertEqual(host.orphans(), [])
