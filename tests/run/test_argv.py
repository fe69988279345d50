# SPDX-License-Identifier: MIT
"""The command line, environment, directory, host name and user that a program finds."""

from support import pe
from support.case import PATH, Case, each

ECHO_WORDS = ("sh", "-c", 'for w; do printf "%s\\0" "$w"; done', "sh")


class Argv(Case):
    @each({
        "spaces": ["two words", " leading", "trailing ", "   "],
        "newlines": ["a\nb", "\n", "end\n"],
        "utf8": ["grüße", "日本語", "🙂", "e\u0301"],
        "empty words": ["", "a", "", ""],
        "quotes": ["'", '"', "\\", "$HOME", "`id`", "*", "~", "a;b", "|", "&"],
        "dashes": ["-", "--", "-t", "--json", "-f", "--help"],
        "control bytes": ["\x01\x1b[31m\x7f", "\t", "\r\n"],
        "not utf8": [b"\xff\xfe", b"\x80abc", b"caf\xe9"],
        "equal signs": ["a=b", "=", "argv=1\nenv=2"],
        "many": [str(i) for i in range(3000)],
    })
    def words_arrive(self, *words):
        run = self.guest(*ECHO_WORDS, *words)
        expected = b"".join((w if isinstance(w, bytes) else w.encode()) + b"\0" for w in words)
        self.assertEqual(run.stdout, expected)

    def test_one_word_of_100_kB(self):
        run = self.guest("sh", "-c", 'printf %s "$1" | wc -c', "sh", "x" * 100_000)
        self.assertEqual(run.stdout.strip(), b"100000")

    def test_argv_of_1_MB(self):
        run = self.guest("sh", "-c", 'echo $#; printf %s "$@" | wc -c', "sh", *["y" * 100_000] * 10)
        self.assertEqual(run.stdout.split(), [b"10", b"1000000"])

    def test_argv0_is_the_word_given(self):
        run = self.guest("cat", "/proc/self/cmdline")
        self.assertEqual(run.stdout, b"cat\0/proc/self/cmdline\0")

    def test_two_dashes_before_the_program_may_be_left_out(self):
        run = self.execute([pe.PE, "run", "shell", "echo", "-t", "5", "--", "--json"])
        self.assertEqual((run.exit, run.stdout), (0, b"-t 5 -- --json\n"))

    def test_only_the_first_two_dashes_are_dropped(self):
        run = self.guest(*ECHO_WORDS, "--", "x")
        self.assertEqual(run.stdout, b"--\0x\0")

    def test_options_may_be_glued_or_joined(self):
        run = self.execute([pe.PE, "run", "-eA=1", "--env=B=2", "-t5", "shell", "--", "sh", "-c", "echo $A$B"])
        self.assertEqual((run.exit, run.stdout), (0, b"12\n"))

    def test_a_program_is_found_along_path(self):
        run = self.guest("env", "-i", "/bin/echo", "x", options=["-e", "PATH=/usr/bin:/bin"])
        self.assertEqual(run.stdout, b"x\n")

    def test_path_of_the_job_decides(self):
        self.guest("ls", options=["-e", "PATH=/nowhere"], exit=127)

    def test_a_program_among_the_input_files(self):
        script = (b"#!/bin/sh\necho given $1\n", 0o755)
        self.assertEqual(self.guest("./tool", "x", files={"tool": script}).stdout, b"given x\n")
        self.assertEqual(self.guest("/input/tool", "y", files={"tool": script}).stdout, b"given y\n")


class Env(Case):
    def env_of(self, *options, **kw):
        run = self.guest("cat", "/proc/self/environ", options=options, **kw)
        return dict(item.split(b"=", 1) for item in run.stdout.split(b"\0") if item)

    @each({
        "plain": ("K", "value"),
        "empty": ("K", ""),
        "equal signs": ("K", "a=b=c"),
        "spaces and newlines": ("K", " a\n\nb "),
        "utf8": ("SCHLÜSSEL", "wért"),
        "100 kB": ("BIG", "z" * 100_000),
        "a config line": ("K", "x\nuser=0\nrootfs=/"),
    })
    def value_arrives(self, key, value):
        self.assertEqual(self.env_of("-e", f"{key}={value}").get(key.encode()), value.encode())

    def test_value_that_is_not_utf8(self):
        self.assertEqual(self.env_of("-e", b"K=\xff\xfe").get(b"K"), b"\xff\xfe")

    def test_3000_variables(self):
        options = [word for i in range(3000) for word in ("-e", f"V{i}={i * 7}")]
        env = self.env_of(*options)
        for i in range(3000):
            self.assertEqual(env.get(b"V%d" % i), b"%d" % (i * 7))

    def test_the_last_of_two_wins(self):
        run = self.guest("cat", "/proc/self/environ", options=["-e", "K=1", "-e", "K=2"])
        self.assertEqual([v for v in run.stdout.split(b"\0") if v.startswith(b"K=")], [b"K=2"])

    def test_defaults(self):
        env = self.env_of()
        self.assertEqual(env.get(b"PATH"), PATH.encode())
        self.assertTrue(env.get(b"HOME", b"").startswith(b"/"))

    def test_defaults_can_be_replaced(self):
        env = self.env_of("-e", "PATH=/bin", "-e", "HOME=/output")
        self.assertEqual((env[b"PATH"], env[b"HOME"]), (b"/bin", b"/output"))

    def test_home_can_be_written(self):
        run = self.sh('cd "$HOME" && mkdir -p .cache/x && echo y > .cache/x/y && cat .cache/x/y')
        self.assertEqual(run.stdout, b"y\n")

    def test_nothing_of_the_host_gets_in(self):
        env = self.env_of(env={"PATH": "/usr/bin:/bin", "HOME": pe.os.environ.get("HOME", "/"),
                               **{k: v for k, v in pe.os.environ.items() if k.startswith(("PE_", "XDG_"))},
                               "HOST_SECRET": "1", "LD_PRELOAD_X": "1", "LANG": "xx_YY"})
        self.assertIn(b"PATH", env)
        self.assertNotIn(b"HOST_SECRET", env)
        self.assertNotIn(b"LD_PRELOAD_X", env)
        self.assertNotEqual(env.get(b"LANG"), b"xx_YY")
        self.assertEqual([k for k in env if k.startswith((b"PE_", b"XDG_"))], [])

    @each({"no equal sign": "KEY", "no name": "=value", "nothing": ""})
    def refused_env(self, value):
        self.refused(self.guest("true", options=["-e", value], exit=None), exits=(2,))


