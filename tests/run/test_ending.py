# SPDX-License-Identifier: MIT
"""How a program ended: its status, its signal, or why it never began."""

import signal

from support.case import Case, each

# Signals whose default is to be ignored, or to stop; the two below the real-time ones belong to the C library.
IGNORED = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
STOPPING = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
LETHAL = [n for n in [*range(1, 32), *range(34, 65)] if n not in IGNORED | STOPPING]


def label(number):
    return signal.Signals(number).name if number in set(signal.Signals) else str(number)


class Status(Case):
    @each({str(n): n for n in (0, 1, 2, 77, 124, 125, 126, 127, 128, 137, 255)})
    def code(self, code):
        r = self.sh_job(f"exit {code}", outcome="exited")
        self.assertEqual(r.code, code)

    def test_a_program_that_ends_with_125_is_no_failure_of_ours(self):
        self.assertEqual(self.sh("exit 125", exit=125).notes(), [])

    def test_a_finished_program_does_not_wait_for_its_children(self):
        run = self.sh("sleep 60 & echo done", timeout=10)
        self.assertEqual(run.stdout, b"done\n")
        self.assertLess(run.seconds, 5)

    def test_a_failing_program_is_the_only_one_to_speak(self):
        run = self.sh("exit 4", exit=4)
        self.assertEqual((run.stdout, run.stderr), (b"", b""))


class Signal(Case):
    @each({label(n): n for n in LETHAL})
    def ends(self, number):
        r = self.sh_job(f"echo before; kill -{number} $$; echo after", outcome="signaled")
        # SIGPOLL and SIGIO are two names of one signal.
        self.assertIn(r.signal, (number, label(number), "SIGPOLL" if number == signal.SIGIO else None))
        self.assertEqual(r.stdout, b"before\n")

    @each({"INT": 2, "TERM": 15, "KILL": 9, "SEGV": 11, "RTMAX": 64})
    def status(self, number):
        self.sh(f"kill -{number} $$", exit=128 + number)

    @each({label(n): int(n) for n in IGNORED})
    def ignored(self, number):
        self.sh(f"kill -{number} $$; exit 5", exit=5)

    @each({n: n for n in ("INT", "TERM", "HUP", "USR1", "QUIT")})
    def caught(self, name):
        run = self.sh(f"trap 'echo caught; exit 9' {name}; kill -{name} $$; sleep 5", exit=9)
        self.assertEqual(run.stdout, b"caught\n")

    def test_a_child_that_is_killed_is_the_business_of_its_parent(self):
        r = self.sh_job("sh -c 'kill -KILL $$'; echo $?; exit 4", outcome="exited")
        self.assertEqual((r.code, r.stdout), (4, b"137\n"))

    def test_a_plain_kill_is_no_out_of_memory(self):
        self.sh_job("kill -KILL $$", outcome="signaled")

    def test_stopping_itself_is_a_timeout(self):
        r = self.sh_job("echo before; kill -STOP $$", options=["-t", "1"], outcome="timeout")
        self.assertEqual(r.stdout, b"before\n")

    def test_signals_start_at_their_defaults(self):
        run = self.sh("grep -E '^Sig(Blk|Ign|Pnd)' /proc/self/status")
        self.assertEqual(set(run.stdout.split()[1::2]), {b"0" * 16})

    def test_defaults_hold_when_the_caller_ignores_signals(self):
        command = self._command(("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"), "shell", None, (), None)
        run = self.execute(["sh", "-c", 'trap "" INT TERM CHLD PIPE HUP QUIT; exec "$@"', "sh", *command])
        self.assertEqual((run.exit, set(run.stdout.split()[1::2])), (0, {b"0" * 16}))


