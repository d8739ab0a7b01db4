#!/usr/bin/env python3
"""The management plane as plain processes: three API servers, the management server with a Redis, two agents, on
loopback. Needs neither root nor containerd, only the programs of tools/install."""
import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import support

KUBECTL = os.path.join(support.TOOLS, "kubectl")
REDIS = shutil.which("redis-check-rdb")  # the server program, under another name (deploy/images.yaml)
CLUSTER = """
apiVersion: admin.gloo.solo.io/v2
kind: KubernetesCluster
metadata: {name: %s, namespace: gloo-mesh}
spec: {clusterDomain: cluster.local}
"""
MESH = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "trustDomain: %s"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod, namespace: istio-system, labels: {app: istiod}}
spec:
  selector: {matchLabels: {app: istiod}}
  template:
    metadata: {labels: {app: istiod}}
    spec: {serviceAccountName: istiod, containers: [{name: discovery, image: "example.com/pilot:1.11.7-test"}]}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()
    except OSError as e:
        return 0, str(e)


class Plane:
    def __init__(self, directory):
        self.directory, self.processes, self.log = directory, {}, open(os.path.join(directory, "log"), "ab")
        self.relay, self.health = free_port(), free_port()
        self.redis = free_port() if REDIS else None

    def spawn(self, name, *command, **more):
        self.processes[name] = subprocess.Popen(command, stdout=self.log, stderr=self.log, **more)

    def kubeconfig(self, cluster):
        return os.path.join(self.directory, cluster + ".kubeconfig")

    def kubectl(self, cluster, *words, stdin=None, check=True):
        done = subprocess.run([KUBECTL, "--kubeconfig", self.kubeconfig(cluster), *words], input=stdin, text=True,
                              capture_output=True, timeout=30, env={**os.environ, "HOME": self.directory})
        if check and done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout.strip()

    def start_api(self, cluster):
        self.spawn(cluster, support.MESHKA, "apiserver", "--data-dir", os.path.join(self.directory, cluster), "--listen",
                   "127.0.0.1:0", "--kubeconfig-out", self.kubeconfig(cluster), "--kubernetes-version", "1.22")
        support.eventually(f"{cluster} answers", lambda: os.path.exists(self.kubeconfig(cluster)) and
                           self.kubectl(cluster, "get", "ns", check=False))
        crds = subprocess.run([support.MESHKA, "meshctl", "install", "--dry-run"], capture_output=True, text=True,
                              check=True, timeout=30).stdout
        crds = "---\n".join(d for d in crds.split("---\n") if "kind: CustomResourceDefinition" in d)
        self.kubectl(cluster, "apply", "-f", "-", stdin=crds)
        self.kubectl(cluster, "create", "namespace", "gloo-mesh")

    def start_redis(self):
        program = os.path.join(self.directory, "redis-server")
        if not os.path.exists(program):
            shutil.copy(REDIS, program)
        self.spawn("redis", program, "--port", str(self.redis), "--bind", "127.0.0.1", "--save", "", "--dir", self.directory)

    def start_server(self):
        redis = f"127.0.0.1:{self.redis}" if self.redis else ""
        self.spawn("server", support.MESHKA, "mgmt-server", f"--grpc-listen=127.0.0.1:{self.relay}",
                   f"--health-listen=127.0.0.1:{self.health}", "--stats-listen=127.0.0.1:0", f"--redis={redis}", "--insecure",
                   "--kubeconfig", self.kubeconfig("mgmt"))
        support.eventually("the management server is ready", lambda: ready(self.health)[0] == 200)

    def start_agent(self, cluster, port):
        self.spawn("agent-" + cluster, support.MESHKA, "mgmt-agent", f"--cluster={cluster}", f"--given-name={cluster}",
                   f"--relay-server=127.0.0.1:{self.relay}", "--insecure", "--grpc-listen=127.0.0.1:0",
                   f"--http-listen=127.0.0.1:{port}", "--stats-listen=127.0.0.1:0", "--kubeconfig", self.kubeconfig(cluster))

    def end(self, name, how=signal.SIGTERM):
        process = self.processes.pop(name)
        process.send_signal(how)
        process.wait(timeout=20)

    def end_all(self):
        for name in list(self.processes):
            self.end(name, signal.SIGKILL)

    def logged(self):
        return support.read(os.path.join(self.directory, "log"))


