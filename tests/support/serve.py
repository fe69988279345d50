# SPDX-License-Identifier: MIT
"""Starts the real service and speaks to it over real sockets: as a client that behaves, and as one that does not."""

import atexit
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP

from . import pe

JSON = {"Content-Type": "application/json"}


@dataclass
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes

    def json(self):
        return json.loads(self.body)

    def parts(self):
        """[(name, filename, bytes)] of a multipart/form-data."""
        head = b"Content-Type: " + self.headers["content-type"].encode() + b"\r\n\r\n"
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return [(p.get_param("name", header="content-disposition"), p.get_filename(), p.get_payload(decode=True))
                for p in message.iter_parts()]


class Server:
    """`pe serve` on a port of its own, with a state directory of its own."""

    def __init__(self, *options, state=None, listen=("127.0.0.1:0",), env=None, wrapper=(), **kw):
        self.own_state = state is None
        self.state = state or tempfile.mkdtemp(prefix="pe-serve-")
        self.log = tempfile.NamedTemporaryFile(prefix="pe-serve-log-")
        words = [*wrapper, pe.PE, "serve", "--state", self.state, *(f"--listen={a}" for a in listen), *options]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PE_SERVE_")}
        self.process = pe.spawn(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, bufsize=0,
                                env={**clean, **(env or {})}, **kw)
        try:
            self.addresses = self._announced(len(listen))
        except BaseException:
            self.clean()
            raise
        found = re.search(r"http://([\d.]+):(\d+)", self.addresses[0])
        self.host, self.port = (found[1], int(found[2])) if found else (None, None)

    def _announced(self, n):
        lines, deadline = [], time.monotonic() + 20
        while len([line for line in lines if "serving on" in line]) < n:
            poll = select.poll()  # select() cannot have descriptors above 1023
            poll.register(self.process.stdout, select.POLLIN)
            ready = poll.poll(max(0, deadline - time.monotonic()) * 1000)
            line = self.process.stdout.readline().decode() if ready else ""
            if not line:
                raise AssertionError(f"pe serve did not start: {lines} {self.said()}")
            lines.append(line)
        return [line.split("serving on ")[1].strip() for line in lines if "serving on" in line]

    def said(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return f.read()

    def end(self, how=signal.SIGTERM, patience=30):
        """Returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"pe serve did not end within {patience} s of {how.name}\n{self.said()[-3000:]}") from None
        finally:
            pe.forget(self.process)
            self.process.stdout.close()
        return status

    def clean(self):
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
        if self.own_state:
            shutil.rmtree(self.state, ignore_errors=True)

    # --- a client that behaves ---

    def connection(self, timeout=30):
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, timeout=30):
        c = self.connection(timeout)
        try:
            c.request(method, path, body=body, headers=headers or {})
            r = c.getresponse()
            return Answer(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
        finally:
            c.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, job, accept=None, timeout=60):
        headers = {**JSON, **({"Accept": accept} if accept else {})}
        body = job if isinstance(job, (bytes, str)) else json.dumps(job)
        return self.ask("POST", "/api/v1/runs", body, headers, timeout)

    def run(self, *argv, image="shell", **more):
        """The result of a job, as an object."""
        answer = self.post({"image": image, "argv": list(argv), **more})
        assert answer.status == 200, (answer.status, answer.body[:500])
        return answer.json()

    def events(self, job, timeout=60):
        return Events(self, job, timeout)

    def metric(self, name):
        """The value of a series of /metrics, 'pe_runs_total{outcome="exited"}'."""
        for line in self.get("/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise AssertionError(f"/metrics has no {name}")

    # --- a client that does not ---

    def socket(self, timeout=20):
        return socket.create_connection((self.host, self.port), timeout)

    def raw(self, request, timeout=20, shut=False):
        """All that comes back when @request is sent as it is, until the server closes or @timeout."""
        with self.socket(timeout) as s:
            try:
                s.sendall(request)
                if shut:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has heard enough
            return read_all(s)


def read_all(s):
    got = b""
    try:
        while part := s.recv(65536):
            got += part
    except (TimeoutError, ConnectionResetError):
        pass
    return got


def statuses(raw):
    """The status codes in what came back, interim ones too."""
    return [int(n) for n in re.findall(rb"HTTP/1\.1 (\d{3}) ", raw)]


def form(parts, boundary="boundary-of-a-test"):
    """A multipart/form-data body of [(name, filename or None, bytes)], and its Content-Type."""
    body = b""
    for name, filename, data in parts:
        more = f'; filename="{filename}"' if filename is not None else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


@dataclass
class Event:
    name: str
    data: dict
    at: float = field(default_factory=time.monotonic)


class Events:
    """A run as server-sent events; iterate, or wait_for() one."""

    def __init__(self, server, job, timeout=60):
        self.connection = server.connection(timeout)
        self.connection.request("POST", "/api/v1/runs", json.dumps(job), {**JSON, "Accept": "text/event-stream"})
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.seen = []

    def __iter__(self):
        name = None
        for line in self.response:
            line = line.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                self.seen.append(Event(name, json.loads(line[6:])))
                yield self.seen[-1]

    def wait_for(self, name):
        for event in self:
            if event.name == name:
                return event
        raise AssertionError(f"the stream ended without '{name}': {[e.name for e in self.seen]}")

    def close(self):
        """Goes away, whatever comes."""
        self.response.close()
        self.connection.close()


_shared = {}
_lock = threading.Lock()


def shared(*options):
    """One server for all tests that ask for the same options; it ends with the tests."""
    with _lock:
        if options not in _shared:
            _shared[options] = Server(*options)
            atexit.register(_shared[options].clean)
        return _shared[options]


def eventually(look, patience=15):
    """What @look gives once it is true."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {patience} s in vain")
