#!/usr/bin/env python3
"""istioctl against a plain API server: every object is stored, a second run writes nothing, removal leaves nothing.
Nothing runs there, so the test says itself that the Deployments are ready. Needs neither root nor a node."""
import base64
import json
import os
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

import support

OPERATOR = os.path.join(support.ROOT, "src", "mesh", "install", "testdata", "workshop.yaml")
LISTS = (["/apis/apiextensions.k8s.io/v1/customresourcedefinitions"]
         + [f"/apis/rbac.authorization.k8s.io/v1/{kind}" for kind in ("clusterroles", "clusterrolebindings", "roles", "rolebindings")]
         + [f"/api/v1/{kind}" for kind in ("serviceaccounts", "configmaps", "services")]
         + [f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations" for kind in ("mutating", "validating")]
         + ["/apis/apps/v1/deployments", "/apis/policy/v1/poddisruptionbudgets", "/apis/autoscaling/v1/horizontalpodautoscalers",
            "/apis/networking.istio.io/v1alpha3/envoyfilters"])
OWNED = "labelSelector=operator.istio.io/component"


class Server:
    def __init__(self, folder):
        self.kubeconfig = os.path.join(folder, "kubeconfig")
        self.process = subprocess.Popen([support.MESHKA, "apiserver", "--data-dir", folder, "--listen", "127.0.0.1:0",
                                         "--kubeconfig-out", self.kubeconfig, "--kubernetes-version", "1.22"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        support.eventually("the kubeconfig", lambda: os.path.exists(self.kubeconfig) and support.read(self.kubeconfig))
        done = support.run(os.path.join(support.TOOLS, "kubectl"), "--kubeconfig", self.kubeconfig, "config", "view", "--raw", "-o", "json")
        config = json.loads(done.stdout)
        self.address = config["clusters"][0]["cluster"]["server"]
        self.context = ssl._create_unverified_context()
        user = config["users"][0]["user"]
        pem = os.path.join(folder, "user.pem")
        with open(pem, "wb") as f:
            f.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
        self.context.load_cert_chain(pem)

    def ask(self, path, method="GET", body=None):
        request = urllib.request.Request(self.address + path, method=method, data=json.dumps(body).encode() if body else None,
                                         headers={"Content-Type": "application/merge-patch+json"})
        with urllib.request.urlopen(request, context=self.context, timeout=10) as answer:
            return json.load(answer)

    def owned(self):
        """kind of list/name -> resourceVersion of everything that the installation owns."""
        out = {}
        for path in LISTS:
            try:
                items = self.ask(f"{path}?{OWNED}")["items"]
            except urllib.error.HTTPError as e:
                if e.code != 404:
                    raise
                continue
            for item in items:
                out[path + "/" + item["metadata"]["name"]] = item["metadata"]["resourceVersion"]
        return out

    def make_ready(self, stop):
        base = "/apis/apps/v1/namespaces/istio-system/deployments"
        while not stop.wait(0.05):
            for item in self.ask(base)["items"]:
                if "readyReplicas" not in item.get("status", {}):
                    status = {"observedGeneration": item["metadata"]["generation"], "updatedReplicas": 1, "readyReplicas": 1, "replicas": 1}
                    self.ask(f"{base}/{item['metadata']['name']}/status", "PATCH", {"status": status})

    def close(self):
        self.process.terminate()
        self.process.wait(10)


class Istioctl(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.server = Server(self.folder.name)
        self.addCleanup(self.server.close)
        self.operator = support.read(OPERATOR).replace("${CLUSTER_NAME}", "vcluster_cluster1_cluster1")
        self.file = os.path.join(self.folder.name, "operator.yaml")
        with open(self.file, "w") as f:
            f.write(self.operator)

    def istioctl(self, *words, text=None):
        return subprocess.run([support.MESHKA, "istioctl", *words, "-c", self.server.kubeconfig], input=text, capture_output=True, text=True,
                              timeout=60)

    def test_install_again_and_remove(self):
        stop = threading.Event()
        ready = threading.Thread(target=self.server.make_ready, args=(stop,))
        ready.start()
        self.addCleanup(ready.join)
        self.addCleanup(stop.set)
        done = self.istioctl("install", "-y", "-f", "-", text=self.operator)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        marks = [line for line in done.stderr.splitlines() if line.startswith("✔")]
        self.assertEqual(marks, ["✔ Istio core installed", "✔ Istiod installed", "✔ Ingress gateways installed", "✔ Installation complete"])
        self.assertEqual(done.stderr.count("has an underscore"), 1)
        self.assertNotIn("\x1b", done.stderr)

        before = self.server.owned()
        self.assertEqual(len(before), 62)
        labels = self.server.ask("/api/v1/namespaces/istio-system")["metadata"]["labels"]
        self.assertEqual(labels["topology.istio.io/network"], "vcluster_cluster1_cluster1")
        again = self.istioctl("install", "-y", "-f", "-", "--verify", text=self.operator)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("no changes", again.stderr)
        self.assertEqual(self.server.owned(), before)
        self.assertIn("✔ Istio is installed and verified successfully", again.stdout)

        gone = self.istioctl("x", "uninstall", "--purge", "-y")
        self.assertEqual(gone.returncode, 0, gone.stderr)
        self.assertIn("✔ Uninstall complete", gone.stderr)
        self.assertEqual(self.server.owned(), {})

    def test_what_never_becomes_ready(self):
        done = self.istioctl("install", "-y", "-f", "-", "--readiness-timeout", "1s", text=self.operator)
        self.assertEqual(done.returncode, 1)
        self.assertIn("✘ Istiod encountered an error: failed to wait for resource: resources not ready after 1s: timed out waiting for "
                      "the condition\n  Deployment/istio-system/istiod (no pod yet)\n", done.stderr)
        self.assertTrue(done.stderr.endswith("Error: failed to install manifests: errors occurred during operation\n"), done.stderr)
        self.assertNotIn("✔ Installation complete", done.stderr)
        verified = self.istioctl("verify-install", "-f", self.file)
        self.assertEqual(verified.returncode, 1)
        self.assertIn("✘ Deployment: istiod.istio-system: not all of its replicas are ready", verified.stdout)

    def test_a_question_and_its_answer(self):
        done = self.istioctl("install", "-f", self.file, text="n\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn('This will install the Istio 1.11.7 minimal profile with ["Istio core" "Istiod" "Ingress gateways"] components into '
                      "the cluster. Proceed? (y/N) Cancelled.", done.stderr)
        self.assertEqual(self.server.owned(), {})

    def test_version_without_istio(self):
        done = self.istioctl("version")
        self.assertEqual((done.returncode, done.stdout), (0, "1.11.7\n"))
        self.assertIn('no running Istio pods in "istio-system"', done.stderr)


if __name__ == "__main__":
    unittest.main()