class ManagementPlane(unittest.TestCase):
    def test_registration_discovery_trust_and_restart(self):
        with tempfile.TemporaryDirectory() as directory:
            plane = Plane(directory)
            try:
                self.walk(plane)
            except BaseException:
                print(plane.logged(), file=sys.stderr)
                raise
            finally:
                plane.end_all()

    def walk(self, plane):
        for cluster in ("mgmt", "cluster-1", "cluster-2"):
            plane.start_api(cluster)
        if REDIS:
            plane.start_redis()
        plane.start_server()
        ports = {cluster: free_port() for cluster in ("cluster-1", "cluster-2")}
        for cluster, port in ports.items():
            plane.start_agent(cluster, port)
            support.eventually("the agent says why it is not ready", lambda: "is not registered" in ready(port)[1])
            self.assertEqual(ready(port)[0], 503)
            plane.kubectl("mgmt", "apply", "-f", "-", stdin=CLUSTER % cluster)
            support.eventually("the agent is ready", lambda: ready(port)[0] == 200)
            plane.kubectl(cluster, "create", "namespace", "istio-system")
            plane.kubectl(cluster, "apply", "-f", "-", stdin=MESH % cluster)
        self.assertEqual(plane.kubectl("mgmt", "get", "kubernetescluster", "-n", "gloo-mesh", "-o", "name").split(),
                         [f"kubernetescluster.admin.gloo.solo.io/{c}" for c in ports])
        names = [f"mesh.internal.gloo.solo.io/istiod-istio-system-{c}" for c in ports]
        for cluster, name in zip(ports, names):
            self.found(plane, cluster, [name])
        self.found(plane, "mgmt", names)
        self.trust(plane, ports)
        self.restart(plane, ports, names)

    def found(self, plane, cluster, names):
        support.eventually(f"meshes of {cluster}", lambda: plane.kubectl(
            cluster, "get", "mesh", "-n", "gloo-mesh", "-o", "name").split() == names)

    def secret(self, plane, cluster, key):
        value = plane.kubectl(cluster, "get", "secret", "cacerts", "-n", "istio-system", "-o",
                              "jsonpath={.data.%s}" % key.replace(".", "\\."), check=False)
        return base64.b64decode(value).decode()

    def trust(self, plane, clusters):
        for cluster in clusters:
            support.eventually("an authority", lambda: "CERTIFICATE" in self.secret(plane, cluster, "ca-cert.pem"))
            support.eventually("it is told as issued", lambda: plane.kubectl(
                cluster, "get", "issuedcertificate", "-n", "istio-system", "-o", "jsonpath={.items[0].status.state}") == "ISSUED")
        one, two = (self.secret(plane, c, "root-cert.pem") for c in clusters)
        self.assertEqual(one, two)
        self.assertNotEqual(*(self.secret(plane, c, "ca-key.pem") for c in clusters))

    def restart(self, plane, ports, names):
        before = plane.kubectl("mgmt", "get", "mesh", "-n", "gloo-mesh", "-o", "jsonpath={.items[*].metadata.uid}")
        authority = self.secret(plane, "cluster-1", "ca-cert.pem")
        plane.end("server", signal.SIGKILL)
        support.eventually("the agent notices", lambda: ready(ports["cluster-1"])[0] == 503)
        plane.start_server()
        for port in ports.values():
            support.eventually("the agent is back", lambda: ready(port)[0] == 200)
        self.found(plane, "mgmt", names)
        self.assertEqual(before, plane.kubectl("mgmt", "get", "mesh", "-n", "gloo-mesh", "-o", "jsonpath={.items[*].metadata.uid}"))
        self.assertEqual(authority, self.secret(plane, "cluster-1", "ca-cert.pem"))
        if REDIS:
            self.assertEqual(plane.logged().count("snapshot restored"), 2)
            self.assertEqual(plane.logged().count("resumed=yes"), 2)


if __name__ == "__main__":
    if not os.path.exists(KUBECTL):
        print("SKIPPED: no kubectl in build/tools/bin (make build)")
        sys.exit(support.SKIPPED)
    unittest.main()
