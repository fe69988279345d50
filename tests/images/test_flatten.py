# SPDX-License-Identifier: MIT
"""Layers become a file system: the same one that umoci makes of them, entry by entry; what is hostile is refused."""

import io
import json
import os
import subprocess
import tarfile

from support import needs, oci, pe
from support.case import each
from support.oci import directory, entry, hard_link, symlink
from support.store import StoreCase, differences, unpack

LONG = "a-long-name-" * 20          # 240 bytes
DEEP = "/".join(["directory-number"] * 16)  # 271 bytes


def xattrs(**values):
    return {"pax_headers": {f"SCHILY.xattr.{k}": v for k, v in values.items()}}


def gnu_sparse(name, middle=512 << 10):
    """An old GNU sparse file of 1 MiB with 4 KiB in the middle and 4 KiB at the end, as GNU tar writes it."""
    pieces = [(middle, b"m" * 4096), ((1 << 20) - 4096, b"e" * 4096)]
    info = tarfile.TarInfo(name)
    info.type = tarfile.GNUTYPE_SPARSE
    info.size = sum(len(data) for _, data in pieces)
    info.mtime = 1600000000
    block = bytearray(info.tobuf(format=tarfile.GNU_FORMAT))
    for i, (at, data) in enumerate(pieces):
        block[386 + 24 * i:386 + 24 * i + 24] = b"%011o\0%011o\0" % (at, len(data))
    block[483:495] = b"%011o\0" % (1 << 20)
    block[148:156] = b" " * 8
    block[148:155] = b"%06o\0" % sum(block)
    return bytes(block) + b"".join(data for _, data in pieces)


# Each a layer, the lowest first. umoci and we must agree on what they become.
NASTY = [
    oci.tar(
        directory("./"), directory("usr", mode=0o755), directory("usr/bin"), directory("tmp", mode=0o1777),
        symlink("bin", "usr/bin"), symlink("broken", "../../../nowhere"), symlink("long", "x" * 4000),
        entry("usr/bin/tool", b"#!/bin/sh\n", mode=0o4755, uid=0, gid=50),
        hard_link("usr/bin/alias", "usr/bin/tool"), hard_link("usr/bin/again", "./usr/bin/alias"),
        hard_link("link-to-link", "broken"),
        entry("empty"), entry("small", b"x"), entry("block", b"b" * 4096), entry("inline", b"i" * 1024),
        entry("above", b"i" * 1025), entry("large", bytes(range(256)) * 20000),
        entry("same", bytes(range(256)) * 20000), entry("owned", b"o", uid=65536, gid=4000000000, mode=0o600),
        entry("old", b"o", mtime=-12345.25, pax_headers={"mtime": "-12345.25"}),
        entry("new", b"n", pax_headers={"mtime": "5000000000.123456789"}),
        entry(f"{LONG}/{LONG}/f", b"deep"), entry(f"{DEEP}/f", b"deeper"),
        entry("caf\udce9", b"latin"), entry("new\nline", b"nl"), entry("-dash", b"d"), entry("!before dots", b"!"),
        entry("null", kind=tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666),
        entry("disk", kind=tarfile.BLKTYPE, devmajor=259, devminor=70000),
        entry("fifo", kind=tarfile.FIFOTYPE),
        entry("capable", b"c", **xattrs(**{"security.capability": "\x01\x00\x00\x02\x00\x04\x00\x00" + "\x00" * 12})),
        entry("marked", b"m", **xattrs(**{"user.a": "1", "user.b": "x" * 2000, "trusted.c": "t"})),
        entry("marked2", b"m2", **xattrs(**{"user.a": "1"})),
        directory("many"), *(entry(f"many/entry-{i:05}", str(i).encode()) for i in range(1500)),
        directory("gone"), entry("gone/a", b"1"), directory("gone/sub"), entry("gone/sub/b", b"2"),
        directory("opaque"), entry("opaque/old", b"1"), directory("opaque/sub"), entry("opaque/sub/old", b"1"),
        entry("was-file", b"f"), directory("was-dir"), entry("was-dir/f", b"f"), entry("twice", b"first"),
        entry("twice", b"second, of the same layer"), entry("kept-link", b"k"), hard_link("lost-link", "kept-link"),
    ),
    oci.tar(
        entry(".wh.gone"), entry("opaque/.wh..wh..opq"), entry("opaque/new", b"2"),
        directory("was-file", mode=0o700), entry("was-file/in", b"d"), entry("was-dir", b"now a file"),
        entry("lost-link", b"its own now"), entry(".wh.never-was"), directory("many", mode=0o711, uid=7),
        entry("many/.wh.entry-00007"), hard_link("linked-across", "usr/bin/tool"),
        entry(".wh.small"), entry("usr/bin/tool2", b"2"),
    ),
    oci.tar(entry("gone", b"a file now"), directory("small"), entry("small/x", b"")),
    oci.tar(entry("bin/through", b"a lower layer's link is followed")),
]


