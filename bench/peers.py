# SPDX-License-Identifier: MIT
"""The peers without a virtual machine: native, crun, gVisor; and us."""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time

import place
import rows
from place import Missing, output_of
from spawner import Spawner

HOST_ENV = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


class Peer:
    """One way to run a program. Its runs are started by one spawner."""

    name = ""
    title = ""
    slow = False
    """A slow peer is measured in fewer rounds."""
    as_root = True

    def __init__(self, cpu, work):
        self.cpu, self.work = cpu, work
        self.spawner = None
        if self.as_root and os.getuid() != 0:
            raise Missing("needs root", "sudo make bench")
        self.find()

    def find(self):
        """Look for what the peer needs; raise Missing."""

    def version(self):
        return ""

    def start(self, row):
        """Get ready for the runs of @row."""
        self.spawner = Spawner(self.cpu)

    def run(self, row):
        """One run: (nanoseconds, Result)."""
        raise NotImplementedError

    def stop(self):
        if self.spawner:
            self.spawner.close()
            self.spawner = None

    def spawn(self, argv, env=None, cwd="/"):
        """Run @argv, whose files end up in the work directory's output/."""
        ns, code, text = self.spawner.run(argv, env or HOST_ENV, cwd)
        return ns, rows.Result(code, text, place.files_in(self.work.output))


def in_mounts(*commands):
    """A command prefix that stands in a mount namespace made by @commands."""
    script = " && ".join((*commands, 'exec "$@"'))
    return "unshare", "--mount", "sh", "-c", script, "sh"


class Native(Peer):
    name = "native"
    title = "native, in a chroot"

    def version(self):
        return "kernel " + os.uname().release

    def start(self, row):
        root = place.rootfs(row.image)
        mounts = in_mounts(
            f"mount --bind '{self.work.input}' '{root}/input'",
            f"mount --bind '{self.work.output}' '{root}/output'",
            f"mount -t tmpfs tmp '{root}/tmp'",
            f"mount -t proc proc '{root}/proc'",
            f"mount --rbind /dev '{root}/dev'",
        )
        self.spawner = Spawner(self.cpu, mounts, root, rows.UID)

    def run(self, row):
        self.work.fill(row)
        return self.spawn(row.argv, rows.ENV, "/input")


class Oci(Peer):
    """A runtime that is given an OCI bundle."""

    ids = itertools.count()

    def config(self, row):
        tmpfs = {"type": "tmpfs", "source": "tmpfs"}
        bind = {"type": "bind", "options": ["bind", "rw"]}
        none = ("bounding", "effective", "permitted", "inheritable", "ambient")
        return {
            "ociVersion": "1.0.0",
            "hostname": "bench",
            "root": {"path": str(place.rootfs(row.image)), "readonly": True},
            "process": {
                "terminal": False,
                "user": {"uid": rows.UID, "gid": rows.UID},
                "args": row.argv,
                "env": [f"{k}={v}" for k, v in rows.ENV.items()],
                "cwd": "/input",
                "noNewPrivileges": True,
                "capabilities": {k: [] for k in none},
            },
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "options": ["mode=755"], **tmpfs},
                {"destination": "/tmp", "options": ["mode=1777"], **tmpfs},
                {"destination": "/input", "source": str(self.work.input), **bind},
                {"destination": "/output", "source": str(self.work.output), **bind},
            ],
            "linux": {
                "namespaces": [
                    {"type": t} for t in ("pid", "mount", "ipc", "uts", "network")
                ]
            },
        }

    def bundle(self, row):
        path = self.work.path / self.name
        path.mkdir(exist_ok=True)
        (path / "state").mkdir(exist_ok=True)
        (path / "config.json").write_text(json.dumps(self.config(row)))
        return path

    def new_id(self):
        return f"bench-{os.getpid()}-{next(self.ids)}"


class Crun(Oci):
    name = "crun"
    title = "crun (container, no VM)"

    def find(self):
        if not shutil.which("crun"):
            raise Missing("crun is not installed", "apt-get install crun")

    def version(self):
        return output_of("crun", "--version").split()[2]

    def start(self, row):
        # crun refuses the mixed layout of cgroup v1 and v2.
        mounts = in_mounts(
            "umount -l /sys/fs/cgroup", "mount -t cgroup2 cgroup /sys/fs/cgroup"
        )
        self.path = self.bundle(row)
        self.spawner = Spawner(self.cpu, mounts)

    def run(self, row):
        self.work.fill(row)
        return self.spawn(
            ["crun", f"--root={self.path}/state", "--cgroup-manager=disabled"]
            + ["run", f"--bundle={self.path}", self.new_id()]
        )


class Gvisor(Oci):
    name = "gvisor"
    title = "gVisor, systrap"
    platform = "systrap"

    def find(self):
        suites = f"{place.codename()}-backports", "unstable"
        self.package = place.fetched("gvisor", "runsc", *suites)
        self.runsc = self.package / "usr/bin/runsc"

    def version(self):
        return "runsc " + place.fetched_version(self.package)

    def start(self, row):
        self.path = self.bundle(row)
        super().start(row)

    def run(self, row):
        self.work.fill(row)
        return self.spawn(
            [str(self.runsc), f"--root={self.path}/state", "--ignore-cgroups"]
            + [f"--platform={self.platform}", "--network=none"]
            + ["run", f"--bundle={self.path}", self.new_id()]
        )


class GvisorPtrace(Gvisor):
    name = "gvisor-ptrace"
    title = "gVisor, ptrace"
    platform = "ptrace"


class Us(Peer):
    name = "pe"
    title = "Program Explorer, booted"
    as_root = False
    how = ("--cold",)

    def find(self):
        self.pe = place.BENCH.parent / "build" / "pe"
        kernel = place.CACHE / "kernel" / "current" / "version"
        if not self.pe.exists():
            raise Missing("build/pe is not built", "make")
        if not kernel.exists():
            raise Missing("no guest kernel is built", "make kernel")
        self.kernel = kernel.read_text().strip()

    def version(self):
        return f"UML guest kernel {self.kernel}"

    def command(self, row):
        argv = [str(self.pe), "run", *self.how]
        argv += [f"-e{k}={v}" for k, v in rows.ENV.items()]
        if row.source:
            argv += ["-f", str(rows.PROGRAMS / row.source)]
        if row.binary:
            argv += ["-o", str(self.work.output)]
        return argv + [row.image, "--", *row.argv]

    def run(self, row):
        self.work.fill(row)
        return self.spawn(self.command(row), HOST_ENV | self.env())

    def env(self):
        return {k: os.environ[k] for k in ("HOME", "XDG_CACHE_HOME") if k in os.environ}


class Clone(Us):
    """A clone of a template that is kept by a process beside; what runs read was learnt in two runs."""

    name = "clone"
    title = "Program Explorer, cloned"
    how = ()
    lender = None

    def env(self):
        return super().env() | {"XDG_RUNTIME_DIR": self.runtime}

    def start(self, row):
        super().start(row)
        self.runtime = tempfile.mkdtemp(prefix="pe-bench-")
        env = HOST_ENV | self.env()
        self.lender = subprocess.Popen([self.pe, "template", "serve", "--ahead", "2"], env=env)
        subprocess.run([self.pe, "image", "warm", row.image], env=env, check=True)
        for _ in range(4):
            self.run(row)
            time.sleep(0.5)

    def stop(self):
        super().stop()
        if self.lender:
            self.lender.terminate()
            self.lender.wait()
            self.lender = None
            shutil.rmtree(self.runtime, ignore_errors=True)
