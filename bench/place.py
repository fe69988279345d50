# SPDX-License-Identifier: MIT
"""Where a bench works: the cache that stays, and a tmpfs that does not."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import rows

BENCH = pathlib.Path(__file__).parent
PE = BENCH.parent.resolve() / "build" / "pe"
CACHE = (
    pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    / "program-explorer"
)


class Missing(Exception):
    """A peer that cannot be had: why, and a command that mends it."""

    def __init__(self, why, mend):
        super().__init__(why)
        self.why, self.mend = why, mend


def output_of(*argv):
    return subprocess.run(
        argv, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def codename():
    for line in open("/etc/os-release"):
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip().strip('"')
    return "stable"


def fetched(name, pattern, *suites):
    """The directory of a package fetched into the cache, see ./fetch."""
    command = [str(BENCH / "fetch"), name, pattern, *suites]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Missing(f"package '{pattern}' cannot be fetched", " ".join(command))
    return pathlib.Path(done.stdout.strip())


def fetched_version(directory):
    return (directory / "version").read_text().split()[1]


def described(name):
    path = CACHE / "images" / f"{name}.json"
    if not path.exists():
        raise Missing(f"no image '{name}'", "make images")
    return json.loads(path.read_text())


def made(path, make):
    """@path, made by make(part) when it is missing."""
    if not path.exists():
        part = path.with_suffix(".part")
        subprocess.run(["rm", "-rf", part], check=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        make(part)
        part.rename(path)
    return path


def of_image(name, kind):
    return CACHE / "bench" / kind / f"{name}-{described(name)['digest'][-16:]}"


def rootfs(name):
    """Image @name unpacked, with mount points for /input and /output."""
    def unpack(part):
        part.mkdir()
        archive = part.with_suffix(".tar")
        output_of(str(PE), "image", "export", "--format", "tar", name, str(archive))
        output_of("tar", "-C", str(part), "-xpf", str(archive))
        archive.unlink()
        (part / "input").mkdir(exist_ok=True)
        (part / "output").mkdir(exist_ok=True)

    return made(of_image(name, "rootfs"), unpack)


def image(name):
    """Image @name as one erofs file, for a VM that gets one disk."""
    if not shutil.which("mkfs.erofs"):
        raise Missing("no mkfs.erofs", "apt-get install erofs-utils")
    def pack(part):
        output_of("mkfs.erofs", "--quiet", str(part), str(rootfs(name)))

    return made(of_image(name, "erofs"), pack)


class Work:
    """A temporary directory in memory with the input/ and output/ of a run."""

    def __init__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="pe-bench.", dir="/dev/shm")
        self.path = pathlib.Path(self.holder.name)
        self.path.chmod(0o755)
        self.input = self.path / "input"
        self.output = self.path / "output"
        for directory in (self.input, self.output):
            directory.mkdir()
            if os.getuid() == 0:
                os.chown(directory, rows.UID, rows.UID)

    def fill(self, row):
        empty(self.input)
        empty(self.output)
        if row.source:
            shutil.copy(rows.PROGRAMS / row.source, self.input)

    def close(self):
        self.holder.cleanup()


def empty(directory):
    for path in directory.iterdir():
        path.unlink()


def files_in(directory):
    """The files of @directory and what is in them, by name."""
    return {p.name: p.read_bytes() for p in directory.iterdir() if p.is_file()}
