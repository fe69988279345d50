# SPDX-License-Identifier: MIT
"""Makes container images by hand: tar entries, layers, OCI layouts, archives, right or wrong on purpose."""

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path

MEDIA = "application/vnd.oci.image"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def entry(name, data=b"", kind=tarfile.REGTYPE, **fields):
    """A tar entry. @fields: mode, uid, gid, mtime, linkname, devmajor, devminor, pax_headers."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    info.mtime = 1600000000
    for key, value in fields.items():
        setattr(info, key, value)
    info.size = len(data) if kind in (tarfile.REGTYPE, tarfile.GNUTYPE_SPARSE) else 0
    return info, data


def directory(name, **fields):
    return entry(name, kind=tarfile.DIRTYPE, **fields)


def symlink(name, to, **fields):
    return entry(name, kind=tarfile.SYMTYPE, linkname=to, **fields)


def hard_link(name, to, **fields):
    return entry(name, kind=tarfile.LNKTYPE, linkname=to, **fields)


def tar(*entries, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, errors="surrogateescape") as t:
        for info, data in entries:
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


COMPRESS = {"": lambda data: data, "+gzip": lambda data: gzip.compress(data, 1, mtime=0), "+zstd": zstd}


def config(diff_ids, platform="linux/amd64", **values):
    os, arch, *variant = platform.split("/")
    top = {"os": os, "architecture": arch, "config": values, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    return top | ({"variant": variant[0]} if variant else {})


class Layout:
    """An OCI layout in the making, in directory @path."""

    def __init__(self, path):
        self.path = Path(path)
        (self.path / "blobs" / "sha256").mkdir(parents=True)
        (self.path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        self.manifests = []

    def blob(self, data, media):
        name = digest(data)
        self.file(name).write_bytes(data)
        return {"mediaType": media, "digest": name, "size": len(data)}

    def file(self, name):
        return self.path / "blobs" / "sha256" / name.removeprefix("sha256:")

    def json(self, value, media):
        return self.blob(json.dumps(value).encode(), media)

    def image(self, *layers, compress="+gzip", platform="linux/amd64", name=None, diff_ids=None, **values):
        """@layers are tar archives. Gives the manifest's descriptor, which is in the index too."""
        pack = COMPRESS[compress]
        blobs = [self.blob(pack(data), f"{MEDIA}.layer.v1.tar{compress}") for data in layers]
        ids = diff_ids or [digest(data) for data in layers]
        manifest = {"schemaVersion": 2, "layers": blobs,
                    "config": self.json(config(ids, platform, **values), f"{MEDIA}.config.v1+json")}
        d = self.json(manifest, f"{MEDIA}.manifest.v1+json")
        os, arch, *variant = platform.split("/")
        d["platform"] = {"os": os, "architecture": arch} | ({"variant": variant[0]} if variant else {})
        if name:
            d["annotations"] = {"org.opencontainers.image.ref.name": name}
        self.manifests.append(d)
        return d

    def finish(self):
        (self.path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": self.manifests}))
        return self.path


def layout(path, *layers, **values):
    made = Layout(path)
    made.image(*layers, **values)
    return made.finish()


def archive(path, directory_path):
    """The layout as oci-archive: has it."""
    with tarfile.open(path, "w") as t:
        for file in sorted(Path(directory_path).rglob("*")):
            t.add(file, file.relative_to(directory_path).as_posix(), recursive=False)
    return path


def docker_archive(path, images):
    """What docker save writes: @images is {tag: (layers, config values)}."""
    manifest, done = [], {}
    with tarfile.open(path, "w") as t:
        def add(name, data):
            if name not in done:
                done[name] = True
                info = tarfile.TarInfo(name)
                info.size = len(data)
                t.addfile(info, io.BytesIO(data))

        for tag, (layers, values) in images.items():
            names = []
            for data in layers:
                names.append(f"{hashlib.sha256(data).hexdigest()}/layer.tar")
                add(names[-1], data)
            text = json.dumps(config([digest(data) for data in layers], **values)).encode()
            name = hashlib.sha256(text).hexdigest() + ".json"
            add(name, text)
            manifest.append({"Config": name, "RepoTags": [tag], "Layers": names})
        add("manifest.json", json.dumps(manifest).encode())
    return path
