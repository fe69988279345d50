# SPDX-License-Identifier: MIT
"""Results that no honest guest would give: pe takes them apart without harm, or refuses them."""

import os
import random

from support import pe
from support.case import each
from support.newc import DEVICE, DIRECTORY, FIFO, SYMLINK, TRAILER, entry, exit_record, result
from support.takeover import Takeover


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
        "empty": "", "nul": b"dir/a\0b", "own name": "argv", "unknown at the root": "bait",
        "256 bytes": "dir/" + "n" * 256,
        "too long": "dir/" + "n/" * 2100 + "x", "only dots": "dir/..",
    })
    def name(self, name):
        run = self.forge(result(entry(name, b"owned")))
        self.assertEqual(run.exit, 125)
        self.assertTrue(run.notes())

    @each({"symlink": SYMLINK, "device": DEVICE, "fifo": FIFO, "socket": 0o140644, "no type": 0o644,
           "all bits": 0xffffffff})
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
        "name larger than the disk": entry("stdout", namesize=0xffffffff),
        "name of no byte": entry("stdout", namesize=0),
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
        "terminal codes in the message": result(end=exit_record(outcome="not_found", message="\x1b]0;own\x07\x1b[2J")),
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
