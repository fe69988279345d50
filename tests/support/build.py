# SPDX-License-Identifier: MIT
"""Builds the C programs of the suites: static, for a guest that may have no compiler or library of its own."""

import os
import shlex
import subprocess
import threading
from pathlib import Path

from . import pe

_lock = threading.Lock()


def program(source):
    """The path of @source (a .c file), built into build/tests/ when it is newer than what is there."""
    source = Path(source)
    target = pe.ROOT / "build" / "tests" / source.stem
    with _lock:
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        cc = shlex.split(os.environ.get("CC", "gcc"))
        command = [*cc, "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-static",
                   "-o", f"{target}.new", os.fspath(source)]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise AssertionError(f"{shlex.join(command)}\n{built.stderr}")
        os.replace(f"{target}.new", target)
    return target
