# SPDX-License-Identifier: MIT
"""Who runs next: fairness, bounds, rates and shared runs, seen by clients of one slot."""

import json
import threading
import time

from support import serve
from support.case import Case

ONE_SLOT = ("--slots", "1", "--trusted-proxies", "127.0.0.1", "--cache-disk", "0", "--cache-memory", "0")
_number = iter(range(1, 1 << 30))


def job(script, **more):
    """A job that nobody asked for before."""
    return {"image": "shell", "argv": ["sh", "-c", f"{script} # {next(_number)}"], **more}


class Fair(Case):
    options = ()

    def setUp(self):
        super().setUp()
        self.server = serve.Server(*ONE_SLOT, *self.options)
        self.addCleanup(self.server.clean)
        self.order, self.lock = [], threading.Lock()
        # The service has tried itself out.
        serve.eventually(lambda: self.server.get("/readyz").status == 200)
        self.before = self.exited()

    def exited(self):
        return self.server.metric('pe_runs_total{outcome="exited"}')

    def ask(self, client, what):
        headers = {**serve.JSON, "X-Forwarded-For": client}
        return self.server.ask("POST", "/api/v1/runs", json.dumps(what), headers, timeout=120)

    def start(self, client, what):
        """Asks in the background; (client, status) goes to self.order when the answer is there."""
        def go():
            answer = self.ask(client, what)
            with self.lock:
                self.order.append((client, answer.status))
        thread = threading.Thread(target=go)
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def waiting(self, n):
        serve.eventually(lambda: self.server.metric("pe_queue_waiting") == n)


class Sharing(Fair):
    def test_many_jobs_do_not_starve_one(self):
        threads = [self.start("192.0.2.1", job("sleep 0.4")) for _ in range(12)]
        self.waiting(11)
        threads.append(self.start("192.0.2.2", job("true")))
        for t in threads:
            t.join()
        at = self.order.index(("192.0.2.2", 200))
        # One was running; one more may have ended while ours was on its way.
        self.assertLessEqual(at, 2, self.order)

    def test_two_clients_take_turns(self):
        threads = [self.start("192.0.2.1", job("sleep 0.2")) for _ in range(6)]
        self.waiting(5)
        threads += [self.start("192.0.2.2", job("sleep 0.2")) for _ in range(6)]
        for t in threads:
            t.join()
        half = [client for client, _ in self.order[1:9]]
        self.assertGreaterEqual(half.count("192.0.2.2"), 3, self.order)
        self.assertGreaterEqual(half.count("192.0.2.1"), 3, self.order)

    def test_position_is_told(self):
        self.start("192.0.2.1", job("sleep 1"))
        serve.eventually(lambda: self.server.metric("pe_slots_busy") == 1)
        streams = [self.server.events(job("true")) for _ in range(3)]
        told = [s.wait_for("queued").data["position"] for s in streams]
        self.assertEqual(told, [0, 1, 2])
        for s in streams:
            self.assertEqual(s.wait_for("finished").data["outcome"], "exited")
            s.close()


class Coalescing(Fair):
    def test_the_same_job_runs_once(self):
        same = job("sleep 0.5; echo once")
        threads = [self.start(f"192.0.2.{i}", same) for i in range(1, 7)]
        for t in threads:
            t.join()
        self.assertEqual([status for _, status in self.order], [200] * 6)
        self.assertEqual(self.exited() - self.before, 1)
        self.assertEqual(self.server.metric("pe_coalesced_total"), 5)

    def test_not_when_it_is_told_so(self):
        same = job("sleep 0.3; date +%N", cache="off")
        threads = [self.start(f"192.0.2.{i}", same) for i in range(1, 3)]
        for t in threads:
            t.join()
        self.assertEqual(self.exited() - self.before, 2)
        self.assertEqual(self.server.metric("pe_coalesced_total"), 0)

    def test_it_goes_on_while_one_waits(self):
        same = job("sleep 1; echo still")
        first = self.server.events(same)
        first.wait_for("started")
        second = self.start("192.0.2.2", same)
        serve.eventually(lambda: self.server.metric("pe_coalesced_total") == 1)
        first.close()
        second.join()
        self.assertEqual(self.order, [("192.0.2.2", 200)])

    def test_it_ends_when_nobody_waits(self):
        streams = [self.server.events(job("sleep 30; echo never", limits={"timeout_ms": 60000}))]
        streams[0].wait_for("started")
        begin = time.monotonic()
        streams[0].close()
        serve.eventually(lambda: self.server.metric("pe_runs_cancelled_total") == 1)
        self.assertLess(time.monotonic() - begin, 15)
        self.assertEqual(self.ask("192.0.2.9", job("true")).status, 200)


class Bounds(Fair):
    options = ("--queue", "3", "--queue-client", "2")

    def test_full_queue_and_greedy_client(self):
        slow = [self.start(f"192.0.2.{i}", job("sleep 2")) for i in range(1, 2)]
        serve.eventually(lambda: self.server.metric("pe_slots_busy") == 1)
        slow += [self.start("192.0.2.2", job("true")) for _ in range(2)]
        self.waiting(2)

        greedy = self.ask("192.0.2.2", job("true"))
        self.assertEqual(greedy.status, 429)
        self.assertGreaterEqual(int(greedy.headers["retry-after"]), 1)
        self.assertEqual(greedy.headers["content-type"], "application/problem+json")

        slow.append(self.start("192.0.2.3", job("true")))
        self.waiting(3)
        begin = time.monotonic()
        full = self.ask("192.0.2.4", job("true"))
        self.assertEqual(full.status, 503)
        self.assertLess(time.monotonic() - begin, 2)
        self.assertGreaterEqual(int(full.headers["retry-after"]), 1)
        for t in slow:
            t.join()
        self.assertEqual([status for _, status in self.order], [200] * 4)
        self.assertEqual(self.server.metric('pe_refused_total{reason="full"}'), 1)
        self.assertEqual(self.server.metric('pe_refused_total{reason="client"}'), 1)
        # And then there is room again.
        self.assertEqual(self.ask("192.0.2.4", job("true")).status, 200)


class Rates(Fair):
    options = ("--rate", "0.01", "--rate-burst", "2")

    def test_each_client_has_its_own(self):
        for _ in range(2):
            self.assertEqual(self.ask("192.0.2.1", job("true")).status, 200)
        refused = self.ask("192.0.2.1", job("true"))
        self.assertEqual(refused.status, 429)
        self.assertGreater(int(refused.headers["retry-after"]), 10)
        self.assertEqual(refused.json()["status"], 429)
        self.assertEqual(self.ask("192.0.2.2", job("true")).status, 200)
        self.assertEqual(self.server.metric('pe_refused_total{reason="rate"}'), 1)

    def test_a_client_cannot_name_itself(self):
        """Only what the trusted one has added counts, which is the last."""
        for i in range(2):
            self.assertEqual(self.ask(f"203.0.113.{i}, 192.0.2.7", job("true")).status, 200)
        self.assertEqual(self.ask("203.0.113.99, 192.0.2.7", job("true")).status, 429)
