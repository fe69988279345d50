# SPDX-License-Identifier: MIT
"""From samples to figures to a table in Markdown."""

import statistics


def percentile(samples, percent):
    """Nearest rank: a value that was really measured."""
    ordered = sorted(samples)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]


def milliseconds(ns):
    ms = ns / 1e6
    return f"{ms:.0f}" if ms >= 1000 else f"{ms:.1f}"


def cell(samples):
    if not samples:
        return "-"
    median = statistics.median(samples)
    return f"{milliseconds(median)} ({milliseconds(percentile(samples, 95))})"


def ratio(samples, base):
    if not samples or not base:
        return "-"
    return f"{statistics.median(samples) / statistics.median(base):.2f}"


def best(samples, names):
    """The samples of the one of @names with the lowest median."""
    there = [samples[n] for n in names if samples.get(n)]
    return min(there, key=statistics.median, default=[])


def markdown(head, lines):
    rows = [head, ["---"] + ["---:"] * (len(head) - 1), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
