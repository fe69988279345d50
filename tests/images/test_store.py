# SPDX-License-Identifier: MIT
"""The store: small, sound, shared, and whole whatever dies when."""

import fcntl
import json
import os
import random
import re
import shutil
import subprocess
import threading
import zlib

from support import needs, oci, pe
from support.build import program
from support.case import each
from support.oci import directory, entry
from support.store import StoreCase

SUMS = pe.ROOT / "tests" / "images" / "guests" / "sums.c"
# How many runs look at a store that others write into; `make soak` has more of them.
RUNS = int(os.environ.get("PE_SOAK_RUNS", "40"))


def blob(seed, n):
    return random.Random(seed).randbytes(n)


def image(*files):
    """A layer that looks at itself: /check reads what it holds and compares it."""
    sums = "".join(f"{zlib.crc32(data):08x} /{name}\n" for name, data in files).encode()
    return oci.tar(directory("etc"), entry("check", program(SUMS).read_bytes(), mode=0o755),
                   entry("sums", sums), *(entry(name, data) for name, data in files))


class Filled(StoreCase):
    def layout(self, name, *files):
        path = self.tmp / name
        if not path.exists():
            oci.layout(path, image(*files), Entrypoint=["/check"])
        return path

    def add_files(self, name, *files, **kw):
        return self.add(f"oci:{self.layout('l-' + name, *files)}", name, **kw)

    def data(self):
        return (self.store / "data").stat()

    def disk(self):
        return self.data().st_blocks * 512


