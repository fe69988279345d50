# SPDX-License-Identifier: MIT
"""Input files and output files: contents, names, modes, and where they land on the host."""

import hashlib
import os
import random
from pathlib import Path

from support import pe
from support.case import Case, each

MEBI = 1 << 20
# Names that are odd but lawful: they go in and come back byte for byte.
NAMES = {
    "space": b"a b.txt", "newline": b"a\nb", "dash": b"-rf", "two dashes": b"--", "utf8": "grüße-日本.txt".encode(),
    "two dots and more": b"..x", "three dots": b"...", "dot file": b".hidden", "backslash": b"a\\b", "star": b"*",
    "terminal codes": b"\x1b[2J", "quote": b"'\"", "255 bytes": b"n" * 255, "not utf8": b"\xff\xfename",
    "trailing space": b"x ", "trailing dot": b"x.", "tilde": b"~", "colon": b"C:x", "percent": b"%s%n%d",
    "the trailer of cpio": b"TRAILER!!!", "our own names": b"exit",
}


def tree(directory):
    """{relative name in bytes: content} of every file below @directory, which must hold nothing else."""
    found = {}
    for top, _, names in os.walk(os.fsencode(directory)):
        for name in names:
            path = os.path.join(top, name)
            assert os.path.isfile(path) and not os.path.islink(path), path
            found[os.path.relpath(path, os.fsencode(directory))] = Path(os.fsdecode(path)).read_bytes()
    return found


class Input(Case):
    def test_a_file_under_its_own_name(self):
        path = self.write("hello.c", b"int main;")
        run = self.execute([pe.PE, "run", "-f", path, "shell", "--", "sh", "-c", "ls -A; cat hello.c"])
        self.assertEqual(run.stdout, b"hello.c\nint main;")

    def test_a_file_under_another_name(self):
        run = self.sh("find . -type f | sort; cat a/b/c", files={"a/b/c": b"deep", "x": b""})
        self.assertEqual(run.stdout, b"./a/b/c\n./x\ndeep")

    def test_a_directory(self):
        for name in ("top", "one/two/three", "one/.dot"):
            self.write(f"d/{name}", name)
        (self.tmp / "d/empty").mkdir()
        run = self.execute([pe.PE, "run", "-d", self.tmp / "d", "shell", "--", "sh", "-c",
                            "find . | sort; cat one/two/three"])
        self.assertEqual(run.stdout.decode().split(),
                         [".", "./empty", "./one", "./one/.dot", "./one/two", "./one/two/three", "./top",
                          "one/two/three"])

    def test_a_directory_and_files_together(self):
        self.write("d/a", "from the directory")
        run = self.sh("cat a b", files={"b": b" and beside"}, options=["-d", self.tmp / "d"])
        self.assertEqual(run.stdout, b"from the directory and beside")

    def test_modes(self):
        self.write("d/run.sh", "#!/bin/sh\necho ran", 0o755)
        self.write("d/plain", "x", 0o644)
        run = self.sh("./run.sh; stat -c %a run.sh plain", options=["-d", self.tmp / "d"])
        self.assertEqual(run.stdout.split(), [b"ran", b"755", b"644"])

    def test_set_id_bits_do_not_travel(self):
        run = self.sh("stat -c %a tool", files={"tool": (b"x", 0o6755)})
        self.assertEqual(run.stdout.strip(), b"755")

    def test_belongs_to_the_user_and_can_be_changed(self):
        run = self.sh("stat -c %u:%g x . sub; echo more >> x; rm sub/y; rmdir sub; mkdir new; ls",
                      files={"x": b"", "sub/y": b""})
        self.assertEqual(run.stdout.split(), [b"1000:1000"] * 3 + [b"new", b"x"])

    def test_a_read_only_directory(self):
        self.write("d/sub/x", "inside", 0o444)
        os.chmod(self.tmp / "d/sub", 0o555)
        run = self.sh("cat sub/x; stat -c %a sub/x", options=["-d", self.tmp / "d"])
        self.assertEqual(run.stdout, b"inside444\n")

    def test_an_empty_file(self):
        self.assertEqual(self.sh("stat -c %s x", files={"x": b""}).stdout, b"0\n")

    @each(NAMES)
    def name(self, name):
        given = self.write("d/" + os.fsdecode(name), b"content")
        self.assertTrue(given.exists())
        run = self.execute([pe.PE, "run", "-d", self.tmp / "d", "shell", "--", "sh", "-c",
                            'for f in * .[!.]* ..?*; do test -e "$f" && printf %s "$f" && cat -- "$f"; done; true'])
        self.assertEqual((run.exit, run.stdout), (0, name + b"content"))

    @each({
        "dots in front": "../x", "dots inside": "a/../../x", "dots at the end": "a/..", "absolute": "/etc/passwd",
        "empty": "", "one dot": ".", "two dots": "..", "double slash": "a//b", "slash at the end": "a/",
        "dot inside": "a/./b", "256 bytes": "n" * 256, "far too long": "n/" * 3000 + "n",
    })
    def refused_name(self, name):
        source = self.write("x", b"x")
        run = self.execute([pe.PE, "run", "-f", f"{name}={source}", "shell", "--", "true"])
        self.refused(run, name[:20])

    def test_a_file_that_is_also_a_directory_is_refused(self):
        run = self.guest("true", files={"a": b"", "a/b": b""}, exit=None)
        self.refused(run, "a")

    @each({"-f": "-f", "-d": "-d", "-i": "-i"})
    def missing(self, option):
        run = self.execute([pe.PE, "run", option, self.tmp / "absent", "shell", "--", "true"])
        self.refused(run, str(self.tmp / "absent"))

    def test_a_directory_is_no_file(self):
        run = self.execute([pe.PE, "run", "-f", self.tmp, "shell", "--", "true"])
        self.refused(run, str(self.tmp))

    def test_a_file_is_no_directory(self):
        path = self.write("x", b"")
        self.refused(self.execute([pe.PE, "run", "-d", path, "shell", "--", "true"]), str(path))

    def test_more_than_the_limit_is_refused(self):
        path = self.write("big", b"")
        os.truncate(path, 17 * MEBI)
        self.refused(self.execute([pe.PE, "run", "-f", path, "shell", "--", "true"]), "input")

    def test_an_endless_file_is_refused(self):
        self.refused(self.execute([pe.PE, "run", "-f", "x=/dev/zero", "shell", "--", "true"], timeout=20), "/dev/zero")

    def test_a_fifo_in_the_directory_does_not_hang(self):
        self.write("d/x", "x")
        os.mkfifo(self.tmp / "d/fifo")
        run = self.execute([pe.PE, "run", "-d", self.tmp / "d", "shell", "--", "cat", "x"], timeout=15)
        if run.exit == 0:
            self.assertEqual(run.stdout, b"x")
        else:
            self.refused(run, "fifo")

    def test_a_symlink_in_the_directory_does_not_carry_in_what_it_points_to(self):
        secret = self.write("secret", "top secret")
        self.write("d/x", "x")
        (self.tmp / "d/link").symlink_to(secret)
        run = self.execute([pe.PE, "run", "-d", self.tmp / "d", "shell", "--", "sh", "-c", "cat x link"])
        self.assertNotIn(b"top secret", run.stdout)
        if run.stdout != b"x":
            self.refused(run, "link")


