# SPDX-License-Identifier: MIT
"""What a guest leaves in /output, and what waits in OUTDIR, make pe write nowhere else and follow nothing."""

import os

from support import needs
from support.case import Case, each


class Kinds(Case):
    def leave(self, script, image="shell", **kw):
        """Runs @script with OUTDIR and --json; returns the report and the sorted entries of OUTDIR."""
        r = self.job(*script, image=image, options=["-o", self.tmp / "out", *kw.pop("options", [])], **kw)
        out = self.tmp / "out"
        return r, sorted(os.listdir(out)) if out.exists() else []

    def sh_leave(self, script, **kw):
        return self.leave(("sh", "-c", "cd /output; echo ok > ok; " + script), **kw)

    @each({
        "symlink to a file": ("ln -s /etc/passwd x", "symlink"),
        "symlink to a host file": ("ln -s /proc/self/environ x", "symlink"),
        "symlink up": ("ln -s ../../../etc x", "symlink"),
        "symlink to nothing": ("ln -s nowhere x", "symlink"),
        "symlink to itself": ("ln -s x x", "symlink"),
        "fifo": ("mkfifo x", "fifo"),
    })
    def left_out(self, script, reason):
        r, found = self.sh_leave(script, outcome="exited")
        self.assertEqual((r.files, r.skipped, found), ({"ok": b"ok\n"}, {"x": reason}, ["ok"]))

    def test_socket(self):
        script = ("import socket\nopen('/output/ok', 'w').write('ok')\n"
                  "socket.socket(socket.AF_UNIX).bind('/output/x')\n")
        r, found = self.leave(("python3", "-c", script), image="python3", outcome="exited")
        self.assertEqual((r.files, r.skipped, found), ({"ok": b"ok"}, {"x": "socket"}, ["ok"]))

    def test_device(self):
        # Without capabilities none can be made, except the whiteout of overlay file systems.
        script = ("import os, stat\nopen('/output/ok', 'w').write('ok')\n"
                  "try: os.mknod('/output/x', stat.S_IFCHR | 0o666, os.makedev(1, 5))\n"
                  "except PermissionError: print('denied')\n"
                  "try: os.mknod('/output/y', stat.S_IFCHR | 0o666, os.makedev(0, 0))\n"
                  "except PermissionError: print('denied')\n")
        for user in ("1000", "root"):
            with self.subTest(user=user):
                r, found = self.leave(("python3", "-c", script), image="python3", options=["-u", user])
                self.assertEqual(r.outcome, "exited")
                self.assertTrue(r.stdout.startswith(b"denied\n"))
                self.assertIn(r.skipped, ({}, {"y": "device"}))
                self.assertEqual(found, ["ok"])

    def test_directory_replaced_by_a_symlink(self):
        r, found = self.sh_leave("mkdir d; echo in > d/f; mv d e; ln -s /tmp d", outcome="exited")
        self.assertEqual(r.files, {"ok": b"ok\n", "e/f": b"in\n"})
        self.assertEqual((r.skipped, found), ({"d": "symlink"}, ["e", "ok"]))

    def test_output_itself_cannot_be_replaced(self):
        r = self.sh_job("rmdir /output; mv /output /tmp/o; ln -sfn /etc /output; echo x > /output/x",
                        options=["-u", "root"])
        self.assertEqual((r.outcome, r.files), ("exited", {"x": b"x\n"}))

    def test_too_deep_for_a_path(self):
        script = ("import os\nos.chdir('/output')\nopen('ok', 'w').write('ok')\n"
                  "for _ in range(60):\n    os.mkdir('d' * 200); os.chdir('d' * 200)\nopen('bottom', 'w').write('x')\n")
        r, found = self.leave(("python3", "-c", script), image="python3", outcome="exited")
        self.assertEqual(r.files.get("ok"), b"ok")
        self.assertNotIn("bottom", "".join(r.files))
        self.assertTrue(r.skipped)
        self.assertEqual(found, ["d" * 200, "ok"])

    def test_2000_levels(self):
        script = ("import os\nos.chdir('/output')\nopen('ok', 'w').write('ok')\n"
                  "for _ in range(2000):\n    os.mkdir('d'); os.chdir('d')\nopen('bottom', 'w').write('x')\n")
        r, _ = self.leave(("python3", "-c", script), image="python3", outcome="exited")
        self.assertEqual(r.files.get("ok"), b"ok")

    def test_many_symlinks(self):
        r, found = self.sh_leave("for i in 1 2 3 4 5 6 7 8 9; do for j in 1 2 3 4 5 6 7 8 9; do"
                                 " ln -s /etc/passwd a-rather-long-name-for-a-link-$i$j; done; done", outcome="exited")
        self.assertEqual((found, len(r.skipped)), (["ok"], 81))

    def test_names_that_break_lists_apart(self):
        script = "ln -s x \"$(printf 'fifo\\nsymlink y\\n')\"; echo x > \"$(printf 'a\\noutcome=lost')\""
        r, found = self.sh_leave(script, outcome="exited")
        self.assertEqual(r.files, {"ok": b"ok\n", "a\noutcome=lost": b"x\n"})
        self.assertEqual(r.skipped, {"fifo\nsymlink y": "symlink"})
        self.assertEqual(found, ["a\noutcome=lost", "ok"])

    def test_notes_name_what_was_left_out(self):
        run = self.sh("ln -s /etc/passwd /output/thelink", options=["-o", self.tmp / "out"])
        self.assertIn("thelink", "\n".join(run.notes()))


