# SPDX-License-Identifier: MIT
"""The place a program finds itself in."""

import re
import time

from support.case import Case, each

LIMIT = re.compile(r"^(Max [a-z ]+?)\s{2,}(\S+)\s+(\S+)", re.M)
DEVICES = {"null", "zero", "full", "random", "urandom", "ptmx", "pts", "shm", "fd", "stdin", "stdout", "stderr"}


class Identity(Case):
    def status(self, *options):
        text = self.guest("cat", "/proc/self/status", options=options).stdout.decode()
        return dict(re.findall(r"^(\w+):[ \t]*(.*)$", text, re.M))

    @each({"default": (), "root": ("-u", "root")})
    def powerless(self, *options):
        s = self.status(*options)
        for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(s[key], "0" * 16, key)
        self.assertEqual((s["NoNewPrivs"], s["Seccomp"]), ("1", "2"))

    def test_ids(self):
        s = self.status()
        self.assertEqual((s["Uid"].split(), s["Gid"].split()), (["1000"] * 4, ["1000"] * 4))
        self.assertIn(s["Groups"].split(), ([], ["1000"]))

    def test_sees_only_its_own_processes(self):
        run = self.sh("cd /proc; for p in [0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done; echo pid $$")
        own = run.stdout.decode().splitlines()
        self.assertLessEqual(len(own), 6)
        self.assertLess(int(own[-1].split()[1]), 10)
        for line in own[:-1]:
            self.assertTrue(not line.strip() or "sh -c" in line or "tr " in line or "init" in line, line)

    def test_namespaces_of_its_own(self):
        run = self.sh("for n in pid net user mnt ipc uts; do readlink /proc/self/ns/$n; done")
        lines = run.stdout.decode().splitlines()
        self.assertEqual(len(lines), 6)
        # The first of each kind has a fixed number below 0xF0000000; later ones count up from there.
        for line in lines:
            number = int(re.fullmatch(r"\w+:\[(\d+)\]", line)[1])
            self.assertGreater(number, 0xEFFFFFFF, line)

    def test_umask_and_priority(self):
        run = self.sh("umask; cut -d' ' -f19 /proc/self/stat")
        self.assertEqual(run.stdout.split(), [b"0022", b"0"])

    def test_session_of_its_own(self):
        run = self.sh("cut -d' ' -f5,6,7 /proc/$$/stat; echo $$")
        group, session, terminal, pid = run.stdout.split()
        self.assertEqual((group, session, terminal), (pid, pid, b"0"))


class Devices(Case):
    def test_list(self):
        found = set(self.guest("ls", "/dev").stdout.decode().split())
        self.assertEqual(DEVICES - found, set(), "missing")
        self.assertEqual(found - DEVICES - {"tty", "mqueue", "core"}, set(), "too much")

    def test_they_work(self):
        run = self.sh("echo x > /dev/null; head -c 3 /dev/zero | od -An -tx1; head -c 5 /dev/urandom | wc -c;"
                      " head -c 5 /dev/random | wc -c; head -c 1 /dev/full | wc -c; echo x > /dev/full || echo full")
        self.assertEqual(run.stdout.split(), [b"00", b"00", b"00", b"5", b"5", b"1", b"full"])

    def test_random_differs_between_runs(self):
        script = "head -c 16 /dev/urandom | od -An -tx1; cat /proc/sys/kernel/random/boot_id"
        a, b = (self.sh(script).stdout.split(b"\n") for _ in range(2))
        self.assertNotEqual(a[0], b[0])
        self.assertNotEqual(a[1], b[1])

    def test_pseudo_terminals(self):
        script = ("import os, pty\nm, s = os.openpty()\nos.write(s, b'hi')\nprint(os.read(m, 9), os.isatty(s))\n"
                  "pid, fd = pty.fork()\nif pid == 0: os.execlp('echo', 'echo', 'inner')\n"
                  "text = b''\nwhile b'\\n' not in text: text += os.read(fd, 99)\nprint(text)\n")
        run = self.guest("python3", "-c", script, image="python3")
        self.assertEqual(run.stdout, b"b'hi' True\nb'inner\\r\\n'\n")