class Directory(Case):
    def test_default_is_input(self):
        self.assertEqual(self.guest("pwd").stdout, b"/input\n")

    @each({"tmp": "/tmp", "root": "/", "output": "/output", "usr": "/usr/bin"})
    def chosen(self, directory):
        self.assertEqual(self.guest("pwd", options=["-C", directory]).stdout.decode().strip(), directory)

    def test_a_directory_among_the_input_files(self):
        run = self.guest("sh", "-c", "pwd; cat x", files={"src/lib/x": b"here"}, options=["-C", "/input/src/lib"])
        self.assertEqual(run.stdout, b"/input/src/lib\nhere")

    @each({"missing": "/no/such/place", "a file": "/etc/passwd", "not allowed": "/root"})
    def rejected(self, directory):
        if directory == "/root":
            self.sh("test -d /root && ! test -x /root")
        r = self.job("true", options=["-C", directory], outcome="rejected")
        self.assertIn(directory, r.message)

    def test_rejected_without_json(self):
        self.refused(self.guest("true", options=["-C", "/no/such/place"], exit=125), "/no/such/place")


class Hostname(Case):
    def hostname(self, *options):
        return self.guest("uname", "-n", options=options).stdout.decode().rstrip("\n")

    def test_default(self):
        self.assertEqual(self.hostname(), "pe")

    def test_chosen(self):
        self.assertEqual(self.hostname("--hostname", "build-7.example"), "build-7.example")

    @each({"65 bytes": "h" * 65, "empty": "", "newline": "a\nuser=0"})
    def refused_name(self, name):
        self.refused(self.guest("true", options=["--hostname", name], exit=None))


class User(Case):
    def ids(self, *options):
        run = self.guest("sh", "-c", "id -u; id -g; id -G", options=options)
        return run.stdout.decode().splitlines()

    @each({
        "default": ((), ["1000", "1000", "1000"]),
        "name root": (("-u", "root"), ["0", "0", "0"]),
        "number 0": (("-u", "0"), ["0", "0", "0"]),
        "name nobody": (("-u", "nobody"), ["65534", "65534", "65534"]),
        "uid and gid": (("-u", "1000:1000"), ["1000", "1000", "1000"]),
        "two numbers": (("-u", "1234:4321"), ["1234", "4321", "4321"]),
        "name and group name": (("-u", "nobody:root"), ["65534", "0", "0"]),
        "number nobody has": (("-u", "31337"), None),
    })
    def who(self, options, expected):
        ids = self.ids(*options)
        if expected is None:
            self.assertEqual(ids[0], "31337")
        else:
            self.assertEqual(ids, expected)

    def test_any_user_can_work_in_the_usual_places(self):
        for user in ("root", "nobody", "4242:4242"):
            with self.subTest(user=user):
                run = self.sh("touch /input/a /output/a /tmp/a /dev/shm/a && echo y >> given && cat given",
                              files={"given": b"x"}, options=["-u", user])
                self.assertEqual(run.stdout, b"xy\n")

    @each({
        "unknown name": "nosuchuser", "unknown group": "root:nosuchgroup", "negative": "-1",
        "the id that means none": "4294967295", "too large": "99999999999999999999",
        "a config line": "root\nhostname=x",
    })
    def rejected(self, user):
        run = self.guest("true", options=["--user=" + user], exit=None)
        self.refused(run, *([] if "\n" in user else [user.removeprefix("root:")]))

    def test_unknown_user_in_json(self):
        r = self.job("true", options=["-u", "nosuchuser"], outcome="rejected")
        self.assertIn("nosuchuser", r.message)
