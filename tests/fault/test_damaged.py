# SPDX-License-Identifier: MIT
"""Pieces of ours that are broken: a message, no hang, nothing left."""

import json
import os
import random
import shutil

from support import pe
from support.case import Case, each


class Damaged(Case):
    def kernel(self, content, mode=0o755):
        directory = self.tmp / "kernel"
        shutil.copytree(pe.KERNEL, directory, symlinks=True, ignore=shutil.ignore_patterns("linux*"))
        directory.chmod(0o755)
        (directory / "linux").write_bytes(content)
        (directory / "linux").chmod(mode)
        return directory

    def run_with(self, *, kernel=pe.KERNEL, images=pe.IMAGES, options=("-t", "2")):
        env = {**os.environ, "PE_KERNEL": str(kernel), "PE_IMAGES": str(images)}
        return self.execute([pe.PE, "run", *options, "shell", "--", "echo", "fine"], env=env, timeout=30)

    @each({"empty": b"", "text": b"not a kernel", "a script": b"#!/bin/sh\nexit 0\n",
           "cut elf": b"\x7fELF\x02\x01\x01" + bytes(57)})
    def kernel_that_is(self, content):
        self.refused(self.run_with(kernel=self.kernel(content)), exits=(125,))

    def test_half_a_kernel(self):
        whole = (pe.KERNEL / "linux").read_bytes()
        self.refused(self.run_with(kernel=self.kernel(whole[:len(whole) // 2])), exits=(125,))

    def test_a_kernel_that_ends_at_once(self):
        with open(shutil.which("true"), "rb") as f:
            run = self.run_with(kernel=self.kernel(f.read()))
        self.refused(run, exits=(125,))

    def test_a_kernel_that_may_not_be_executed(self):
        kernel = self.kernel(b"x", 0o644)
        self.refused(self.run_with(kernel=kernel), str(kernel), exits=(125,))

    def store(self, damage):
        """The image as it is in the store, then damaged: @damage gets the store and the image's metadata."""
        store = self.tmp / "store"
        (store / "metadata").mkdir(parents=True)
        digest = json.loads((pe.IMAGES / "shell.json").read_text())["digest"].removeprefix("sha256:")
        for name in ("shell.json", f"metadata/{digest}.erofs"):
            shutil.copyfile(pe.IMAGES / name, store / name)
        # Contents are large, and copied by nobody who only reads them.
        os.symlink(pe.IMAGES / "data", store / "data")
        damage(store, store / "metadata" / f"{digest}.erofs")
        return store

    def test_an_image_cut_short(self):
        run = self.run_with(images=self.store(lambda s, m: os.truncate(m, m.stat().st_size // 2)))
        self.refused(run, exits=(125, 126, 127))

    def test_an_image_of_zeros(self):
        def damage(_, metadata):
            size = metadata.stat().st_size
            os.truncate(metadata, 0)
            os.truncate(metadata, size)
        self.refused(self.run_with(images=self.store(damage)), exits=(125,))

    @each({"empty": b"", "cut": b'{"name": "shell", ', "array": b"[]",
           "other types": b'{"digest": 5, "env": {}, "cmd": "x"}',
           "deep": b"[" * 100_000, "nul": b"\0" * 100})
    def config_that_is(self, content):
        run = self.run_with(images=self.store(lambda s, m: (s / "shell.json").write_bytes(content)))
        self.refused(run, "shell", exits=(125,))

    def test_an_image_without_its_disk(self):
        run = self.run_with(images=self.store(lambda s, m: m.unlink()))
        self.refused(run, "shell", exits=(125,))

    def test_an_image_whose_disk_is_a_fifo(self):
        def damage(_, metadata):
            metadata.unlink()
            os.mkfifo(metadata)
        self.refused(self.run_with(images=self.store(damage)), ".erofs", exits=(125,))

    @each({"gone": lambda s: (s / "data").unlink(), "empty": lambda s: ((s / "data").unlink(), (s / "data").touch()),
           "cut": lambda s: ((s / "data").unlink(), (s / "data").write_bytes(bytes(1 << 20)))})
    def contents(self, damage):
        run = self.run_with(images=self.store(lambda s, m: damage(s)))
        self.refused(run, exits=(125, 126, 127))

    def test_noise_in_the_metadata_of_an_image_never_hangs(self):
        noise = random.Random(3)
        for i in range(8):
            def damage(_, metadata):
                with open(metadata, "r+b") as f:
                    for _ in range(200):
                        f.seek(noise.randrange(0, metadata.stat().st_size - 8))
                        f.write(noise.randbytes(8))
            store = self.store(damage)
            run = self.run_with(images=store, options=("-t", "2"))
            self.assertIn(run.exit, range(0, 160), run)
            self.assertTrue(run.stdout == b"fine\n" if run.exit == 0 else run.notes() or run.stderr, run)
            self.assertLess(run.seconds, 9)
            shutil.rmtree(store)
