# SPDX-License-Identifier: MIT
"""Pieces of ours that are broken: a message, no hang, nothing left."""

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
        store = self.tmp / "store"
        store.mkdir()
        for f in pe.IMAGES.glob("shell.*"):
            shutil.copyfile(f, store / f.name)
        damage(store)
        return store

    def test_an_image_cut_short(self):
        run = self.run_with(images=self.store(lambda s: os.truncate(s / "shell.erofs", 1 << 20)))
        self.refused(run, exits=(125, 126, 127))

    def test_an_image_of_zeros(self):
        def damage(store):
            size = (store / "shell.erofs").stat().st_size
            os.truncate(store / "shell.erofs", 0)
            os.truncate(store / "shell.erofs", size)
        self.refused(self.run_with(images=self.store(damage)), exits=(125,))

    @each({"empty": b"", "cut": b'{"name": "shell", ', "array": b"[]",
           "other types": b'{"digest": 5, "env": {}, "cmd": "x"}',
           "deep": b"[" * 100_000, "nul": b"\0" * 100})
    def config_that_is(self, content):
        run = self.run_with(images=self.store(lambda s: (s / "shell.json").write_bytes(content)))
        self.refused(run, "shell", exits=(125,))

    def test_an_image_without_its_disk(self):
        run = self.run_with(images=self.store(lambda s: (s / "shell.erofs").unlink()))
        self.refused(run, "shell", exits=(125,))

    def test_an_image_whose_disk_is_a_fifo(self):
        def damage(store):
            (store / "shell.erofs").unlink()
            os.mkfifo(store / "shell.erofs")
        self.refused(self.run_with(images=self.store(damage)), "shell", exits=(125,))

    def test_noise_in_the_metadata_of_an_image_never_hangs(self):
        noise = random.Random(3)
        for i in range(8):
            def damage(store):
                with open(store / "shell.erofs", "r+b") as f:
                    for _ in range(200):
                        f.seek(noise.randrange(0, 1 << 20))
                        f.write(noise.randbytes(8))
            store = self.store(damage)
            run = self.run_with(images=store, options=("-t", "2"))
            self.assertIn(run.exit, range(0, 160), run)
            self.assertTrue(run.stdout == b"fine\n" if run.exit == 0 else run.notes() or run.stderr, run)
            self.assertLess(run.seconds, 9)
            shutil.rmtree(store)
