# SPDX-License-Identifier: MIT
"""pe image add: where images come from, what of their config is kept, and how they run."""

import gzip
import os
import shutil
import subprocess
import tarfile

from support import needs, oci, pe
from support.build import program
from support.case import each
from support.oci import directory, entry
from support.store import StoreCase, differences, look

PRINT = pe.ROOT / "tests" / "images" / "guests" / "print.c"
CONFIG = {"Entrypoint": ["/bin/print", "entry"], "Cmd": ["cmd"], "Env": ["A=1", "PATH=/own", "broken"],
          "WorkingDir": "/work", "User": "worker", "Labels": {"org.example.label": "a=b", "other": "x"}}


def layer(*more):
    """A system of one program, which prints all that it was given."""
    return oci.tar(directory("bin"), entry("bin/print", program(PRINT).read_bytes(), mode=0o755),
                   directory("work"), directory("etc"), entry("etc/passwd", b"worker:x:1234:77::/home:/bin/sh\n"),
                   entry("etc/group", b"workers:x:77:\n"), *more)


class Sources(StoreCase):
    def layout(self, *layers, **kw):
        return oci.layout(self.tmp / "layout", *(layers or [layer()]), **kw)

    def docker(self, images=None):
        return oci.docker_archive(self.tmp / "saved.tar", images or {"it:1": ([layer()], CONFIG)})

    def printed(self, image, *argv, **kw):
        run = self.run_in(image, *argv, **kw)
        self.assertEqual(run.exit, 0, run.stderr)
        return dict(line.split("=", 1) for line in run.stdout.decode().splitlines())

    def test_the_config_is_kept_and_honoured(self):
        self.add(f"oci:{self.layout(**CONFIG)}", "it")
        shown = self.show("it")
        self.assertEqual((shown["entrypoint"], shown["cmd"], shown["cwd"], shown["user"], shown["platform"]),
                         (["/bin/print", "entry"], ["cmd"], "/work", "worker", "linux/amd64"))
        self.assertEqual(sorted(shown["labels"]), ["org.example.label=a=b", "other=x"])
        said = self.printed("it")
        self.assertEqual(said, {"argv": "/bin/print entry cmd", "cwd": "/work", "uid": "1234", "gid": "77", "A": "1",
                                "PATH": "/own"})
        self.assertEqual(self.printed("it", "mine")["argv"], "/bin/print entry mine")
        self.assertEqual(self.printed("it", options=("-u", "5:6", "--cwd", "/etc"))["cwd"], "/etc")

    @each({"numeric": ("99", ("99", "99")), "both": ("99:98", ("99", "98")), "name and group": ("worker:9", ("1234", "9")),
           "none": ("", ("1000", "1000"))})
    def user(self, text, expected):
        self.add(f"oci:{self.layout(**{**CONFIG, 'User': text})}", "it")
        said = self.printed("it")
        self.assertEqual((said["uid"], said["gid"]), expected)

    def test_no_command(self):
        self.add(f"oci:{self.layout()}", "it")
        self.refused(self.run_in("it"), "'it' names no command")
        self.assertEqual(self.printed("it", "/bin/print", "x")["argv"], "/bin/print x")

    def test_kinds(self):
        path = self.layout(name="tag", **CONFIG)
        archive = oci.archive(self.tmp / "it.tar", path)
        (self.tmp / "it.tar.gz").write_bytes(gzip.compress(archive.read_bytes(), 1))
        saved = self.docker()
        (self.tmp / "saved.tar.gz").write_bytes(gzip.compress(saved.read_bytes(), 1))
        for i, ref in enumerate([f"oci:{path}", f"oci:{path}:tag", f"oci-archive:{archive}", f"oci-archive:{archive}:tag",
                                 f"oci-archive:{archive}.gz", f"docker-archive:{saved}", f"docker-archive:{saved}:it:1",
                                 f"docker-archive:{saved}.gz"]):
            self.add(ref, f"i{i}")
        images = self.listed()
        self.assertEqual(len(images), 8)
        self.assertEqual(len({i["digest"] for i in images.values()}), 1)
        self.assertEqual(self.printed("i7")["argv"], "/bin/print entry cmd")
        self.check()

    def test_docker_save_with_links_between_layers(self):
        shared = layer()
        path = oci.docker_archive(self.tmp / "plain.tar", {"a:1": ([shared], CONFIG)})
        with tarfile.open(path) as t, tarfile.open(self.tmp / "linked.tar", "w") as to:
            for i in t:
                if i.name.endswith("layer.tar"):
                    real, data = i.name, t.extractfile(i)
                    i.name = "real/layer.tar"
                    to.addfile(i, data)
                    link = tarfile.TarInfo(real)
                    link.type, link.linkname = tarfile.SYMTYPE, "../real/layer.tar"
                    to.addfile(link)
                else:
                    to.addfile(i, t.extractfile(i))
        self.add(f"docker-archive:{self.tmp / 'linked.tar'}", "it")
        self.assertEqual(self.printed("it")["argv"], "/bin/print entry cmd")

    def test_several_images_in_one(self):
        saved = self.docker({"a:1": ([layer()], {}), "b:2": ([layer(entry("b", b"b"))], {})})
        self.refuses(f"docker-archive:{saved}", "2 images")
        self.refuses(f"docker-archive:{saved}:c:3", "c:3")
        self.add(f"docker-archive:{saved}:b:2", "b")
        self.assertIn("b", self.tree("b"))

        made = oci.Layout(self.tmp / "two")
        made.image(layer(), name="one")
        made.image(layer(entry("b", b"b")), name="two")
        path = made.finish()
        self.refuses(f"oci:{path}", "several images", "one")
        self.refuses(f"oci:{path}:three", "no image named three")
        self.add(f"oci:{path}:two", "two")
        self.assertEqual(self.listed()["two"]["digest"], self.listed()["b"]["digest"])

    def multi(self):
        made = oci.Layout(self.tmp / "multi")
        for platform in ("linux/arm64/v8", "linux/amd64", "linux/arm/v7", "linux/arm/v6"):
            made.image(oci.tar(entry("platform", platform.encode())), platform=platform)
        inner = {"schemaVersion": 2, "manifests": made.manifests}
        made.manifests = [made.json(inner, f"{oci.MEDIA}.index.v1+json")]
        return made.finish()

    def test_platforms(self):
        path = self.multi()
        self.add(f"oci:{path}", "host")
        self.assertEqual(self.tree("host")["platform"]["content"], b"linux/amd64")
        for i, (asked, got) in enumerate([("linux/arm64", b"linux/arm64/v8"), ("linux/arm/v6", b"linux/arm/v6"),
                                          ("linux/arm/v7", b"linux/arm/v7")]):
            self.add(f"oci:{path}", f"p{i}", "--platform", asked)
            self.assertEqual(self.tree(f"p{i}")["platform"]["content"], got)
        self.assertEqual(self.listed()["p0"]["platform"], "linux/arm64/v8")
        run = self.add(f"oci:{path}", "x", "--platform", "linux/s390x", exit=None)
        self.refused(run, "nothing for linux/s390x", "linux/arm/v7")
        run = self.add(f"oci:{path}", "x", "--platform", "amd64", exit=None)
        self.refused(run, "'amd64' is no platform")

    def test_an_image_for_another_machine(self):
        path = self.layout(platform="linux/riscv64")
        self.refuses(f"oci:{path}", "is for linux/riscv64", "--platform linux/riscv64")
        self.add(f"oci:{path}", "it", "--platform", "linux/riscv64")

    @needs.root()
    def test_a_directory(self):
        root = self.tmp / "root"
        shutil.copytree(pe.ROOT / "demo", root / "d")
        os.link(root / "d" / "hello.c", root / "linked")
        os.symlink("d", root / "s")
        os.mkfifo(root / "fifo")
        os.setxattr(root / "linked", "user.x", b"y")
        os.utime(root / "linked", ns=(1, 1234567890123456789))
        (root / "big").write_bytes(os.urandom(6 << 20))
        self.add(f"dir:{root}", "it")
        theirs = look(root)
        self.assertEqual(differences(self.tree("it"), theirs), [])
        self.check("it")

    def test_default_names(self):
        path = self.layout()
        for made, name in (("NAME_1", "name_1"), ("My Image.oci", "my-image"), ("-a.b-", "a.b")):
            shutil.copytree(path, self.tmp / made)
            self.add(f"oci:{self.tmp / made}")
            self.assertIn(name, self.listed())
        shutil.copytree(path, self.tmp / "++")
        self.refused(self.add(f"oci:{self.tmp / '++'}", exit=None), "is no image name")

    @each({
        "kind": ("nothing:x", "docker://NAME"), "empty": ("oci:", "docker://NAME"), "missing": ("oci:/no/where", "/no/where"),
        "no layout": ("oci:.", "index.json"), "no archive": ("oci-archive:Makefile", "no tar archive"),
        "directory": ("docker-archive:.", "not a file"), "no directory": ("dir:Makefile", "Not a directory"),
    })
    def reference(self, text, says):
        run = self.image("add", text, "--as", "x", exit=None, cwd=pe.ROOT)
        self.refused(run, says)

    @each({
        "no json": "{", "list": "[]", "no manifests": "{}", "no digest": '{"manifests": [{"size": 1}]}',
        "path as digest": '{"manifests": [{"digest": "sha256:../../../../etc/passwd", "size": 1}]}',
        "other digest": '{"manifests": [{"digest": "sha512:00", "size": 1}]}',
        "negative": '{"manifests": [{"digest": "sha256:%s", "size": -1}]}' % ("0" * 64),
    })
    def bad_index(self, text):
        path = self.layout()
        (path / "index.json").write_text(text)
        self.refuses(f"oci:{path}", os.fspath(path), "index")

    def test_quiet_without_a_terminal(self):
        run = self.add(f"oci:{self.layout()}", "it")
        (line,) = run.stderr.decode().splitlines()
        self.assertRegex(line, r"^it: added, .* sha256:[0-9a-f]{12}$")

    def test_bars_on_a_terminal(self):
        path = self.layout(layer(entry("f", os.urandom(1 << 20))))
        command = f"{pe.PE} image add oci:{path} --as it"
        run = subprocess.run(["script", "-qec", command, "/dev/null"], env=self.env(), capture_output=True, check=True)
        self.assertRegex(run.stdout.decode(), r"layer 1 of 1, 1.\d MiB of 1.\d MiB, 100%")
