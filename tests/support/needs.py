# SPDX-License-Identifier: MIT
"""Why a test cannot run here. A missing piece of our own is a failure, never a reason to skip."""

import os
import shutil
import subprocess
import unittest
from functools import cache

from . import pe

IMAGES = ("shell", "gcc", "python3", "graphviz")


def root():
    return unittest.skipUnless(os.geteuid() == 0, "needs root")


def tool(name):
    return unittest.skipUnless(shutil.which(name), f"needs {name}")


@cache
def _mount_namespaces():
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


def mount_namespace():
    return unittest.skipUnless(_mount_namespaces(), "needs to make a mount namespace")


@cache
def _cgroups():
    """True when pe itself says that this host gives it control groups."""
    run = subprocess.run([pe.PE, "doctor"], capture_output=True, text=True, check=False)
    return any(line.split()[:2] == ["ok", "cgroup"] for line in run.stdout.splitlines())


def cgroup():
    there = os.access(pe.PE, os.X_OK) and _cgroups()
    return unittest.skipUnless(there, "the host gives no control group ('pe doctor')")


def missing():
    """What of our own is not there, as one sentence, or None."""
    if not os.access(pe.PE, os.X_OK):
        return f"no program at {pe.PE}: run 'make'"
    known = subprocess.run([pe.PE, "image", "ls"], capture_output=True, text=True, check=False)
    names = {line.split()[0] for line in known.stdout.splitlines() if line.split()}
    absent = [i for i in IMAGES if i not in names]
    return f"no image {', '.join(absent)}: run 'pe image build NAME'" if absent else None
