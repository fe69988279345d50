# SPDX-License-Identifier: MIT
"""What a person who types gets: help, and refusals that name what is wrong."""

import os

from support import pe
from support.case import Case, each

# Every option of the contract, as --help must list it.
OPTIONS = ["-f", "-d", "-i", "-e", "-C", "-u", "-o", "-t", "-m", "--json", "--trace", "--max-output", "--max-input",
           "--scratch", "--pids", "--hostname", "--allow-weak-jail"]


class Help(Case):
    @each({"pe --help": ["--help"], "pe -h": ["-h"], "pe help": ["help"]})
    def overview(self, *words):
        run = self.execute([pe.PE, *words])
        self.assertEqual((run.exit, run.stderr), (0, b""))
        for command in (b"run", b"image", b"doctor"):
            self.assertIn(command, run.stdout)

    @each({"long": "--help", "short": "-h"})
    def of_run(self, option):
        run = self.execute([pe.PE, "run", option])
        self.assertEqual(run.exit, 0)
        text = run.stdout.decode()
        self.assertEqual([o for o in OPTIONS if o not in text], [])
        for status in ("124", "125", "126", "127"):
            self.assertIn(status, text)

    def test_lines_fit_a_terminal(self):
        for words in (["--help"], ["run", "--help"], ["image", "--help"], ["doctor", "--help"]):
            run = self.execute([pe.PE, *words])
            self.assertEqual(run.exit, 0)
            self.assertEqual([line for line in run.stdout.decode().splitlines() if len(line) > 100], [])


class Usage(Case):
    @each({
        "nothing": [], "unknown command": ["fly"], "unknown option": ["run", "--fly", "shell", "true"],
        "unknown letter": ["run", "-Z", "shell", "true"], "no image": ["run"], "no image after dashes": ["run", "--"],
        "no value": ["run", "-t"], "no long value": ["run", "--hostname"],
        "a flag with a value": ["run", "--json=1", "shell"],
    })
    def wrong(self, *words):
        run = self.execute([pe.PE, *words])
        self.assertEqual((run.exit, run.stdout), (2, b""))
        self.assertTrue(run.stderr)
        if len(words) > 1 and words[1] != "--":
            self.assertIn(words[1].lstrip("-").split("=")[0].encode(), run.stderr)

    @each({
        "no time": ("-t", "0"), "words for time": ("-t", "abc"), "negative time": ("-t", "-1"),
        "empty time": ("-t", ""),
        "endless time": ("-t", "inf"), "no number": ("-t", "nan"), "a million days": ("-t", "86400000000"),
        "time and rubbish": ("-t", "5x"), "two times": ("-t", "1 2"),
        "one byte": ("-m", "1"), "999T": ("-m", "999T"), "words for memory": ("-m", "abc"),
        "negative memory": ("-m", "-1G"),
        "no memory": ("-m", "0"), "overflow": ("-m", "99999999999999999999"),
        "overflow by unit": ("-m", "18014398509481985K"),
        "unknown unit": ("-m", "1Q"), "words for output": ("--max-output", "x"), "no output": ("--max-output", "0"),
        "999T output": ("--max-output", "999T"), "words for input": ("--max-input", "x"),
        "999T input": ("--max-input", "999T"),
        "words for scratch": ("--scratch", "x"), "999T scratch": ("--scratch", "999T"),
        "no processes": ("--pids", "0"), "negative processes": ("--pids", "-5"),
        "words for processes": ("--pids", "many"),
        "processes without number": ("--pids", "4294967297"),
    })
    def limit(self, option, value):
        run = self.execute([pe.PE, "run", option, value, "shell", "--", "true"])
        self.refused(run, *([value] if value else []))

    def test_without_a_program_the_image_s_own_runs(self):
        for words in (["shell"], ["shell", "--"]):
            run = self.execute([pe.PE, "run", "-i", "-", *words], stdin=b"echo from the shell; exit 4\n")
            self.assertEqual((run.exit, run.stdout), (4, b"from the shell\n"))


