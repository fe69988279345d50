# SPDX-License-Identifier: MIT
"""What a run may leave behind on the host, and how its processes look from there.

Whoever imports this becomes the reaper of orphans: a process that pe lets go of turns up as a child of the test,
however often it forked or called setsid(), so it is found without guessing from names, and other people's runs
on the same machine do not count.
"""

import ctypes
import os
import re
import time
from pathlib import Path

from . import pe

PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stat(pid):
    """(parent, state) or None when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    state, parent = text[text.rindex(")") + 2:].split()[:2]
    return int(parent), state


def _table():
    return {int(d): s for d in os.listdir("/proc") if d.isdigit() and (s := _stat(d))}


def is_alive(pid):
    state = _stat(pid)
    return bool(state) and state[1] != "Z"


def descendants(pid):
    """All living processes below @pid, parents before children."""
    table = _table()
    found, queue = [], [pid]
    while queue:
        parent = queue.pop(0)
        below = [p for p, (pp, state) in table.items() if pp == parent and state != "Z"]
        found += below
        queue += below
    return found


def describe(pid):
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")[:100].decode(errors="replace")
        return f"{pid} {Path(f'/proc/{pid}/comm').read_text().strip()}: {words}"
    except OSError:
        return f"{pid} (gone)"


def _orphans():
    """Living processes below us that are not below one we started; dead ones are reaped."""
    me, own, living = os.getpid(), pe.own_children(), []
    for pid, (parent, state) in _table().items():
        if parent != me or pid in own:
            continue
        if state == "Z":
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
        else:
            living += [pid, *descendants(pid)]
    return living


def orphans(patience=3.0):
    """What is still alive after @patience seconds, described; [] as soon as there is nothing."""
    deadline = time.monotonic() + patience
    while (left := _orphans()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return [describe(p) for p in left]


def wait_for(look, at_least=1, patience=10.0):
    """What @look finds, once that is @at_least many and no more come."""
    deadline, before = time.monotonic() + patience, None
    while time.monotonic() < deadline:
        found = look()
        if len(found) >= at_least and found == before:
            return found
        before = found
        time.sleep(0.15)
    raise AssertionError(f"waited {patience} s for {at_least} processes, found {[describe(p) for p in before or []]}")


def _mounts():
    return set(Path("/proc/self/mountinfo").read_text().splitlines())


def _cgroups():
    return {os.path.join(d, sub) for d, subs, _ in os.walk("/sys/fs/cgroup") for sub in subs}


def _ipc():
    found = set()
    for kind in ("shm", "sem", "msg"):
        try:
            found |= {f"{kind} {line.split()[1]}"
                      for line in Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]}
        except OSError:
            pass
    return found


def _network():
    return set(os.listdir("/sys/class/net"))


THINGS = {"mount": _mounts, "cgroup": _cgroups, "ipc": _ipc, "network device": _network}


class Snapshot:
    """What the whole host has; others work on it too, so only what stays counts as left behind."""

    def __init__(self):
        self.before = {kind: look() for kind, look in THINGS.items()}

    def left(self, patience=3.0):
        deadline = time.monotonic() + patience
        new = {kind: look() - self.before[kind] for kind, look in THINGS.items()}
        while any(new.values()) and time.monotonic() < deadline:
            time.sleep(0.1)
            new = {kind: new[kind] & look() for kind, look in THINGS.items()}
        return [f"{kind}: {item}" for kind, items in new.items() for item in sorted(items)]


def status(pid):
    """/proc/PID/status as a dict."""
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(re.findall(r"^(\w+):[ \t]*(.*)$", text, re.M))


def descriptors(pid):
    """fd -> what it refers to."""
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            pass
    return found


def namespace(pid, kind):
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def cpu_seconds(pid):
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
