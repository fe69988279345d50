# SPDX-License-Identifier: MIT
"""HTTP itself: what clients of all kinds send, well-formed and not, and how the connection goes on."""

import json
import re
import socket
import time

from support import serve
from support.case import Case, each

JOB = json.dumps({"image": "shell", "argv": ["echo", "answered"]}).encode()
HEAD = b"POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def post(body=JOB, more=b""):
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Http(Case):
    @property
    def server(self):
        return serve.shared()

    def alive(self):
        self.assertEqual(self.server.get("/healthz").body, b"ok\n")

    @each({
        "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n",
        "no version": b"GET /healthz\r\n\r\n",
        "spaces": b"GET  /healthz  HTTP/1.1\r\n\r\n",
        "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
        "a header without a colon": b"GET /healthz HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n",
        "a folded header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        "NUL in a header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
        "a negative length": HEAD + b"Content-Length: -5\r\n\r\nabcde",
        "a length that is none": HEAD + b"Content-Length: 5x\r\n\r\nabcde",
        "an endless length": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\nabcde",
        "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "an unknown encoding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "a chunk that is none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
        "a chunk of endless size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "a chunk without an end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        "a head too large": b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"y" * 70000 + b"\r\n\r\n",
        "a thousand headers": b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
        "a path too long": b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        "only line ends": b"\r\n" * 1000,
        "half a head": b"GET /healthz HT",
        "a strange percent": b"GET /%zz%00%ff HTTP/1.1\r\nHost: x\r\n\r\n",
    })
    def malformed(self, request):
        """Nobody runs anything for these; whatever is said is an error, and the server stays."""
        got = self.server.raw(request, timeout=3, shut=True)
        for status in serve.statuses(got):
            self.assertIn(status // 100, (2, 4, 5) if b"healthz" in request else (4, 5), got[:200])
        self.assertNotIn(b"answered", got)
        self.alive()

    def test_pipelined_requests_are_answered_in_order(self):
        ask = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        last = b"GET /no/such HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        got = self.server.raw(ask * 10 + post() + post() + ask + last)
        self.assertEqual(serve.statuses(got), [200] * 13 + [404])
        self.assertEqual(got.count(b"answered"), 2)

    def test_request_byte_by_byte(self):
        with self.server.socket() as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in post(more=b"Connection: close\r\n"):
                s.sendall(bytes([i]))
            self.assertIn(b"answered", serve.read_all(s))

    def test_a_half_closed_client_gets_its_answer(self):
        """It has said all it had to say, and waits: with a run that takes longer than the closing."""
        job = json.dumps({"image": "shell", "argv": ["sh", "-c", "sleep 1; echo still here"], "cache": "off"}).encode()
        got = self.server.raw(post(job), shut=True)
        self.assertEqual([n for n in serve.statuses(got) if n != 100], [200])
        self.assertIn(b"still here", got)

    def test_expect_continue(self):
        with self.server.socket() as s:
            s.sendall(HEAD + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(JOB))
            self.assertEqual(serve.statuses(s.recv(1000)), [100])
            s.sendall(JOB)
            self.assertIn(b"answered", serve.read_all(s))

    def test_keep_alive_and_close(self):
        ask = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
        with self.server.socket(2) as s:
            for _ in range(50):
                s.sendall(ask + b"\r\n")
                self.assertIn(b"200 OK", s.recv(10000))
            s.sendall(ask + b"Connection: close\r\n\r\n")
            self.assertEqual(serve.statuses(serve.read_all(s)), [200])

    def test_a_connection_lives_on_after_a_refusal(self):
        wrong = post(b'{"image":"shell","imagine":1}')
        got = self.server.raw(wrong + post(more=b"Connection: close\r\n"))
        self.assertEqual(serve.statuses(got), [422, 200])

    def test_old_clients(self):
        got = self.server.raw(b"GET /healthz HTTP/1.0\r\n\r\n")
        self.assertIn(b"200 OK", got)
        self.assertTrue(got.endswith(b"ok\n"))

    def test_client_that_goes_away_at_each_point(self):
        whole = post()
        for n in (0, 1, 20, len(HEAD), len(whole) - 10, len(whole)):
            with self.server.socket() as s:
                s.sendall(whole[:n])
        for n in (10, len(whole)):
            with self.server.socket() as s:
                s.sendall(whole[:n])
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
        self.alive()
        self.assertIn("answered", self.server.run("echo", "answered")["stdout"])

    def test_nothing_is_left_of_clients_that_went_away(self):
        server = serve.Server()
        self.addCleanup(server.clean)
        for request in (b"", HEAD + b"Content-Length: 100\r\n\r\n{", HEAD, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"):
            for _ in range(10):
                with server.socket() as s:
                    s.sendall(request)
        serve.eventually(lambda: server.metric("pe_http_connections") == 1, patience=8)

    def test_the_page(self):
        page = self.server.get("/")
        self.assertEqual(page.status, 200)
        self.assertIn("default-src 'none'", page.headers["content-security-policy"])
        self.assertEqual(self.server.get("/", If_None_Match=page.headers["etag"]).status, 304)
        self.assertEqual(self.server.get("/l/AAAAAAAAAAAAAAAA").body, page.body)
        self.assertEqual(self.server.ask("POST", "/").status, 405)
        for name in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.body.decode()):
            plain, packed = self.server.get(name), self.server.get(name, Accept_Encoding="br, gzip")
            self.assertIn("immutable", plain.headers["cache-control"])
            self.assertLessEqual(len(packed.body), len(plain.body))


class Own(Case):
    """Settings of a server of one's own."""

    def server(self, *options, **kw):
        server = serve.Server(*options, **kw)
        self.addCleanup(server.clean)
        return server

    def unix(self, path, request):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(str(path))
            s.sendall(request)
            return serve.read_all(s)

    def test_unix_socket(self):
        path = self.tmp / "pe.sock"
        server = self.server(listen=("127.0.0.1:0", f"unix:{path}"))
        ask = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        self.assertIn(b"200 OK", self.unix(path, ask))
        self.assertIn(b"answered", self.unix(path, post(more=b"Connection: close\r\n")))
        server.end()
        again = self.server(listen=("127.0.0.1:0", f"unix:{path}"))
        self.assertIn(b"200 OK", self.unix(path, ask), "what a dead server left is replaced")
        again.end()

    def test_socket_activation(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            port = s.getsockname()[1]

            # As systemd does it: descriptor 3, and the number of the process in its environment.
            script = f'exec 3<&{s.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
            server = self.server(listen=("systemd",), wrapper=("bash", "-c", script, "bash"), pass_fds=(s.fileno(),))
            self.assertEqual(server.port, port)
            self.assertEqual(server.get("/healthz").status, 200)

    def test_address_in_use(self):
        server = self.server()
        run = self.execute([serve.pe.PE, "serve", "--state", self.tmp / "s", "--listen", f"127.0.0.1:{server.port}"])
        self.refused(run, f"127.0.0.1:{server.port}", "listens", exits=(125,))

    def test_clients_behind_a_proxy(self):
        server = self.server("--trusted-proxies=127.0.0.0/8", "--rate=0.001", "--rate-burst=1")

        def ask(forwarded, n):
            job = json.dumps({"image": "shell", "argv": ["true"], "env": {"N": str(n)}})
            return server.ask("POST", "/api/v1/runs", job, {**serve.JSON, "X-Forwarded-For": forwarded}).status

        self.assertEqual(ask("192.0.2.1", 1), 200)
        self.assertEqual(ask("192.0.2.1", 2), 429)
        self.assertEqual(ask("198.51.100.7, 192.0.2.2", 3), 200, "the last one that is no proxy")
        self.assertEqual(ask("198.51.100.8, 192.0.2.2, 127.0.0.9", 4), 429)
        self.assertEqual(ask("2001:db8::1", 5), 200)
        self.assertEqual(ask("2001:db8::2", 6), 429, "one network of IPv6 is one client")
        self.assertEqual(ask("nonsense", 7), 200)

    def test_nobody_is_believed_who_is_no_proxy(self):
        server = self.server("--rate=0.001", "--rate-burst=1")
        headers = {**serve.JSON, "X-Forwarded-For": "192.0.2.1"}
        first = server.ask("POST", "/api/v1/runs", JOB, headers)
        other = server.ask("POST", "/api/v1/runs", JOB.replace(b"answered", b"a"), {**headers, "X-Forwarded-For": "192.0.2.2"})
        self.assertEqual((first.status, other.status), (200, 429))
        self.assertGreater(int(other.headers["retry-after"]), 100)
        self.assertEqual(server.ask("POST", "/api/v1/runs", JOB, headers).status, 200, "what is kept costs nothing")

    def test_origins(self):
        server = self.server("--cors-origins=https://one.example,https://two.example")
        for origin, there in (("https://two.example", True), ("https://three.example", False)):
            answer = server.get("/healthz", Origin=origin)
            self.assertEqual(answer.headers.get("access-control-allow-origin"), origin if there else None)

    def test_log(self):
        server = self.server("--log-format=json")
        key = server.run("true")["key"]
        server.get("/nonsense\\%22%0Aline")
        server.end()
        lines = [json.loads(line) for line in server.said().splitlines()]
        runs = [line for line in lines if line.get("path") == "/api/v1/runs"]
        self.assertEqual((runs[0]["status"], runs[0]["key"], runs[0]["outcome"]), (200, key, "exited"))
        self.assertGreater(runs[0]["ms"], 1)
        self.assertIn("client", runs[0])
        phases = [runs[0][f"{phase}_ms"] for phase in ("queue", "start", "program", "finish")]
        self.assertGreater(min(phases[1:]), 0)
        self.assertLess(sum(phases), runs[0]["ms"] + 5)

    def test_health_and_readiness(self):
        server = self.server()
        serve.eventually(lambda: server.get("/readyz").status == 200)
        metrics = server.get("/metrics").body.decode()
        self.assertRegex(metrics, r'pe_runs_total\{outcome="exited"\} [1-9]')

    def test_settings_that_are_wrong(self):
        for option, word in (("--listen=nowhere", "nowhere"), ("--slots=x", "slots"), ("--no-such=1", "no-such")):
            run = self.execute([serve.pe.PE, "serve", "--check", option])
            self.assertNotEqual(run.exit, 0)
            self.assertIn(word, run.stderr.decode())
        self.assertEqual(self.execute([serve.pe.PE, "serve", "--check"]).exit, 0)

    def test_no_kernel(self):
        run = self.execute([serve.pe.PE, "serve", "--state", self.tmp / "s", "--listen", "127.0.0.1:0", "--kernel", self.tmp])
        self.refused(run, "kernel", exits=(125,))


class Slow(Case):
    """Those who take their time cost no slot and little memory, and not for ever."""

    def setUp(self):
        super().setUp()
        self.server = serve.Server("--idle-timeout=1s", "--request-timeout=1s")
        self.addCleanup(self.server.clean)

    def ends_within(self, s, seconds):
        s.settimeout(seconds)
        begin = time.monotonic()
        serve.read_all(s)
        self.assertLess(time.monotonic() - begin, seconds, "the server has closed it")

    def test_idle(self):
        with self.server.socket() as s:
            self.ends_within(s, 8)

    def test_idle_after_a_request(self):
        with self.server.socket() as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b"200", s.recv(1000))
            self.ends_within(s, 8)

    def slowly(self, first, drop):
        """Sends @first, then @drop each 0.2 s, until it is closed."""
        with self.server.socket() as s:
            s.sendall(first)
            begin = time.monotonic()
            while time.monotonic() < begin + 12:
                try:
                    s.sendall(drop)
                    s.settimeout(0.2)
                    if not s.recv(1000):
                        return
                except TimeoutError:
                    continue
                except OSError:
                    return
        self.fail("a client as slow as that is cut off")

    def test_head_in_drops(self):
        self.slowly(b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n")

    def test_body_in_drops(self):
        self.slowly(HEAD + b"Content-Length: 9000\r\n\r\n", b" ")

    def test_chunks_in_drops(self):
        server = serve.Server("--idle-timeout=1s", "--request-timeout=1s", "--max-request=64K")
        self.addCleanup(server.clean)
        self.server = server
        self.slowly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")

    def test_answer_that_nobody_reads(self):
        job = json.dumps({"image": "shell", "argv": ["head", "-c", "8000000", "/dev/zero"], "cache": "off"}).encode()
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect((self.server.host, self.server.port))
            s.sendall(post(job))
            self.assertTrue(s.recv(100))
            self.assertEqual(self.server.run("echo", "others")["stdout"], "others\n")

    def test_a_slow_one_costs_no_slot(self):
        slow = [self.server.socket() for _ in range(20)]
        for s in slow:
            s.sendall(HEAD + b"Content-Length: 900\r\n\r\n{")
        self.assertEqual(self.server.run("echo", "served")["stdout"], "served\n")
        for s in slow:
            s.close()
