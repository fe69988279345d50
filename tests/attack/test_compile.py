# SPDX-License-Identifier: MIT
"""Sources that attack the compiler: it ends by itself or by a limit, and the result comes back."""

from support.case import Case, each

# Each instantiates two more.
TEMPLATES = b"""template<int N, int M> struct G {
  typename G<N-1, M*2>::t t; typename G<N-1, M*2+1>::t u; typedef int t;
};
template<int M> struct G<0, M> { typedef int t; };
G<40, 0> x;
"""
# Each is four of the one before.
MACROS = b"#define A0 x x x x\n" + b"".join(
    b"#define A%d A%d A%d A%d A%d\n" % (i + 1, i, i, i, i) for i in range(20)) + b"A20\n"


class Bomb(Case):
    def compile(self, source, *flags, name="a.cpp", outcomes=("exited", "timeout", "out_of_memory", "output_limit")):
        r = self.job("g++", "-c", *flags, name, "-o", "/output/a.o", image="gcc", files={name: source},
                     options=["-t", "3", "-m", "512M", "--max-output", "4M"], timeout=25)
        self.assertIn(r.outcome, outcomes)
        if r.outcome == "exited" and not source.startswith(b"\0"):
            self.assertNotEqual(r.code, 0)
        self.assertLess(r.run.seconds, 8)
        return r

    @each({
        "an endless include": b'#include "/dev/zero"\n',
        "an include without end": b'#include "/dev/urandom"\n',
        "itself": b'#include "a.cpp"\n',
        "terminal": b'#include "/dev/tty"\n',
        "stdin": b'#include "/dev/stdin"\nint main( {\n',
        "templates": TEMPLATES,
        "macros": MACROS,
        "brackets": b"int x = " + b"(" * 200_000,
        "endless constexpr": b"constexpr int f(int n) { for (;;) ++n; return n; }\nconstexpr int x = f(0);\n",
        "nul bytes": bytes(100_000),
        "every byte": bytes(range(256)) * 400,
    })
    def source(self, source):
        self.compile(source, "-ftemplate-depth=100000", "-fconstexpr-loop-limit=2147483647",
                     "-fconstexpr-ops-limit=9223372036854775807")

    def test_a_flood_of_errors(self):
        errors = b"".join(b"int f%d( { return undefined_%d; }\n" % (i, i) for i in range(20_000))
        r = self.compile(errors, "-fmax-errors=0")
        self.assertTrue(r.stderr)

    def test_a_giant_object(self):
        r = self.job("gcc", "-c", "a.c", "-o", "/output/a.o", image="gcc", files={"a.c": b"char x[1 << 30] = {1};\n"},
                     options=["-t", "5"])
        self.assertIn(r.outcome, ("exited", "output_limit", "timeout", "out_of_memory"))
        self.assertFalse(r.outcome == "exited" and r.code == 0)
        self.assertLess(sum(map(len, r.files.values())), 17 << 20)

    def test_an_include_sees_the_guest_not_the_host(self):
        r = self.job("gcc", "-E", "-P", "a.c", image="gcc", outcome="exited",
                     files={"a.c": b'#include "/etc/passwd"\n'})
        self.assertIn(b"root:", r.stdout)
        with open("/etc/passwd", "rb") as host:
            last = [line for line in host.read().splitlines() if b"/home/" in line]
        for line in last:
            self.assertNotIn(line, r.stdout)

    def test_code_that_runs_at_compile_time(self):
        r = self.job("gcc", "-c", "a.S", "-o", "/output/a.o", image="gcc", options=["-t", "3"],
                     files={"a.S": b'.incbin "/dev/zero"\n'})
        self.assertIn(r.outcome, ("exited", "timeout", "out_of_memory", "output_limit"))

    def test_an_assembler_that_fills_the_disk(self):
        r = self.job("gcc", "-c", "a.S", "-o", "/output/a.o", image="gcc", options=["-t", "5"],
                     files={"a.S": b".fill 0x7fffffff, 8, 0x41\n"})
        self.assertFalse(r.outcome == "exited" and r.code == 0)
        self.assertNotEqual(r.outcome, "lost")
