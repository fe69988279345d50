# SPDX-License-Identifier: MIT
"""Programs that will not go, or take everything with them, cannot stop the result from coming back."""

from support.case import Case, each


class Survivor(Case):
    @each({
        "kill all": "kill -9 -1", "kill all then more": "sleep 20 & kill -TERM -1; kill -9 -1; wait",
        "kill init": "kill -9 1; kill -TERM 1; kill -STOP 1; kill -SEGV 1; exit 0",
        "kill the group": "kill -9 0", "stop all": "kill -STOP -1; exit 0",
        "kill parents": "for p in 1 2 3 4 5 6 7 8 9 $PPID; do kill -9 $p; done; exit 0",
    })
    def killer(self, script):
        for user in ("1000", "root"):
            with self.subTest(user=user):
                r = self.sh_job(f"echo kept; echo file > /output/f; {script}", options=["-u", user, "-t", "3"])
                self.assertIn(r.outcome, ("exited", "signaled"))
                self.assertEqual((r.stdout, r.files), (b"kept\n", {"f": b"file\n"}))

    @each({
        "background": "sleep 60 &",
        "daemon": "(setsid sh -c 'trap \"\" HUP TERM INT; sleep 60 & sleep 60' &) &",
        "double fork": "(( sleep 60 & ) & ) &",
        "holding stdout": "setsid sleep 60 >&1 2>&1 <&0 &",
        "closed stdout": "exec 3>&1; setsid sh -c 'exec >&- 2>&-; sleep 60' &",
        "stopped": "sleep 60 & kill -STOP $!",
        "stopping itself": "setsid sh -c 'kill -STOP $$; sleep 60' & sleep 0.1",
        "busy": "for i in 1 2 3; do setsid sh -c 'while :; do :; done' & done",
        "chatty": "setsid yes > /dev/null &",
        "writing to output": "setsid sh -c 'while :; do date > /output/late; done' &",
        "in its own group": "set -m; sleep 60 & set +m",
        "nohup": "nohup sleep 60 > /dev/null 2>&1 &",
    })
    def left_behind(self, script):
        r = self.sh_job(f"echo done; echo file > /output/f; {script}\nexit 3", outcome="exited", timeout=15)
        self.assertEqual((r.code, r.stdout, r.files["f"]), (3, b"done\n", b"file\n"))
        self.assertLess(r.run.seconds, 4)

    def test_a_flood_from_one_left_behind_is_not_part_of_the_result_for_long(self):
        r = self.sh_job("echo done; setsid yes & exit 3", options=["--max-output", "4M"], timeout=15)
        self.assertIn(r.outcome, ("exited", "output_limit"))
        self.assertLess(r.run.seconds, 5)

    def test_the_main_thread_may_end_before_the_others(self):
        script = ("import ctypes, threading, time\n"
                  "def work():\n    time.sleep(0.3); print('worked', flush=True)\n    import os; os._exit(5)\n"
                  "threading.Thread(target=work).start()\nctypes.CDLL(None).syscall(60, 0)\n")
        r = self.job("python3", "-c", script, image="python3", outcome="exited")
        self.assertEqual((r.code, r.stdout), (5, b"worked\n"))

    def test_being_traced_by_its_own_child(self):
        script = ("import ctypes, os, time\nc = ctypes.CDLL(None)\nme = os.getpid()\nc.prctl(0x59616d61, -1)\n"
                  "if os.fork() == 0:\n    c.ptrace(16, me, 0, 0); time.sleep(60)\n"
                  "time.sleep(0.3); print('here', flush=True); os._exit(4)\n")
        r = self.job("python3", "-c", script, image="python3", options=["-t", "2"])
        self.assertIn(r.outcome, ("exited", "timeout"))
        self.assertLess(r.run.seconds, 5)

    def test_result_of_a_run_in_which_all_processes_were_killed_by_memory(self):
        r = self.job("python3", "-c", "import os\nprint('begun', flush=True)\nos.fork(); os.fork()\nx = []\n"
                     "while 1: x.append(b'x' * (1 << 20))", image="python3", options=["-m", "128M"])
        self.assertIn(r.outcome, ("out_of_memory", "exited"))
        self.assertTrue(r.stdout.startswith(b"begun\n"))
