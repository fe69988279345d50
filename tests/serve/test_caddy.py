# SPDX-License-Identifier: MIT
"""The shipped Caddyfile in front of the service, with a real Caddy on loopback and its own certificate authority."""

import json
import os
import re
import socket
import subprocess
import threading
import time

from support import needs, pe, serve
from support.case import Case

# Caddy must neither touch the host's certificates nor ports that are not its own.
GLOBAL = """{
	admin off
	skip_install_trust
	auto_https disable_redirects
}
import %s
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Proxy:
    """Caddy and the service behind it, over a unix socket as packaged."""

    def __init__(self, tmp):
        self.port = free_port()
        self.socket = tmp / "http.sock"
        self.server = serve.Server("--trusted-proxies", "unix", listen=(f"unix:{self.socket}",))
        config = tmp / "Caddyfile"
        config.write_text(GLOBAL % (pe.ROOT / "packaging" / "Caddyfile"))
        env = {**os.environ, "HOME": str(tmp), "XDG_DATA_HOME": str(tmp), "XDG_CONFIG_HOME": str(tmp),
               "PE_SITE": f"https://localhost:{self.port}", "PE_UPSTREAM": f"unix/{self.socket}"}
        self.log = open(tmp / "caddy.log", "wb")
        self.process = pe.spawn(["caddy", "run", "--config", config, "--adapter", "caddyfile"],
                                stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=env)
        self.authority = tmp / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    def ready(self):
        def look():
            if self.process.poll() is not None:
                raise AssertionError(f"Caddy did not start: {open(self.log.name, encoding='utf-8').read()[-2000:]}")
            return self.authority.exists() and self.curl("/healthz").returncode == 0
        serve.eventually(look, 60)

    def curl(self, path, *options, **kw):
        command = ["curl", "-sS", "--max-time", "60", "--cacert", self.authority, *options,
                   f"https://localhost:{self.port}{path}"]
        return subprocess.run(command, capture_output=True, check=False, **kw)

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        pe.forget(self.process)
        self.log.close()
        self.server.clean()


@needs.tool("caddy")
@needs.tool("curl")
class Caddy(Case):
    def setUp(self):
        super().setUp()
        self.proxy = Proxy(self.tmp)
        self.addCleanup(self.proxy.end)
        self.proxy.ready()

    def run_job(self, job, *options):
        return self.proxy.curl("/api/v1/runs", "-H", "Content-Type: application/json", "-d", json.dumps(job), *options)

    def test_http2_and_tls(self):
        run = self.run_job({"image": "shell", "argv": ["echo", "through"]}, "--http2", "-D", "/dev/stderr")
        self.assertEqual(json.loads(run.stdout)["stdout"], "through\n")
        head = run.stderr.decode().lower()
        self.assertIn("http/2 200", head)
        self.assertIn("strict-transport-security: max-age=", head)

        # Whoever does not know the authority is not served.
        stranger = subprocess.run(["curl", "-sS", f"https://localhost:{self.proxy.port}/healthz"],
                                  capture_output=True, check=False)
        self.assertEqual(stranger.returncode, 60)

        # The client is who Caddy says it is, not who it says it is itself.
        self.run_job({"image": "shell", "argv": ["true"]}, "-H", "X-Forwarded-For: 203.0.113.1",
                     "-H", "Forwarded: for=203.0.113.2")
        serve.eventually(lambda: self.proxy.server.said().count("path=/api/v1/runs") >= 2)
        clients = re.findall(r"path=/api/v1/runs .*client=(\S+)", self.proxy.server.said())
        self.assertTrue(set(clients) <= {"127.0.0.1", "::1", "::/64"}, clients)

        # Multipart both ways, bytes untouched.
        data = self.write("data", bytes(range(256)) * 100)
        run = self.proxy.curl("/api/v1/runs", "-F", 'job={"image":"shell","argv":["cp","x","/output/y"]};type=application/json',
                              "-F", f"file=@{data};filename=x", "-H", "Accept: multipart/form-data")
        self.assertIn(bytes(range(256)) * 100, run.stdout)

    def test_events_come_as_they_happen(self):
        job = {"image": "shell", "argv": ["sh", "-c", "echo one; sleep 2; echo two"]}
        command = ["curl", "-sSN", "--http2", "--cacert", self.proxy.authority, "-H", "Content-Type: application/json",
                   "-H", "Accept: text/event-stream", "-d", json.dumps(job),
                   f"https://localhost:{self.proxy.port}/api/v1/runs"]
        seen = {}
        with subprocess.Popen(command, stdout=subprocess.PIPE) as curl:
            killer = threading.Timer(60, curl.kill)
            killer.start()
            for line in curl.stdout:
                for word in (b"one", b"two", b"finished"):
                    if word in line:
                        seen.setdefault(word, time.monotonic())
            killer.cancel()
        self.assertEqual(set(seen), {b"one", b"two", b"finished"})
        self.assertGreater(seen[b"two"] - seen[b"one"], 1)

    def test_a_client_that_leaves_ends_its_run(self):
        job = {"image": "shell", "argv": ["sleep", "50"], "limits": {"timeout_ms": 60000}}
        with subprocess.Popen(["curl", "-sS", "--cacert", self.proxy.authority, "-H", "Content-Type: application/json",
                               "-d", json.dumps(job), f"https://localhost:{self.proxy.port}/api/v1/runs"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as curl:
            self.metric("pe_slots_busy", 1)
            curl.kill()
        self.metric("pe_runs_cancelled_total", 1)

    def metric(self, name, value):
        serve.eventually(lambda: f"\n{name} {value}\n" in self.proxy.curl("/metrics").stdout.decode(), 30)
