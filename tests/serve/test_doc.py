# SPDX-License-Identifier: MIT
"""The documentation, held to what the service does: every curl example of doc/api.md, and doc/openapi.json against
real answers."""

import json
import re
import subprocess
import unittest
from functools import cache

from support import needs, pe, serve
from support.case import Case

API = pe.ROOT / "doc" / "api.md"
OPENAPI = pe.ROOT / "doc" / "openapi.json"

# Debian's python3-jsonschema belongs to Debian's python3.
PYTHON = "/usr/bin/python3"
VALIDATE = """
import json, sys
from jsonschema import Draft202012Validator, RefResolver
given = json.load(sys.stdin)
resolver = RefResolver("", given["document"])
for what, schema, instance in given["cases"]:
    for error in Draft202012Validator(schema, resolver=resolver).iter_errors(instance):
        print(what, "/".join(map(str, error.path)), error.message[:300], sep=": ")
"""


@cache
def has_validator():
    return subprocess.run([PYTHON, "-c", "import jsonschema"], capture_output=True, check=False).returncode == 0


def examples():
    """[(command, expected output)] in order."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", API.read_text(), re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def matches(expected, got):
    """'...' stands for anything."""
    pattern = ".*?".join(re.escape(piece) for piece in expected.rstrip("\n").split("..."))
    return re.fullmatch(pattern, got.replace("\r", "").rstrip("\n"), re.S)


class Documentation(Case):
    @property
    def server(self):
        return serve.shared()

    @needs.tool("curl")
    def test_examples_of_the_api(self):
        server = serve.Server()
        self.addCleanup(server.clean)
        serve.eventually(lambda: server.get("/readyz").status == 200)
        shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(shell.wait)
        self.addCleanup(shell.stdout.close)
        pe.forget(shell)
        wrong = []
        for number, (command, expected) in enumerate(examples()):
            if command.startswith("PE="):
                command = f"PE=http://{server.host}:{server.port}"
            shell.stdin.write(f"{command}\necho; echo end-of-{number}\n")
            shell.stdin.flush()
            got = ""
            while not got.endswith(f"\nend-of-{number}\n"):
                line = shell.stdout.readline()
                self.assertTrue(line, "the shell goes on")
                got += line
            got = got[:-len(f"\nend-of-{number}\n")]
            if not matches(expected, got):
                wrong.append(f"$ {command}\n--- expected\n{expected}--- got\n{got[:1500]}")
        shell.stdin.close()
        self.assertEqual("\n".join(wrong), "")

    @unittest.skipUnless(has_validator(), "needs python3-jsonschema")
    def test_openapi_describes_real_answers(self):
        document = json.loads(OPENAPI.read_text())
        self.assertEqual(self.server.get("/api/v1/openapi.json").json(), document)
        cases = []

        def schema_of(path, method, status, kind):
            content = document["paths"][path][method]["responses"][str(status)]["content"]
            return content[kind]["schema"]

        def see(path, method, answer):
            kind = answer.headers["content-type"].split(";")[0]
            cases.append((f"{method} {path} {answer.status}", schema_of(path, method, answer.status, kind), answer.json()))
            return answer

        full = {"image": "shell", "argv": ["sh", "-c", r"printf '\377'; mkdir /output/d; echo x > /output/d/x; printf '\377' > /output/b; ln -s a /output/l"],
                "env": {"A": "b"}, "cwd": "/tmp", "user": "1000", "hostname": "h", "stdin_base64": "aGk=", "cache": "refresh",
                "files": [{"name": "a", "text": "t", "mode": 420}, {"name": "e", "directory": True}], "limits": {"pids": 20}}
        cases.append(("a full job", {"$ref": "#/components/schemas/Job"}, full))
        see("/api/v1/runs", "post", self.server.post(full))
        for argv in (["sh", "-c", "kill -9 $$"], ["sleep", "9"], ["/no"], ["/etc/passwd"], ["yes"]):
            see("/api/v1/runs", "post", self.server.post(
                {"image": "shell", "argv": argv, "limits": {"timeout_ms": 300, "output_bytes": 2000}}))
        see("/api/v1/runs", "post", self.server.post({"image": "shell", "user": "nobody-at-all", "argv": ["x"]}))
        key = see("/api/v1/runs", "post", self.server.post({"image": "shell", "argv": ["true"]})).json()["key"]
        see("/api/v1/results/{key}", "get", self.server.get("/api/v1/results/" + key))
        see("/api/v1/results/{key}", "get", self.server.get("/api/v1/results/" + "0" * 64))
        for body, status in (("{", 400), ('{"image":1}', 422)):
            self.assertEqual(see("/api/v1/runs", "post", self.server.post(body)).status, status)
        see("/api/v1/runs", "post", self.server.ask("POST", "/api/v1/runs", "x", {}))
        see("/api/v1/runs", "post", self.server.ask("POST", "/api/v1/runs", "{}", {**serve.JSON, "Accept": "image/png"}))
        for path in ("/api/v1/images", "/api/v1/limits", "/api/v1/catalog", "/api/v1/openapi.json"):
            see(path, "get", self.server.get(path))
        link = see("/api/v1/links", "post", self.server.ask("POST", "/api/v1/links", '{"state":[1]}', serve.JSON)).json()["id"]
        see("/api/v1/links/{id}", "get", self.server.get("/api/v1/links/" + link))
        see("/api/v1/links/{id}", "get", self.server.get("/api/v1/links/none"))
        see("/api/v1/runs/{id}", "delete", self.server.ask("DELETE", "/api/v1/runs/none"))

        run = self.execute([PYTHON, "-c", VALIDATE], stdin=json.dumps({"document": document, "cases": cases}).encode())
        self.assertEqual((run.exit, run.stdout.decode(), run.stderr.decode()), (0, "", ""))

    def test_every_documented_path_is_there(self):
        document = json.loads(OPENAPI.read_text())
        for path, methods in document["paths"].items():
            real = path.replace("{key}", "0" * 64).replace("{id}", "x")
            allowed = self.server.ask("OPTIONS", real).headers["allow"]
            self.assertEqual({m.upper() for m in methods}, set(allowed.split(", ")) - {"OPTIONS", "HEAD"}, path)