class Store(Filled):
    def test_contents_are_there_once(self):
        same = ("same", blob(1, 1 << 20))
        self.add_files("a", same, ("a", blob(2, 100000)))
        before = self.disk()
        self.assertIn(b"of which 195 KiB are new", self.add_files("b", same, ("b", blob(3, 200000))).stderr)
        self.assertLess(self.disk() - before, 210000)
        images = self.listed()
        self.assertGreater(images["a"]["shared_bytes"], 1 << 20)
        self.assertEqual(images["a"]["shared_bytes"], images["b"]["shared_bytes"])
        table = self.image("ls").stdout.decode()
        self.assertRegex(table, r"NAME +SIZE +SHARED +PLATFORM +DIGEST +AGE")
        self.assertRegex(table, r"a +\d.\d MiB +\d.\d MiB +linux/amd64 +sha256:[0-9a-f]{12} just now")
        self.check()

    def test_by_digest(self):
        self.add_files("a", ("a", blob(1, 5000)))
        digest = self.listed()["a"]["digest"]
        for name in (digest, digest[:19]):
            self.assertEqual(self.run_in(name).exit, 0)
        self.refused(self.run_in("sha256:" + "0" * 64), "sha256:0000")

    def test_gc_gives_room_back(self):
        self.add_files("a", ("same", blob(1, 1 << 20)), ("a", blob(2, 3 << 20)))
        self.add_files("b", ("same", blob(1, 1 << 20)), ("b", blob(3, 2 << 20)))
        self.add_files("c", ("c", blob(4, 1 << 20)))
        before = self.disk()
        self.assertIn(b"0 B freed", self.image("gc").stdout)
        self.image("rm", "a")
        self.assertRegex(self.image("gc").stdout.decode(), r"3.\d MiB freed: 1 images, 1 files")
        self.assertLess(self.disk(), before - (3 << 20) + 100000)
        self.image("rm", "c")
        size = self.data().st_size
        self.image("gc")
        self.assertLess(self.data().st_size, size)
        self.check()
        self.assertEqual(self.run_in("b").exit, 0)
        self.add_files("a", ("same", blob(1, 1 << 20)), ("a", blob(2, 3 << 20)))
        self.check()
        self.image("rm", "a", "b")
        self.image("gc")
        self.assertEqual((self.disk(), os.listdir(self.store / "metadata")), (0, []))

    def test_gc_leaves_what_runs(self):
        shell = oci.layout(self.tmp / "sleeper", image(("f", blob(5, 2 << 20))), Entrypoint=["/check"])
        self.add(f"oci:{shell}", "a")
        # Whoever has the image open, a VM say, holds a lock on its metadata.
        with open(self.metadata("a"), "rb") as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            self.image("rm", "a")
            run = self.image("gc")
            self.assertIn(b"1 removed images are in use", run.stderr)
            self.assertIn(b"0 B freed", run.stdout)
            self.assertGreater(self.disk(), 2 << 20)
        self.assertIn(b" 1 images", self.image("gc").stdout)
        self.assertLess(self.disk(), 100000)

    def flip(self, path, at):
        with open(path, "r+b") as f:
            f.seek(at)
            byte = f.read(1)
            f.seek(at)
            f.write(bytes([byte[0] ^ 4]))

    def test_verify_names_file_and_image(self):
        self.add_files("a", ("same", blob(1, 50000)), ("a", blob(2, 50000)))
        self.add_files("b", ("same", blob(1, 50000)), ("b", blob(3, 50000)))
        data = (self.store / "data").read_bytes()
        self.flip(self.store / "data", data.index(blob(1, 50000)) + 12345)
        self.flip(self.store / "data", data.index(blob(3, 50000)) + 49999)
        run = self.image("verify", exit=1)
        said = [line for line in run.stderr.decode().splitlines() if "damaged" in line]
        self.assertEqual(len(said), 3, said)
        for name, path in (("a", "/same"), ("b", "/same"), ("b", "/b")):
            self.assertTrue(any(f"{name}: '{path}' is damaged" in line for line in said), said)
        self.image("verify", "a", exit=1)

        # Adding again mends it.
        for name, own in (("a", 2), ("b", 3)):
            self.add_files(name, ("same", blob(1, 50000)), (name, blob(own, 50000)))
            self.assertEqual(self.run_in(name).exit, 0)
        self.check()
        self.image("gc")
        self.check()

    def test_verify_names_small_files_too(self):
        self.add_files("a", ("small", b"needle" * 20), ("other", blob(2, 5000)))
        path = self.metadata("a")
        self.flip(path, path.read_bytes().index(b"needleneedle") + 3)
        run = self.image("verify", exit=1)
        self.assertIn(b"a: '/small' is damaged", run.stderr)
        self.add_files("a", ("small", b"needle" * 20), ("other", blob(2, 5000)))
        self.check()

    def test_every_flipped_byte_of_metadata_is_found(self):
        self.add_files("a", ("small", b"s"), ("other", blob(2, 5000)))
        path = self.metadata("a")
        good = path.read_bytes()
        rng = random.Random(1)
        used = [i for i, byte in enumerate(good) if byte]
        for at in [*rng.sample(used, 25), *rng.sample(range(len(good) - 4096), 10)]:
            self.flip(path, at)
            run = self.image("verify", exit=None)
            self.assertEqual(run.exit, 1, f"byte {at}: {run.stdout} {run.stderr}")
            path.write_bytes(good)

    def test_an_index_that_is_gone_costs_room_and_no_image(self):
        self.add_files("a", ("a", blob(1, 50000)))
        (self.store / "index").unlink()
        self.add_files("b", ("a", blob(1, 50000)), ("b", b"b"))
        for name in "ab":
            self.assertEqual(self.run_in(name).exit, 0)
        self.image("gc")
        for name in "ab":
            self.assertEqual(self.run_in(name).exit, 0)

    def test_a_damaged_index_record(self):
        self.add_files("a", ("a", blob(1, 50000)), ("b", blob(2, 60000)))
        self.flip(self.store / "index", 70)
        self.add_files("b", ("c", blob(3, 50000)), ("a", blob(1, 50000)), ("b", blob(2, 60000)))
        for name in "ab":
            self.assertEqual(self.run_in(name).exit, 0)

    @needs.root()
    @needs.mount_namespace()
    def test_a_full_disk(self):
        small, large = self.layout("small", ("s", blob(1, 2 << 20))), self.layout("large", ("l", blob(2, 9 << 20)))
        several = self.layout("several", *((f"f{i}", blob(10 + i, 400000)) for i in range(40)))
        # Room for what the first needs and some more, in pieces of odd sizes.
        for mib in (6, 8, 9):
            script = f"""set -e
                mount -t tmpfs -o size={mib}m none {self.store}
                pe() {{ {pe.PE} image "$@"; }}
                pe add oci:{small} --as a
                stat -c %s {self.store}/data >{self.tmp}/before
                for l in {large} {several}; do
                    if pe add oci:$l --as b; then echo "added to a full disk" >&2; exit 1; fi
                    stat -c %s {self.store}/data >{self.tmp}/after
                    cmp {self.tmp}/before {self.tmp}/after
                    pe verify
                done
                pe ls
                {pe.PE} run a
                cp {self.store}/a.json {self.tmp}/a.json
                find {self.store} -name '.*' -type f | grep . && exit 1
                pe gc"""
            self.store.mkdir(exist_ok=True)
            run = self.execute(["unshare", "--mount", "bash", "-c", script], env=self.env())
            self.assertEqual(run.exit, 0, run.stderr)
            self.assertEqual(run.stderr.count(b"No space left on device"), 2, run.stderr)
            self.assertNotIn(b"\nb ", run.stdout)


