# SPDX-License-Identifier: MIT
"""The peer with a virtual machine in software emulation: QEMU's microvm.

The distribution's cloud kernel and an initramfs made of busybox, the modules
needed, and guest/init. Input and output travel as tar on two more disks.
"""

import io
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import tarfile

import machine
import place
import rows
from peers import Peer
from place import Missing, output_of

QEMU = "qemu-system-x86_64"
MODULES = ("virtio_mmio", "virtio_blk", "erofs", "overlay")
OUTPUT_BYTES = 16 << 20
GUEST_HZ = 250


def with_dependencies(modules, wanted):
    """The names @wanted and what they need, in the order of loading."""
    order = []
    for name in wanted:
        info = re.search(rb"\0depends=([^\0]*)\0", modules[name].read_bytes())
        needed = filter(None, info[1].decode().replace("-", "_").split(","))
        order += with_dependencies(modules, needed) + [name]
    return list(dict.fromkeys(order))


def make_initramfs(tree, target, busybox, linux):
    """Lay out the initramfs in the new directory @tree, pack it to @target."""
    for name in ("bin", "modules", "dev", "root", "scratch"):
        (tree / name).mkdir(parents=True)
    shutil.copy(busybox, tree / "bin/busybox")
    shutil.copy(place.BENCH / "guest/init", tree / "init")

    modules = {p.stem.replace("-", "_"): p for p in linux.glob("lib/modules/**/*.ko")}
    order = with_dependencies(modules, MODULES)
    for name in order:
        shutil.copy(modules[name], tree / "modules" / f"{name}.ko")
    (tree / "modules/order").write_text(" ".join(f"{n}.ko" for n in order))

    names = "\n".join(str(p.relative_to(tree)) for p in tree.rglob("*"))
    packed = subprocess.run(
        [busybox, "cpio", "-o", "-H", "newc"],
        input=names.encode(), cwd=tree, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    target.write_bytes(packed.stdout)


def given_clock():
    """Kernel arguments that tell how fast the counter of the host goes.

    Left to measure it against an emulated timer, a guest on a busy machine
    finds none and waits for ever.
    """
    khz = round(float(machine.field("/proc/cpuinfo", "bogomips")) * 500)
    return f"no_timer_check tsc_early_khz={khz} lpj={khz * 1000 // GUEST_HZ}"


def add_file(tar, name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


class Qemu(Peer):
    name = "qemu"
    title = "QEMU microvm, emulated"
    slow = True
    as_root = False

    def find(self):
        if platform.machine() != "x86_64":
            raise Missing("only set up for x86-64", "run this on x86-64")
        if not shutil.which(QEMU):
            raise Missing("QEMU is not installed", "apt-get install qemu-system-x86")
        suite = place.codename()
        self.linux = place.fetched(
            "linux", "linux-image-[0-9.]+-[0-9]+-cloud-amd64", suite
        )
        self.kernel = next(self.linux.glob("boot/vmlinuz-*"))
        busybox = place.fetched("busybox", "busybox-static", suite)
        self.dir = self.work.path / self.name
        self.dir.mkdir()
        make_initramfs(
            self.dir / "tree", self.dir / "initrd", busybox / "bin/busybox", self.linux
        )

    def version(self):
        version = re.search(r"version (\S+)", output_of(QEMU, "--version"))[1]
        return f"{version}, guest kernel {place.fetched_version(self.linux)}"

    def pack(self, row):
        command = [f"{k}={v}" for k, v in rows.ENV.items()]
        command += ["setpriv", f"--reuid={rows.UID}", f"--regid={rows.UID}"]
        command += ["--clear-groups", "--no-new-privs", *row.argv]
        script = "cd /input && exec env " + shlex.join(command)
        with tarfile.open(self.dir / "in", "w") as tar:
            add_file(tar, "command", script.encode())
            add_file(tar, "input/.keep", b"")
            if row.source:
                source = rows.PROGRAMS / row.source
                add_file(tar, f"input/{row.source}", source.read_bytes())
        with open(self.dir / "out", "wb") as out:
            out.truncate(OUTPUT_BYTES)

    def result(self, code, text):
        if code != 0:
            return rows.Result(code, text)
        try:
            with tarfile.open(self.dir / "out") as tar:
                content = {
                    m.name.removeprefix("./"): tar.extractfile(m).read()
                    for m in tar
                    if m.isfile()
                }
        except tarfile.TarError as e:
            return rows.Result(125, f"no output: {e}")
        files = {
            pathlib.PurePath(name).name: data
            for name, data in content.items()
            if name.startswith("output/")
        }
        return rows.Result(int(content["exit"]), content["stdout"].decode(), files)

    def command(self, row):
        disks = (
            ("root", place.image(row.image), "readonly=on"),
            ("in", self.dir / "in", "readonly=on"),
            ("out", self.dir / "out", "cache=unsafe"),
        )
        argv = [QEMU, "-no-user-config", "-nodefaults", "-display", "none", "-no-reboot"]
        # With a second I/O APIC this machine type loses its timer.
        argv += ["-M", "microvm,acpi=on,ioapic2=off,rtc=on,x-option-roms=off"]
        argv += ["-accel", "tcg,thread=single", "-cpu", "max", "-smp", "1", "-m", "1024"]
        argv += ["-global", "virtio-mmio.force-legacy=false"]
        argv += ["-kernel", str(self.kernel), "-initrd", str(self.dir / "initrd")]
        argv += ["-append", "quiet panic=-1 mitigations=off nokaslr " + given_clock()]
        for name, path, option in disks:
            argv += ["-drive", f"id={name},file={path},format=raw,if=none,{option}"]
            argv += ["-device", f"virtio-blk-device,drive={name}"]
        return argv

    def run(self, row):
        self.pack(row)
        ns, result = self.spawn(self.command(row))
        return ns, self.result(result.code, result.text)
