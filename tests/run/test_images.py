# SPDX-License-Identifier: MIT
"""pe image: the store as a person sees it, and builds that go wrong. The builder here is a stand-in: no network."""

import json
import os
import signal
import subprocess
import time

from support import pe
from support.case import PATH, Case, each

RECIPE = "name: tiny\ntitle: Tiny\npackages: [bash]\nenv: [A=1]\ncmd: [bash]\n"
# Writes an archive as mmdebstrap does.
BUILDER = """#!/bin/sh
set -e
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/var/lib/dpkg/info" "$root/dev" "$root/bin"
echo hello >"$root/bin/hello"
touch "$root/dev/null"
printf 'Package: bash\\nStatus: install ok installed\\nVersion: 5\\n\\n' >"$root/var/lib/dpkg/status"
touch -d 2020-02-02 "$root/var/lib/dpkg/info/bash.md5sums" "$root/bin/hello"
tar -C "$root" -c --numeric-owner --format=pax --xattrs .
"""
# What apt-get indextargets says before the first apt-get update.
SOURCES = """#!/bin/sh
. /etc/os-release
echo "http://localhost/ $VERSION_CODENAME main \\$(CODENAME) \\$(ORIGIN)"
"""


class Examples(Case):
    """Every example of the starter set, in its VM."""

    @each({name: name for name in ("shell", "gcc", "python3", "graphviz")})
    def example(self, name):
        run = self.execute([pe.PE, "image", "test", name])
        self.assertEqual(run.exit, 0)
        self.assertRegex(run.stdout.decode(), r"^([a-z0-9.+-]+/[a-z0-9-]+: ok, \d+ ms\n)+$")

    def test_an_example_that_does_not_keep_its_word(self):
        recipe = self.write("shell.yaml", "name: shell\ntitle: T\npackages: [bash]\nprograms: [{id: a, title: A, "
                            "command: [echo, two], examples: [{id: b, title: B, expect_stdout: one}]}]\n")
        run = self.execute([pe.PE, "image", "test", recipe])
        self.refused(run, "a/b", "'one' is not in its output: two")


