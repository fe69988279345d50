# SPDX-License-Identifier: MIT
"""Ten thousand connections, or as many as descriptors allow here."""

import resource
import socket
import time

from support import serve
from support.case import Case

RESERVE = 3000


def as_many_as_may_be(wanted):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(wanted, hard - RESERVE)


def is_closed(s):
    s.setblocking(False)
    try:
        return s.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class Connections(Case):
    exclusive = True

    def hold(self, server, n):
        held = []
        for _ in range(n):
            held.append(server.socket())
        self.addCleanup(lambda: [s.close() for s in held])
        return held

    def test_ten_thousand_and_a_new_client(self):
        n = as_many_as_may_be(10000)
        server = serve.Server(f"--max-connections={n}", "--idle-timeout=1h", "--queue=200")
        self.addCleanup(server.clean)
        held = self.hold(server, n)
        serve.eventually(lambda: server.metric("pe_http_connections") >= n - 1)

        # Room is made by the longest idle one: the first, who has done nothing since.
        held[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        begin = time.monotonic()
        more = self.hold(server, 100)
        more[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(b"200 OK", more[-1].recv(1000))
        self.assertLess(time.monotonic() - begin, 5)
        got = server.run("echo", "a run, too")
        self.assertEqual(got["stdout"], "a run, too\n", got)
        self.assertLessEqual(server.metric("pe_http_connections"), n + 64)
        self.assertGreater(server.metric("pe_http_connections_evicted_total"), 90)
        gone = [i for i, s in enumerate(held) if is_closed(s)]
        self.assertLess(max(gone), 300, "the oldest ones went")

        with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as f:
            kib = next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
        self.assertLess(kib, 60000 + n * 24, "an idle connection takes some KiB")

    def test_slow_heads_do_not_keep_others_out(self):
        server = serve.Server("--max-connections=200", "--idle-timeout=1h")
        self.addCleanup(server.clean)
        for s in self.hold(server, 400):
            try:
                s.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
            except OSError:
                pass
        self.assertEqual(server.get("/healthz").status, 200)
        self.assertEqual(server.run("echo", "in")["stdout"], "in\n")

    def test_few_descriptors(self):
        server = serve.Server("--queue=100", wrapper=("prlimit", "--nofile=800"))
        self.addCleanup(server.clean)
        self.assertIn("fewer open files than connections", server.said())
        held = self.hold(server, 1000)
        self.assertEqual(server.run("echo", "all the same")["stdout"], "all the same\n")
        for s in held:
            s.close()
        self.assertEqual(server.run("echo", "afterwards")["stdout"], "afterwards\n")

    def test_far_too_few_descriptors(self):
        run = self.execute(["prlimit", "--nofile=100", serve.pe.PE, "serve", "--state", self.tmp / "s",
                            "--listen", "127.0.0.1:0"])
        self.refused(run, "open files", exits=(125,))

    def test_connections_that_come_and_go_leave_nothing(self):
        server = serve.Server("--templates=no")
        self.addCleanup(server.clean)

        def descriptors():
            return len(serve.os.listdir(f"/proc/{server.process.pid}/fd"))

        server.run("true")
        before = descriptors()
        for i in range(500):
            s = server.socket()
            if i % 3 == 0:
                s.sendall(b"GET /healthz HTTP/1.1\r\n")
            if i % 3 == 1:
                s.sendall(b"POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
            if i % 5 == 0:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            s.close()
        serve.eventually(lambda: descriptors() <= before + 1)