class Together(Filled):
    """Several at once."""

    def test_adders_and_gc(self):
        same = ("same", blob(1, 300000))
        paths = {f"i{i}": self.layout(f"i{i}", same, (f"f{i}", blob(100 + i, 200000 + i))) for i in range(8)}
        running = [pe.spawn([pe.PE, "image", "add", f"oci:{path}", "--as", name], env=self.env(),
                            stderr=subprocess.PIPE) for name, path in paths.items()]
        for _ in range(6):
            self.image("gc")
            self.image("ls")
        for p in running:
            said = p.communicate()[1]
            pe.forget(p)
            self.assertEqual(p.returncode, 0, said)
        self.assertEqual(len(self.listed()), 8)
        self.check()

    def test_runs_while_others_write(self):
        files = [(f"f{i}", blob(i, 30000 + 1111 * i)) for i in range(20)]
        self.add_files("a", *files)
        others = [self.layout(f"o{i}", ("shared", files[i][1]), (f"x{i}", blob(500 + i, 700000 + i))) for i in range(4)]
        stop, wrong = threading.Event(), []

        def write():
            for n in range(10 ** 9):
                if stop.is_set():
                    return
                commands = [["add", f"oci:{others[n % 4]}", "--as", f"o{n % 4}"], ["rm", f"o{(n + 2) % 4}"], ["gc"]]
                for words in commands:
                    run = subprocess.run([pe.PE, "image", *words], env=self.env(), capture_output=True, check=False)
                    if run.returncode != 0 and words[0] != "rm":
                        wrong.append((words, run.stderr))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for i in range(RUNS):
                run = self.run_in("a")
                self.assertEqual((run.exit, run.stdout), (0, b"20 files, 0 wrong\n"), f"run {i}: {run.stderr}")
                self.runs.clear()
        finally:
            stop.set()
            writer.join()
        self.assertEqual(wrong, [])
        self.check()