class NeverBegan(Case):
    @each({
        "no such command": "no-such-command", "no such path": "/no/such/path", "empty": "",
        "relative": "./missing", "below a file": "/etc/passwd/x",
    })
    def not_found(self, command):
        r = self.job(command, "x", outcome="not_found")
        self.assertIn(command[:50], r.message)

    @each({
        "word too long": "n" * 300, "path too long": "/" + "n/" * 5000, "not utf8": b"\xff\xfe",
        "utf8 that may be cut": "x" + "\u00e9" * 400, "a config line": "x\noutcome=exited\nstatus=0",
        "terminal codes": "\x1b[31mx",
    })
    def odd_name(self, command):
        r = self.job(command)
        self.assertIn(r.outcome, ("not_found", "not_executable"))
        self.assertTrue(r.message)

    def test_not_found_is_told_on_stderr(self):
        run = self.guest("no-such-command", exit=127)
        self.assertIn("no-such-command", "\n".join(run.notes()))

    @each({
        "no x bit": (b"#!/bin/sh\necho ran", 0o644),
        "script without its first line": (b"echo ran\n", 0o755),
        "empty file": (b"", 0o755),
        "text": (b"hello world\n", 0o755),
        "elf of another machine": (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\xf3\0\x01\0\0\0" + bytes(40), 0o755),
        "cut elf": (b"\x7fELF", 0o755),
    })
    def not_executable(self, data, mode):
        r = self.job("./tool", files={"tool": (data, mode)}, outcome="not_executable")
        self.assertIn("./tool", r.message)
        self.assertEqual(r.stdout, b"")

    @each({"a directory": "/usr", "the current directory": "./", "a device": "/dev/null", "a data file": "/etc/passwd"})
    def not_executable_path(self, path):
        r = self.job(path, outcome="not_executable")
        self.assertIn(path, r.message)

    def test_not_executable_is_told_on_stderr(self):
        run = self.guest("/etc/passwd", exit=126)
        self.assertIn("/etc/passwd", "\n".join(run.notes()))

    def test_a_missing_interpreter_is_named(self):
        script = (b"#!/no/such/interpreter\necho ran\n", 0o755)
        r = self.job("./tool", files={"tool": script})
        self.assertIn(r.outcome, ("not_found", "not_executable"))
        self.assertIn("./tool", r.message)
        self.assertIn("interpreter", r.message)

    def test_a_missing_loader_is_no_success(self):
        elf = self.sh("cat /bin/sh").stdout
        self.assertTrue(elf.startswith(b"\x7fELF"))
        broken = elf.replace(b"/lib64/ld-linux", b"/lib64/no-linux")
        self.assertNotEqual(elf, broken)
        r = self.job("./tool", files={"tool": (broken, 0o755)})
        self.assertIn(r.outcome, ("not_found", "not_executable"))

    def test_a_script_whose_interpreter_is_a_script(self):
        files = {"inner": (b"#!/bin/sh\necho inner \"$1\"\n", 0o755), "outer": (b"#!/input/inner\n", 0o755)}
        self.assertEqual(self.guest("./outer", files=files).stdout, b"inner ./outer\n")

    def test_scripts_that_are_each_others_interpreter(self):
        files = {"a": (b"#!/input/b\n", 0o755), "b": (b"#!/input/a\n", 0o755)}
        r = self.job("./a", files=files)
        self.assertIn(r.outcome, ("not_executable", "not_found"))


class Timeout(Case):
    def test_partial_output_is_kept(self):
        r = self.sh_job("echo out; echo err >&2; echo file > /output/f; sleep 60; echo never",
                        options=["-t", "1"], outcome="timeout")
        self.assertEqual((r.stdout, r.stderr, r.files), (b"out\n", b"err\n", {"f": b"file\n"}))
        self.assertGreaterEqual(r["wall_ms"], 950)
        self.assertLess(r["wall_ms"], 2000)
        self.assertLess(r.run.seconds, 4)

    def test_a_note_says_so(self):
        run = self.guest("sleep", "60", options=["-t", "1"], exit=124)
        self.assertTrue(run.notes())

    @each({
        "busy": "while :; do :; done",
        "deaf": "trap '' TERM INT HUP ALRM; while :; do sleep 1; done",
        "children": "for i in 1 2 3 4 5; do (while :; do :; done) & done; wait",
        "own session": "setsid sh -c 'trap \"\" TERM HUP; sleep 60' & wait",
        "stopped child": "sleep 60 & kill -STOP $!; wait",
        "endless reading": "cat /dev/zero > /dev/null",
        "waiting for itself": "mkfifo /tmp/f; cat /tmp/f",
        "terminal": "cat /dev/ptmx",
    })
    def ends(self, script):
        r = self.sh_job(f"echo begun; {script}", options=["-t", "1"], outcome="timeout")
        self.assertEqual(r.stdout, b"begun\n")
        self.assertLess(r.run.seconds, 5)

    def test_just_in_time_is_in_time(self):
        self.assertEqual(self.sh("sleep 0.7; echo done", options=["-t", "2"]).stdout, b"done\n")
