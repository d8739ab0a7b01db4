#!/usr/bin/env python3
"""`meshka down --purge` leaves nothing: links, addresses, routes, namespaces, mounts, nft tables, cgroups, processes,
/run and sysctls are as before; also after the node's first process was killed, and when `up` was interrupted or killed
at many points. Two nodes live beside each other, and ending one leaves the other alone."""
import os
import shutil
import signal
import subprocess
import time
import unittest

import support

NAME = "downtest"
OTHER = "downtest2"
INTERRUPTIONS = 20


def meshka(*words, name=NAME, check=True):
    return support.run(support.MESHKA, words[0], "--name", name, *words[1:], check=check, timeout=150)


def status(name=NAME):
    import json
    return json.loads(support.run(support.MESHKA, "status", "--name", name, "-o", "json", check=False).stdout)


def kubectl(*words, name=NAME):
    return support.run("kubectl", "--kubeconfig", f"/var/lib/meshka-{name}/kubeconfig", *words)


class Down(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for name in (NAME, OTHER):
            meshka("down", "--purge", name=name)
        cls.before = support.machine([NAME])
        cls.files = sorted(os.listdir("/var/lib"))

    def tearDown(self):
        for name in (NAME, OTHER):
            meshka("down", "--purge", name=name)

    def expect_nothing_left(self):
        self.assertEqual(support.differences(self.before, support.machine([NAME])), [])

    def test_purge_leaves_nothing(self):
        meshka("up")
        kubectl("get", "nodes")
        meshka("down", "--purge")
        self.expect_nothing_left()
        self.assertEqual(sorted(os.listdir("/var/lib")), self.files)

    def test_images_stay_without_purge(self):
        meshka("up")
        meshka("down")
        self.expect_nothing_left()
        self.assertEqual(os.listdir(f"/var/lib/meshka-{NAME}"), ["containerd"])

    def test_up_twice_and_down_twice(self):
        meshka("up")
        again = meshka("up")
        self.assertIn("is up already", again.stdout)
        meshka("down")
        self.assertIn("was not up", meshka("down").stdout)

    def test_after_kill(self):
        meshka("up")
        os.kill(status()["pid"], signal.SIGKILL)
        support.eventually("the node is seen dead", lambda: status()["state"] == "dead", 5)
        meshka("down", "--purge")
        self.expect_nothing_left()

    def test_up_after_kill(self):
        meshka("up")
        os.kill(status()["pid"], signal.SIGKILL)
        meshka("up")
        kubectl("wait", f"node/meshka-{NAME}", "--for=condition=Ready", "--timeout=10s")

    def interrupted_ups(self, sent):
        """`up` many times, each sent the signal a little later: points in time, not states, as Ctrl-C is."""
        meshka("up")  # images are there from now on: the interruptions hit all phases, not only the import
        meshka("down")
        start = time.monotonic()
        meshka("up")
        whole = time.monotonic() - start
        meshka("down")
        for i in range(INTERRUPTIONS):
            up = subprocess.Popen([support.MESHKA, "up", "--name", NAME], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
            try:
                up.communicate(timeout=whole * (i + 0.5) / INTERRUPTIONS)
            except subprocess.TimeoutExpired:
                os.killpg(up.pid, sent)
            yield i, up, *up.communicate(timeout=60)

    def test_interrupted_up(self):
        for i, up, out, err in self.interrupted_ups(signal.SIGINT):
            with self.subTest(point=i, code=up.returncode):
                self.assertIn(up.returncode, (0, 130, -signal.SIGINT), out + err)
                if up.returncode != 0:
                    self.expect_nothing_left()
            meshka("down")
            self.expect_nothing_left()

    def test_killed_up(self):
        """SIGKILL of `up`, at every second point of the node too: `down` finds all that is there."""
        killed = 0
        for i, up, _, _ in self.interrupted_ups(signal.SIGKILL):
            killed += up.returncode == -signal.SIGKILL
            if i % 2 and status()["pid"] > 0:
                os.kill(status()["pid"], signal.SIGKILL)
            with self.subTest(point=i):
                meshka("down")
                self.expect_nothing_left()
        self.assertGreater(killed, INTERRUPTIONS / 2)

    def test_two_nodes(self):
        meshka("up")
        meshka("up", name=OTHER)
        a, b = status(), status(OTHER)
        for key in ("apiPort", "loadBalancerRange", "nodeAddress", "kubeconfig"):
            self.assertNotEqual(a[key], b[key])
        kubectl("create", "ns", "only-here")
        self.assertNotIn("only-here", kubectl("get", "ns", "-o", "name", name=OTHER).stdout)
        meshka("down", "--purge")
        kubectl("wait", f"node/meshka-{OTHER}", "--for=condition=Ready", "--timeout=10s", name=OTHER)
        self.assertIn(b["loadBalancerRange"], support.run("ip", "route").stdout)
        meshka("down", "--purge", name=OTHER)
        self.expect_nothing_left()

    def test_occupied_port(self):
        import socket
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            port = s.getsockname()[1]
            done = meshka("up", "--api-port", str(port), check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"127.0.0.1:{port} is taken by another program", done.stderr)
        self.assertIn("--api-port", done.stderr)
        self.expect_nothing_left()

    def test_refusals(self):
        for words, code, sentence in (
                (("up", "--overcommit", "much"), 2, "flag --overcommit"),
                (("up", "--api-port", "70000"), 2, "is not a port"),
                (("up", "--frobnicate"), 2, "unknown flag: --frobnicate"),
                (("env",), 1, "is not up"),
        ):
            done = meshka(*words, check=False)
            self.assertEqual((done.returncode, sentence in done.stderr), (code, True), done.stderr)
        bad = support.run(support.MESHKA, "up", "--name", "a_b", check=False)
        self.assertEqual(bad.returncode, 2)
        self.assertIn('instance name "a_b" is not valid', bad.stderr)
        self.expect_nothing_left()

    def test_missing_privilege(self):
        setpriv = shutil.which("setpriv")
        self.assertTrue(setpriv, "setpriv (util-linux) is on every Debian")
        done = support.run(setpriv, "--reuid", "65534", "--clear-groups", support.MESHKA, "up", "--name", NAME, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("not root", done.stderr)
        self.expect_nothing_left()


if __name__ == "__main__":
    support.require_machine()
    unittest.main()
