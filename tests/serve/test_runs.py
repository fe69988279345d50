# SPDX-License-Identifier: MIT
"""Jobs that are right: what goes in, in both forms, and what comes back, in both forms."""

import base64
import gzip
import json
import threading

from support import serve
from support.case import Case

BINARY = bytes(range(256))


class Serve(Case):
    @property
    def server(self):
        return serve.shared()


class Inputs(Serve):
    def test_result_is_that_of_pe_run(self):
        got = self.server.run("sh", "-c", "echo out; echo err >&2; echo made > /output/f; exit 3")
        own = self.job("sh", "-c", "echo out; echo err >&2; echo made > /output/f; exit 3")
        varying = {"wall_ms", "user_ms", "system_ms", "startup_ms", "peak_memory_bytes", "start"}
        for key in own.raw.keys() - varying:
            self.assertEqual(got[key], own.raw[key], key)
        self.assertEqual(got.keys() - own.raw.keys(), {"key", "cached", "queue_ms"})
        self.assertFalse(got["cached"])

    def test_files_in_both_encodings(self):
        got = self.server.run("sh", "-c", "cat a/b.txt; cmp c.bin /input/c.bin && wc -c < c.bin; ls -l x | cut -c 1-10", files=[
            {"name": "a/b.txt", "text": "text ü\n"},
            {"name": "c.bin", "base64": base64.b64encode(BINARY).decode()},
            {"name": "x", "text": "", "mode": 0o755}])
        self.assertEqual(got["stdout"], "text ü\n256\n-rwxr-xr-x\n")

    def test_empty_directory(self):
        got = self.server.run("sh", "-c", "ls -d a/b && ls a/b", files=[{"name": "a/b", "directory": True}])
        self.assertEqual(got["stdout"], "a/b\n")

    def test_settings_of_a_job(self):
        got = self.server.run("sh", "-c", 'echo "$A $(pwd) $(hostname) $(id -u)"', env={"A": "b c"}, cwd="/tmp",
                              hostname="here", user="0")
        self.assertEqual(got["stdout"], "b c /tmp here 0\n")

    def test_limits_of_a_job(self):
        got = self.server.run("sleep", "5", limits={"timeout_ms": 200})
        self.assertEqual(got["outcome"], "timeout")
        got = self.server.run("sh", "-c", "head -c 100000 /dev/zero", limits={"output_bytes": 1000})
        self.assertEqual((got["outcome"], len(got["stdout"])), ("output_limit", 1000))

    def test_command_of_the_image(self):
        answer = self.server.post({"image": "gcc"})
        self.assertIn("gcc", answer.json()["stdout"] + answer.json()["stderr"])

    def test_image_by_digest(self):
        digest = self.server.run("true")["image_digest"]
        got = self.server.run("true", image=digest)
        self.assertEqual((got["outcome"], got["image_digest"]), ("exited", digest))

    def test_a_job_that_nobody_can_run(self):
        self.assertEqual(self.server.run("/no/such")["outcome"], "not_found")
        self.assertEqual(self.server.run("/etc/passwd")["outcome"], "not_executable")
        self.assertEqual(self.server.run("true", user="nobody-here")["outcome"], "rejected")


class Stdin(Serve):
    def test_text(self):
        self.assertEqual(self.server.run("cat", stdin="ü\x00x")["stdout"], "ü\x00x")

    def test_base64(self):
        got = self.server.run("cat", stdin_base64=base64.b64encode(BINARY).decode())
        self.assertEqual(base64.b64decode(got["stdout_base64"]), BINARY)