class Store(Case):
    def setUp(self):
        super().setUp()
        self.store = self.tmp / "store"
        self.temporary = self.tmp / "tmp"
        self.temporary.mkdir()
        self.recipe = self.write("tiny.yaml", RECIPE)
        self.write("bin/apt-get", SOURCES, 0o755)
        self.write("bin/apt-config", "#!/bin/sh\n", 0o755)
        self.builder(BUILDER)

    def builder(self, script):
        self.write("bin/mmdebstrap", script, 0o755)

    def env(self, path=PATH):
        return dict(os.environ, PE_IMAGES=os.fspath(self.store), TMPDIR=os.fspath(self.temporary),
                    PATH=f"{self.tmp}/bin:{path}")

    def image(self, *words):
        return self.execute([pe.PE, "image", *words], env=self.env())

    def build(self, *words, exit=0):
        run = self.image("build", *words, self.recipe)
        self.assertEqual(run.exit, exit)
        self.assertEqual(os.listdir(self.temporary), [], "temporary files")
        return run

    def metadata(self, image):
        return self.store / "metadata" / f"{image['digest'].removeprefix('sha256:')}.erofs"

    def listed(self):
        return json.loads(self.image("ls", "--json").stdout)

    def test_a_life(self):
        self.assertEqual(self.listed(), [])
        self.assertIn(b"tiny: built", self.build().stderr)
        self.assertIn(b"tiny: up to date", self.build().stderr)

        (one,) = self.listed()
        self.assertEqual((one["name"], one["title"], one["cmd"]), ("tiny", "Tiny", ["bash"]))
        self.assertIn("A=1", one["env"])
        self.assertEqual(one["metadata_bytes"], self.metadata(one).stat().st_size)
        shown = json.loads(self.image("show", "tiny").stdout)
        self.assertEqual(shown["digest"], one["digest"])
        self.assertEqual(shown["packages"], ["bash 5"])
        self.assertEqual(self.metadata(one).stat().st_mode & 0o777, 0o644)

        self.assertEqual(self.image("rm", "tiny").exit, 0)
        self.assertEqual(self.listed(), [])
        self.refused(self.image("rm", "tiny"), "tiny")

    def test_the_same_packages_give_the_same_bytes(self):
        self.build()
        (first,) = self.listed()
        time.sleep(1.1)
        self.build("--force")
        (second,) = self.listed()
        self.assertEqual(first["digest"], second["digest"])
        self.assertGreater(second["created"], first["created"])

    def test_programs_of_an_image_that_is_not_built_here(self):
        other = self.write("catalog/other.yaml", "name: other\ntitle: O\nprograms: [{id: o, title: O, command: [o]}]\n")
        self.write("catalog/kinds.yaml", "kinds: []\n")
        self.refused(self.image("build", other), "other: no packages: its image comes from elsewhere")
        run = self.image("build", "--all", "--catalog", self.tmp / "catalog")
        self.assertEqual((run.exit, run.stderr), (0, b""))

    def test_a_changed_recipe_is_built_again(self):
        self.build()
        self.write("tiny.yaml", RECIPE.replace("A=1", "A=2"))
        self.assertIn(b"tiny: built", self.build().stderr)
        self.assertIn("A=2", self.listed()[0]["env"])

    def test_a_failed_build_leaves_the_old_image(self):
        self.build()
        before = self.listed()
        self.builder(BUILDER + "echo 'E: no such package' >&2\nexit 25\n")
        run = self.build("--force", exit=125)
        self.assertIn(b"E: no such package", run.stderr)
        self.refused(run, "tiny", "'mmdebstrap' failed with exit status 25", os.fspath(self.store / "tiny.log"))
        self.assertEqual(self.listed(), before)

    def test_two_at_once_build_once(self):
        self.builder(BUILDER + "sleep 1\n")
        command = [pe.PE, "image", "build", self.recipe]
        first = pe.spawn(command, env=self.env(), stderr=subprocess.PIPE)
        second = self.execute(command, env=self.env())
        said = first.communicate()[1] + second.stderr
        pe.forget(first)
        self.assertEqual((first.returncode, second.exit), (0, 0))
        for line in (b"tiny: built", b"tiny: waiting for another build", b"tiny: up to date"):
            self.assertEqual(said.count(line), 1, said)

    def test_an_interrupted_build_leaves_nothing(self):
        started = self.tmp / "started"
        self.builder(BUILDER + f"trap 'kill $!; exit 1' TERM\nsleep 60 & touch {started}\nwait\n")
        p = pe.spawn([pe.PE, "image", "build", self.recipe], env=self.env(), stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                if started.exists():
                    break
                time.sleep(0.05)
            p.send_signal(signal.SIGINT)
            self.assertEqual(p.wait(10), 130)
        finally:
            p.kill()
            p.wait()
            pe.forget(p)
        self.assertEqual(os.listdir(self.temporary), [], "temporary files")
        self.assertEqual(self.listed(), [])

    def test_a_missing_tool_is_named_with_its_package(self):
        os.remove(self.tmp / "bin" / "mmdebstrap")
        run = self.execute([pe.PE, "image", "build", self.recipe], env=self.env("/nowhere"))
        self.refused(run, "'mmdebstrap' is missing", "apt-get install mmdebstrap")

    def test_near_names(self):
        self.build()
        self.refused(self.image("show", "tyni"), "no image 'tyni'; near names: tiny")
        self.refused(self.image("show", "cobol"), "no image 'cobol'")
        self.refused(self.image("build", "pyton3"), "no recipe 'pyton3'", "python3")

    def test_a_damaged_image_is_named_and_can_be_removed(self):
        self.build()
        (self.store / "tiny.json").write_text("{")
        self.refused(self.image("ls"), os.fspath(self.store / "tiny.json"), "line 1")
        self.refused(self.image("show", "tiny"), os.fspath(self.store / "tiny.json"))
        self.assertEqual(self.image("rm", "tiny").exit, 0)
        self.assertEqual(self.listed(), [])

    @each({
        "unknown key": ("name: x\ntitle: X\npackages: [bash]\nfoo: 1\n", ":4: Unexpected key: foo"),
        "option as package": ("name: x\ntitle: X\npackages:\n  - --force\n", ":4: packages[0]: '--force' is no package name"),
        "no yaml": ("name: [x\n", ":1: "),
    })
    def bad_recipe(self, text, complaint):
        recipe = self.write("bad.yaml", text)
        self.refused(self.image("build", recipe), f"{recipe}{complaint}")

    @each({
        "no command": (), "unknown": ("frob",), "build nothing": ("build",), "all and one": ("build", "--all", "gcc"),
        "show two": ("show", "a", "b"), "ls one": ("ls", "a"), "rm none": ("rm",), "bad option": ("ls", "--frob"),
    })
    def usage(self, *words):
        run = self.image(*words)
        self.assertEqual(run.exit, 2)
        self.assertIn(b"sage: pe image", run.stderr)
