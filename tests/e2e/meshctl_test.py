#!/usr/bin/env python3
"""meshctl against API servers as plain processes, on loopback: install, register with TLS, list, check, deregister,
uninstall, the UI's programs, and clusters and relays that do not answer. What a node would do for Deployments and LoadBalancers is
done here by hand. Needs neither root nor containerd, only the programs of tools/install."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

import mgmt_test
import support

SECRETS = {"server": "relay-server-tls-secret", "signing": "relay-tls-signing-secret", "token": "relay-identity-token-secret"}
WORKSPACE = """
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: "shop", namespace: gloo-mesh}
spec: {workloadClusters: [{name: cluster-1, namespaces: [{name: "<b>shop"}]}]}
"""
READY = '{"status":{"observedGeneration":99,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1}}'
ADDRESS = '{"status":{"loadBalancer":{"ingress":[{"ip":"127.0.0.1"}]}}}'


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode(), e.headers


class Meshctl(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.plane = mgmt_test.Plane(self.directory.name)
        self.kubeconfig = os.path.join(self.directory.name, "kubeconfig")

    def tearDown(self):
        if sys.exc_info()[0] is not None:
            print(self.plane.logged(), file=sys.stderr)
        self.plane.end_all()
        self.directory.cleanup()

    def start_api(self, cluster):
        self.plane.spawn(cluster, support.MESHKA, "apiserver", "--data-dir", os.path.join(self.directory.name, cluster),
                         "--listen", "127.0.0.1:0", "--kubeconfig-out", self.plane.kubeconfig(cluster), "--kubernetes-version", "1.22")
        support.eventually(f"{cluster} answers", lambda: os.path.exists(self.plane.kubeconfig(cluster)) and
                           self.plane.kubectl(cluster, "get", "ns", check=False))

    def write_kubeconfig(self, *clusters):
        merged = {"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [], "contexts": []}
        for cluster in clusters:
            one = json.loads(self.plane.kubectl(cluster, "config", "view", "--raw", "-o", "json"))
            for part in ("clusters", "users"):
                merged[part].append({**one[part][0], "name": cluster})
            merged["contexts"].append({"name": cluster, "context": {"cluster": cluster, "user": cluster}})
        with open(self.kubeconfig, "w") as f:
            json.dump(merged, f)

    def meshctl(self, *words, code=0, timeout=60):
        done = subprocess.run([support.MESHKA, "meshctl", *words], capture_output=True, text=True, timeout=timeout,
                              env={**os.environ, "KUBECONFIG": self.kubeconfig}, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def make_ready(self, cluster, *names):
        """What controllers, nodes and the load balancer do, as soon as the objects are there."""
        def work():
            for name in names:
                kind = ("deployment", READY) if name != "address" else ("service", ADDRESS)
                target = name if name != "address" else "gloo-mesh-mgmt-server"
                support.eventually(f"{kind[0]} {target}", lambda: self.plane.kubectl(
                    cluster, "patch", kind[0], target, "-n", "gloo-mesh", "--subresource=status", "--type=merge", "-p", kind[1]))
        thread = threading.Thread(target=work)
        thread.start()
        self.addCleanup(thread.join)

    def secret(self, cluster, name, key):
        return base64.b64decode(self.plane.kubectl(cluster, "get", "secret", name, "-n", "gloo-mesh", "-o",
                                                   "jsonpath={.data.%s}" % key.replace(".", "\\.")))

    def mounted(self, cluster, secret, *keys):
        directory = os.path.join(self.directory.name, cluster + "-" + secret)
        os.makedirs(directory, exist_ok=True)
        for key in keys:
            with open(os.path.join(directory, key), "wb") as f:
                f.write(self.secret(cluster, secret, key))
        return directory

    def start_server(self):
        pem = ("ca.crt", "tls.crt", "tls.key")
        p = self.plane
        p.spawn("server", support.MESHKA, "mgmt-server", f"--grpc-listen=127.0.0.1:{p.relay}", f"--health-listen=127.0.0.1:{p.health}",
                "--stats-listen=127.0.0.1:0", "--server-tls", self.mounted("mgmt", SECRETS["server"], *pem), "--signing-tls",
                self.mounted("mgmt", SECRETS["signing"], *pem), "--token-file",
                self.mounted("mgmt", SECRETS["token"], "token") + "/token", "--kubeconfig", p.kubeconfig("mgmt"))
        support.eventually("the management server is ready", lambda: mgmt_test.ready(p.health)[0] == 200)

    def start_agent_when_asked(self):
        """As the pod would: with the files that registration puts into the cluster."""
        def work():
            support.eventually("the token", lambda: self.secret("cluster-1", SECRETS["token"], "token"))
            spec = json.loads(support.eventually("the agent", lambda: self.plane.kubectl(
                "cluster-1", "get", "deployment", "gloo-mesh-agent", "-n", "gloo-mesh", "-o", "json")))
            args = spec["spec"]["template"]["spec"]["containers"][0]["args"]
            files = {"root-tls": self.mounted("cluster-1", "relay-root-tls-secret", "ca.crt"),
                     "token-file": self.mounted("cluster-1", SECRETS["token"], "token") + "/token"}
            here = {**files, "grpc-listen": "127.0.0.1:0", "http-listen": "127.0.0.1:0", "stats-listen": "127.0.0.1:0"}
            words = [a for a in args if a.split("=")[0][2:] not in here] + [f"--{k}={v}" for k, v in here.items()]
            self.plane.spawn("agent", support.MESHKA, *words, "--kubeconfig", self.plane.kubeconfig("cluster-1"))
        thread = threading.Thread(target=work)
        thread.start()
        self.addCleanup(thread.join)

    def test_install_register_and_remove(self):
        for cluster in ("mgmt", "cluster-1"):
            self.start_api(cluster)
        self.write_kubeconfig("mgmt", "cluster-1")
        four = ("gloo-mesh-mgmt-server", "gloo-mesh-redis", "gloo-mesh-ui", "prometheus-server")
        self.make_ready("mgmt", *four, "address")
        install = ("install", "--kubecontext", "mgmt", "--license", "none", "--version", "2.0.0-beta20")
        said = self.meshctl(*install)
        self.assertIn("custom resource definitions: 38 created", said)
        self.assertIn("relay address: 127.0.0.1:9900", said)
        token = self.secret("mgmt", SECRETS["token"], "token")
        self.assertIn("token: kept", self.meshctl(*install))
        self.assertEqual(token, self.secret("mgmt", SECRETS["token"], "token"))
        self.assertEqual(self.plane.kubectl("mgmt", "get", "kubernetescluster,mesh", "-n", "gloo-mesh", "-o", "name"), "")
        self.assertIn("no cluster is registered", self.meshctl("check", "--kubecontext", "mgmt"))

        self.start_server()
        self.start_agent_when_asked()
        self.make_ready("cluster-1", "gloo-mesh-agent")
        register = ("cluster", "register", "--kubecontext=mgmt", "--remote-context=cluster-1", "--relay-server-address",
                    f"127.0.0.1:{self.plane.relay}", "--version", "2.0.0-beta20")
        said = self.meshctl(*register, "cluster_1", timeout=90)
        self.assertIn('Registering cluster cluster-1 (typed "cluster_1")', said)
        self.assertIn("bootstrap token removed", said)
        self.assertNotIn("token", self.plane.kubectl("cluster-1", "get", "secrets", "-n", "gloo-mesh", "-o", "name"))
        self.assertIn("cluster-1   gloo-mesh   connected", self.meshctl("cluster", "list", "--kubecontext", "mgmt"))
        self.assertEqual(json.loads(self.meshctl("cluster", "list", "--kubecontext", "mgmt", "-o", "json"))[0]["givenName"], "cluster_1")
        self.pages()

        self.plane.kubectl("mgmt", "scale", "deployment", "gloo-mesh-redis", "-n", "gloo-mesh", "--replicas=0")
        self.assertIn("gloo-mesh-redis is scaled to 0", self.meshctl("check", "--kubecontext", "mgmt", code=1))
        shown = json.loads(self.meshctl("version", "--kubecontext", "mgmt"))
        self.assertEqual(shown["server"][0]["Namespace"], "gloo-mesh")
        self.assertEqual(len(shown["server"][0]["components"]), 4)

        self.plane.end("agent")
        self.meshctl("cluster", "deregister", "--kubecontext=mgmt", "--remote-context=cluster-1", "cluster_1")
        self.assertEqual(self.plane.kubectl("mgmt", "get", "kubernetescluster", "-A", "-o", "name"), "")
        self.assertEqual(self.plane.kubectl("cluster-1", "get", "deployments,secrets", "-n", "gloo-mesh", "-o", "name"), "")
        self.meshctl("uninstall", "--kubecontext", "mgmt")
        self.assertEqual(self.plane.kubectl("mgmt", "get", "deployments", "-n", "gloo-mesh", "-o", "name"), "")
        self.assertIn("nothing to uninstall", self.meshctl("uninstall", "--kubecontext", "mgmt", code=1))

    def test_a_relay_that_does_not_answer(self):
        for cluster in ("mgmt", "cluster-1"):
            self.start_api(cluster)
        self.write_kubeconfig("mgmt", "cluster-1")
        self.make_ready("mgmt", "gloo-mesh-mgmt-server", "gloo-mesh-redis", "gloo-mesh-ui", "prometheus-server", "address")
        self.meshctl("install", "--kubecontext", "mgmt", "--license", "none")
        self.make_ready("cluster-1", "gloo-mesh-agent")  # the pod runs, and asks in vain
        nobody = f"127.0.0.1:{mgmt_test.free_port()}"
        said = self.meshctl("cluster", "register", "--kubecontext=mgmt", "--remote-context=cluster-1", "--relay-server-address",
                            nobody, "c1", code=1, timeout=90)
        self.assertIn(f"relay address {nobody} does not answer from here", said)
        self.assertIn(f"the agent did not connect to {nobody} within", said)
        self.assertIn("is --relay-server-address right?; the agent was removed again", said)
        self.assertEqual(self.plane.kubectl("cluster-1", "get", "deployments,secrets", "-n", "gloo-mesh", "-o", "name"), "")
        self.assertEqual(self.plane.kubectl("mgmt", "get", "kubernetescluster", "-A", "-o", "name"), "")

    def pages(self):
        api, health, console = (mgmt_test.free_port() for _ in range(3))
        self.plane.kubectl("mgmt", "apply", "-f", "-", stdin=WORKSPACE)
        self.plane.spawn("api", support.MESHKA, "mgmt-ui", "api", "--listen", f"127.0.0.1:{api}", "--health-listen",
                         f"127.0.0.1:{health}", "--kubeconfig", self.plane.kubeconfig("mgmt"))
        self.plane.spawn("console", support.MESHKA, "mgmt-ui", "console", "--listen", f"127.0.0.1:{console}", "--api",
                         f"http://127.0.0.1:{api}")
        support.eventually("the API is ready", lambda: mgmt_test.ready(health)[0] == 200)
        support.eventually("the pages are ready", lambda: mgmt_test.ready(console)[0] == 200)
        seen = json.loads(get(api, "/api/v1/overview")[1])
        self.assertEqual([(c["name"], c["givenName"], c["connected"]) for c in seen["clusters"]], [("cluster-1", "cluster_1", True)])
        self.assertEqual(len(seen["components"]), 4)
        support.eventually("the workspace", lambda: "shop" in get(console, "/")[1])
        status, page, headers = get(console, "/")
        self.assertEqual(status, 200)
        self.assertIn("default-src 'none'", headers["content-security-policy"])
        self.assertNotIn("<script", page)
        self.assertNotIn("<b>shop", page)
        self.assertEqual(get(api, "/api/v1/nothing")[0], 404)
        self.assertEqual(get(console, "/nothing")[0], 404)
        self.plane.end("api")
        self.assertEqual(get(console, "/")[0], 502)

    def test_sentences(self):
        self.start_api("mgmt")
        self.write_kubeconfig("mgmt")
        self.assertIn("no management server in namespace gloo-mesh", self.meshctl(
            "cluster", "register", "--kubecontext=mgmt", "--remote-context=mgmt", "c1", code=1))
        self.assertIn("--remote-context is required", self.meshctl("cluster", "register", "--kubecontext=mgmt", "c1", code=2))
        self.assertIn('context "nobody"', self.meshctl("install", "--kubecontext", "nobody", code=1))
        self.assertIn("no management server", self.meshctl("check", "--kubecontext", "mgmt", code=1))
        self.assertEqual(self.plane.kubectl("mgmt", "get", "crd", "-o", "name"), "")
        self.plane.end("mgmt")
        self.assertIn('cluster of context "mgmt" at https://127.0.0.1:', self.meshctl("install", "--kubecontext", "mgmt", code=1))
        with open(self.kubeconfig, "w") as f:
            f.write("clusters: [")
        self.assertIn(self.kubeconfig, self.meshctl("install", code=2))


if __name__ == "__main__":
    if not os.path.exists(mgmt_test.KUBECTL):
        print("SKIPPED: no kubectl in build/tools/bin (make build)")
        sys.exit(support.SKIPPED)
    unittest.main()