class Killed(StoreCase):
    """kill -9 at every system call that changes something: the old state or the new one, and nothing in between."""

    CALLS = "write,pwrite64,ftruncate,fallocate,fsync,fdatasync,renameat,unlinkat,mkdir,mkdirat,openat,flock,close"

    def setUp(self):
        super().setUp()
        self.old = oci.layout(self.tmp / "old", oci.tar(entry("a", blob(1, 30000)), entry("s", b"small")))
        # Larger than what is gathered in memory, a content of the old one, and one twice.
        self.new = oci.layout(self.tmp / "new", oci.tar(entry("big", blob(2, 5 << 20)), entry("a", blob(1, 30000)),
                                                        entry("b", blob(3, 40000)), entry("c", blob(3, 40000))))
        self.add(f"oci:{self.old}", "old")
        self.add(f"oci:{self.old}", "both")
        shutil.copytree(self.store, self.tmp / "start")
        self.begin = self.listed()

    def restore(self):
        shutil.rmtree(self.store)
        shutil.copytree(self.tmp / "start", self.store)

    def points(self, words):
        """How often each of CALLS is made."""
        log = self.tmp / "strace"
        subprocess.run(["strace", "-f", "-qq", "-e", f"trace={self.CALLS}", "-o", log, pe.PE, "image", *words],
                       env=self.env(), check=True, capture_output=True)
        calls = re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.M)
        self.restore()
        return {call: calls.count(call) for call in sorted(set(calls))}

    def killed(self, words, call, n):
        """True when it was."""
        inject = f"inject={call}:signal=KILL:when={n}"
        run = subprocess.run(["strace", "-f", "-qq", "-e", "trace=none", "-e", inject, "-o", "/dev/null", pe.PE, "image",
                              *words], env=self.env(), capture_output=True, check=False)
        return run.returncode != 0

    def each_point(self, words, every):
        for call, count in self.points(words).items():
            # Most of the many are like each other.
            step = max(1, count // every)
            for n in range(1, count + 1, step):
                yield self.killed(words, call, n), f"killed at {call} {n} of {count}"
                self.restore()

    def sound(self, where):
        verified = self.image("verify", exit=None)
        self.assertEqual((verified.exit, verified.stderr), (0, b""), where)
        images = self.listed()
        self.assertEqual(images["old"]["digest"], self.begin["old"]["digest"], where)
        return images

    @needs.tool("strace")
    def test_add(self):
        digest = None
        for killed, where in self.each_point(["add", f"oci:{self.new}", "--as", "both"], 8):
            both = self.sound(where)["both"]
            if both["digest"] != self.begin["both"]["digest"]:
                digest = digest or both["digest"]
                self.assertEqual(both["digest"], digest, where)
            else:
                self.assertTrue(killed, f"reported as added, but is not there: {where}")
            # Whatever was left behind is in nobody's way, and does not stay.
            self.add(f"oci:{self.new}", "both")
            self.sound(where)
            self.image("gc")
            self.sound(where)
            files = sorted(p.name for p in self.store.rglob("*") if p.is_file() and p.suffix != ".erofs")
            self.assertEqual(files, ["both.json", "data", "index", "old.json"], where)
            self.assertLess((self.store / "data").stat().st_blocks * 512, (5 << 20) + 200000, where)
        self.assertIsNotNone(digest)

    @needs.tool("strace")
    def test_gc(self):
        self.add(f"oci:{self.new}", "new")
        self.image("rm", "new", "both")
        shutil.rmtree(self.tmp / "start")
        shutil.copytree(self.store, self.tmp / "start")
        for _, where in self.each_point(["gc"], 6):
            self.sound(where)
            self.image("gc")
            self.sound(where)
            self.assertLess((self.store / "data").stat().st_blocks * 512, 100000, where)


class Migration(StoreCase):
    """A store of an older version: images in files of their own."""

    @needs.root()
    @needs.tool("mkfs.erofs")
    def test_an_old_image_runs_and_can_be_exported(self):
        root = self.tmp / "root"
        (root / "etc").mkdir(parents=True)
        shutil.copy(program(SUMS), root / "check")
        data = blob(7, 70000)
        (root / "f").write_bytes(data)
        (root / "sums").write_text(f"{zlib.crc32(data):08x} /f\n")
        self.store.mkdir()
        subprocess.run(["mkfs.erofs", "--quiet", self.store / "old.erofs", root], check=True)
        (self.store / "old.json").write_text(json.dumps(
            {"digest": oci.digest((self.store / "old.erofs").read_bytes()), "entrypoint": ["/check"],
             "bytes": (self.store / "old.erofs").stat().st_size}))
        self.assertEqual(self.run_in("old").exit, 0)
        self.assertEqual(self.tree("old")["f"]["content"], data)
        self.image("gc")
        self.assertIn(b" 0 damaged", self.image("verify").stdout)
        self.image("export", "old", self.tmp / "exported")
        self.add(f"oci:{self.tmp / 'exported'}", "old")
        self.assertFalse((self.store / "old.erofs").exists())
        self.assertEqual(self.run_in("old").exit, 0)
        self.check()


class Exports(StoreCase):
    @each({"tar": ("tar", "no.json/x"), "oci": ("oci", "no.json/x")})
    def nowhere(self, form, to):
        self.add(f"oci:{oci.layout(self.tmp / 'l', oci.tar(entry('f', b'x')))}", "a")
        (self.tmp / "no.json").write_text("")
        self.refused(self.image("export", "--format", form, "a", self.tmp / to, exit=None), "no.json/x")

    @needs.tool("skopeo")
    def test_others_read_the_layout(self):
        path = oci.layout(self.tmp / "l", oci.tar(entry("f", blob(1, 5000))), User="9", Labels={"k": "v"}, Cmd=["/f"])
        self.add(f"oci:{path}", "a")
        self.image("export", "a", self.tmp / "out")
        self.refused(self.image("export", "a", self.tmp / "out", exit=None), "is no empty directory")
        seen = subprocess.run(["skopeo", "inspect", "--config", f"oci:{self.tmp / 'out'}:a"], check=True,
                              capture_output=True)
        config = json.loads(seen.stdout)
        self.assertEqual((config["config"]["User"], config["config"]["Labels"], config["architecture"]),
                         ("9", {"k": "v"}, "amd64"))
        subprocess.run(["skopeo", "--insecure-policy", "copy", f"oci:{self.tmp / 'out'}:a",
                        f"docker-archive:{self.tmp / 'd.tar'}:x:y"], check=True, capture_output=True)
        self.add(f"docker-archive:{self.tmp / 'd.tar'}", "b")
        self.assertEqual(self.listed()["b"]["digest"], self.listed()["a"]["digest"])
