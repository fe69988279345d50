# SPDX-License-Identifier: MIT
"""Settings: where they come from, what is wrong with them, and that all ways in are one table."""

import os
import re

from support import pe
from support.case import Case, each

FILE = """\
# settings
slots: 3
queue: 77
trusted-proxies: [10.0.0.0/8]
"""


class Config(Case):
    def show(self, *options, env=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PE_SERVE_")}
        return self.execute([pe.PE, "config", "show", *options],
                            env={**clean, "PE_SERVE_CONFIG": "/dev/null", **(env or {})})

    def shown(self, *options, env=None):
        run = self.show(*options, env=env)
        self.assertEqual(run.exit, 0, run.stderr)
        return dict(re.fullmatch(r"([a-z-]+): (.*)", line).groups() for line in run.stdout.decode().splitlines())

    def check(self, *options):
        return self.execute([pe.PE, "serve", "--check", "--config", "/dev/null", *options])


class Sources(Config):
    def test_each_counts_more_than_the_next(self):
        path = self.write("serve.yaml", FILE)
        got = self.shown("--config", path, "--slots", "1", env={"PE_SERVE_SLOTS": "2", "PE_SERVE_QUEUE": "88"})
        self.assertEqual(got["slots"], "1  # --slots")
        self.assertEqual(got["queue"], "88  # $PE_SERVE_QUEUE")
        self.assertEqual(got["trusted-proxies"], f'["10.0.0.0/8"]  # {path}:4')
        self.assertEqual(got["pids"], "256  # default")

    def test_file_named_by_the_environment(self):
        path = self.write("serve.yaml", FILE)
        self.assertEqual(self.shown(env={"PE_SERVE_CONFIG": str(path)})["queue"], f"77  # {path}:3")

    def test_what_is_shown_is_a_file(self):
        path = self.write("again.yaml", self.show("--rate", "2.5", "--listen", "unix:/x,systemd").stdout)
        again = self.shown("--config", path)
        self.assertTrue(again["rate"].startswith("2.5  # "))
        self.assertTrue(again["listen"].startswith('["unix:/x", "systemd"]  # '))

    def test_every_setting_has_all_three_names(self):
        help_ = self.execute([pe.PE, "serve", "--help"]).stdout.decode()
        rows = self.execute([pe.PE, "help", "--format", "rows"]).stdout.decode().splitlines()
        offered = {row.split("\t")[3] for row in rows if row.startswith("option\tserve\t")}
        for name, value in self.shown().items():
            value = value.split("  # ")[0]
            self.assertIn(f"--{name} ", help_)
            self.assertIn(name, offered)
            text = ",".join(re.findall(r'"([^"]*)"', value)) if value[0] in '["' else value
            variable = "PE_SERVE_" + name.upper().replace("-", "_")
            self.assertIn(f"# ${variable}", self.shown(env={variable: text})[name])
            self.assertIn(f"# --{name}", self.shown(f"--{name}={text}")[name])

    def test_packaged_file_is_good(self):
        run = self.execute([pe.PE, "serve", "--check", "--config", pe.ROOT / "packaging" / "serve.yaml"])
        self.assertEqual((run.exit, run.stderr), (0, b""))

    def test_what_the_packaged_file_says_of_defaults_is_true(self):
        defaults = self.shown()
        for line in (pe.ROOT / "packaging" / "serve.yaml").read_text().splitlines():
            if found := re.fullmatch(r"#([a-z-]+): (\S.*)", line):
                name, value = found.groups()
                told = self.shown("--config", self.write("one.yaml", f"{name}: {value}\n"))
                if name not in ("cpus",):
                    self.assertEqual(told[name].split("  #")[0], defaults[name].split("  #")[0], name)


class Mistakes(Config):
    @each({
        "unknown key": ("sloths: 3\n", ":1: Unexpected key: sloths"),
        "no YAML": ("slots: 3\nqueue: [\n", ":3: "),
        "no number": ("\n\nslots: some\n", ":3: at 'slots': 'some' is not a whole number"),
        "too large": ("slots: 99999\n", ":1: at 'slots': '99999' is out of range"),
        "twice": ("slots: 1\nslots: 2\n", ":2: Mapping field already seen: slots"),
        "together": ("timeout: 5m\n", "'timeout' (@) is larger than 'max-timeout' (default)"),
    })
    def file(self, text, words):
        path = self.write("bad.yaml", text)
        words = words.replace("@", f"{path}:1")
        for run in (self.execute([pe.PE, "serve", "--check", "--config", path]), self.show("--config", path)):
            self.assertNotEqual(run.exit, 0)
            self.assertIn((str(path) if words[0] == ":" else "") + words, run.stderr.decode())
            self.assertEqual(run.stderr.count(b"\n"), 1)

    @each({
        "value": (("--slots", "x"), "--slots: 'x' is not a whole number"),
        "address": (("--listen", "example"), "--listen: 'example' is no address"),
        "name": (("--slotz", "1"), "unknown option '--slotz'"),
        "missing file": (("--config", "/nonexistent/serve.yaml"), "open config '/nonexistent/serve.yaml'"),
    })
    def option(self, options, words):
        run = self.check(*options)
        self.assertNotEqual(run.exit, 0)
        self.assertIn(words, run.stderr.decode())

    def test_environment(self):
        run = self.show(env={"PE_SERVE_SLOTZ": "1"})
        self.assertNotEqual(run.exit, 0)
        self.assertIn("'PE_SERVE_SLOTZ' is no setting; near names: PE_SERVE_SLOTS", run.stderr.decode())