class Network(Case):
    def test_only_loopback(self):
        run = self.sh("tail -n +3 /proc/net/dev | cut -d: -f1; cat /proc/net/route | tail -n +2")
        self.assertEqual(run.stdout.split(), [b"lo"])

    def test_loopback_works(self):
        script = ("import socket, threading\n"
                  "for host, family in (('127.0.0.1', socket.AF_INET), ('localhost', socket.AF_INET)):\n"
                  "    s = socket.create_server((host, 0), family=family)\n"
                  "    c = socket.create_connection(s.getsockname())\n"
                  "    a, _ = s.accept(); c.sendall(b'hello'); print(a.recv(9))\n")
        run = self.guest("python3", "-c", script, image="python3")
        self.assertEqual(run.stdout, b"b'hello'\n" * 2)

    def test_nothing_beyond(self):
        script = ("import socket\nfor host in ('1.1.1.1', '169.254.169.254', '10.0.0.1', '192.168.1.1'):\n"
                  "    s = socket.socket(); s.settimeout(2)\n"
                  "    try: s.connect((host, 80)); print('reached', host)\n"
                  "    except OSError as e: print(type(e).__name__, e.errno)\n"
                  "try: print(socket.getaddrinfo('example.com', 80))\nexcept OSError: print('no name')\n")
        run = self.guest("python3", "-c", script, image="python3")
        self.assertEqual(run.stdout.decode().split("\n"), ["OSError 101"] * 4 + ["no name", ""])

    def test_two_runs_have_nothing_in_common(self):
        script = "import socket\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0meeting-point')\nprint('alone')"
        for _ in range(2):
            self.assertEqual(self.guest("python3", "-c", script, image="python3").stdout, b"alone\n")


