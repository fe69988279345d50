# SPDX-License-Identifier: MIT
"""Clones for long, in crowds, and killed at any moment. Not part of `make test`: `make soak-fork`.

$SOAK_SECONDS (600) is how long processes are killed at random, $SOAK_CLONES (10000) how many clones there are in a row,
$SOAK_CROWD (500) how many at once.
"""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

from support import clones, host, pe
from support.case import Case

SECONDS = int(os.environ.get("SOAK_SECONDS", "600"))
CLONES = int(os.environ.get("SOAK_CLONES", "10000"))
CROWD = int(os.environ.get("SOAK_CROWD", "500"))
STRESS = pe.ROOT / "tests" / "clones" / "stress.yaml"


def own_kib(pid):
    """(private, proportional) memory of a process in KiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    return found["Private_Dirty"] + found["Private_Clean"], found["Pss"]


class Soak(Case):
    exclusive = True

    def setUp(self):
        super().setUp()
        context = clones.lender("--ahead", "1", "--idle", "0", images=["shell"])
        self.lender = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def run_one(self, *argv, image="shell", timeout=60):
        return self.lender.pe("run", "--json", image, "--", *argv, timeout=timeout)

    def start(self, *argv, limit="600"):
        return pe.spawn([pe.PE, "run", "-t", limit, "shell", "--", *argv], env=self.lender.env,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def keeper(self):
        return host.descendants(self.lender.process.pid)[0]

    def kernels(self):
        """The template's kernel, and those of its clones."""
        children = Path(f"/proc/{self.keeper()}/task/{self.keeper()}/children").read_text().split()
        return sorted((int(p) for p in children), key=lambda p: host.status(p)["NSpid"].split()[-1] == "1")

    def state(self):
        """What would grow if something leaked."""
        lender, template = self.lender.process.pid, self.kernels()[0]
        return {"lender's descriptors": len(host.descriptors(lender)),
                "lender's memory, KiB": own_kib(lender)[0],
                "template's descriptors": len(host.descriptors(template)),
                "template's memory, KiB": own_kib(template)[0],
                "template's areas": len(Path(f"/proc/{template}/maps").read_text().splitlines()),
                "threads": len(os.listdir(f"/proc/{lender}/task"))}

    def test_many_in_a_row(self):
        for _ in range(50):
            self.run_one("true")
        before = self.state()
        for i in range(CLONES):
            done = self.run_one("echo", str(i))
            self.assertIn(f'"stdout": "{i}\\n"', done.stdout, done.stderr)
        time.sleep(3)
        after = self.state()
        print(f"     | {CLONES} in a row: {before} before, {after} after")
        for name, value in after.items():
            self.assertLessEqual(value, before[name] * 1.1 + 256, f"{name}: {before[name]} before, {value} after")
        self.assertEqual(host.orphans(), [])

    def test_many_at_once(self):
        running = [self.start("sleep", "300") for _ in range(CROWD)]
        try:
            deadline = time.monotonic() + 120
            while sum(t["running"] for t in self.lender.templates().values()) < CROWD:
                self.assertLess(time.monotonic(), deadline, self.lender.templates())
                time.sleep(0.5)
            # One more has room.
            self.assertIn('"start": "clone"', self.run_one("true").stdout)
            self.assertEqual([r for r in running if r.poll() is not None], [])
            some = [own_kib(k) for k in self.kernels()[1:21]]
            print(f"     | {CROWD} at once; kernel of one: {sum(s[0] for s in some) // len(some)} KiB of its own")
        finally:
            for r in running:
                r.kill()
            for r in running:
                r.communicate()
                pe.forget(r)
        self.assertEqual(host.orphans(20), [])

    def test_the_image_reads_right_while_a_thousand_run(self):
        script = "find /usr/bin /usr/lib /etc -type f | sort | xargs md5sum 2>/dev/null | md5sum"
        want = self.lender.pe("run", "--cold", "-t", "60", "shell", "--", "sh", "-c", script).stdout
        self.assertRegex(want, "^[0-9a-f]{32}")
        for _ in range(100):
            crowd = [self.start("true") for _ in range(9)]
            done = self.lender.pe("run", "-t", "60", "shell", "--", "sh", "-c", script)
            self.assertEqual(done.stdout, want, done.stderr)
            for r in crowd:
                r.communicate(timeout=60)
                self.assertEqual(r.returncode, 0)
                pe.forget(r)

    def test_killed_at_any_moment(self):
        """Clones, template, keeper and asker are killed; what is not killed is right, and nothing is left."""
        # No pipeline: the end of one is that of its last part only.
        script = "i=0; while [ $i -lt 300 ]; do i=$((i + 1)); done; echo sum $((i * 7)); m=$(md5sum /bin/sh) || exit; echo $m"
        want = self.lender.pe("run", "--cold", "shell", "--", "sh", "-c", script).stdout
        end, dice = time.monotonic() + SECONDS, random.Random(1)
        rounds = right = 0
        while time.monotonic() < end:
            crowd = [self.start("sh", "-c", script, limit="20") for _ in range(4)]
            time.sleep(dice.random() * 0.03)
            victims = [p for p in host.descendants(self.lender.process.pid) if dice.random() < 0.15]
            victims += [r.pid for r in crowd if dice.random() < 0.05]
            names = [host.describe(pid) for pid in victims]
            for pid in victims:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            for r in crowd:
                out, err = r.communicate(timeout=60)
                # A stub that was killed is a program that ended by SIGSEGV, or a fork that failed.
                if b"Cannot fork" in err:
                    self.assertEqual(r.returncode, 2)
                else:
                    self.assertIn(r.returncode, (0, 125, 139, -signal.SIGKILL), f"{err} after {names}")
                if r.returncode == 0:
                    right += 1
                    self.assertEqual(out.decode(), want, f"{err} after {names}")
                pe.forget(r)
            rounds += 1
        print(f"     | {rounds} rounds, {right} of {4 * rounds} runs lived")
        self.assertGreater(right, rounds)
        self.assertEqual(host.orphans(20), [])

    def test_stress(self):
        """stress-ng's memory, virtual memory and scheduler classes end the same way as in a cold boot."""
        built = self.lender.pe("image", "build", str(STRESS), timeout=900)
        self.assertEqual(built.returncode, 0, built.stderr)
        self.lender.warm("stress")
        for what in ("vm", "memory", "scheduler"):
            told = self.lender.pe("run", "stress", "--", "stress-ng", "--class", what + "?")
            stressors = (told.stdout + told.stderr).split(": ", 1)[1].split()
            self.assertGreater(len(stressors), 10)
            ends = [{s: self.stress(s, how) for s in stressors} for how in ("cold", "clone")]
            worse = {s: (ends[0][s], end) for s, end in ends[1].items() if end != ends[0][s] == ("exited", 0)}
            print(f"     | {what}: {len(stressors)} stressors, {sum(e == ('exited', 0) for e in ends[0].values())} well in a cold "
                  f"boot, {sum(e == ('exited', 0) for e in ends[1].values())} in a clone")
            self.assertEqual(worse, {}, f"{what}: cold, clone")

    def stress(self, stressor, how):
        """How a second of it ends. Some take all the memory there is, which is the end of what runs beside them."""
        deadline = time.monotonic() + 60
        while True:
            done = self.lender.pe("run", "--json", "-t", "60", "-m", "512M", *(["--cold"] if how == "cold" else []), "stress", "--",
                                  "timeout", "20", "stress-ng", "--" + stressor, "1", "--timeout", "1", "--oom-avoid", "--quiet",
                                  timeout=90)
            end = pe.json.loads(done.stdout)
            # The template for so much memory is made when it is first asked for.
            if end["start"] == how:
                return end["outcome"], end.get("code", 0)
            self.assertLess(time.monotonic(), deadline, f"{stressor}: {end}")