class Flatten(StoreCase):
    def layout(self, *layers, **kw):
        return oci.layout(self.tmp / "layout", *layers, name="it", **kw)

    @needs.root()
    @needs.tool("umoci")
    def test_as_umoci(self):
        path = self.layout(*NASTY)
        self.add(f"oci:{path}", "it")
        theirs = unpack(path, "it", self.tmp / "umoci")
        # umoci gives directories that no layer names the time at which it runs.
        ours = self.tree("it")
        implied = {LONG, f"{LONG}/{LONG}", *(DEEP[:n] for n in range(len(DEEP) + 1) if DEEP[n:n + 1] in ("/", ""))}
        for name in implied | {"."}:
            ours[name]["mtime"] = theirs[name]["mtime"]
        self.assertEqual(differences(ours, theirs), [])
        self.assertEqual(ours["usr/bin/tool"]["links"], 4)
        self.check("it")

    @needs.root()
    @needs.tool("umoci")
    @each({"a shell": "shell", "a compiler": "gcc", "an interpreter": "python3", "fonts and pictures": "graphviz"})
    def real_image(self, name):
        """An image of the starter set, exported, as umoci unpacks it and as we flatten it again."""
        path = self.tmp / "exported"
        run = self.execute([pe.PE, "image", "export", name, path])
        self.assertEqual(run.exit, 0, run.stderr)
        tag = json.loads((path / "index.json").read_text())["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"]
        theirs = unpack(path, tag, self.tmp / "umoci")
        self.add(f"oci:{path}", "it")
        self.assertGreater(len(theirs), 2000)
        self.assertEqual(differences(self.tree("it"), theirs), [])
        self.check("it")

    @each({"none": "", "gzip": "+gzip", "zstd": "+zstd"})
    def compression(self, compress):
        self.add(f"oci:{self.layout(NASTY[0], compress=compress)}", "it")
        self.assertEqual(self.tree("it")["large"]["content"], bytes(range(256)) * 20000)

    def test_many_gzip_members(self):
        parts = [oci.COMPRESS["+gzip"](NASTY[0][i:i + 700000]) for i in range(0, len(NASTY[0]), 700000)]
        made = oci.Layout(self.tmp / "layout")
        pack, oci.COMPRESS["members"] = None, lambda data: b"".join(parts)
        made.image(NASTY[0], compress="members")
        self.assertIsNone(pack)
        self.add(f"oci:{made.finish()}", "it")
        self.check("it")

    @each({
        "old GNU": gnu_sparse("sparse") + bytes(1024),
        "PAX 0.1": oci.tar(entry("sparse", b"m" * 4096 + b"e" * 4096, pax_headers={
            "GNU.sparse.size": str(1 << 20), "GNU.sparse.numblocks": "2", "GNU.sparse.name": "sparse",
            "GNU.sparse.map": f"{512 << 10},4096,{(1 << 20) - 4096},4096"})),
        "PAX 1.0": oci.tar(entry("other", (f"2\n{512 << 10}\n4096\n{(1 << 20) - 4096}\n4096\n").encode()
                                 .ljust(512, b"\0") + b"m" * 4096 + b"e" * 4096, pax_headers={
                                     "GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                                     "GNU.sparse.name": "sparse", "GNU.sparse.realsize": str(1 << 20)})),
    })
    def sparse(self, layer):
        self.add(f"oci:{self.layout(layer)}", "it")
        expected = bytes(512 << 10) + b"m" * 4096 + bytes((512 << 10) - 8192) + b"e" * 4096
        to = self.tmp / "out.tar"
        self.image("export", "--format", "tar", "it", to)
        with tarfile.open(to) as t:
            self.assertTrue(t.extractfile("./sparse").read() == expected, "content of the sparse file")
        self.check("it")

    def test_the_same_files_have_the_same_digest(self):
        self.add(f"oci:{self.layout(*NASTY)}", "a")
        other = oci.layout(self.tmp / "one", *NASTY, compress="+zstd", name="it")
        self.store = self.tmp / "store2"
        self.add(f"oci:{oci.layout(self.tmp / 'first', oci.tar(entry('f', b'f' * 9000)))}", "first")
        self.add(f"oci:{other}", "b")
        b = self.listed()["b"]["digest"]
        self.image("export", "b", self.tmp / "again")
        self.add(f"oci:{self.tmp / 'again'}", "c")
        self.assertEqual(self.listed()["c"]["digest"], b)
        self.store = self.tmp / "store"
        self.assertEqual(self.listed()["a"]["digest"], b)


BIG = tarfile.TarInfo("big")
BIG.size = 1 << 50


def many(n):
    """One header, over and over: cheap to make."""
    block = tarfile.TarInfo("f").tobuf()
    return block * n


def chained(n):
    return [symlink(f"l{i}", f"l{i + 1}") for i in range(n)]


class Hostile(StoreCase):
    """Nothing of these reaches the store, or any other place."""

    def no(self, *layers, says, **kw):
        self.refuses(f"oci:{oci.layout(self.tmp / 'layout', *layers, **kw)}", *says)
        self.assertEqual(sorted(os.listdir(self.tmp)), ["layout", "store"])

    @each({
        "dot dot": ([entry("../../evil", b"x")], ("../../evil", "leads out of the root")),
        "dot dot inside": ([entry("a/../../evil", b"x")], ("a/../../evil", "leads out")),
        "link then through": ([symlink("d", "/etc"), entry("d/passwd", b"x")], ("d/passwd", "symbolic link")),
        "directory, link, through": ([directory("d"), symlink("d", "/etc"), entry("d/passwd", b"x")],
                                     ("d/passwd", "symbolic link")),
        "through a file": ([entry("f", b"x"), entry("f/g", b"x")], ("f/g", "no directory")),
        "hard link out": ([hard_link("h", "../../../etc/passwd")], ("etc/passwd", "leads out")),
        "hard link to nothing": ([hard_link("h", "nothing")], ("'nothing'", "not there")),
        "hard link to a directory": ([directory("d"), hard_link("h", "d")], ("'d'", "directory")),
        "name too long": ([entry("n" * 256, b"")], ("255 bytes",)),
        "path too long": ([entry("/".join(["n" * 200] * 25), b"")], ("4096 bytes",)),
        "too deep": ([entry("/".join("d" * 600), b"")], ("too deep",)),
        "device number": ([entry("d", kind=tarfile.CHRTYPE, devmajor=5000, devminor=1)], ("5000:1",)),
        "no whiteout": ([entry(".wh.", b"")], (".wh.", "names nothing")),
        "absurd owner": ([entry("f", b"", pax_headers={"uid": "99999999999"})], ("uid",)),
        "pax without end": ([entry("f", b"", pax_headers={"comment": "x" * (2 << 20)})], ("too large",)),
    })
    def entries(self, layer, says):
        self.no(oci.tar(*layer), says=("layer sha256:", *says))

    def test_a_lower_link_that_leads_out(self):
        self.no(oci.tar(symlink("d", "../../etc")), oci.tar(entry("d/passwd", b"x")), says=("d/passwd", "leads out"))

    def test_links_in_a_circle(self):
        self.no(oci.tar(symlink("a", "b"), symlink("b", "a")), oci.tar(entry("a/f", b"x")),
                says=("a/f", "too many symbolic links"))

    def test_links_in_a_long_chain(self):
        self.no(oci.tar(*chained(50), directory("l50")), oci.tar(entry("l0/f", b"x")), says=("too many symbolic links",))

    @each({
        "size": (BIG.tobuf(format=tarfile.GNU_FORMAT), ("'big'", "size")),
        "cut": (oci.tar(entry("f", b"x" * 5000))[:2000], ("middle of f",)),
        "no tar": (b"This is no tar archive at all. " * 100, ("byte 0", "checksum")),
        "sparse beyond": (gnu_sparse("s", 2 << 20), ("'s'", "map of holes")),
    })
    def archives(self, layer, says):
        self.no(layer, says=says)

    def test_ten_million_entries(self):
        one = tarfile.TarInfo("")
        block = bytearray(one.tobuf())
        block[148:156] = b" " * 8
        rest, out = sum(block), io.BytesIO()
        for i in range(1 << 20):
            name = b"%09d" % i
            block[0:9] = name
            block[148:155] = b"%06o\0" % (rest + sum(name))
            out.write(block)
        self.no(out.getvalue() + many(10), says=("one too many", "1048576"))

    def test_a_bomb(self):
        zeros = tarfile.TarInfo("zeros")
        zeros.size = 1300 << 20
        made = oci.Layout(self.tmp / "layout")
        packed = subprocess.run(
            ["sh", "-c", f"(cat; head -c {zeros.size} /dev/zero; head -c 1024 /dev/zero) | gzip -6"],
            input=zeros.tobuf(format=tarfile.GNU_FORMAT), stdout=subprocess.PIPE, check=True).stdout
        oci.COMPRESS["bomb"] = lambda data: packed
        made.image(b"", compress="bomb")
        self.refuses(f"oci:{made.finish()}", "bomb")

    @each({"config": 0, "layer": 1, "manifest": 2})
    def flipped(self, which):
        made = oci.Layout(self.tmp / "layout")
        made.image(oci.tar(entry("f", os.urandom(20000))), name="it")
        path = made.finish()
        blobs = {("config" if b'"rootfs"' in data else "manifest" if b'"layers"' in data else "layer"): file
                 for file in (path / "blobs" / "sha256").iterdir() for data in [file.read_bytes()]}
        file = blobs[("config", "layer", "manifest")[which]]
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        self.refuses(f"oci:{path}", file.name, "damaged")

    def test_a_wrong_diff_id(self):
        layer = oci.tar(entry("f", b"x"))
        self.no(layer, diff_ids=[oci.digest(b"other")], says=("layer sha256:", "damaged", oci.digest(layer)))

    @each({
        "cut": (lambda f: f.write_bytes(f.read_bytes()[:-20]), "bytes, not"),
        "gone": (lambda f: f.unlink(), "No such file"),
    })
    def blob(self, spoil, says):
        layer = oci.tar(entry("f", os.urandom(5000)))
        path = oci.layout(self.tmp / "layout", layer, compress="")
        spoil(path / "blobs" / "sha256" / oci.digest(layer).removeprefix("sha256:"))
        self.refuses(f"oci:{path}", oci.digest(layer).removeprefix("sha256:"), says)
