# SPDX-License-Identifier: MIT
"""A run as a stream of events; and how runs are given up, in each phase."""

import base64
import json
import threading
import time

from support import host, serve
from support.case import Case

SLEEP = ["sh", "-c", "echo begun; sleep 8; echo ended"]


def job(*argv, **more):
    return {"image": "shell", "argv": list(argv), "cache": "off", **more}


class Events(Case):
    @property
    def server(self):
        return serve.shared()

    def test_phases_in_order(self):
        names = [e.name for e in self.server.events(job("sh", "-c", "echo out; echo err >&2"))]
        self.assertEqual(names[:2] + names[-1:], ["queued", "started", "finished"])
        self.assertEqual(sorted(names[2:-1]), ["stderr", "stdout"])

    def test_output_comes_while_the_program_runs(self):
        events = self.server.events(job("sh", "-c", "echo first; sleep 1.5; echo second"))
        first, finished = events.wait_for("stdout"), None
        self.assertEqual(first.data, {"text": "first\n"})
        finished = events.wait_for("finished")
        self.assertGreater(finished.at - first.at, 1)
        self.assertEqual(finished.data["stdout"], "first\nsecond\n")

    def test_events_add_up_to_the_result(self):
        script = "for i in $(seq 2000); do echo line $i of many; [ $((i % 500)) = 0 ] && sleep 0.1; done; head -c 3000 /dev/urandom"
        out = b""
        for event in self.server.events(job("sh", "-c", script)):
            if event.name == "stdout":
                out += event.data["text"].encode() if "text" in event.data else base64.b64decode(event.data["base64"])
        raw = event.data
        self.assertEqual(out, base64.b64decode(raw["stdout_base64"]))

    def test_output_limit_holds_for_events(self):
        out = 0
        for event in self.server.events(job("sh", "-c", "yes", limits={"output_bytes": 50000})):
            if event.name == "stdout":
                out += len(event.data["text"])
        self.assertEqual(event.data["outcome"], "output_limit")
        self.assertLessEqual(out, 50000)

    def test_kept_result(self):
        made = self.server.run("echo", "kept for events")
        names = [e.name for e in self.server.events({"image": "shell", "argv": ["echo", "kept for events"]})]
        self.assertEqual(names, ["finished"])
        self.assertEqual(made["stdout"], "kept for events\n")

    def test_wrong_jobs_are_problems(self):
        self.assertEqual(self.server.events({"image": "shell", "imagine": 1}).status, 422)


