# SPDX-License-Identifier: MIT
"""GET /api/v1/catalog: it follows its files, and images that say what is in them."""

import gzip
import hashlib
import io
import json
import os
import tarfile
import time

from support import build, pe
from support.case import Case
from support.serve import Server

KINDS = "kinds:\n- {id: text, title: Text, extensions: [.txt]}\n"
FILE = "name: shell\ntitle: S\nprograms:\n- {id: one, title: One, command: [echo, '{options}'], inputs: [text]}\n"
LABEL = """
kinds: [{id: shout, title: Shouted text, extensions: [.shout]}]
programs:
- id: loud
  title: Loud
  inputs: [text, shout]
  command: [/bin/loud, "{options}", "{file}"]
  options: [{id: times, title: Times, type: integer, min: 1, max: 5, default: 2, template: ["{}"]}]
"""
SOURCE = """
#include <stdio.h>

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++)
                printf("%s!\\n", argv[i]);
        return argc != 3;
}
"""


def layout(directory, program, labels):
    """An OCI layout in @directory with one program, as any builder of images makes it."""
    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        (directory / "blobs" / "sha256" / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    (directory / "blobs" / "sha256").mkdir(parents=True)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(program, "bin/loud")
    config = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/loud"], "Labels": labels},
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(packed.getvalue()).hexdigest()]}}
    kind = "application/vnd.oci.image."
    manifest = {"schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
                "config": {"mediaType": kind + "config.v1+json", **blob(json.dumps(config).encode())},
                "layers": [{"mediaType": kind + "layer.v1.tar+gzip", **blob(gzip.compress(packed.getvalue()))}]}
    entry = {"mediaType": kind + "manifest.v1+json", **blob(json.dumps(manifest).encode())}
    (directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


class Catalog(Case):
    def serve(self, *options):
        server = Server(*options)
        self.addCleanup(server.clean)
        return server

    def await_ids(self, server, ids):
        """Waits until the programs are these."""
        deadline = time.monotonic() + 30
        while (now := self.ids(server)) != ids:
            self.assertLess(time.monotonic(), deadline, f"{now} is not {ids}\n{server.said()[-2000:]}")
            time.sleep(0.2)

    @staticmethod
    def ids(server):
        return [p["id"] for p in server.get("/api/v1/catalog").json()["programs"]]

    def test_it_is_what_pe_catalog_says(self):
        server = self.serve()
        said = json.loads(self.execute([pe.PE, "catalog", "ls", "--json"]).stdout)
        self.assertEqual(server.get("/api/v1/catalog").json(), said)

    def test_it_follows_its_files(self):
        directory = self.write("c/kinds.yaml", KINDS).parent
        self.write("c/shell.yaml", FILE)
        server = self.serve("--catalog", directory)
        self.assertEqual(self.ids(server), ["one"])

        more = FILE + "- {id: two, title: Two, command: [echo]}\n"
        self.write("c/shell.yaml", more)
        self.await_ids(server, ["one", "two"])

        # A mistake: it is told in the log, with the line, and nobody else feels it.
        self.write("c/shell.yaml", more + "- {id: three, title: Three, command: [echo], inputs: [texts]}\n")
        deadline = time.monotonic() + 30
        while "shell.yaml:6: programs[2].inputs[0]: no kind 'texts'" not in server.said():
            self.assertLess(time.monotonic(), deadline, server.said()[-2000:])
            self.assertEqual(self.ids(server), ["one", "two"])
            time.sleep(0.2)
        time.sleep(2.5)
        self.assertEqual(self.ids(server), ["one", "two"])
        self.assertEqual(server.said().count("no kind 'texts'"), 1, "told once")

        self.write("c/shell.yaml", FILE.replace("id: one", "id: three"))
        self.await_ids(server, ["three"])

    def test_an_image_brings_its_programs(self):
        directory, store = self.write("c/kinds.yaml", KINDS).parent, self.tmp / "store"
        env = dict(os.environ, PE_IMAGES=os.fspath(store))
        layout(self.tmp / "good", build.program(self.write("loud.c", SOURCE)), {"org.program-explorer.catalog": LABEL})
        layout(self.tmp / "bad", self.tmp / "loud.c", {"org.program-explorer.catalog": "programs: [{id: x}]"})
        server = self.serve("--catalog", directory, "--store", store)
        self.assertEqual(self.ids(server), [])

        for name in ("bad", "good"):
            self.assertEqual(self.execute([pe.PE, "image", "add", f"oci:{self.tmp / name}", "--as", name], env=env).exit, 0)
        self.await_ids(server, ["good/loud"])
        self.assertIn("bad:org.program-explorer.catalog:1:", server.said())
        kinds = [k["id"] for k in server.get("/api/v1/catalog").json()["kinds"]]
        self.assertEqual(kinds, ["text", "shout"])

        note = self.write("note.shout", "")
        run = self.execute([pe.PE, "catalog", "run", "--catalog", directory, "-O", "times=3", "good/loud", note], env=env)
        self.assertEqual((run.exit, run.stdout), (0, b"3!\nnote.shout!\n"))
        self.assertEqual(server.run("/bin/loud", "a", "b", image="good")["stdout"], "a!\nb!\n")

        self.assertEqual(self.execute([pe.PE, "image", "rm", "good"], env=env).exit, 0)
        self.await_ids(server, [])
