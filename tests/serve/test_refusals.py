# SPDX-License-Identifier: MIT
"""Jobs that are wrong: each is told what is wrong, and where."""

import json

from support import serve
from support.case import Case, each

GOOD = {"image": "shell", "argv": ["true"]}


def job(**more):
    return json.dumps({**GOOD, **more})


class Refusals(Case):
    @property
    def server(self):
        return serve.shared()

    def problem(self, answer, status, field=None):
        self.assertEqual(answer.status, status, answer.body[:300])
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        said = answer.json()
        self.assertEqual((said["status"], said.get("field")), (status, field), said)
        self.assertTrue(said["title"] and said["detail"])
        self.assertNotIn("cached", said)
        return said["detail"]

    @each({
        "not JSON": ("{", 400, None),
        "nothing": ("null", 400, None),
        "a list": ("[]", 400, None),
        "two values": (job() + job(), 400, None),
        "twice the same member": ('{"image":"shell","image":"gcc"}', 400, None),
        "no UTF-8": (b'{"image":"\xff"}', 400, None),
        "depth": ("[" * 100000, 400, None),
        "no image": ('{"argv":["true"]}', 422, "image"),
        "an unknown image": (job(image="shel"), 422, "image"),
        "no image's name": (job(image="../x"), 422, "image"),
        "no digest": (job(image="sha256:" + "0" * 63), 422, "image"),
        "an unknown digest": (job(image="sha256:" + "0" * 64), 422, "image"),
        "an unknown member": (job(imagine=1), 422, "imagine"),
        "image is no text": (job(image=1), 422, "image"),
        "NUL in an argument": (job(argv=["a\0b"]), 422, "argv[0]"),
        "argument is a number": (job(argv=["a", 1]), 422, "argv[1]"),
        "argv is a string": (job(argv="true"), 422, "argv"),
        "env is a list": (job(env=["A=b"]), 422, "env"),
        "env without a name": (job(env={"": "x"}), 422, "env."),
        "env with a sign": (job(env={"A=B": "x"}), 422, "env.A=B"),
        "env with a number": (job(env={"A": 1}), 422, "env.A"),
        "cwd with a line break": (job(cwd="/a\nb"), 422, "cwd"),
        "user with a line break": (job(user="a\nb=c"), 422, "user"),
        "hostname": (job(hostname="no way"), 422, "hostname"),
        "stdin twice": (job(stdin="", stdin_base64="aGk="), 422, "stdin_base64"),
        "stdin is no base64": (job(stdin_base64="a=b="), 422, "stdin_base64"),
        "cache": (job(cache="maybe"), 422, "cache"),
        "files is an object": (job(files={}), 422, "files"),
        "a file is a string": (job(files=["a"]), 422, "files[0]"),
        "a file without a name": (job(files=[{"text": ""}]), 422, "files[0].name"),
        "a file without contents": (job(files=[{"name": "a"}]), 422, "files[0]"),
        "a file with two contents": (job(files=[{"name": "a", "text": "", "base64": ""}]), 422, "files[0]"),
        "a file's unknown member": (job(files=[{"name": "a", "text": "", "size": 1}]), 422, "files[0].size"),
        "the second file's mode": (job(files=[{"name": "a", "text": ""}, {"name": "b", "text": "", "mode": 512}]), 422,
                                   "files[1].mode"),
        "a way out": (job(files=[{"name": "../a", "text": ""}]), 422, "files[0].name"),
        "an absolute name": (job(files=[{"name": "/a", "text": ""}]), 422, "files[0].name"),
        "two files of one name": (job(files=[{"name": "a", "text": ""}] * 2), 422, "files"),
        "file's base64": (job(files=[{"name": "a", "base64": "!"}]), 422, "files[0].base64"),
        "limits is a number": (job(limits=3), 422, "limits"),
        "an unknown limit": (job(limits={"time": 3}), 422, "limits.time"),
        "no time": (job(limits={"timeout_ms": 0}), 422, "limits.timeout_ms"),
        "too much time": (job(limits={"timeout_ms": 10**9}), 422, "limits.timeout_ms"),
        "negative memory": (job(limits={"memory_bytes": -1}), 422, "limits.memory_bytes"),
        "half a process": (job(limits={"pids": 0.5}), 422, "limits.pids"),
        "too large a number": (job(limits={"pids": 2**70}), 400, None),
    })
    def wrong_job(self, body, status, field):
        self.problem(self.server.post(body), status, field)

    def test_near_names_of_images(self):
        self.assertIn("shell", self.problem(self.server.post(job(image="shel")), 422, "image"))

    @each({
        "no type": (None, 415),
        "text": ("text/plain", 415),
        "no boundary": ("multipart/form-data", 400),
        "an empty boundary": ("multipart/form-data; boundary=", 400),
        "a long boundary": ("multipart/form-data; boundary=" + "x" * 71, 400),
        "a boundary with a line break": ('multipart/form-data; boundary="a\tb"', 400),
    })
    def type_of_body(self, kind, status):
        headers = {"Content-Type": kind} if kind else {}
        self.problem(self.server.ask("POST", "/api/v1/runs", job(), headers), status)

    def test_no_body(self):
        self.problem(self.server.ask("POST", "/api/v1/runs", None, serve.JSON), 400)

    def test_an_answer_that_nobody_makes(self):
        self.problem(self.server.ask("POST", "/api/v1/runs", job(), {**serve.JSON, "Accept": "image/png"}), 406)

    @each({
        "job is missing": ([("file", "a", b"")], 422, "job"),
        "job comes second": ([("file", "a", b""), ("job", None, job().encode())], 422, "job"),
        "job twice": ([("job", None, job().encode())] * 2, 422, "job"),
        "job is wrong": ([("job", None, job(argv=1).encode())], 422, "argv"),
        "job is no JSON": ([("job", None, b"x")], 400, None),
        "an unknown part": ([("job", None, job().encode()), ("picture", None, b"")], 422, "picture"),
        "a file without a name": ([("job", None, job().encode()), ("file", None, b"")], 422, "file"),
        "a file with a bad name": ([("job", None, job().encode()), ("file", "a/../b", b"")], 422, "file"),
        "two files of one name": ([("job", None, job().encode())] + [("file", "a", b"")] * 2, 422, "files"),
        "stdin twice": ([("job", None, job(stdin="a").encode()), ("stdin", None, b"b")], 422, "stdin"),
    })
    def wrong_parts(self, parts, status, field):
        body, kind = serve.form(parts)
        self.problem(self.server.ask("POST", "/api/v1/runs", body, {"Content-Type": kind}), status, field)

    HEAD = b'--b\r\nContent-Disposition: form-data; name="job"\r\n\r\n'

    @each({
        "nothing": b"",
        "no boundary at all": b"hello",
        "cut in a head": b'--b\r\nContent-Disposition: form-da',
        "cut in the data": HEAD + b'{"image":"she',
        "cut before the end": HEAD + job().encode() + b"\r\n--b\r\n",
        "no disposition": b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n",
        "no form-data": b'--b\r\nContent-Disposition: attachment; name="job"\r\n\r\n{}\r\n--b--\r\n',
        "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\n{}\r\n--b--\r\n",
        "something behind a boundary": b'--bx\r\n\r\n--b y\r\nContent-Disposition: form-data; name="job"\r\n\r\n{}\r\n--b--',
        "a head without an end": b"--b\r\nX: " + b"y" * 10000,
        "a name without an end": b'--b\r\nContent-Disposition: form-data; name="job\r\n\r\n{}\r\n--b--\r\n',
    })
    def malformed_multipart(self, body):
        answer = self.server.ask("POST", "/api/v1/runs", body or b"\r\n",
                                 {"Content-Type": "multipart/form-data; boundary=b"})
        self.assertIn(answer.status, (400, 422))
        self.problem(answer, answer.status, answer.json().get("field"))

    def test_too_large(self):
        limits = self.server.get("/api/v1/limits").json()
        data = b"x" * (limits["input_bytes"] + 1)
        body, kind = serve.form([("job", None, job().encode()), ("file", "a", data)])
        self.problem(self.server.ask("POST", "/api/v1/runs", body, {"Content-Type": kind}), 413, "file")
        self.problem(self.server.post(job(stdin=data.decode())), 413, "files")

    def test_body_beyond_every_limit(self):
        limit = self.server.get("/api/v1/limits").json()["request_bytes"]
        head = f"POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {limit + 1}\r\n\r\n"
        self.assertEqual(serve.statuses(self.server.raw(head.encode() + b" " * 1000)), [413])
        waits = head.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(serve.statuses(self.server.raw(waits.encode())), [413])

    def test_chunks_beyond_every_limit(self):
        limit = self.server.get("/api/v1/limits").json()["request_bytes"]
        c = self.server.connection()
        pieces = (b" " * (1 << 20) for _ in range((limit >> 20) + 2))
        c.request("POST", "/api/v1/runs", pieces, serve.JSON, encode_chunked=True)
        answer = c.getresponse()
        self.assertEqual(answer.status, 413)
        c.close()

    @each({
        "nothing there": ("GET", "/no/such", 404, None),
        "api without a name": ("GET", "/api/v1/", 404, None),
        "a key too many": ("GET", "/api/v1/results/a/b", 404, None),
        "runs cannot be read": ("GET", "/api/v1/runs", 405, "OPTIONS, POST"),
        "health cannot be posted": ("POST", "/healthz", 405, "OPTIONS, GET, HEAD"),
        "no such method": ("BREW", "/api/v1/catalog", 405, "OPTIONS, GET, HEAD"),
        "no such run": ("DELETE", "/api/v1/runs/" + "0" * 32, 404, None),
    })
    def route(self, method, path, status, allow):
        answer = self.server.ask(method, path)
        self.problem(answer, status)
        self.assertEqual(answer.headers.get("allow"), allow)

    def test_preflight_of_browsers(self):
        answer = self.server.ask("OPTIONS", "/api/v1/runs", headers={
            "Origin": "https://elsewhere", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type"})
        self.assertEqual((answer.status, answer.headers["access-control-allow-origin"]), (204, "*"))
        self.assertIn("POST", answer.headers["access-control-allow-methods"])
        self.assertIn("Content-Type", answer.headers["access-control-allow-headers"])


class Links(Case):
    @property
    def server(self):
        return serve.shared()

    def post(self, body):
        return self.server.ask("POST", "/api/v1/links", body, serve.JSON)

    def test_there_and_back(self):
        state = {"a": [1, 2.5, None, "ü\0"], "b": {"c": True}}
        made = self.post(json.dumps({"state": state}))
        self.assertEqual(made.status, 201)
        self.assertEqual(made.json()["url"], "/l/" + made.json()["id"])
        self.assertEqual(self.server.get("/api/v1/links/" + made.json()["id"]).json(), {"state": state})
        self.assertEqual(self.post(json.dumps({"state": state})).json(), made.json(), "same state, same link")

    @each({
        "no JSON": ("{", 400),
        "no state": ("{}", 422),
        "more than a state": ('{"state":1,"more":2}', 422),
        "a list": ("[]", 422),
        "too large": (json.dumps({"state": "x" * (1 << 20)}), 413),
        "far too large": (json.dumps({"state": "x" * (3 << 20)}), 413),
    })
    def wrong(self, body, status):
        answer = self.post(body)
        self.assertEqual((answer.status, answer.json()["status"]), (status, status))

    def test_no_such_link(self):
        for name in ("x", "A" * 16, "%00", "..%2f.."):
            self.assertEqual(self.server.get("/api/v1/links/" + name).status, 404)

    def test_type(self):
        self.assertEqual(self.server.ask("POST", "/api/v1/links", "{}", {}).status, 415)