class Forms(Serve):
    def upload(self, parts, **headers):
        body, kind = serve.form(parts)
        return self.server.ask("POST", "/api/v1/runs", body, {"Content-Type": kind, **headers})

    def test_bytes_stay_untouched_both_ways(self):
        odd = BINARY + b"\r\n--boundary-of-a-tes\r\n--\r\n\r\n" + BINARY[::-1]
        job = json.dumps({"image": "shell", "argv": ["sh", "-c", "cat; cp -r * /output; cat d/e >&2"]}).encode()
        answer = self.upload([("job", None, job), ("stdin", None, odd), ("file", "d/e", odd), ("file", "empty", b"")],
                             Accept="multipart/form-data")
        parts = answer.parts()
        self.assertEqual([(n, f) for n, f, _ in parts], [
            ("result", None), ("stdout", "stdout"), ("stderr", "stderr"), ("file", "d/e"), ("file", "empty")])
        self.assertEqual([d for _, _, d in parts[1:]], [odd, odd, odd, b""])
        result = json.loads(parts[0][2])
        self.assertEqual([f["name"] for f in result["files"]], ["d", "d/e", "empty"])
        self.assertNotIn("text", result["files"][1])
        self.assertEqual(result["files"][1]["bytes"], len(odd))

    def test_both_forms_are_the_same_job(self):
        answer = self.upload([("job", None, b'{"image":"shell","argv":["cat","f"]}'), ("file", "f", b"same")])
        again = self.server.run("cat", "f", files=[{"name": "f", "text": "same"}])
        self.assertEqual(answer.json()["key"], again["key"])
        self.assertTrue(again["cached"])

    def test_names_as_browsers_write_them(self):
        answer = self.upload([("job", None, b'{"image":"shell","argv":["ls"]}'), ("file", "a%22b%0Ac", b"")])
        self.assertEqual(answer.json()["stdout"], 'a"b\nc\n')

    def test_names_of_output_that_are_no_text(self):
        got = self.server.run("sh", "-c", r"printf 'x' > /output/$(printf 'a\377')", cache="off")
        self.assertEqual(base64.b64decode(got["files"][0]["name_base64"]), b"a\xff")
        answer = self.server.post({"image": "shell", "argv": ["sh", "-c", r"printf 'x' > /output/$(printf 'a\377')"]},
                                  accept="multipart/form-data")
        self.assertEqual([d for n, _, d in answer.parts() if n == "file"], [b"x"])

    def test_large_upload_and_answer(self):
        data = BINARY * 4096 * 8
        answer = self.upload([("job", None, b'{"image":"shell","argv":["cp","f","/output/g"]}'), ("file", "f", data)],
                             Accept="multipart/form-data")
        self.assertEqual(answer.parts()[-1][2], data)

    def test_chunked_body(self):
        body = json.dumps({"image": "shell", "argv": ["echo", "chunks"]}).encode()
        c = self.server.connection()
        c.request("POST", "/api/v1/runs", iter([body[:5], body[5:20], body[20:]]), serve.JSON, encode_chunked=True)
        self.assertEqual(json.loads(c.getresponse().read())["stdout"], "chunks\n")

    def test_gzip(self):
        text = "a line that repeats\n" * 1000
        job = {"image": "shell", "argv": ["cat"], "stdin": text}
        answer = self.server.ask("POST", "/api/v1/runs", json.dumps(job), {**serve.JSON, "Accept-Encoding": "gzip"})
        self.assertEqual(answer.headers["content-encoding"], "gzip")
        self.assertLess(len(answer.body), 5000)
        self.assertEqual(json.loads(gzip.decompress(answer.body))["stdout"], text)


class Kept(Serve):
    def test_same_job_is_answered_from_the_cache(self):
        argv = ("sh", "-c", "echo kept; date +%N")
        first, second = self.server.run(*argv), self.server.run(*argv)
        self.assertEqual((first["cached"], second["cached"]), (False, True))
        self.assertEqual(first["stdout"], second["stdout"])

    def test_off_and_refresh(self):
        argv = ("sh", "-c", "echo modes; date +%N")
        first = self.server.run(*argv)
        off = self.server.run(*argv, cache="off")
        self.assertNotEqual(off["stdout"], first["stdout"])
        self.assertEqual(self.server.run(*argv)["stdout"], first["stdout"])
        self.server.get("/api/v1/results/" + first["key"])
        refreshed = self.server.run(*argv, cache="refresh")
        self.assertNotEqual(refreshed["stdout"], first["stdout"])
        self.assertEqual(self.server.run(*argv)["stdout"], refreshed["stdout"])
        kept = self.server.get("/api/v1/results/" + first["key"])
        self.assertEqual(kept.json()["stdout"], refreshed["stdout"])

    def test_result_by_key(self):
        made = self.server.run("echo", "by key")
        answer = self.server.get("/api/v1/results/" + made["key"])
        self.assertEqual(answer.json()["stdout"], "by key\n")
        self.assertTrue(answer.json()["cached"])
        self.assertIn("immutable", answer.headers["cache-control"])
        again = self.server.get("/api/v1/results/" + made["key"], If_None_Match=answer.headers["etag"])
        self.assertEqual((again.status, again.body), (304, b""))
        other = self.server.get("/api/v1/results/" + made["key"], If_None_Match='"other"')
        self.assertEqual(other.status, 200)
        parts = self.server.get("/api/v1/results/" + made["key"], Accept="multipart/form-data").parts()
        self.assertEqual(parts[1], ("stdout", "stdout", b"by key\n"))

    def test_head_has_the_length_and_no_body(self):
        made = self.server.run("echo", "head")
        full = self.server.get("/api/v1/results/" + made["key"])
        head = self.server.ask("HEAD", "/api/v1/results/" + made["key"])
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.headers["content-length"], full.headers["content-length"])

    def test_no_result_and_no_key(self):
        for key in ("0" * 64, "0" * 63, "G" * 64, "A" * 64, "x", "0" * 64 + "/x"):
            with self.subTest(key):
                self.assertEqual(self.server.get("/api/v1/results/" + key).status, 404)

    def test_timeouts_are_kept_for_a_moment_only(self):
        made = self.server.run("sleep", "3", limits={"timeout_ms": 150})
        answer = self.server.get("/api/v1/results/" + made["key"])
        self.assertIn(answer.status, (200, 404))

    def test_same_job_at_once_runs_once(self):
        argv = ["sh", "-c", "sleep 1; date +%N"]
        got = []
        threads = [threading.Thread(target=lambda: got.append(self.server.run(*argv))) for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(len({g["stdout"] for g in got}), 1, "one run answers all")

    def test_results_survive_a_restart(self):
        first = serve.Server()
        self.addCleanup(first.clean)
        made = first.run("sh", "-c", "echo survivor; date +%N")
        self.assertEqual(first.end(), 0)
        second = serve.Server(state=first.state)
        self.addCleanup(second.clean)
        self.assertEqual(second.get("/api/v1/results/" + made["key"]).json()["stdout"], made["stdout"])