class Output(Case):
    def collect(self, script, outdir=None, exit=0, **kw):
        outdir = outdir or self.tmp / "out"
        options = ["-o", outdir, *kw.pop("options", [])]
        run = self.sh(script, options=options, exit=exit, **kw)
        return run, tree(outdir)

    def test_files_land_in_outdir(self):
        _, found = self.collect("cd /output; echo a > a; mkdir -p d/e; echo b > d/e/b; : > empty")
        self.assertEqual(found, {b"a": b"a\n", b"d/e/b": b"b\n", b"empty": b""})

    def test_without_outdir_nothing_is_written(self):
        self.write("cwd/.keep", "")
        self.assertEqual(self.sh("echo x > /output/x; cat /output/x", cwd=self.tmp / "cwd").stdout, b"x\n")
        self.assertEqual(os.listdir(self.tmp / "cwd"), [".keep"])

    def test_none(self):
        _, found = self.collect("true")
        self.assertEqual(found, {})
        self.assertEqual(self.guest("true").stdout, b"")
        r = self.job("true", outcome="exited")
        self.assertEqual((r.files, r.skipped), ({}, {}))

    def test_input_files_are_not_output(self):
        _, found = self.collect("echo changed > given; echo x > /tmp/x; echo y > /output/y", files={"given": b"x"})
        self.assertEqual(found, {b"y": b"y\n"})

    def test_modes(self):
        self.collect("cd /output; for m in 644 755 600 444 000; do echo > m$m; chmod $m m$m; done")
        modes = {m: (self.tmp / f"out/m{m}").stat().st_mode for m in ("644", "755", "600", "444", "000")}
        for name, mode in modes.items():
            self.assertEqual(bool(mode & 0o111), name == "755", name)
            self.assertTrue(mode & 0o400, f"{name} can be read by its owner")
        r = self.sh_job("cd /output; echo > t; chmod 4755 t; echo > u; chmod 640 u", outcome="exited")
        self.assertEqual(r.modes, {"t": "0755", "u": "0640"})

    def test_set_id_bits_do_not_land_on_the_host(self):
        self.collect("cd /output; echo > t; chmod 6755 t; mkdir d; chmod 7777 d; echo > d/f", options=["-u", "root"])
        self.assertEqual((self.tmp / "out/t").stat().st_mode & 0o7000, 0)
        self.assertEqual((self.tmp / "out/d").stat().st_mode & 0o7000, 0)

    def test_an_unreadable_directory_comes_back(self):
        _, found = self.collect("cd /output; mkdir d; echo x > d/f; chmod 0 d/f d")
        os.chmod(self.tmp / "out/d", 0o700)
        self.assertIn(b"d/f", found or tree(self.tmp / "out"))

    def test_an_empty_directory_comes_back(self):
        self.collect("mkdir -p /output/a/b")
        self.assertTrue((self.tmp / "out/a/b").is_dir())

    def test_binary_both_ways(self):
        data = bytes(range(256)) * 300 + random.Random(4).randbytes(MEBI)
        _, found = self.collect("cp given /output/copy", files={"given": data})
        self.assertEqual(hashlib.sha256(found[b"copy"]).digest(), hashlib.sha256(data).digest())
        r = self.sh_job("cp given /output/copy", files={"given": data[:100000]}, outcome="exited")
        self.assertEqual(r.files, {"copy": data[:100000]})

    def test_1000_small_files_both_ways(self):
        for i in range(1000):
            self.write(f"d/{i % 10}/f{i}", f"content {i}")
        _, found = self.collect("cp -r . /output", options=["-d", self.tmp / "d"])
        self.assertEqual(found, {b"%d/f%d" % (i % 10, i): b"content %d" % i for i in range(1000)})

    def test_deep_directories_both_ways(self):
        deep = "/".join(f"d{i}" for i in range(100))
        _, found = self.collect("cp -r . /output", files={f"{deep}/bottom": b"x"})
        self.assertEqual(found, {f"{deep}/bottom".encode(): b"x"})

    @each({"failure": ("exit 3", 3), "a signal": ("kill -KILL $$", 137), "timeout": ("sleep 60", 124)})
    def kept_after(self, end, status):
        _, found = self.collect(f"echo kept > /output/x; {end}", options=["-t", "1"], exit=status)
        self.assertEqual(found, {b"x": b"kept\n"})

    @each(NAMES)
    def name(self, name):
        _, found = self.collect('cat given > "/output/$(cat name)"', files={"given": b"content", "name": name})
        self.assertEqual(found, {name: b"content"})

    def test_a_name_that_is_not_utf8_in_json(self):
        r = self.sh_job("printf x > \"/output/$(printf 'a\\377b')\"; echo y > /output/ok", outcome="exited")
        self.assertEqual(r.files, {"ok": b"y\n", "a\udcffb": b"x"})

    def test_hard_links_come_back_as_files(self):
        _, found = self.collect("cd /output; echo x > a; ln a b")
        self.assertEqual(found, {b"a": b"x\n", b"b": b"x\n"})

    def test_an_existing_file_is_replaced(self):
        self.write("out/x", "old and longer")
        self.write("out/other", "stays")
        _, found = self.collect("echo new > /output/x")
        self.assertEqual(found, {b"x": b"new\n", b"other": b"stays"})

    def test_outdir_is_made(self):
        _, found = self.collect("echo x > /output/x", outdir=self.tmp / "fresh")
        self.assertEqual(found, {b"x": b"x\n"})

    def test_both_streams_and_files_with_outdir_and_json(self):
        r = self.sh_job("echo o; echo e >&2; echo f > /output/f", options=["-o", self.tmp / "out"], outcome="exited")
        self.assertEqual((r.stdout, r.stderr), (b"o\n", b"e\n"))
        self.assertEqual(tree(self.tmp / "out"), {b"f": b"f\n"})

    @each({"dash": "-starts-with-dash", "space": "with space"})
    def outdir_with_name(self, name):
        self.sh("echo x > /output/x", options=["-o", name], cwd=self.tmp)
        self.assertEqual(tree(self.tmp / name), {b"x": b"x\n"})

    def test_outdir_that_is_a_file_is_refused(self):
        path = self.write("file", "stays")
        self.refused(self.guest("true", options=["-o", path], exit=None), str(path))
        self.assertEqual(path.read_text(), "stays")