class Image(Case):
    @each({"one letter more": "gccc", "one letter less": "gc", "one more sign": "gcc-"})
    def near(self, name):
        run = self.guest("true", image=name, exit=125)
        self.refused(run, name, "gcc")
        self.assertNotIn("python3", "\n".join(run.notes()))

    def test_upper_case_is_named_as_such(self):
        self.refused(self.guest("true", image="GCC", exit=125), "GCC")

    def test_unknown_and_near_nothing(self):
        self.refused(self.guest("true", image="zzzzzzzzzz", exit=125), "zzzzzzzzzz")

    @each({
        "dots": "../../../etc", "absolute": "/etc/passwd", "empty": "", "one dot": ".", "two dots": "..",
        "newline": "a\nb", "long": "n" * 5000, "slash": "gcc/../gcc", "not utf8": b"\xff",
    })
    def hostile_name(self, name):
        run = self.guest("true", image=name, exit=None)
        self.refused(run)

    def test_in_json(self):
        r = self.job("true", image="gccc", outcome="rejected")
        self.assertIn("gccc", r.message)

    def test_list(self):
        run = self.execute([pe.PE, "image", "ls"])
        self.assertEqual(run.exit, 0)
        names = [line.split()[0] for line in run.stdout.decode().splitlines()]
        for name in ("gcc", "python3", "shell"):
            self.assertIn(name, names)


class Trace(Case):
    def test_phases_with_times(self):
        run = self.sh("echo out; exit 3", options=["--trace"], exit=3)
        self.assertEqual(run.stdout, b"out\n")
        lines = [line for line in run.stderr.decode().splitlines() if "ms" in line]
        self.assertGreaterEqual(len(lines), 3)
        for line in lines:
            self.assertRegex(line, r"\d")

    def test_off_by_default(self):
        run = self.sh("echo out; exit 3", exit=3)
        self.assertEqual((run.stdout, run.stderr), (b"out\n", b""))


class Doctor(Case):
    def test_names_the_layers(self):
        run = self.execute([pe.PE, "doctor"])
        self.assertIn(run.exit, (0, 1))
        text = run.stdout.decode().lower()
        for word in ("seccomp", "namespace", "kernel"):
            self.assertIn(word, text)


class Environment(Case):
    def where(self, **env):
        return self.guest("true", env={**os.environ, **{k: str(v) for k, v in env.items()}}, exit=None)

    def test_no_kernel(self):
        self.refused(self.where(PE_KERNEL="/no/such/kernel"), "/no/such/kernel", exits=(125,))

    def test_an_empty_kernel_directory(self):
        (self.tmp / "empty").mkdir()
        self.refused(self.where(PE_KERNEL=self.tmp / "empty"), str(self.tmp / "empty"), exits=(125,))

    def test_no_images(self):
        self.refused(self.where(PE_IMAGES="/no/such/store"), exits=(125,))

    def test_an_empty_store(self):
        (self.tmp / "store").mkdir()
        self.refused(self.where(PE_IMAGES=self.tmp / "store"), "shell", exits=(125,))

    def test_an_empty_cache(self):
        env = {k: v for k, v in os.environ.items() if k not in ("PE_KERNEL", "PE_IMAGES")}
        run = self.guest("true", env={**env, "XDG_CACHE_HOME": str(self.tmp / "cache")}, exit=125)
        self.refused(run)

    def test_no_environment_but_the_two(self):
        env = {"PE_KERNEL": str(pe.KERNEL), "PE_IMAGES": str(pe.IMAGES)}
        self.assertEqual(self.guest("echo", "x", env=env).stdout, b"x\n")

    def test_no_home_at_all(self):
        run = self.guest("echo", "x", env={}, exit=None)
        # With nothing to go by, the home of the user may still be known from the system.
        if run.exit == 0:
            self.assertEqual(run.stdout, b"x\n")
        else:
            self.refused(run, exits=(125,))
