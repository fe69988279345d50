# SPDX-License-Identifier: MIT
"""Runs the real binary and reads what it says.

The binary is $PE, else build/pe of this tree. Nothing here knows how pe works inside.
"""

import base64
import json
import os
import re
import shlex
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PE = os.path.abspath(os.environ.get("PE", ROOT / "build" / "pe"))

# Where pe finds its other parts.
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "program-explorer"
KERNEL = Path(os.environ.get("PE_KERNEL") or _CACHE / "kernel" / "current")
IMAGES = Path(os.environ.get("PE_IMAGES") or _CACHE / "images")

OUTCOMES = {
    "exited", "signaled", "timeout", "out_of_memory", "output_limit",
    "not_found", "not_executable", "rejected", "lost",
}
# Outcomes of a program that ran: these carry streams, files and numbers.
RAN = OUTCOMES - {"rejected", "lost"}
NUMBERS = ("wall_ms", "user_ms", "system_ms", "peak_memory_bytes", "startup_ms")

# Processes that the suites started themselves: what else hangs below us was left behind by pe.
_own = set()
_own_lock = threading.Lock()


def own_children():
    with _own_lock:
        return set(_own)


def spawn(command, **kw):
    """Popen, remembered as ours until forget()."""
    with _own_lock:
        p = subprocess.Popen([os.fspath(c) for c in command], **kw)
        _own.add(p.pid)
    return p


def forget(p):
    with _own_lock:
        _own.discard(p.pid)


def _excerpt(data, limit=1500):
    text = data if len(data) <= limit else data[:limit // 2] + b" ... " + data[-limit // 2:]
    return text.decode("utf-8", "backslashreplace")


@dataclass
class Run:
    """One finished process."""
    command: list
    exit: int
    stdout: bytes
    stderr: bytes
    seconds: float

    def notes(self):
        """The lines of stderr that pe itself wrote."""
        return [line for line in self.stderr.decode("utf-8", "replace").splitlines() if line.startswith("pe: ")]

    def __str__(self):
        words = [os.fsdecode(w) for w in self.command]
        line = " ".join(shlex.quote(w if len(w) < 200 else w[:90] + "..." + w[-20:]) for w in words[:40])
        more = f" ... {len(words)} words" if len(words) > 40 else ""
        return (f"$ {line}{more}\n  exit {self.exit} after {self.seconds:.2f} s\n"
                f"  stdout ({len(self.stdout)}): {_excerpt(self.stdout)}\n"
                f"  stderr ({len(self.stderr)}): {_excerpt(self.stderr)}")


def execute(command, stdin=None, timeout=60, **kw):
    """Runs @command to its end; stdin=None is /dev/null, bytes are piped, anything else is given to Popen."""
    begin = time.monotonic()
    piped = isinstance(stdin, bytes)
    kw.setdefault("stdout", subprocess.PIPE)
    kw.setdefault("stderr", subprocess.PIPE)
    p = spawn(command, stdin=subprocess.PIPE if piped else (subprocess.DEVNULL if stdin is None else stdin), **kw)
    try:
        out, err = p.communicate(stdin if piped else None, timeout=timeout)
    except subprocess.TimeoutExpired as e:
        p.kill()
        out, err = p.communicate()
        run = Run(list(command), -9, out or b"", err or b"", time.monotonic() - begin)
        raise AssertionError(f"did not end within {timeout} s\n{run}") from e
    finally:
        forget(p)
    return Run(list(command), p.returncode, out or b"", err or b"", time.monotonic() - begin)


@dataclass
class Report:
    """The object that --json prints, checked against its contract."""
    raw: dict
    run: Run
    outcome: str = ""
    code: int = None
    signal: object = None
    message: str = ""
    stdout: bytes = b""
    stderr: bytes = b""
    files: dict = field(default_factory=dict)    # name -> bytes
    modes: dict = field(default_factory=dict)    # name -> "0644"
    directories: set = field(default_factory=set)
    skipped: dict = field(default_factory=dict)  # name -> reason

    def __getitem__(self, key):
        return self.raw[key]


def _need(condition, what, raw):
    if not condition:
        shown = {k: v if not isinstance(v, (str, list)) or len(v) < 500 else "..." for k, v in raw.items()}
        raise AssertionError(f"--json: {what}: {shown}")


def _bytes(raw, text_key, base64_key):
    """Text when it is UTF-8, base64 otherwise; never both."""
    _need((text_key in raw) != (base64_key in raw), f"exactly one of {text_key} and {base64_key}", raw)
    if text_key in raw:
        return raw[text_key].encode("utf-8")
    data = base64.b64decode(raw[base64_key], validate=True)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data
    raise AssertionError(f"--json: {base64_key} holds what {text_key} could")


def _name(entry):
    """A name that is no UTF-8 comes as base64; its odd bytes become surrogates, as in os.fsdecode()."""
    return _bytes(entry, "name", "name_base64").decode("utf-8", "surrogateescape")


def _read_file(report, entry):
    name = _name(entry)
    _need(name not in report.files and name not in report.directories, "every file has a name of its own", entry)
    if entry.get("directory"):
        report.directories.add(name)
        return
    data = _bytes(entry, "text", "base64")
    _need(entry["bytes"] == len(data), "'bytes' is the size of the content", entry)
    _need(re.fullmatch(r"0[0-7]{3}", entry["mode"]), "'mode' is four octal digits", entry)
    report.files[name] = data
    report.modes[name] = entry["mode"]


def read_report(run):
    try:
        raw = json.loads(run.stdout.decode("utf-8"))
    except ValueError as e:
        raise AssertionError(f"--json printed no JSON ({e})\n{run}") from e

    r = Report(raw, run, outcome=raw.get("outcome"), code=raw.get("code"), signal=raw.get("signal"),
               message=raw.get("message", ""))
    _need(r.outcome in OUTCOMES, "outcome is one of the known", raw)
    _need((r.code is not None) == (r.outcome == "exited"), "'code' belongs to 'exited' alone", raw)
    _need(isinstance(r.message, str) and "message_base64" not in raw, "'message' is text", raw)
    _need((r.signal is not None) == (r.outcome == "signaled"), "'signal' belongs to 'signaled' alone", raw)
    if r.outcome not in RAN:
        _need(r.message, "a failure says what happened", raw)
        return r

    _need(raw["engine"] == "uml", "engine", raw)
    _need(re.fullmatch(r"sha256:[0-9a-f]{64}", raw["image_digest"]), "image_digest", raw)
    for key in NUMBERS:
        _need(isinstance(raw[key], (int, float)) and raw[key] >= 0, f"{key} is a number", raw)
    r.stdout = _bytes(raw, "stdout", "stdout_base64")
    r.stderr = _bytes(raw, "stderr", "stderr_base64")
    for entry in raw["files"]:
        _read_file(r, entry)
    for entry in raw["skipped"]:
        _need(entry["reason"], "a skipped entry has a reason", entry)
        r.skipped[_name(entry)] = entry["reason"]
    return r
