# SPDX-License-Identifier: MIT
"""When something of ours fails: every request gets an answer, and the service is well again afterwards."""

import json
import os
import signal
import threading
import time
from pathlib import Path

from support import host, needs, serve
from support.case import Case


def job(*argv, **more):
    return {"image": "shell", "argv": list(argv), "cache": "off", **more}


class Vm(Case):
    def setUp(self):
        super().setUp()
        # Each VM is a boot of its own here: a template is a VM, too, and would be taken for the one that runs.
        self.server = serve.Server("--slots=1", "--templates=no")
        self.addCleanup(self.server.clean)
        serve.eventually(lambda: self.server.get("/readyz").status == 200)

    def kernels(self):
        """Processes of the guest kernel, wherever it is."""
        found = []
        for pid in host.descendants(self.server.process.pid):
            try:
                if "linux" in Path(f"/proc/{pid}/comm").read_text():
                    found.append(pid)
            except OSError:
                pass
        return found

    def run_and(self, *deeds, **more):
        """The result of a run to which each deed was done once it had begun, also when it was tried again."""
        got = []
        asking = threading.Thread(target=lambda: got.append(self.server.post(job("sh", "-c", "sleep 2; echo whole", **more))))
        asking.start()
        for deed in deeds:
            for pid in serve.eventually(self.kernels):
                try:
                    os.kill(pid, deed)
                except ProcessLookupError:
                    pass
            if deed == signal.SIGKILL:
                time.sleep(0.3)
        asking.join()
        return got[0]

    def test_killed_once_is_run_again(self):
        answer = self.run_and(signal.SIGKILL)
        self.assertEqual((answer.status, answer.json()["stdout"]), (200, "whole\n"))
        self.assertEqual(self.server.metric("pe_runs_retried_total"), 1)

    def test_killed_twice_is_lost(self):
        answer = self.run_and(signal.SIGKILL, signal.SIGKILL)
        self.assertEqual((answer.status, answer.json()["outcome"]), (200, "lost"))
        self.assertTrue(answer.json()["message"])
        self.assertEqual(self.server.run("echo", "well again", cache="off")["stdout"], "well again\n")

    def test_hung_is_ended_by_the_hosts_clock(self):
        begin = time.monotonic()
        answer = self.run_and(signal.SIGSTOP, limits={"timeout_ms": 2500})
        self.assertEqual((answer.status, answer.json()["stdout"]), (200, "whole\n"), "tried again, and well")
        self.assertLess(time.monotonic() - begin, 25)

    def test_lost_is_not_kept(self):
        answer = self.run_and(signal.SIGKILL, signal.SIGKILL, cache="use")
        self.assertEqual(answer.json()["outcome"], "lost")
        again = self.server.post(job("sh", "-c", "sleep 2; echo whole", cache="use")).json()
        self.assertEqual((again["outcome"], again["cached"]), ("exited", False))


