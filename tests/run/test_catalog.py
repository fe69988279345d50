# SPDX-License-Identifier: MIT
"""pe catalog: what there is, whether it is right, and a form that becomes a run."""

import json
import os

from support import pe
from support.case import Case, each

PROGRAM = {"id", "title", "summary", "documentation", "image", "image_digest", "available", "inputs", "outputs", "command",
           "options", "env", "stdin", "limits", "auto", "live", "examples"}
OPTION = {"id", "title", "help", "type", "default", "choices", "words", "template", "min", "max", "step"}
VECTORS = pe.ROOT / "tests" / "vectors" / "catalog"


class Catalog(Case):
    def catalog(self, *words, **kw):
        return self.execute([pe.PE, "catalog", *words], **kw)


class Shape(Catalog):
    def setUp(self):
        super().setUp()
        self.all = json.loads(self.catalog("ls", "--json").stdout)
        self.programs = {p["id"]: p for p in self.all["programs"]}

    def test_members(self):
        """Always the same ones: the page need not ask whether they are there."""
        self.assertEqual(set(self.all), {"kinds", "programs"})
        for kind in self.all["kinds"]:
            self.assertEqual(set(kind), {"id", "title", "extensions", "media", "highlight"})
        for program in self.programs.values():
            self.assertEqual(set(program), PROGRAM, program["id"])
            for option in program["options"]:
                self.assertEqual(set(option), OPTION, program["id"])
            for example in program["examples"]:
                self.assertEqual(set(example), {"id", "title", "files", "options", "stdin"}, program["id"])

    def test_images(self):
        gcc = self.programs["gcc"]
        shown = json.loads(self.execute([pe.PE, "image", "show", "gcc"]).stdout)
        self.assertEqual((gcc["image_digest"], gcc["available"]), (shown["digest"], True))
        run = self.catalog("show", "gcc", env=dict(os.environ, PE_IMAGES=os.fspath(self.tmp)))
        gone = json.loads(run.stdout)
        self.assertEqual((gone["image_digest"], gone["available"]), (None, False))

    def test_every_program_shows_off(self):
        for name, program in self.programs.items():
            self.assertTrue(program["examples"], f"{name} has no example")
            self.assertTrue(program["documentation"].startswith("http"), name)
            self.assertTrue(program["summary"], name)
            for example in program["examples"]:
                self.assertTrue(example["files"], f"{name}/{example['id']} has no file to open")

    def test_every_example_expands(self):
        for name, program in self.programs.items():
            for example in program["examples"]:
                run = self.catalog("run", "--print", "--example", example["id"], name)
                self.assertEqual(run.exit, 0)
                self.assertEqual([w for w in run.stdout.decode().split("\n") if "{option" in w or "{file" in w], [])

    def test_table(self):
        lines = self.catalog("ls").stdout.decode().splitlines()
        self.assertEqual(len(lines), 1 + len(self.programs))
        self.assertEqual([line.split()[0] for line in lines[1:]], list(self.programs))


class Check(Catalog):
    def test_ours(self):
        run = self.catalog("check")
        self.assertEqual(run.exit, 0)
        self.assertRegex(run.stdout.decode(), r"/catalog: \d+ programs, \d+ kinds of files\n$")

    def test_a_directory_and_a_file(self):
        for path in (VECTORS, VECTORS / "vectors.yaml"):
            run = self.catalog("check", "--catalog", VECTORS, path)
            self.assertEqual(run.exit, 0)
            self.assertIn(b"6 programs, 6 kinds", run.stdout)

    def test_two_of_three_are_wrong(self):
        good = self.write("good.yaml", "name: good\ntitle: G\nprograms: [{id: g, title: G, command: [g], inputs: [c]}]\n")
        kind = self.write("kind.yaml", "name: kind\ntitle: G\nprograms:\n- {id: g, title: G, command: [g], inputs: [klingon]}\n")
        word = self.write("word.yaml", "name: word\ntitle: G\nprograms:\n- id: g\n  title: G\n  command: [g, '{fiel}']\n")
        run = self.catalog("check", good, kind, word)
        self.assertIn(b"good.yaml: 1 programs", run.stdout)
        self.refused(run, "kind.yaml:4: programs[0].inputs[0]: no kind 'klingon'",
                     "word.yaml:6: programs[0].command[1]: '{fiel}': no such placeholder")

    def test_all_complaints_of_a_directory(self):
        self.write("c/kinds.yaml", "kinds: [{id: c, title: C, extensions: [.c]}]\n")
        for name in ("a", "b", "c"):
            self.write(f"c/{name}.yaml", f"name: {name}\ntitle: T\nprograms: [{{id: {name}, title: T, command: [x, '{{{name}}}']}}]\n")
        self.write("c/b.yaml", "name: b\ntitle: B\nprograms: [{id: b, title: B, command: [b]}]\n")
        self.refused(self.catalog("check", self.tmp / "c"), "/c/a.yaml:3: programs[0].command[1]: '{a}'",
                     "/c/c.yaml:3: programs[0].command[1]: '{c}'")
        # What is wrong between files is seen when each by itself is right.
        self.write("c/a.yaml", "name: a\ntitle: B\nprograms: [{id: b, title: B, command: [b]}]\n")
        self.write("c/c.yaml", "name: c\ntitle: B\nprograms: [{id: c, title: B, command: [b]}]\n")
        self.refused(self.catalog("check", self.tmp / "c"), "/c/b.yaml:3: programs[0].id: another program has the id 'b'")
        self.write("c/kinds.yaml", "kinds: 7\n")
        self.refused(self.catalog("check", self.tmp / "c"), "/c/kinds.yaml:1:")

    def test_a_label(self):
        label = "programs: [{id: cow, title: Cow, command: [cowsay]}]\n"
        self.assertEqual(self.catalog("check", "--label", self.write("label", label)).exit, 0)
        run = self.catalog("check", "--label", self.write("label", label.replace("title: Cow", "title: Cow, image: gcc")))
        self.refused(run, "programs[0].image: an image cannot speak of programs of another one")

    def test_control_characters_are_shown_not_obeyed(self):
        run = self.catalog("check", self.write("x.yaml", 'name: x\ntitle: "\\e[31m"\npackages: [bash]\n'))
        self.refused(run, r"title: '\x1b[31m' is no title")
        self.assertNotIn(b"\x1b", run.stderr)


