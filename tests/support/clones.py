# SPDX-License-Identifier: MIT
"""Templates for the time of a test run: a `pe template serve` of its own, which no other pe finds."""

import atexit
import os
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from functools import cache

from . import needs, pe


_lock = threading.Lock()


class Lender:
    """The process that keeps templates, and no clones that wait unless the options say so. Ended with the block."""

    def __init__(self, *options, **env):
        self.runtime = tempfile.mkdtemp(prefix="pe-test-templates-")
        self.env = dict(os.environ, XDG_RUNTIME_DIR=self.runtime, **env)
        if "--ahead" not in options:
            options = ("--ahead", "0", *options)
        self.process = pe.spawn([pe.PE, "template", "serve", *options], env=self.env)

    def pe(self, *args, **kw):
        return subprocess.run([pe.PE, *args], env=self.env, capture_output=True, text=True, check=False, **kw)

    def warm(self, *images):
        for _ in range(100):
            if os.path.exists(os.path.join(self.runtime, "program-explorer", "templates")):
                break
            time.sleep(0.05)
        done = self.pe("image", "warm", *images)
        if done.returncode:
            raise AssertionError(f"cannot make templates: {done.stderr}")

    def templates(self):
        """A dict of numbers by the first digits of the image's digest."""
        lines = self.pe("template", "ls").stdout.splitlines()[1:]
        return {w[0]: {"state": w[1], "clones": int(w[-6]), "running": int(w[-5])}
                for w in (line.split() for line in lines)}

    def clones(self):
        return sum(t["clones"] for t in self.templates().values())

    def shortage(self, tests):
        """What is wrong when there were far fewer clones than tests, or ""."""
        made = self.clones()
        return "" if made >= tests // 5 else f"{made} clones were made in {tests} tests"

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        pe.forget(self.process)
        shutil.rmtree(self.runtime, ignore_errors=True)


@cache
def _shared():
    one = Lender("--ahead", "1")
    atexit.register(one.close)
    one.warm("shell", "gcc", "python3")
    return one


def shared():
    """One for all tests that do it no harm."""
    with _lock:
        return _shared()


class Nobody:
    """No templates: every VM is booted."""

    @staticmethod
    def shortage(_):
        return ""


@contextmanager
def lender(*options, images=(), **env):
    one = Lender(*options, **env)
    try:
        one.warm(*images)
        yield one
    finally:
        one.close()


@contextmanager
def wanted():
    """What $PE_TEST_ENGINE asks for; sets the environment of all that is run in the block."""
    if os.environ.get("PE_TEST_ENGINE") != "clone":
        os.environ["XDG_RUNTIME_DIR"] = "/nonexistent"
        yield Nobody()
        return
    with lender("--ahead", "2", images=needs.IMAGES) as one:
        os.environ["XDG_RUNTIME_DIR"] = one.runtime
        yield one
