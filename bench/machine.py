# SPDX-License-Identifier: MIT
"""The machine that was measured, in words."""

import os


def field(path, key):
    """The value of the first 'KEY: value' or KEY=value line of a file."""
    with open(path) as file:
        for line in file:
            for sign in ":", "=":
                name, _, value = line.partition(sign)
                if name.strip() == key:
                    return value.strip().strip('"')
    return ""


def describe():
    model = field("/proc/cpuinfo", "model name") or os.uname().machine
    memory_gib = int(field("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20)
    virtual = "hypervisor" in field("/proc/cpuinfo", "flags").split()
    return ", ".join(
        (
            f"{model} ({'virtual machine' if virtual else 'bare metal'})",
            f"{os.cpu_count()} CPUs",
            f"{memory_gib:.0f} GiB",
            f"{field('/etc/os-release', 'PRETTY_NAME')}",
            f"Linux {os.uname().release}",
        )
    )


def load():
    return open("/proc/loadavg").read().split()[0]