class Stopping(Case):
    def setUp(self):
        super().setUp()
        self.server = serve.Server("--slots=1")
        self.addCleanup(self.server.clean)

    def in_flight(self, *argv):
        events = self.server.events(job(*argv))
        events.wait_for("started")
        return events

    def test_what_runs_is_answered_and_what_comes_is_refused(self):
        events = self.in_flight("sh", "-c", "sleep 2; echo finished")
        waiting = self.server.events(job("echo", "waited"))
        waiting.wait_for("queued")
        self.server.process.send_signal(signal.SIGTERM)
        answer = serve.eventually(lambda: (a := self.server.post(job("true"))).status == 503 and a)
        self.assertIn("retry-after", answer.headers)
        self.assertEqual(self.server.get("/readyz").status, 503)
        self.assertEqual(events.wait_for("finished").data["stdout"], "finished\n")
        self.assertEqual(waiting.wait_for("finished").data["stdout"], "waited\n")
        self.assertEqual(self.server.process.wait(20), 0)

    def test_a_second_signal_gives_up_what_runs(self):
        events = self.in_flight("sleep", "9")
        self.server.process.send_signal(signal.SIGINT)
        serve.eventually(lambda: self.server.get("/readyz").status == 503)
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(events.wait_for("failed").data["status"], 503)
        self.assertEqual(self.server.process.wait(20), 0)

    def test_a_stop_has_a_limit(self):
        server = serve.Server("--slots=1", "--drain-timeout=1s")
        self.addCleanup(server.clean)
        events = server.events(job("sleep", "9"))
        events.wait_for("started")
        begin = time.monotonic()
        self.assertEqual(server.end(), 0)
        self.assertLess(time.monotonic() - begin, 7)

    def test_idle_clients_do_not_hold_it_up(self):
        held = [self.server.socket() for _ in range(50)]
        held[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        held[1].sendall(b"POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        begin = time.monotonic()
        self.assertEqual(self.server.end(), 0)
        self.assertLess(time.monotonic() - begin, 15)
        for s in held:
            s.close()


class Killed(Case):
    def load(self, server, stop, links, results, failures):
        """One client of many: makes links and runs, and notes what was acknowledged."""
        n = 0
        while not stop.is_set():
            n += 1
            state = {"n": n, "who": threading.get_ident()}
            try:
                made = server.ask("POST", "/api/v1/links", json.dumps({"state": state}), serve.JSON, timeout=10)
                if made.status == 201:
                    links[made.json()["id"]] = state
                ran = server.post({"image": "shell", "argv": ["echo", f"{threading.get_ident()} {n}"]}, timeout=10)
                if ran.status == 200:
                    results[ran.json()["key"]] = ran.json()["stdout"]
                elif ran.status not in (503,):
                    failures.append((ran.status, ran.body[:200]))
            except OSError:
                time.sleep(0.05)
            except serve.http.client.HTTPException:
                time.sleep(0.05)

    def under_load(self, server, seconds, deed):
        stop, links, results, failures = threading.Event(), {}, {}, []
        clients = [threading.Thread(target=self.load, args=(server, stop, links, results, failures)) for _ in range(4)]
        for c in clients:
            c.start()
        try:
            time.sleep(seconds)
            deed(stop)
        finally:
            stop.set()
            for c in clients:
                c.join()
        self.assertEqual(failures, [])
        self.assertTrue(links and results)
        return links, results

    def check(self, server, links, results):
        for name, state in links.items():
            self.assertEqual(server.get("/api/v1/links/" + name).json(), {"state": state})
        for key, out in results.items():
            self.assertEqual(server.get("/api/v1/results/" + key).json()["stdout"], out)

    def test_nothing_acknowledged_is_lost(self):
        first = serve.Server()
        self.addCleanup(first.clean)

        def kill(stop):
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()

        links, results = self.under_load(first, 2, kill)
        second = serve.Server(state=first.state)
        self.addCleanup(second.clean)
        self.check(second, links, results)
        self.assertEqual(host.orphans(), [], "no VM outlives the service")

    def test_restart_under_load(self):
        with serve.socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        listen = (f"127.0.0.1:{port}",)
        first = serve.Server(listen=listen)
        self.addCleanup(first.clean)
        servers = [first]

        def restart(stop):
            for _ in range(2):
                self.assertEqual(servers[-1].end(), 0, servers[-1].said()[-2000:])
                servers.append(serve.Server(state=first.state, listen=listen))
                self.addCleanup(servers[-1].clean)
                time.sleep(1)

        links, results = self.under_load(first, 1, restart)
        self.check(servers[-1], links, results)


class Scarce(Case):
    @needs.root()
    @needs.mount_namespace()
    def test_full_disk(self):
        state = self.tmp / "state"
        state.mkdir()
        mount = f'mount -t tmpfs -o size=2m pe "{state}" && exec "$@"'
        server = serve.Server(state=str(state), wrapper=("unshare", "-m", "sh", "-c", mount, "sh"))
        self.addCleanup(server.clean)
        inside = Path(f"/proc/{server.process.pid}/root{state}")
        filler = inside / "filler"
        with self.assertRaises(OSError), open(filler, "wb", buffering=0) as f:
            while True:
                f.write(bytes(4096))

        made = server.run("head", "-c", "100000", "/dev/urandom")
        self.assertEqual(made["outcome"], "exited", "what cannot be kept is answered all the same")
        self.assertEqual(server.get("/api/v1/results/" + made["key"]).status, 200, "from memory")
        link = server.ask("POST", "/api/v1/links", json.dumps({"state": "x" * 50000}), serve.JSON)
        self.assertIn(link.status, (503, 507))
        self.assertEqual(link.json()["status"], link.status)

        filler.unlink()
        link = server.ask("POST", "/api/v1/links", json.dumps({"state": "y" * 50000}), serve.JSON)
        self.assertEqual(link.status, 201)
        self.assertEqual(server.get("/api/v1/links/" + link.json()["id"]).status, 200)

    def test_memory(self):
        """Uploads that together are more than there is: each gets an answer, then all is well."""
        server = serve.Server("--max-request=20M", "--cache-memory=16M", wrapper=("prlimit", "--as=900000000"))
        self.addCleanup(server.clean)
        body = json.dumps({"image": "no-such-image", "stdin": "x" * (15 << 20)})
        got = []

        def ask():
            got.append(server.ask("POST", "/api/v1/runs", body, serve.JSON, timeout=60).status)

        clients = [threading.Thread(target=ask) for _ in range(24)]
        for c in clients:
            c.start()
        for c in clients:
            c.join()
        self.assertEqual(len(got), 24)
        self.assertLessEqual(set(got), {422, 503}, "told that it is too much, or what is wrong with the job")
        self.assertEqual(server.get("/healthz").status, 200)
        self.assertEqual(server.ask("POST", "/api/v1/runs", body, serve.JSON, timeout=60).status, 422)

    def test_no_descriptor_for_a_run(self):
        server = serve.Server("--slots=1", "--queue=200", "--max-connections=16", wrapper=("prlimit", "--nofile=420"))
        self.addCleanup(server.clean)
        serve.eventually(lambda: server.get("/readyz").status == 200)
        self.execute(["prlimit", "--pid", str(server.process.pid), "--nofile=40:420"])
        answers = [server.post(job("true", env={"N": str(i)})) for i in range(3)]
        for a in answers:
            self.assertTrue(a.status == 503 or a.json()["outcome"] in ("lost", "exited"), a.body[:200])
        self.execute(["prlimit", "--pid", str(server.process.pid), "--nofile=420:420"])
        self.assertEqual(server.run("echo", "again")["stdout"], "again\n")
