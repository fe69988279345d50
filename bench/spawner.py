# SPDX-License-Identifier: MIT
"""Starts and times the runs of a peer.

Theory of operation: a spawner is a process of its own, so that the start of a
run costs the same for each peer, and so that it can stand where the peer wants
it: on the measured CPU, in a mount namespace, in a chroot, as another user. It
reads a request a line from stdin (JSON: argv, env, cwd, timeout) and answers a
line (JSON: ns, status, text). A run is timed from before posix_spawn() until
it is reaped; its stdout and stderr go to one memory file. It dies when its
stdin ends.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time


def spawn(request, out, null):
    os.ftruncate(out, 0)
    os.lseek(out, 0, os.SEEK_SET)
    os.chdir(request["cwd"])
    argv = request["argv"]

    begin = time.monotonic_ns()
    pid = os.posix_spawnp(
        argv[0],
        argv,
        request["env"],
        file_actions=[
            (os.POSIX_SPAWN_DUP2, null, 0),
            (os.POSIX_SPAWN_DUP2, out, 1),
            (os.POSIX_SPAWN_DUP2, out, 2),
        ],
        setpgroup=0,
    )
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(pid, signal.SIGKILL))
    signal.alarm(request["timeout"])
    status = os.waitpid(pid, 0)[1]
    end = time.monotonic_ns()
    signal.alarm(0)

    text = os.pread(out, 1 << 20, 0).decode(errors="replace")
    return {
        "ns": end - begin,
        "status": os.waitstatus_to_exitcode(status),
        "text": text,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cpu", type=int, required=True)
    parser.add_argument("--chroot")
    parser.add_argument("--uid", type=int)
    args = parser.parse_args()

    out = os.memfd_create("output")
    null = os.open("/dev/null", os.O_RDONLY)
    os.sched_setaffinity(0, {args.cpu})
    if args.chroot:
        os.chroot(args.chroot)
        os.chdir("/")
    if args.uid is not None:
        os.setgroups([])
        os.setresgid(args.uid, args.uid, args.uid)
        os.setresuid(args.uid, args.uid, args.uid)

    for line in sys.stdin:
        try:
            answer = spawn(json.loads(line), out, null)
        except OSError as e:
            answer = {"ns": 0, "status": 127, "text": str(e)}
        print(json.dumps(answer), flush=True)


class Spawner:
    """A spawner seen from the driver. @before is a command that runs it."""

    def __init__(self, cpu, before=(), chroot=None, uid=None):
        argv = [*before, sys.executable, "-B", "-S", __file__, f"--cpu={cpu}"]
        if chroot:
            argv.append(f"--chroot={chroot}")
        if uid is not None:
            argv.append(f"--uid={uid}")
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, argv, env, cwd="/", timeout=60):
        """Run @argv to its end; returns (ns, status, text)."""
        request = {"argv": argv, "env": env, "cwd": cwd, "timeout": timeout}
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise ChildProcessError("the spawner died")
        answer = json.loads(line)
        return answer["ns"], answer["status"], answer["text"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


if __name__ == "__main__":
    main()
