#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs black-box suites: tests/driver.py [-j N] [-k WORD] [-l] SUITE...

A suite is a directory beside this file (run, attack, fault). Tests run two at a time, except those that look at the
whole host: they come last, one by one. A line per test, then one line of sums; a failure shows what was run and what
came out.

With PE_TEST_ENGINE=clone every VM is a clone of a template where that can be, and most must have been.
"""

import argparse
import signal
import sys
import time
import traceback
import unittest
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from support import clones, host, needs  # noqa: E402


class Verdict(unittest.TestResult):
    """The result of one test."""

    word, text = "ok", ""

    def addError(self, test, err):
        self._failed(err)

    def addFailure(self, test, err):
        self._failed(err)

    def addSubTest(self, test, subtest, err):
        if err:
            self._failed(err, f"{subtest._subDescription()}: ")

    def addSkip(self, test, reason):
        self.word, self.text = "skip", reason

    def addUnexpectedSuccess(self, test):
        self.word, self.text = "FAIL", "passed, though it is marked as failing"

    def _failed(self, err, prefix=""):
        self.word = "FAIL"
        frames = [f for f in traceback.extract_tb(err[2]) if f.filename.startswith(str(HERE))]
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
        what = str(err[1]) if issubclass(err[0], AssertionError) else f"{err[0].__name__}: {err[1]}"
        self.text += f"{prefix}{what}\n({where})\n"


def tests_of(suite, word):
    directory = HERE / suite
    if not directory.is_dir():
        sys.exit(f"driver.py: no suite '{suite}' in {HERE}")
    found = []
    queue = [unittest.TestLoader().discover(str(directory), top_level_dir=str(HERE))]
    while queue:
        item = queue.pop(0)
        if isinstance(item, unittest.TestSuite):
            queue[:0] = list(item)
        elif word in item.id():
            found.append(item)
    return found


def name_of(test):
    return test.id().replace(".test_", ".", 1)


def run_one(test):
    begin = time.monotonic()
    verdict = Verdict()
    test.run(verdict)
    return test, verdict, time.monotonic() - begin


def show(counts, test, verdict, seconds):
    counts[verdict.word] += 1
    reason = f"  ({verdict.text})" if verdict.word == "skip" else ""
    print(f"{verdict.word:4} {seconds:6.2f} s  {name_of(test)}{reason}", flush=True)
    if verdict.word != "FAIL":
        return
    text = verdict.text + "".join(f"{run}\n" for run in getattr(test, "runs", [])[-3:])
    print("".join(f"     | {line}\n" for line in text.splitlines()), end="", flush=True)


def run_all(tests, jobs):
    counts = {"ok": 0, "FAIL": 0, "skip": 0}
    alone = [t for t in tests if getattr(t, "exclusive", False)]
    with ThreadPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(run_one, t) for t in tests if t not in alone]):
            show(counts, *done.result())
    for test in alone:
        show(counts, *run_one(test))

    left = host.orphans()
    if left:
        counts["FAIL"] += 1
        print("FAIL          processes left behind by all of the above:", *left, sep="\n     | ")
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="+", metavar="SUITE")
    parser.add_argument("-j", type=int, default=2, metavar="N", help="tests at a time (default 2)")
    parser.add_argument("-k", default="", metavar="WORD", help="only tests with WORD in their name")
    parser.add_argument("-l", action="store_true", help="list the tests and stop")
    args = parser.parse_args()
    # What a shell lets its background jobs ignore, all that is started here would ignore, too.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)

    tests = [t for suite in args.suites for t in tests_of(suite.rstrip("/").split("/")[-1], args.k)]
    if args.l:
        print(*(name_of(t) for t in tests), sep="\n")
        return 0
    if lack := needs.missing():
        print(f"driver.py: {lack}", file=sys.stderr)
        return 1

    begin = time.monotonic()
    with clones.wanted() as lender:
        counts = run_all(tests, args.j)
        if said := lender.shortage(len(tests)):
            counts["FAIL"] += 1
            print("FAIL          " + said)
    print(f"{len(tests)} tests in {time.monotonic() - begin:.0f} s")
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skip']} skipped")
    return 1 if counts["FAIL"] or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