class Cancel(Case):
    """On a server of its own with one slot, so that it is known who waits for whom."""

    def setUp(self):
        super().setUp()
        self.server = serve.Server("--slots=1")
        self.addCleanup(self.server.clean)
        serve.eventually(lambda: self.server.get("/readyz").status == 200)

    def busy(self):
        return self.server.metric("pe_slots_busy")

    def slot_is_free_soon(self):
        begin = time.monotonic()
        self.assertEqual(self.server.run("echo", "next", cache="off")["stdout"], "next\n")
        self.assertLess(time.monotonic() - begin, 5, "the slot was given back at once")

    def test_delete_while_it_runs(self):
        events = self.server.events(job(*SLEEP))
        name = events.wait_for("queued").data["id"]
        events.wait_for("stdout")
        self.assertEqual(self.server.ask("DELETE", "/api/v1/runs/" + name).status, 204)
        self.assertEqual(events.wait_for("failed").data["status"], 409)
        self.slot_is_free_soon()
        self.assertEqual(self.server.ask("DELETE", "/api/v1/runs/" + name).status, 404, "it is over")

    def test_delete_while_it_waits(self):
        running = self.server.events(job(*SLEEP))
        running.wait_for("started")
        waiting = self.server.events(job("echo", "never"))
        queued = waiting.wait_for("queued")
        self.assertEqual(self.server.ask("DELETE", "/api/v1/runs/" + queued.data["id"]).status, 204)
        waiting.wait_for("failed")
        self.assertNotIn("started", [e.name for e in waiting.seen])
        running.close()

    def test_client_goes_away_while_it_runs(self):
        events = self.server.events(job(*SLEEP))
        events.wait_for("stdout")
        events.close()
        self.slot_is_free_soon()

    def test_client_goes_away_before_the_program_starts(self):
        for pause in (0, 0.005, 0.01, 0.02, 0.05):
            events = self.server.events(job(*SLEEP))
            events.wait_for("queued")
            time.sleep(pause)
            events.close()
        self.slot_is_free_soon()

    def test_plain_client_goes_away(self):
        with self.server.socket() as s:
            body = json.dumps(job(*SLEEP)).encode()
            s.sendall(b"POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                      b"Content-Length: %d\r\n\r\n" % len(body) + body)
            serve.eventually(lambda: self.busy() == 1)
        self.slot_is_free_soon()

    def test_run_goes_on_for_those_who_stay(self):
        argv = {"image": "shell", "argv": ["sh", "-c", "echo begun; sleep 2; echo ended"]}
        first = self.server.events(argv)
        first.wait_for("started")
        got = []
        second = threading.Thread(target=lambda: got.append(self.server.post(argv).json()))
        second.start()
        serve.eventually(lambda: self.server.metric("pe_coalesced_total") >= 1)
        first.close()
        second.join()
        self.assertEqual(got[0]["stdout"], "begun\nended\n")

    def test_nothing_is_left_of_a_run_given_up(self):
        server = serve.Server("--templates=no")
        self.addCleanup(server.clean)
        events = server.events(job(*SLEEP))
        events.wait_for("stdout")
        self.assertTrue(host.descendants(server.process.pid))
        events.close()
        serve.eventually(lambda: not host.descendants(server.process.pid))
        serve.eventually(lambda: server.metric("pe_http_connections") == 1, patience=5)
        begin = host.cpu_seconds(server.process.pid)
        time.sleep(1)
        self.assertLess(host.cpu_seconds(server.process.pid) - begin, 0.3, "it has nothing to do")


class Queue(Case):
    def server(self, *options):
        server = serve.Server(*options)
        self.addCleanup(server.clean)
        serve.eventually(lambda: server.get("/readyz").status == 200)
        return server

    def test_full_queue(self):
        server = self.server("--slots=1", "--queue=2")
        held = [server.events(job("sleep", "5", env={"N": str(i)})) for i in range(1)]
        held[0].wait_for("started")
        held += [server.events(job("sleep", "5", env={"N": str(i)})) for i in (1, 2)]
        positions = [e.wait_for("queued").data["position"] for e in held[1:]]
        self.assertEqual(positions, [0, 1])
        answer = server.post(job("true"))
        self.assertEqual(answer.status, 503)
        self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        for e in held:
            e.close()
        self.assertEqual(serve.eventually(lambda: (a := server.post(job("true"))).status == 200 and a.status), 200)

    def test_too_many_of_one_client(self):
        server = self.server("--slots=1", "--queue-client=2", "--trusted-proxies=127.0.0.1")
        held = [server.events(job("sleep", "5", env={"N": str(i)})) for i in range(2)]
        for e in held:
            e.wait_for("queued")
        self.assertEqual(server.post(job("true")).status, 429)
        held[0].close()
        other = server.ask("POST", "/api/v1/runs", json.dumps(job("echo", "x")), {**serve.JSON, "X-Forwarded-For": "192.0.2.9"})
        self.assertEqual(other.status, 200)
        held[1].close()

    def test_a_thousand_jobs_of_one_do_not_starve_another(self):
        server = self.server("--slots=1", "--queue-client=300", "--trusted-proxies=127.0.0.1")
        greedy = []
        for i in range(60):
            c = server.connection(120)
            c.request("POST", "/api/v1/runs", json.dumps(job("true", env={"N": str(i)})), serve.JSON)
            greedy.append(c)
        serve.eventually(lambda: server.metric("pe_queue_waiting") > 20)
        other = server.ask("POST", "/api/v1/runs", json.dumps(job("echo", "me too")), {**serve.JSON, "X-Forwarded-For": "192.0.2.9"})
        self.assertEqual(other.json()["stdout"], "me too\n")
        self.assertGreater(server.metric("pe_queue_waiting"), 5, "the greedy one still waits")
        for c in greedy:
            c.close()