class Outdir(Case):
    """Whoever may write to OUTDIR before or during the run gets nothing by it."""

    def trap(self):
        self.bait = self.write("elsewhere/bait", "untouched")
        self.out = self.tmp / "out"
        self.out.mkdir()

    def check(self):
        self.assertEqual(self.bait.read_text(), "untouched")
        self.assertEqual(os.listdir(self.tmp / "elsewhere"), ["bait"])

    def replaced_or_refused(self, run):
        """The trap at OUTDIR/x has given way to the real file, or was named; in no case was it followed."""
        self.check()
        if run.exit != 0:
            self.refused(run, "x", exits=(125,))
            return
        self.assertFalse((self.out / "x").is_symlink())
        self.assertEqual((self.out / "x").read_text(), "owned\n")

    def write_output(self, script):
        return self.sh(script, options=["-o", self.out], exit=None)

    def test_symlink_to_a_file(self):
        self.trap()
        (self.out / "x").symlink_to(self.bait)
        self.replaced_or_refused(self.write_output("echo owned > /output/x"))

    def test_dangling_symlink(self):
        self.trap()
        (self.out / "x").symlink_to(self.tmp / "elsewhere" / "new")
        self.replaced_or_refused(self.write_output("echo owned > /output/x"))

    @each({"file below": "mkdir /output/d; echo owned > /output/d/bait",
           "directory below": "mkdir -p /output/d/sub/deeper", "only the directory": "mkdir -m 777 /output/d"})
    def symlink_to_a_directory(self, script):
        self.trap()
        elsewhere = self.tmp / "elsewhere"
        mode = elsewhere.stat().st_mode
        (self.out / "d").symlink_to(elsewhere)
        run = self.write_output(script)
        self.check()
        self.assertEqual(elsewhere.stat().st_mode, mode)
        if run.exit == 0:
            self.assertTrue((self.out / "d").is_dir() and not (self.out / "d").is_symlink())
        else:
            self.refused(run, "d", exits=(125,))

    def test_hard_link(self):
        self.trap()
        os.link(self.bait, self.out / "x")
        self.replaced_or_refused(self.write_output("echo owned > /output/x"))

    def test_fifo_does_not_hang(self):
        self.trap()
        os.mkfifo(self.out / "x")
        run = self.sh("echo owned > /output/x", options=["-o", self.out], exit=None, timeout=15)
        self.replaced_or_refused(run)

    def test_directory_where_a_file_should_be(self):
        self.trap()
        (self.out / "x").mkdir()
        run = self.write_output("echo owned > /output/x; echo y > /output/y")
        self.assertTrue((self.out / "x").is_dir())
        self.refused(run, "x", exits=(125,))

    def test_file_where_a_directory_should_be(self):
        self.trap()
        (self.out / "x").write_text("mine")
        run = self.write_output("mkdir /output/x; echo in > /output/x/f")
        if run.exit != 0:
            self.refused(run, "x", exits=(125,))
            self.assertEqual((self.out / "x").read_text(), "mine")
        else:
            self.assertEqual((self.out / "x/f").read_text(), "in\n")

    def test_outdir_may_itself_be_a_symlink(self):
        real = self.tmp / "real"
        real.mkdir()
        (self.tmp / "link").symlink_to(real)
        self.sh("echo x > /output/x", options=["-o", self.tmp / "link"])
        self.assertEqual((real / "x").read_text(), "x\n")

    def test_a_read_only_file_of_ours_is_replaced_whole_or_not_at_all(self):
        self.trap()
        (self.out / "x").write_text("old content that is longer")
        (self.out / "x").chmod(0o444)
        run = self.write_output("echo new > /output/x")
        content = (self.out / "x").read_text()
        self.assertEqual(content, "new\n" if run.exit == 0 else "old content that is longer")

    @needs.root()
    def test_as_root_it_makes_no_device_and_no_set_id_file(self):
        self.trap()
        self.sh("cd /output; cp /bin/true t; chmod 6755 t", options=["-o", self.out, "-u", "root"])
        st = (self.out / "t").lstat()
        self.assertEqual(st.st_mode & 0o6000, 0)