class Run(Catalog):
    def test_a_form_becomes_words(self):
        source = self.write("a b.c", "")
        run = self.catalog("run", "-n", "-O", "std=c99", "-O", "warnings=false", "-O", "define=A", "-O", "define=B=2 3",
                           "-O", "arguments=-x 'y z'", "gcc", source)
        self.assertEqual(run.exit, 0)
        self.assertEqual(run.stdout.decode().split("\n")[4:-1],
                         ["-std=c99", "-O2", "-DA", "-DB=2 3", "-x", "y z", "a b.c"])

    def test_a_run(self):
        source = self.write("six.c", '#include <stdio.h>\nint main(void) { return printf("%d\\n", SIX) != 2; }\n')
        run = self.catalog("run", "-O", "define=SIX=6", "gcc", source)
        self.assertEqual((run.exit, run.stdout), (0, b"6\n"))

    def test_files_come_back(self):
        source = self.write("f.c", "int f(void) { return 42; }\n")
        run = self.catalog("run", "-o", self.tmp / "out", "gcc-assembly", f"sub/g.c={source}")
        self.assertEqual(run.exit, 0)
        self.assertIn("42", (self.tmp / "out" / "g.s").read_text())

    def test_standard_input(self):
        script = self.write("read.sh", "read -r x; echo \"<$x>\"\n")
        run = self.catalog("run", "-i", "-", "bash", script, stdin=b"typed\n")
        self.assertEqual((run.exit, run.stdout), (0, b"<typed>\n"))

    def test_the_exit_status_is_the_programs(self):
        run = self.catalog("run", "-O", "arguments=7", "bash", self.write("x.sh", "exit $1\n"))
        self.assertEqual(run.exit, 7)

    def test_an_example(self):
        run = self.catalog("run", "-x", "sums", "awk")
        self.assertEqual(run.exit, 0)
        self.assertIn(b"bread      5.10", run.stdout)

    @each({
        "unknown program": (["gc"], "no program 'gc' in the catalog; near names: gcc"),
        "unknown option": (["-O", "optimize=O2", "gcc", "a.c"], "has no option 'optimize'; near names: optimise"),
        "unknown choice": (["-O", "optimise=O7", "gcc", "a.c"], "option 'optimise': 'O7' is not among its choices"),
        "no assignment": (["-O", "optimise", "gcc", "a.c"], "'optimise' is no OPTION=VALUE"),
        "out of range": (["-O", "dpi=1000", "graphviz", "a.c"], "option 'dpi': 1000 is more than 300"),
        "no file of its kind": (["python3", "a.c"], "program 'python3' needs a file of a kind that it reads (python)"),
        "no such file": (["gcc", "b.c"], "b.c"),
        "unknown example": (["-x", "none", "awk"], "program 'awk' has no example 'none'; it has sums"),
    })
    def refusal(self, words, complaint):
        self.write("a.c", "")
        self.refused(self.catalog("run", *words, cwd=self.tmp), complaint)

    @each({"nothing": ["run"], "an example and files": ["run", "-x", "sums", "awk", "a"], "no command": [],
           "unknown command": ["fly"], "a label without a file": ["check", "--label"], "too many": ["show", "a", "b"]})
    def usage(self, *words):
        run = self.catalog(*words)
        self.assertEqual(run.exit, 2)
        self.assertTrue(run.stderr)
