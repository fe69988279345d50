# SPDX-License-Identifier: MIT
"""A store of images for one test alone, and what is in it, seen by others than ourselves."""

import json
import os
import stat
import subprocess
import tarfile
from pathlib import Path

from . import pe
from .case import Case


class StoreCase(Case):
    def setUp(self):
        super().setUp()
        self.store = self.tmp / "store"

    def env(self, **more):
        return dict(os.environ, PE_IMAGES=os.fspath(self.store), **more)

    def image(self, *words, exit=0, **kw):
        run = self.execute([pe.PE, "image", *words], env=kw.pop("env", None) or self.env(), **kw)
        if exit is not None:
            self.assertEqual(run.exit, exit, run.stderr)
        return run

    def add(self, reference, name=None, *options, **kw):
        return self.image("add", *options, reference, *(["--as", name] if name else []), **kw)

    def refuses(self, reference, *names):
        """The image is not added, for a reason that names @names, and nothing is left of it."""
        before = self.listed()
        run = self.add(reference, "x", exit=None)
        self.refused(run, *names, exits=(125,))
        self.assertEqual(self.listed(), before)

    def listed(self):
        images = json.loads(self.image("ls", "--json").stdout)
        return {i["name"]: i for i in images}

    def show(self, name):
        return json.loads(self.image("show", name).stdout)

    def run_in(self, image, *argv, options=(), **kw):
        return self.execute([pe.PE, "run", *options, image, *(["--", *argv] if argv else [])], env=self.env(), **kw)

    def metadata(self, name):
        return self.store / "metadata" / (self.show(name)["digest"].removeprefix("sha256:") + ".erofs")

    def check(self, *names):
        """fsck.erofs, and our own, find nothing to complain of."""
        for name in names or self.listed():
            command = ["fsck.erofs", f"--device={self.store}/data", "--extract", self.metadata(name)]
            run = self.execute(command)
            self.assertEqual(run.exit, 0)
        self.assertIn(b" 0 damaged", self.image("verify", *names).stdout)

    def tree(self, name):
        """{path: what stat, xattrs and content say} of the image, out of its export."""
        to = self.tmp / f"export-{name}.tar"
        self.image("export", "--format", "tar", name, to)
        with tarfile.open(to, errors="surrogateescape") as t:
            return dict(_of_archive(t))


TYPES = {tarfile.REGTYPE: stat.S_IFREG, tarfile.AREGTYPE: stat.S_IFREG, tarfile.SYMTYPE: stat.S_IFLNK,
         tarfile.DIRTYPE: stat.S_IFDIR, tarfile.CHRTYPE: stat.S_IFCHR, tarfile.BLKTYPE: stat.S_IFBLK,
         tarfile.FIFOTYPE: stat.S_IFIFO}


def _of_archive(t):
    """Entries in the shape of look(), hard links resolved and counted."""
    first, links = {}, {}
    for i in t:
        name = i.name.removeprefix("./").strip("/") or "."
        target = i.linkname.removeprefix("./") if i.type == tarfile.LNKTYPE else name
        first.setdefault(target, i)
        links.setdefault(target, []).append(name)
    for target, names in links.items():
        i = first[target]
        content = t.extractfile(i).read() if i.isreg() else os.fsencode(i.linkname) if i.issym() else b""
        xattrs = {k.removeprefix("SCHILY.xattr."): v.encode("utf-8", "surrogateescape")
                  for k, v in i.pax_headers.items() if k.startswith("SCHILY.xattr.")}
        device = (i.devmajor, i.devminor) if i.type in (tarfile.CHRTYPE, tarfile.BLKTYPE) else (0, 0)
        mtime = i.pax_headers.get("mtime", i.mtime)
        for name in names:
            yield name, {"type": TYPES[i.type], "mode": 0o777 if i.issym() else i.mode, "owner": (i.uid, i.gid),
                         "mtime": float(mtime), "device": device, "xattrs": xattrs, "content": content,
                         "links": len(names)}


def look(root):
    """The same of a directory of this host, as its kernel tells it."""
    found = {}
    root = os.fsencode(root)
    for at, directories, files in os.walk(root):
        for name in [b".", *directories, *files] if at == root else [*directories, *files]:
            path = os.path.join(at, name)
            s = os.lstat(path)
            kind = stat.S_IFMT(s.st_mode)
            content = b""
            if kind == stat.S_IFREG:
                content = Path(os.fsdecode(path)).read_bytes()
            elif kind == stat.S_IFLNK:
                content = os.readlink(path)
            device = (os.major(s.st_rdev), os.minor(s.st_rdev)) if kind in (stat.S_IFCHR, stat.S_IFBLK) else (0, 0)
            key = os.path.normpath(os.path.relpath(path, root)).decode("utf-8", "surrogateescape")
            found[key] = {"type": kind, "mode": stat.S_IMODE(s.st_mode), "owner": (s.st_uid, s.st_gid),
                          "mtime": s.st_mtime_ns / 1e9, "device": device, "content": content,
                          "xattrs": {x: os.getxattr(path, x, follow_symlinks=False)
                                     for x in os.listxattr(path, follow_symlinks=False)},
                          "links": 1 if kind == stat.S_IFDIR else s.st_nlink}
    return found


def differences(ours, theirs, but=()):
    """Lines that say where two trees are not the same; @but are keys that do not count."""
    lines = [f"only {who}: {name!r}" for who, a, b in (("ours", ours, theirs), ("theirs", theirs, ours))
             for name in sorted(a.keys() - b.keys())]
    for name in sorted(ours.keys() & theirs.keys()):
        for key, value in ours[name].items():
            other = theirs[name][key]
            same = abs(value - other) < 1e-5 if key == "mtime" else value == other
            if key not in but and not same:
                shown = (f"{len(value)} bytes", f"{len(other)} bytes") if key == "content" else (value, other)
                lines.append(f"{name!r}: {key} is {shown[0]}, theirs {shown[1]}")
    return lines


def unpack(layout, tag, to):
    """umoci's idea of the image at layout:tag."""
    subprocess.run(["umoci", "unpack", "--image", f"{layout}:{tag}", to], check=True, capture_output=True)
    return look(Path(to) / "rootfs")
