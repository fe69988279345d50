# SPDX-License-Identifier: MIT
"""What is kept of runs: across a restart, a kill, a damaged file, a full disk; and what is never kept."""

import concurrent.futures
import http.client
import importlib.machinery
import importlib.util
import json
import os
import signal
import tempfile
import threading
from pathlib import Path

from support import needs, pe, serve
from support.case import Case

VECTORS = Path(__file__).resolve().parent.parent / "vectors"


def second_implementation():
    """tests/vectors/make-key-vectors, which shares nothing with lib/key."""
    path = str(VECTORS / "make-key-vectors")
    loader = importlib.machinery.SourceFileLoader("make_key_vectors", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_key_vectors", loader))
    loader.exec_module(module)
    return module


class Kept(Case):
    def start(self, *options, **kw):
        if not hasattr(self, "state"):
            holder = tempfile.TemporaryDirectory(prefix="pe-serve-state-")
            self.addCleanup(holder.cleanup)
            self.state = holder.name
        server = serve.Server(*options, state=self.state, **kw)
        self.addCleanup(server.clean)
        return server

    def result(self, server, key):
        return server.get(f"/api/v1/results/{key}")


class Keys(Kept):
    def test_a_client_can_compute_them(self):
        other, server = second_implementation(), serve.shared()
        digest = server.run("true")["image_digest"]
        for job in (
            {"argv": ["true"], "env": {"B": "2", "A": "ü"}, "cwd": "/tmp", "user": "0:0", "hostname": "h"},
            {"argv": ["cat"], "stdin": "x\n", "limits": {"timeout_ms": 2500, "pids": 20}},
            {"argv": ["cat"], "stdin_base64": "AAH/"},
            {"argv": ["ls"], "files": [{"name": "b", "text": "1", "mode": 0o755}, {"name": "a/ü", "base64": "AP8="},
                                       {"name": "d", "directory": True}]},
        ):
            with self.subTest(job=job):
                key = other.hashlib.sha256(other.canonical(job, digest)).hexdigest()
                self.assertEqual(server.post({"image": "shell", **job}).json()["key"], key)

    def test_vectors_are_what_their_script_writes(self):
        self.assertEqual(self.execute([VECTORS / "make-key-vectors", "--check"]).exit, 0)


class Survival(Kept):
    def test_results_survive_a_restart(self):
        server = self.start()
        first = server.run("sh", "-c", "date +%N; head -c 5 /dev/urandom | base64")
        self.assertEqual(server.end(), 0)
        server = self.start()
        kept = self.result(server, first["key"])
        self.assertEqual(kept.status, 200)
        self.assertEqual(kept.json()["stdout"], first["stdout"])
        again = server.run("sh", "-c", "date +%N; head -c 5 /dev/urandom | base64")
        self.assertTrue(again["cached"])
        self.assertEqual(again["stdout"], first["stdout"])
        self.assertGreaterEqual(server.metric('pe_cache_lookups_total{tier="disk"}'), 1)

    def test_etag_stays_the_same(self):
        server = self.start()
        key = server.run("echo", "etag")["key"]
        tag = self.result(server, key).headers["etag"]
        server.end()
        server = self.start()
        self.assertEqual(self.result(server, key).headers["etag"], tag)
        self.assertEqual(server.get(f"/api/v1/results/{key}", If_None_Match=tag).status, 304)

    def test_killed_under_load(self):
        """What was answered before the kill is there after it: results and links, three times over."""
        acknowledged = []
        for round_ in range(3):
            server = self.start("--slots", "2")
            stop, lock = threading.Event(), threading.Lock()

            def load(worker, server=server, stop=stop, lock=lock, round_=round_):
                n = 0
                while not stop.is_set():
                    n += 1
                    text = f"{round_} {worker} {n}"
                    try:
                        if worker % 2:
                            link = server.ask("POST", "/api/v1/links", json.dumps({"state": text}), serve.JSON)
                            done = ("links", link.json()["id"], text) if link.status in (200, 201) else None
                        else:
                            answer = server.post({"image": "shell", "argv": ["echo", text]})
                            done = ("results", answer.json()["key"], text) if answer.status == 200 else None
                    except (OSError, ValueError, http.client.HTTPException):
                        return  # cut off in the middle of an answer
                    if done:
                        with lock:
                            acknowledged.append(done)

            before = len(acknowledged)
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                work = [pool.submit(load, w) for w in range(4)]
                serve.eventually(lambda: len({a[0] for a in acknowledged[before:]}) == 2 and
                                 len(acknowledged) >= before + 20, 60)
                server.end(signal.SIGKILL)
                stop.set()
                for w in work:
                    w.result()
        server = self.start()
        for kind, name, text in acknowledged:
            answer = server.get(f"/api/v1/{kind}/{name}")
            self.assertEqual(answer.status, 200, (kind, text))
            got = answer.json()
            self.assertEqual(got["state"] if kind == "links" else got["stdout"].strip(), text)


class Choice(Kept):
    def test_off_and_refresh(self):
        server = self.start()
        job = {"image": "shell", "argv": ["sh", "-c", "date +%N"]}
        first = server.post(job).json()
        self.assertEqual(server.post(job).json()["stdout"], first["stdout"])
        off = server.post({**job, "cache": "off"}).json()
        self.assertFalse(off["cached"])
        self.assertNotEqual(off["stdout"], first["stdout"])
        self.assertEqual(server.post(job).json()["stdout"], first["stdout"])
        refreshed = server.post({**job, "cache": "refresh"}).json()
        self.assertFalse(refreshed["cached"])
        self.assertNotEqual(refreshed["stdout"], first["stdout"])
        self.assertEqual(server.post(job).json()["stdout"], refreshed["stdout"])

    def test_failures_of_programs_are_kept_and_timeouts_only_for_a_moment(self):
        server = self.start()
        cases = {
            "exited": server.run("sh", "-c", "exit 3"),
            "signaled": server.run("sh", "-c", "kill -SEGV $$"),
            "not_found": server.run("no-such-program"),
            "timeout": server.run("sleep", "9", limits={"timeout_ms": 100}),
        }
        for outcome, result in cases.items():
            self.assertEqual(result["outcome"], outcome)
            self.assertEqual(self.result(server, result["key"]).status, 200, outcome)
        server.end()
        server = self.start()
        for outcome, result in cases.items():
            self.assertEqual(self.result(server, result["key"]).status, 404 if outcome == "timeout" else 200, outcome)

    def test_rejected_is_never_kept(self):
        server = self.start()
        answer = server.post({"image": "shell", "argv": ["true"], "user": "nobody-of-that-name"}).json()
        self.assertEqual(answer["outcome"], "rejected")
        self.assertEqual(self.result(server, answer["key"]).status, 404)

    def test_no_such_key(self):
        server = serve.shared()
        self.assertEqual(self.result(server, "0" * 64).status, 404)
        for key in ("x", "0" * 63, "A" * 64, "0" * 65, "../links"):
            self.assertIn(self.result(server, key).status, (400, 404), key)


class Damage(Kept):
    def test_results_are_set_aside_and_begun_anew(self):
        server = self.start()
        key = server.run("echo", "kept")["key"]
        server.end()
        path = Path(self.state) / "results.db"
        path.write_bytes(b"this is no database" * 1000)
        server = self.start()
        self.assertIn("results.db' were damaged: set aside as", server.said())
        aside = [p for p in Path(self.state).iterdir() if "results.db.damaged-" in p.name]
        self.assertEqual([p.read_bytes() for p in aside], [b"this is no database" * 1000])
        self.assertEqual(self.result(server, key).status, 404)
        self.assertEqual(server.run("echo", "kept")["stdout"], "kept\n")
        self.assertEqual(self.result(server, key).status, 200)

    def test_links_are_left_as_they_are_and_nothing_starts(self):
        self.start().end()
        path = Path(self.state) / "links.db"
        path.write_bytes(b"this is no database" * 1000)
        run = self.execute([pe.PE, "serve", "--state", self.state, "--listen", "127.0.0.1:0"])
        self.assertNotEqual(run.exit, 0)
        self.assertIn("links.db", run.stderr.decode())
        self.assertIn("restore a backup", run.stderr.decode())
        self.assertEqual(path.read_bytes(), b"this is no database" * 1000)

    @needs.root()
    @needs.mount_namespace()
    def test_disk_full_then_not(self):
        script = 'mount -t tmpfs -o size=2m,mode=700 state "$STATE" && exec "$@"'
        self.state = str(self.tmp / "state")
        os.mkdir(self.state)
        server = self.start(wrapper=("unshare", "--mount", "sh", "-c", script, "sh"), env={"STATE": self.state})
        ballast = Path(f"/proc/{server.process.pid}/root{self.state}/ballast")
        self.assertEqual(server.run("echo", "before")["stdout"], "before\n")
        with open(ballast, "wb", buffering=0) as f:
            try:
                while f.write(bytes(4096)):
                    pass
            except OSError:
                pass
        jobs = [server.run("sh", "-c", f"head -c 30000 /dev/zero | tr '\\0' {c}") for c in "abcdefgh"]
        self.assertEqual([j["outcome"] for j in jobs], ["exited"] * 8)
        # Served from memory even so, and said once.
        self.assertEqual(self.result(server, jobs[-1]["key"]).status, 200)
        self.assertEqual(server.said().count("cannot be written to disk"), 1)
        full = server.ask("POST", "/api/v1/links", json.dumps({"state": "x" * 100000}), serve.JSON)
        self.assertIn(full.status, (503, 507))
        self.assertEqual(full.headers["content-type"], "application/problem+json")

        ballast.unlink()
        self.assertEqual(server.run("echo", "after")["stdout"], "after\n")
        serve.eventually(lambda: "written to disk again" in server.said())
        again = server.ask("POST", "/api/v1/links", json.dumps({"state": "x" * 100000}), serve.JSON)
        self.assertIn(again.status, (200, 201))
