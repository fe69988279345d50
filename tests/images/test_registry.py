# SPDX-License-Identifier: MIT
"""pe image add docker://...: a real registry on loopback, and what can go wrong between it and us."""

import base64
import json
import os
import random
import socket
import subprocess
import threading
import time
import urllib.request

from support import needs, oci, pe
from support.oci import directory, entry
from support.store import StoreCase

# bcrypt of "secret".
PASSWORDS = "user:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Cutter:
    """Between us and the registry: hangs up once an answer is larger than @limit bytes. None: it lets all through."""

    def __init__(self, to):
        self.to, self.limit, self.cuts = to, None, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.serve, args=(client, server, self.limit), daemon=True).start()

    def serve(self, client, server, limit):
        with client, server:
            asking = threading.Thread(target=self.copy, args=(client, server, None), daemon=True)
            asking.start()
            self.copy(server, client, limit)
            asking.join()

    def copy(self, a, b, limit):
        done = 0
        try:
            while data := a.recv(65536):
                if limit is not None and done + len(data) > limit:
                    self.cuts += 1
                    b.sendall(data[:limit - done])
                    break
                done += len(data)
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Registry(StoreCase):
    def start(self, *more):
        """The registry's address."""
        port = free_port()
        settings = self.write("registry.yml", "\n".join([
            "version: 0.1", "log: {level: error}", f"storage: {{filesystem: {{rootdirectory: {self.tmp}/registry}}}}",
            f"http: {{addr: '127.0.0.1:{port}'}}", *more]))
        p = pe.spawn(["docker-registry", "serve", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(pe.forget, p)
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        return f"127.0.0.1:{port}"

    def push(self, path, to, *options):
        command = ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", *options, f"oci:{path}",
                   f"docker://{to}"]
        subprocess.run(command, check=True, capture_output=True)

    def fetch(self, ref, name, *options, **kw):
        return self.add(f"docker://{ref}", name, "--insecure", *options, **kw)

    def sample(self, n=3):
        rng = random.Random(9)
        layers = [oci.tar(directory("d"), entry(f"d/f{i}", rng.randbytes(300000 * (i + 1)))) for i in range(n)]
        return oci.layout(self.tmp / "sample", *layers, Cmd=["/f"])

    @needs.tool("docker-registry")
    @needs.tool("skopeo")
    def test_push_and_add(self):
        at = self.start()
        path = self.sample()
        self.push(path, f"{at}/some/thing:1.0")
        self.fetch(f"{at}/some/thing:1.0", None)
        self.add(f"oci:{path}", "local")
        images = self.listed()
        self.assertEqual(images["thing-1.0"]["digest"], images["local"]["digest"])
        self.assertEqual(images["thing-1.0"]["cmd"], ["/f"])
        self.assertFalse((self.store / "fetch").exists(), "what was fetched is left")
        self.check()

        shown = urllib.request.urlopen(urllib.request.Request(
            f"http://{at}/v2/some/thing/manifests/1.0",
            headers={"Accept": "application/vnd.oci.image.manifest.v1+json"}))
        self.fetch(f"{at}/some/thing@{shown.headers['Docker-Content-Digest']}", "by-digest")
        self.assertEqual(self.listed()["by-digest"]["digest"], images["local"]["digest"])

        run = self.fetch(f"{at}/some/thing:2.0", "x", exit=None)
        self.refused(run, f"{at}/some/thing:2.0", "manifest unknown")
        run = self.fetch(f"{at}/other", "x", exit=None)
        self.refused(run, f"{at}/other")
        run = self.fetch(f"127.0.0.1:{free_port()}/other", "x", exit=None)
        self.refused(run, "connection refused")
        self.assertEqual(sorted(self.listed()), ["by-digest", "local", "thing-1.0"])

    @needs.tool("docker-registry")
    @needs.tool("skopeo")
    def test_credentials(self):
        words = self.write("passwords", PASSWORDS)
        at = self.start(f"auth: {{htpasswd: {{realm: here, path: {words}}}}}")
        self.push(self.sample(1), f"{at}/thing:1", "--dest-creds=user:secret")

        def authfile(name, text):
            auth = base64.b64encode(text.encode()).decode()
            return self.write(name, json.dumps({"auths": {at: {"auth": auth}}}))

        right, wrong = authfile("right.json", "user:secret"), authfile("wrong.json", "user:other")
        none = self.write("none.json", "{}")
        for name in (wrong, none):
            run = self.fetch(f"{at}/thing:1", "x", "--authfile", name, exit=None)
            self.refused(run, f"{at}/thing:1", "authentication required")
            self.assertNotIn(b"other", run.stderr)
        self.assertEqual(self.listed(), {})
        self.fetch(f"{at}/thing:1", "a", "--authfile", right)
        self.image("rm", "a")
        self.fetch(f"{at}/thing:1", "a", env=self.env(REGISTRY_AUTH_FILE=os.fspath(right)))
        self.check()

    @needs.tool("docker-registry")
    @needs.tool("skopeo")
    def test_a_registry_that_stops_in_mid_layer(self):
        at = self.start()
        path = self.sample()
        cutter = Cutter(int(at.split(":")[1]))
        self.addCleanup(cutter.socket.close)
        self.push(path, f"{at}/thing:1")
        # The first layer is smaller than this, the others are not.
        cutter.limit = 500000
        ref = f"127.0.0.1:{cutter.port}/thing:1"
        run = self.fetch(ref, "a", exit=None)
        self.refused(run, ref)
        self.assertGreater(cutter.cuts, 0)
        self.assertEqual(self.listed(), {})
        self.assertFalse((self.store / "data").exists() and (self.store / "data").stat().st_size)

        # What did arrive stays for the next time.
        kept = [p.name for p in (self.store / "fetch").rglob("*") if len(p.name) == 64]
        cutter.limit = None
        self.fetch(ref, "a")
        self.add(f"oci:{path}", "b")
        self.assertEqual(self.listed()["a"]["digest"], self.listed()["b"]["digest"])
        self.assertTrue(kept, "no layer was kept")
        self.assertFalse((self.store / "fetch").exists())

    @needs.tool("docker-registry")
    @needs.tool("skopeo")
    def test_gc_takes_fetches_that_were_given_up(self):
        at = self.start()
        cutter = Cutter(int(at.split(":")[1]))
        self.addCleanup(cutter.socket.close)
        self.push(self.sample(), f"{at}/thing:1")
        cutter.limit = 500000
        self.refused(self.fetch(f"127.0.0.1:{cutter.port}/thing:1", "a", exit=None), "thing:1")
        self.assertTrue(os.listdir(self.store / "fetch"))
        self.assertNotIn(b"0 B freed", self.image("gc").stdout)
        self.assertEqual(os.listdir(self.store / "fetch"), [])

    @needs.tool("docker-registry")
    @needs.tool("skopeo")
    def test_several_platforms(self):
        at = self.start()
        made = oci.Layout(self.tmp / "multi")
        for platform in ("linux/arm64", "linux/amd64"):
            made.image(oci.tar(entry("platform", platform.encode())), platform=platform)
        inner = {"schemaVersion": 2, "mediaType": f"{oci.MEDIA}.index.v1+json", "manifests": made.manifests}
        made.manifests = [made.json(inner, f"{oci.MEDIA}.index.v1+json")]
        self.push(made.finish(), f"{at}/multi", "--all")
        self.fetch(f"{at}/multi", "host")
        self.fetch(f"{at}/multi", "arm", "--platform", "linux/arm64")
        self.assertEqual(self.tree("host")["platform"]["content"], b"linux/amd64")
        self.assertEqual(self.tree("arm")["platform"]["content"], b"linux/arm64")