class Filesystem(Case):
    @each({"tmp": ("/tmp", "1777"), "dev shm": ("/dev/shm", "1777"), "input": ("/input", None),
           "output": ("/output", None)})
    def writable(self, directory, mode):
        run = self.sh(f"stat -c %a {directory}; echo x > {directory}/x && cat {directory}/x && rm {directory}/x")
        found, content = run.stdout.decode().split()
        self.assertEqual(content, "x")
        if mode:
            self.assertEqual(found, mode)

    def test_programs_run_from_every_writable_place(self):
        for directory in ("/tmp", "/input", "/output"):
            self.assertEqual(self.sh(f"cp /bin/echo {directory}/e && {directory}/e works").stdout, b"works\n")

    def test_root_may_change_the_image(self):
        run = self.sh("touch /x && echo y >> /etc/passwd && rm /bin/true && mkdir /usr/new && tail -n 1 /etc/passwd",
                      options=["-u", "root"])
        self.assertEqual(run.stdout, b"y\n")

    def test_others_may_not(self):
        run = self.sh("touch /x; echo y >> /etc/passwd; rm -f /bin/true; chmod 777 /usr", exit=None)
        self.assertNotEqual(run.exit, 0)
        self.assertEqual(run.stdout, b"")
        self.assertEqual(run.stderr.count(b"denied") + run.stderr.count(b"not permitted"), 4)

    def test_a_change_is_gone_in_the_next_run(self):
        files = "/x /tmp/x /dev/shm/x"
        self.assertEqual(self.sh(f"touch {files}; ls {files} | wc -l", options=["-u", "root"]).stdout, b"3\n")
        self.assertEqual(self.sh(f"ls {files} 2>/dev/null | wc -l", options=["-u", "root"]).stdout, b"0\n")

    def test_symbolic_links_of_the_image(self):
        """They say the same when they are copied up, moved, and made anew."""
        script = """
            set -e
            look() { readlink "$1"; cat "$1" | grep -c ^NAME; stat -c %N "$1"; }
            cd /etc
            for i in 1 2; do look os-release; done
            touch -h os-release
            look os-release
            mv os-release /usr/moved
            look /usr/moved
            ln -s /usr/moved os-release
            look os-release
            ln -sfn "/usr/lib/./os-release" /usr/moved
            look os-release
            look /usr/moved
            ln -sfn /nowhere /usr/moved
            cat os-release 2>&1 || true
            ln -s /etc/$(printf '../etc/%.0s' $(seq 40))os-release long
            readlink long | wc -c
        """
        same = ["../usr/lib/os-release", "1", "'{}' -> '../usr/lib/os-release'"]
        want = [line.format("os-release") for _ in range(3) for line in same]
        want += [line.format("/usr/moved") for line in same]
        want += ["/usr/moved", "1", "'os-release' -> '/usr/moved'"] * 2
        want += ["/usr/lib/./os-release", "1", "'/usr/moved' -> '/usr/lib/./os-release'"]
        want += ["cat: os-release: No such file or directory", "296"]
        run = self.guest("bash", "-c", script, options=["-u", "root"])
        self.assertEqual(run.stdout.decode().splitlines(), want)

    def test_nothing_of_the_host_is_mounted(self):
        text = self.guest("cat", "/proc/self/mountinfo").stdout.decode()
        kinds = {line.split(" - ")[1].split()[0] for line in text.splitlines()}
        self.assertEqual(kinds - {"devpts", "mqueue", "sysfs"}, {"overlay", "proc", "tmpfs"})

    def test_kernel_files_are_closed(self):
        for path in ("/proc/kcore", "/proc/kmsg", "/proc/1/environ", "/proc/1/mem", "/dev/mem", "/dev/kmsg",
                     "/dev/ubda"):
            with self.subTest(path=path):
                run = self.guest("head", "-c", "1", path, exit=None)
                if path != "/proc/1/environ":
                    self.assertNotEqual(run.exit, 0)
                self.assertEqual(run.stdout, b"")

    def test_work_of_init_is_not_in_sight(self):
        run = self.sh("ls -A /; ls -A /output /tmp", options=["-u", "root"])
        roots = run.stdout.decode().split("\n\n")[0].split()
        usual = {"bin", "boot", "dev", "etc", "home", "input", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt",
                 "output", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"}
        self.assertEqual({"usr", "input", "output", "tmp"} - set(roots), set())
        self.assertEqual(set(roots) - usual - {"/output:", "/tmp:"}, set())


class Limits(Case):
    def test_are_sane(self):
        text = self.guest("cat", "/proc/self/limits").stdout.decode()
        limits = {name: (soft, hard) for name, soft, hard in LIMIT.findall(text)}
        self.assertEqual(limits["Max core file size"], ("0", "0"))
        self.assertGreaterEqual(int(limits["Max stack size"][0]), 8 << 20)
        self.assertGreaterEqual(int(limits["Max open files"][0]), 1024)
        self.assertLessEqual(int(limits["Max open files"][1]), 1 << 20)
        self.assertEqual(limits["Max cpu time"][0], "unlimited")
        self.assertEqual(limits["Max realtime priority"], ("0", "0"))

    @each({"default": ((), 1 << 20), "256M": (("-m", "256M"), 256 << 10)})
    def memory_is_what_was_asked(self, options, kibi):
        text = self.guest("cat", "/proc/meminfo", options=options).stdout.decode()
        total = int(re.search(r"MemTotal:\s+(\d+) kB", text)[1])
        # The guest's own needs come on top of what the program may have.
        self.assertLessEqual(total, kibi * 1.1 + (128 << 10))
        self.assertGreaterEqual(total, kibi)

    def test_one_processor(self):
        self.assertEqual(self.guest("nproc").stdout, b"1\n")


class Time(Case):
    def test_the_clock_is_right(self):
        now = float(self.guest("date", "+%s.%N").stdout)
        self.assertLess(abs(now - time.time()), 5)

    def test_a_second_takes_a_second(self):
        run = self.sh("date +%s%N; sleep 1; date +%s%N")
        begin, end = (int(n) for n in run.stdout.split())
        self.assertGreater(end - begin, 0.99e9)
        self.assertLess(end - begin, 1.5e9)

    def test_short_sleeps_are_short(self):
        script = ("import time\nt = time.monotonic()\nfor _ in range(50): time.sleep(0.002)\n"
                  "print(time.monotonic() - t)")
        took = float(self.guest("python3", "-c", script, image="python3").stdout)
        self.assertGreaterEqual(took, 0.1)
        self.assertLess(took, 1.5)
