# SPDX-License-Identifier: MIT
"""Short links: a state goes in, the same state comes out, for good."""

import json
import re
import time

from support import serve
from support.case import Case, each

STATE = {"files": [{"name": "ü.c", "text": "int main;\n"}], "n": [1, 2.5, None, True], "deep": {"a": {"b": "\u0000"}}}


class Links(Case):
    @property
    def server(self):
        return serve.shared()

    def put(self, state, server=None):
        return (server or self.server).ask("POST", "/api/v1/links", json.dumps({"state": state}), serve.JSON)

    def get(self, name, server=None):
        return (server or self.server).get(f"/api/v1/links/{name}")


class RoundTrip(Links):
    @each({"object": (STATE,), "text": ("x" * 1000,), "number": (7,), "nothing": (None,), "list": ([],),
           "beyond the basic plane": ("\U0001f986",)})
    def state(self, state):
        answer = self.put(state)
        self.assertIn(answer.status, (200, 201))
        link = answer.json()
        self.assertRegex(link["id"], r"^[A-Za-z0-9_-]{16}$")
        self.assertTrue(link["url"].endswith("/l/" + link["id"]), link)
        got = self.get(link["id"])
        self.assertEqual(got.status, 200)
        self.assertEqual(got.json(), {"state": state})

    def test_same_state_same_link(self):
        first, second = self.put(STATE).json(), self.put(STATE).json()
        self.assertEqual(first, second)
        self.assertNotEqual(self.put({**STATE, "n": 1}).json()["id"], first["id"])

    def test_ids_have_no_pattern(self):
        ids = [self.put(f"pattern {i}").json()["id"] for i in range(30)]
        self.assertEqual(len(set(ids)), 30)
        for at in range(16):
            self.assertGreater(len({i[at] for i in ids}), 8, f"character {at} of {ids}")

    def test_largest_state(self):
        self.assertIn(self.put("x" * ((1 << 20) - 2)).status, (200, 201))
        self.assertEqual(self.put("x" * (1 << 20)).status, 413)
        self.assertEqual(self.put("x" * (3 << 20)).status, 413)

    def test_page_of_a_link(self):
        name = self.put(STATE).json()["id"]
        page, root = self.server.get(f"/l/{name}"), self.server.get("/")
        self.assertEqual(page.status, root.status)
        self.assertEqual(page.body, root.body)


class Refused(Links):
    @each({"no JSON": (b"{", 400), "a list": (b"[]", 422), "no state": (b"{}", 422),
           "more than a state": (b'{"state":1,"x":2}', 422), "twice": (b'{"state":1,"state":2}', 400), "nothing": (b"", 400)})
    def body(self, body, status):
        answer = self.server.ask("POST", "/api/v1/links", body, serve.JSON)
        self.assertEqual(answer.status, status)
        self.assertEqual(answer.json()["status"], status)

    @each({"unknown": "A" * 16, "short": "A", "long": "A" * 400, "quote": "'%20OR%201=1--aaaaa", "dots": "..%2f..%2fetc"})
    def name(self, name):
        self.assertEqual(self.get(name).status, 404)


class Store(Links):
    def own(self, *options, **kw):
        server = serve.Server(*options, **kw)
        self.addCleanup(server.clean)
        return server

    def test_full_store_takes_no_more_and_loses_nothing(self):
        server = self.own("--links", "20000")
        kept = self.put("k" * 15000, server).json()["id"]
        full = self.put("m" * 15000, server)
        self.assertEqual(full.status, 507)
        self.assertIn("full", full.json()["detail"])
        self.assertEqual(self.get(kept, server).json()["state"], "k" * 15000)
        self.assertIn(self.put("k" * 15000, server).status, (200, 201))
        self.assertEqual(server.metric("pe_links"), 1)

    def test_expire_only_when_told(self):
        server = self.own("--link-expire", "2s")
        name = self.put("short-lived", server).json()["id"]
        self.assertEqual(self.get(name, server).status, 200)
        deadline = time.monotonic() + 30
        time.sleep(4)
        while self.get(name, server).status != 404:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(4)

    def test_public_address(self):
        server = self.own("--public-url", "https://explorer.example.org")
        link = self.put(1, server).json()
        self.assertTrue(re.fullmatch(r"https://explorer\.example\.org/l/[\w-]{16}", link["url"]), link)

    def test_none_are_kept_when_there_is_no_room_for_any(self):
        server = self.own("--links", "0")
        self.assertEqual(self.put(1, server).status, 404)
