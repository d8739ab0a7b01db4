#!/usr/bin/env python3
"""Bad surroundings: an occupied port, a full disk, no privilege, broken kubeconfigs and YAML. One sentence, the fix, the
exit code, and nothing half-done. Needs root, no node."""
import os
import socket
import subprocess
import tempfile
import unittest

import support

NAME = "bad"  # the instance that never comes up


def run(*words, env=None, inside=None):
    command = [*(inside or []), support.MESHKA, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                          env={**os.environ, "PATH": support.path(), **(env or {})})


class BadInput(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="meshka-bad-")
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder], check=True)

    def refused(self, done, code, *sentences):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for sentence in sentences:
            self.assertIn(sentence, done.stderr + done.stdout)

    def nothing_left(self):
        self.assertFalse(os.path.exists(f"/run/meshka-{NAME}"))
        links = support.run("ip", "-o", "link").stdout
        self.assertNotIn(f"mk-{NAME}", links)
        self.assertIn("not up", run("env", "--name", NAME).stderr)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def config(self, server):
        return self.write("config", "apiVersion: v1\nkind: Config\ncurrent-context: far\n"
                          f"clusters: [{{name: far, cluster: {{server: '{server}'}}}}]\n"
                          "users: [{name: far, user: {}}]\ncontexts: [{name: far, context: {cluster: far, user: far}}]\n")

    def test_occupied_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            self.refused(run("up", "--name", NAME, "--api-port", port), 3, f"127.0.0.1:{port} is taken by another program",
                         "--api-port")
            self.refused(run("apiserver", "--data-dir", self.folder + "/d", "--listen", f"127.0.0.1:{port}",
                             "--kubeconfig-out", self.folder + "/k"), 1, f"127.0.0.1:{port}")
        self.assertFalse(os.path.exists(self.folder + "/k"))
        self.nothing_left()

    def test_too_little_disk(self):
        done = run("up", "--name", NAME, inside=["unshare", "--mount", "sh", "-c",
                                                 'mount -t tmpfs -o size=16m tmpfs /var/lib && exec "$@"', "sh"])
        self.refused(done, 3, "MB free for /var/lib/meshka-" + NAME, "the node needs")
        self.nothing_left()

    def test_missing_privilege(self):
        # Where a user who is not root can reach it.
        program = os.path.join("/tmp", f"meshka-{os.getpid()}")
        self.addCleanup(lambda: os.path.exists(program) and os.remove(program))
        subprocess.run(["cp", support.MESHKA, program], check=True)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "up", "--name", NAME],
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        self.refused(done, 3, "root")
        self.nothing_left()

    def test_kubeconfigs(self):
        broken = self.write("broken", "clusters: [\n")
        absent = self.folder + "/absent"
        dead = self.config("http://127.0.0.1:1")
        self.refused(run("vcluster", "create", "x", "-n", "x", env={"KUBECONFIG": broken}), 2, broken)
        self.refused(run("vcluster", "create", "x", "-n", "x", env={"KUBECONFIG": absent}), 1, "no kubeconfig", "meshka env")
        self.refused(run("vcluster", "create", "x", "-n", "x", "--context", "nobody", env={"KUBECONFIG": dead}), 1, "nobody")
        self.refused(run("vcluster", "create", "x", "-n", "x", env={"KUBECONFIG": dead}), 1, "127.0.0.1:1")
        for words in (["install", "--license", "none"],
                      ["cluster", "register", "c1", "--remote-context", "far", "--relay-server-address", "127.0.0.1:1"]):
            with self.subTest(words=words):
                self.refused(run("meshctl", *words, env={"KUBECONFIG": broken}), 2, broken)
                self.refused(run("meshctl", *words, env={"KUBECONFIG": dead}), 1, "127.0.0.1:1")

    def test_malformed_yaml(self):
        values = self.write("values.yaml", "isolation:\n  enabled: [true\n")
        self.refused(run("vcluster", "create", "x", "-n", "x", "-f", values, env={"KUBECONFIG": self.config("http://127.0.0.1:1")}),
                     2, values)
        self.refused(run("meshctl", "install", "--chart-values-file", values, "--dry-run", "--license", ""), 2, values)


if __name__ == "__main__":
    support.require_machine()
    unittest.main()
