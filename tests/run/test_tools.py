# SPDX-License-Identifier: MIT
"""The programs people come for."""

from support.case import Case, each

HELLO_C = b'#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'
STL = b"""#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>
int main()
{
	std::vector<int> v{3, 1, 2};
	std::sort(v.begin(), v.end());
	std::map<std::string, int> m{{"a", v[0]}, {"b", v[2]}};
	for (const auto &[k, n] : m)
		std::cout << k << n << '\\n';
}
"""


class Compile(Case):
    def test_the_first_thing_to_show(self):
        run = self.guest("sh", "-c", "gcc hello.c -o /output/hello && /output/hello", image="gcc",
                         files={"hello.c": HELLO_C}, options=["-o", self.tmp / "out"])
        self.assertEqual(run.stdout, b"hello\n")
        self.assertTrue((self.tmp / "out/hello").stat().st_mode & 0o100)

    def test_cpp(self):
        run = self.guest("sh", "-c", "g++ -std=c++20 -O2 -o /tmp/a a.cpp && /tmp/a", image="gcc", files={"a.cpp": STL})
        self.assertEqual(run.stdout, b"a1\nb3\n")

    def test_an_error_is_the_compiler_s(self):
        run = self.guest("gcc", "-c", "bad.c", image="gcc", files={"bad.c": b"int main( {\n"}, exit=1)
        self.assertIn(b"bad.c:1:", run.stderr)
        self.assertEqual(run.notes(), [])

    def test_a_crash_of_the_compiled_program(self):
        source = b"int main(void) { volatile int *p = 0; return *p; }\n"
        self.guest("sh", "-c", "gcc -o a a.c && exec ./a", image="gcc", files={"a.c": source}, exit=139)

    def test_assembly(self):
        run = self.guest("gcc", "-O2", "-S", "-o", "-", "a.c", image="gcc",
                         files={"a.c": b"int f(int a) { return a + 42; }"})
        self.assertIn(b"42", run.stdout)


class Python(Case):
    @each({
        "arithmetic": ("print(2 ** 100)", b"1267650600228229401496703205376\n"),
        "threads": ("import sys, threading\n"
                    "t = [threading.Thread(target=sys.stdout.write, args=('1\\n',)) for _ in range(20)]\n"
                    "[x.start() for x in t]; [x.join() for x in t]", b"1\n" * 20),
        "processes": ("import multiprocessing as m\nprint(sum(m.Pool(4).map(abs, range(-50, 50))))", b"2500\n"),
        "subprocess": ("import subprocess as s\nprint(s.run(['echo', 'x'], capture_output=True).stdout)", b"b'x\\n'\n"),
        "temporary files": ("import tempfile\nf = tempfile.TemporaryFile(); f.write(b'x'); print(f.tell())", b"1\n"),
        "floating point": ("import math\nprint(math.sqrt(2), math.sin(1e6))",
                           b"1.4142135623730951 -0.34999350217129294\n"),
        "the user": ("import os, pwd\nprint(os.getuid(), os.access('/output', os.W_OK))", b"1000 True\n"),
        "epoll and eventfd": ("import os, select\ne = select.epoll(); f = os.eventfd(1); e.register(f)\n"
                              "print(len(e.poll(1)))", b"1\n"),
    })
    def script(self, text, expected):
        self.assertEqual(self.guest("python3", "-c", text, image="python3").stdout, expected)

    def test_an_exception(self):
        run = self.guest("python3", "x.py", image="python3", files={"x.py": b"raise ValueError('boom')"}, exit=1)
        self.assertIn(b"ValueError: boom", run.stderr)

    def test_stdin(self):
        run = self.guest("python3", "-c", "print(input() * 2)", image="python3", stdin=b"ab\n")
        self.assertEqual(run.stdout, b"abab\n")
