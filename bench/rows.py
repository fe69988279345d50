# SPDX-License-Identifier: MIT
"""A row of the table: one program, what it reads, and what is right."""

import dataclasses
import pathlib
import re

PROGRAMS = pathlib.Path(__file__).parent / "programs"

# Every peer gives the program exactly this.
ENV = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
}
UID = 1000


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    image: str
    argv: tuple
    stdout: str = ""
    """Regular expression that the whole of stdout and stderr matches."""
    source: str = ""
    """A file of programs/, found in /input, which is the cwd."""
    binary: str = ""
    """The executable that must be in /output afterwards."""

    def wrong(self, result):
        """What is wrong with @result, or None."""
        if result.code != 0:
            return f"exit {result.code}: {result.text[-200:]!r}"
        if not re.fullmatch(self.stdout, result.text, re.DOTALL):
            return f"printed {result.text[:200]!r}"
        expected = {self.binary} if self.binary else set()
        if set(result.files) != expected:
            return f"/output holds {sorted(result.files)}"
        if self.binary and not result.files[self.binary].startswith(b"\x7fELF"):
            return f"/output/{self.binary} is no executable"
        return None


@dataclasses.dataclass
class Result:
    """What a peer hands back; @text is stdout and stderr together."""

    code: int
    text: str
    files: dict = dataclasses.field(default_factory=dict)


PYTHON = (
    "import json, re; "
    "print(json.dumps(re.findall(r'[a-z]+', 'to be or not to be')))"
)

ROWS = (
    Row("true", "gcc", ("true",)),
    Row("gcc --version", "gcc", ("gcc", "--version"), stdout=r"gcc \(.*"),
    Row(
        "gcc hello.c",
        "gcc",
        ("gcc", "hello.c", "-o", "/output/hello"),
        source="hello.c",
        binary="hello",
    ),
    Row(
        "g++ -O2 words.cpp",
        "gcc",
        ("g++", "-O2", "words.cpp", "-o", "/output/words"),
        source="words.cpp",
        binary="words",
    ),
    Row(
        "python3 -c",
        "python3",
        ("python3", "-c", PYTHON),
        stdout=r'\["to", "be", "or", "not", "to", "be"\]\n',
    ),
)
