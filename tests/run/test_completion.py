# SPDX-License-Identifier: MIT
"""The manual page and the completion, which are made from the options themselves."""

import os

from support import pe
from support.case import Case, each

# Completes the words that it was given, the last being the one that is typed.
BASH = """
source packaging/completion.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
compopt() { :; }
_pe
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(Case):
    def complete(self, *words):
        run = self.execute(["bash", "-c", BASH, "bash", os.fspath(pe.PE), *words], cwd=pe.ROOT)
        self.assertEqual(run.stderr, b"")
        return run.stdout.decode().split()

    @each({
        "command": (["r"], ["run"]),
        "all commands": ([""], ["catalog", "config", "doctor", "help", "image", "run", "serve", "template", "--help"]),
        "second word": (["image", "b"], ["build"]),
        "long option": (["run", "--js"], ["--json"]),
        "option of a second word": (["image", "build", "--for"], ["--force"]),
        "file": (["run", "-f", "demo/hel"], ["demo/hello.c"]),
        "file of a long option": (["run", "--file", "demo/hel"], ["demo/hello.c"]),
        "file after equals": (["run", "--file", "=", "demo/hel"], ["demo/hello.c"]),
        "directory": (["run", "-d", "dem"], ["demo"]),
        "free text": (["run", "-t", ""], []),
        "image": (["run", "pytho"], ["python3"]),
        "image after a flag": (["run", "--json", "pytho"], ["python3"]),
        "program": (["catalog", "show", "graphv"], ["graphviz"]),
        "program or file": (["catalog", "run", "demo/hel"], ["demo/hello.c"]),
        "second word of settings": (["config", ""], ["show"]),
        "setting": (["serve", "--cache-d"], ["--cache-disk"]),
        "setting that is shown": (["config", "show", "--cache-d"], ["--cache-disk"]),
        "word of a setting": (["serve", "--log-format", "j"], ["json"]),
        "words of a setting": (["serve", "--log-level", ""], ["error", "warning", "info", "debug"]),
        "directory of a setting": (["serve", "--state", "dem"], ["demo"]),
        "what is the program's": (["run", "python3", "--", "--js"], []),
        "unknown command": (["fly", ""], []),
    })
    def bash(self, words, expected):
        self.assertEqual(sorted(self.complete(*words)), sorted(expected))

    def test_rows_have_every_option_of_the_help(self):
        said = self.execute([pe.PE, "run", "--help"]).stdout.decode()
        rows = self.execute([pe.PE, "help", "--format", "rows"]).stdout.decode().splitlines()
        options = [row.split("\t")[3] for row in rows if row.startswith("option\trun\t")]
        self.assertGreater(len(options), 10)
        self.assertEqual([o for o in options if f"--{o}" not in said], [])


class Manual(Case):
    def test_it_is_a_manual_page(self):
        run = self.execute([pe.PE, "help", "--format", "man"])
        self.assertEqual((run.exit, run.stderr), (0, b""))
        text = run.stdout.decode()
        self.assertTrue(text.startswith(".TH PE 1 "))
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "FILES"):
            self.assertIn(f"\n.SH {section}\n", text)
        self.assertIn("\\-\\-allow\\-weak\\-jail", text)

    def test_nothing_in_it_is_an_unknown_request(self):
        known = {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I", ".nf", ".fi"}
        text = self.execute([pe.PE, "help", "--format", "man"]).stdout.decode()
        requests = {line.split()[0] for line in text.splitlines() if line[:1] in (".", "'")}
        self.assertEqual(requests - known, set())


class Help(Case):
    def test_of_one_command_and_of_a_group(self):
        run = self.execute([pe.PE, "help", "image"])
        self.assertEqual(run.exit, 0)
        for words in (b"pe image build", b"pe image ls"):
            self.assertIn(words, run.stdout)

    @each({"unknown command": ["fly"], "unknown format": ["--format", "pdf"]})
    def refused(self, *words):
        run = self.execute([pe.PE, "help", *words])
        self.assertEqual((run.exit, run.stdout), (2, b""))
        self.assertIn(words[-1].encode(), run.stderr)
