# SPDX-License-Identifier: MIT
"""What the kernel of the guest refuses to a program, also to one that runs as its root."""

import errno
import socket
import time
from pathlib import Path

from support import build
from support.case import Case, each

CALLS = Path(__file__).parent / "guests" / "calls.c"
E = errno
NO = {E.EPERM, E.ENOSYS, E.EACCES}

# Where a call may fail otherwise: the way to it is not there, or the protocol. All else must fail with one of NO.
NO_WAY = NO | {E.ENOENT, E.EROFS}
NO_PROTOCOL = NO | {E.EAFNOSUPPORT, E.ESOCKTNOSUPPORT, E.EPROTONOSUPPORT}
SPECIAL = {
    **dict.fromkeys(("kmsg", "proc kmsg", "kcore", "sysrq", "core_pattern", "modprobe", "panic sysctl", "drop_caches",
                     "binfmt_misc", "init descriptor", "init memory", "init root", "setns mount",
                     "setns user"), NO_WAY),
    **dict.fromkeys(("packet socket", "raw socket", "vsock", "alg socket"), NO_PROTOCOL),
    **dict.fromkeys(("ptrace attach", "ptrace seize", "process_vm_readv", "pidfd_getfd"), NO | {E.ESRCH}),
    "clone pid": NO | {E.EINVAL},
    # Nothing is behind it: what is written goes to /dev/null.
    "exitcode": NO_WAY | {0},
    "end": {0},
}


class Calls(Case):
    @each({"default user": "1000", "root": "root", "nobody": "65534"})
    def refused_to(self, user):
        run = self.guest("/input/calls", files={"calls": build.program(CALLS)}, options=["-u", user])
        rows = [line.rsplit(" ", 1) for line in run.stdout.decode().splitlines()]
        self.assertGreater(len(rows), 70)
        self.assertEqual(rows[-1][0], "end")
        wrong = [f"{name}: {E.errorcode.get(int(n), 'success' if n == '0' else n)}" for name, n in rows
                 if int(n) not in SPECIAL.get(name, NO)]
        self.assertEqual(wrong, [])


class Root(Case):
    """User 0 of the guest: no capability, so no more than the owner of some files."""

    def root(self, script, **kw):
        return self.sh(script, options=["-u", "root"], **kw)

    def test_opens_no_kernel_file_for_writing(self):
        script = ("for f in $(find /proc -path '/proc/[0-9]*' -prune -o -path /proc/self -prune"
                  " -o -path /proc/thread-self -prune -o -type f -print 2>/dev/null); do"
                  " test -f $f && (: >> $f) 2>/dev/null && echo $f; done; echo end")
        self.assertEqual(self.root(script).stdout, b"end\n")

    def test_no_processes_of_ours_in_proc(self):
        run = self.root("for p in /proc/[0-9]*; do for f in mem environ maps root cwd exe fd/0; do"
                        " test $p = /proc/$$ || test $p = /proc/self || cat $p/$f 2>/dev/null | head -c 1; done; done;"
                        " readlink /proc/1/fd/* /proc/1/root /proc/1/exe /proc/1/cwd 2>/dev/null; echo end")
        self.assertEqual(run.stdout, b"end\n")

    def test_cannot_lift_its_own_limits(self):
        run = self.root("ls /sys/fs/cgroup 2>/dev/null; find / -xdev -name memory.max -o -name pids.max 2>/dev/null;"
                        " ulimit -n 1000000 2>/dev/null && echo more; echo end", exit=0)
        self.assertEqual(run.stdout, b"end\n")

    def test_oom_score_does_not_save_it(self):
        r = self.job("python3", "-c", "print('begun', flush=True)\n"
                     "try: open('/proc/self/oom_score_adj', 'w').write('-1000')\nexcept OSError: pass\n"
                     "x = []\nwhile 1: x.append(b'x' * (1 << 20))", image="python3",
                     options=["-u", "root", "-m", "128M"])
        self.assertIn(r.outcome, ("out_of_memory", "exited"))
        self.assertEqual(r.stdout, b"begun\n")

    def test_set_id_programs_give_nothing(self):
        run = self.sh("find / -xdev -perm /6000 -type f 2>/dev/null | head -n 1 > /tmp/l; f=$(cat /tmp/l);"
                      " cp /usr/bin/id /tmp/id; chmod 6755 /tmp/id; /tmp/id -u; grep NoNew /proc/self/status")
        self.assertEqual(run.stdout.split(), [b"1000", b"NoNewPrivs:", b"1"])


class Information(Case):
    @each({
        "kernel log": "dmesg || cat /proc/kmsg", "kernel symbols": "grep -v '^0*0 ' /proc/kallsyms",
        "host paths": "grep -aoE '/[a-z]+/[^ ]*' /proc/cmdline",
        "disks": "cat /dev/ubd* /dev/sd* /dev/vd*", "io ports": "cat /proc/iomem /proc/ioports | grep -v '^$'",
    })
    def hidden(self, script):
        for user in ("1000", "root"):
            with self.subTest(user=user):
                run = self.sh(f"{script}; echo end", options=["-u", user])
                self.assertEqual(run.stdout, b"end\n")

    def test_the_host_name_is_not_ours(self):
        text = self.sh("uname -a; cat /etc/hostname /proc/version /etc/hosts /etc/resolv.conf", exit=None).stdout
        self.assertIn(b"Linux", text)
        self.assertNotIn(f" {socket.gethostname()} ".encode(), b" " + text.replace(b"\n", b" ") + b" ")


class Time(Case):
    def test_the_clock_cannot_be_turned(self):
        for user in ("1000", "root"):
            run = self.sh("date -s '2001-01-01' > /dev/null || echo refused; date +%s", options=["-u", user])
            refused, seconds = run.stdout.split()
            self.assertEqual(refused, b"refused")
            self.assertLess(abs(int(seconds) - time.time()), 60)

    def test_no_way_around_the_limit(self):
        script = ("import os, signal, time\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
                  "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
                  "signal.setitimer(signal.ITIMER_REAL, 1e6)\nprint('begun', flush=True)\nwhile True: pass\n")
        r = self.job("python3", "-c", script, image="python3", options=["-t", "1"], outcome="timeout")
        self.assertEqual(r.stdout, b"begun\n")
        self.assertLess(r.run.seconds, 4)

    def test_a_storm_of_timers(self):
        script = ("import signal, time\nn = 0\ndef tick(*a):\n    global n; n += 1\n"
                  "signal.signal(signal.SIGALRM, tick)\n"
                  "print('begun', flush=True)\nsignal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)\nwhile True: pass\n")
        r = self.job("python3", "-c", script, image="python3", options=["-t", "1"], outcome="timeout")
        self.assertEqual(r.stdout, b"begun\n")
        self.assertLess(r.run.seconds, 4)
