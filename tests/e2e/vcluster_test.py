#!/usr/bin/env python3
"""Two virtual clusters on a real node, by the real kubectl: pods inside run on the host under translated names, Services
and DNS answer, logs and exec pass through, CRDs and credentials stay apart, a killed control plane keeps its objects,
bad input is told in one sentence, and deletion leaves nothing. Names are random per run."""
import json
import os
import random
import subprocess
import unittest
import urllib.request

import support

NAME = "vctest"
HOME = f"/var/lib/meshka-{NAME}"
CONFIG = f"/tmp/meshka-{NAME}-kubeconfig"
WORD = "".join(random.choice("bcdfghjkmnpqrstvwxz") for _ in range(5))
A, B, APP, NS = (f"{p}{WORD}" for p in ("va", "vb", "app", "ns"))

VALUES = """
isolation: {enabled: true, podSecurityStandard: privileged, limitRange: {enabled: false}, resourceQuota: {enabled: false}}
rbac: {clusterRole: {create: true}}
syncer: {extraArgs: [--fake-nodes=false, --sync-all-nodes]}
vcluster: {image: "rancher/k3s:v1.22.5-k3s1"}
"""

WEB = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {APP}, namespace: {NS}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {APP}}}}}
  template:
    metadata: {{labels: {{app: {APP}}}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: busybox:1.36
        command: [sh, -c, "mkdir /tmp/www; hostname > /tmp/www/index.html; echo serving; exec httpd -f -p 8080 -h /tmp/www"]
        readinessProbe: {{httpGet: {{path: /, port: 8080}}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {{name: {APP}, namespace: {NS}}}
spec: {{type: LoadBalancer, selector: {{app: {APP}}}, ports: [{{port: 80, targetPort: 8080}}]}}
"""

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: things.example.com}}
spec:
  group: example.com
  scope: Namespaced
  names: {{plural: things, singular: thing, kind: Thing}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, properties: {{{field}: {{type: string}}}}}}}}}}}}
"""


def tool(program, *words, check=True, text=None, timeout=60):
    env = {**os.environ, "PATH": os.path.dirname(support.MESHKA) + ":" + support.path(), "KUBECONFIG": CONFIG}
    done = subprocess.run([program, *words], input=text, capture_output=True, text=True, timeout=timeout, env=env)
    if check and done.returncode != 0:
        raise AssertionError(f"{program} {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout if check else done


def kubectl(cluster, *words, **more):
    context = f"meshka-{NAME}" if cluster is None else f"vcluster_{cluster}_{cluster}"
    return tool("kubectl", "--context", context, *words, **more)


def get(cluster, *words):
    return json.loads(kubectl(cluster, "get", *words, "-o", "json"))


def pods(cluster, ns):
    return [p for p in get(cluster, "pods", "-n", ns)["items"]]


class VirtualClusters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        support.run(support.MESHKA, "down", "--name", NAME)
        support.run(support.MESHKA, "up", "--name", NAME, timeout=150)
        with open(f"{HOME}/kubeconfig") as source, open(CONFIG, "w") as target:
            target.write(source.read())
        cls.values = f"{HOME}/values.yaml"
        with open(cls.values, "w") as f:
            f.write(VALUES)
        for name in (A, B):
            tool("vcluster", "create", name, "-n", name, "--expose", "-f", cls.values, "--isolate")
            tool("vcluster", "connect", name, "--namespace", name, "--update-current")
        kubectl(A, "create", "ns", NS)
        kubectl(A, "apply", "-f", "-", text=WEB)
        kubectl(A, "rollout", "status", f"deployment/{APP}", "-n", NS, "--timeout=30s")

    @classmethod
    def tearDownClass(cls):
        support.run(support.MESHKA, "down", "--purge", "--name", NAME)
        if os.path.exists(CONFIG):
            os.remove(CONFIG)

    def test_current_context_is_still_the_host(self):
        self.assertEqual(tool("kubectl", "config", "current-context").strip(), f"meshka-{NAME}")
        self.assertIn("v1.22.5", kubectl(A, "version"))

    def test_pods_run_on_the_host_under_translated_names(self):
        for pod in pods(A, NS):
            name = f"{pod['metadata']['name']}-x-{NS}-x-{A}"
            host = get(None, "pod", name, "-n", A)
            self.assertEqual(host["status"]["podIP"], pod["status"]["podIP"])
            self.assertEqual(host["metadata"]["labels"]["vcluster.loft.sh/managed-by"], A)
            self.assertEqual(host["spec"]["serviceAccountName"], f"vc-workload-{A}")
            self.assertNotIn("eyJ", json.dumps(host["metadata"].get("annotations", {})), "a token in an annotation")
        self.assertEqual(kubectl(B, "get", "ns", NS, "--ignore-not-found"), "")

    def test_service_dns_logs_and_exec(self):
        names = {p["metadata"]["name"] for p in pods(A, NS)}
        address = support.eventually("a LoadBalancer address in the virtual cluster",
                                     lambda: get(A, "svc", APP, "-n", NS)["status"]["loadBalancer"]["ingress"][0]["ip"])
        seen = {urllib.request.urlopen(f"http://{address}/", timeout=2).read().decode().strip() for _ in range(30)}
        self.assertEqual(seen, names)
        pod = sorted(names)[0]
        answer = kubectl(A, "exec", "-n", NS, pod, "--", "wget", "-q", "-O", "-", f"http://{APP}.{NS}.svc.cluster.local/")
        self.assertIn(answer.strip(), names)
        self.assertIn("serving", kubectl(A, "logs", "-n", NS, pod))
        self.assertEqual(kubectl(A, "exec", "-n", NS, pod, "--", "sh", "-c", "exit 5", check=False).returncode, 5)

    def test_isolation_between_clusters(self):
        kubectl(B, "create", "ns", f"{NS}b")
        kubectl(B, "apply", "-f", "-", text=WEB.replace(f"namespace: {NS}", f"namespace: {NS}b"))
        kubectl(B, "rollout", "status", f"deployment/{APP}", "-n", f"{NS}b", "--timeout=30s")
        own, other = pods(A, NS), pods(B, f"{NS}b")
        names = {p["metadata"]["name"] for p in other}
        client = own[0]["metadata"]["name"]
        address = support.eventually("a LoadBalancer address in the other cluster",
                                     lambda: get(B, "svc", APP, "-n", f"{NS}b")["status"]["loadBalancer"]["ingress"][0]["ip"])

        def reach(host):
            done = kubectl(A, "exec", "-n", NS, client, "--", "timeout", "3", "wget", "-q", "-O", "-", f"http://{host}/", check=False)
            return done.stdout.strip() if done.returncode == 0 else None

        target = f"{other[0]['status']['podIP']}:8080"
        self.assertEqual(reach(f"{own[1]['status']['podIP']}:8080"), own[1]["metadata"]["name"])
        self.assertIn(reach(address), names, "another cluster's LoadBalancer address is open")
        self.assertIsNone(reach(target), "another cluster's pod address is closed")
        # The twin: without the policy the same request is answered.
        policy = json.dumps(get(None, "networkpolicy", f"{A}-workloads", "-n", A))
        kubectl(None, "delete", "networkpolicy", f"{A}-workloads", "-n", A)
        support.eventually("the pod answers without the policy", lambda: reach(target) in names, 10, every=0.2)
        kubectl(None, "apply", "-f", "-", text=policy)
        support.eventually("and is closed again with it", lambda: reach(target) is None, 15, every=0.2)

    def test_tokens_belong_to_their_cluster(self):
        pod = pods(A, NS)[0]["metadata"]["name"]
        token = kubectl(A, "exec", "-n", NS, pod, "--", "cat", "/var/run/secrets/kubernetes.io/serviceaccount/token")
        review = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}})
        answers = {c: json.loads(kubectl(c, "create", "-f", "-", "-o", "json", text=review))["status"] for c in (A, B, None)}
        self.assertTrue(answers[A]["authenticated"])
        self.assertEqual(answers[A]["user"]["username"], f"system:serviceaccount:{NS}:default")
        self.assertFalse(answers[B].get("authenticated", False))
        self.assertFalse(answers[None].get("authenticated", False))

    def test_the_same_crd_differs_between_clusters(self):
        for cluster, field in ((A, "left"), (B, "right")):
            kubectl(cluster, "apply", "-f", "-", text=CRD.format(field=field))
            kubectl(cluster, "wait", "crd/things.example.com", "--for=condition=Established", "--timeout=10s")
        thing = json.dumps({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"left": "x", "right": "x"}})
        for cluster, kept in ((A, "left"), (B, "right")):
            kubectl(cluster, "apply", "--validate=ignore", "-f", "-", text=thing)
            self.assertEqual(get(cluster, "thing", "t")["spec"], {kept: "x"})
        self.assertNotEqual(kubectl(None, "get", "things.example.com", check=False).returncode, 0)

    def test_killed_control_plane_keeps_its_objects(self):
        kubectl(B, "create", "configmap", "kept", f"--from-literal=word={WORD}")
        pod = get(None, "pod", f"{B}-0", "-n", B)
        before = pod["status"]["containerStatuses"][0]["restartCount"]
        server = [pid for pid, command in support.processes() if f"vcluster-server --name={B} " in command and f"--namespace={B}" in command]
        for pid in server:
            os.kill(pid, 9)

        def back():
            status = get(None, "pod", f"{B}-0", "-n", B)["status"]["containerStatuses"][0]
            return status["restartCount"] > before and status["ready"]

        support.eventually("the control plane restarts", back, 30, every=0.2)
        found = support.eventually("the virtual API answers", lambda: get(B, "configmap", "kept"), 20, every=0.2)
        self.assertEqual(found["data"]["word"], WORD)

    def test_deleting_inside_deletes_on_the_host(self):
        kubectl(A, "create", "deployment", f"gone{WORD}", "-n", NS, "--image=busybox:1.36", "--", "sleep", "1000000")
        kubectl(A, "rollout", "status", f"deployment/gone{WORD}", "-n", NS, "--timeout=30s")
        on_host = lambda: [p for p in pods(None, A) if p["metadata"]["name"].startswith(f"gone{WORD}")]
        self.assertEqual(len(on_host()), 1)
        kubectl(A, "delete", "deployment", f"gone{WORD}", "-n", NS, "--timeout=60s")
        support.eventually("the host pod is gone", lambda: not on_host(), 60, every=0.2)

    def test_bad_input(self):
        def refused(sentence, *words):
            done = tool("vcluster", *words, check=False)
            self.assertNotEqual(done.returncode, 0, words)
            self.assertIn(sentence, done.stdout + done.stderr)

        refused("already exists", "create", A, "-n", A)
        refused("is not valid: use at most", "create", "with_underscore", "-n", A)
        refused("HOST_CLUSTER seems to be empty", "create", "x", "--context", "-f", self.values)
        refused("does not exist", "create", "x", "--context", "nobody")
        refused("no such file", "create", "x", "-n", "x", "-f", "/nonexistent/values.yaml")
        refused("was not found", "delete", f"nobody{WORD}", "-n", A)
        refused("not supported yet", "pause", A, "-n", A)
        self.assertEqual(kubectl(None, "get", "ns", "x", "--ignore-not-found"), "")

    def test_delete_leaves_nothing(self):
        name = f"vd{WORD}"
        said = tool("vcluster", "create", name, "-n", name, "--expose", "--distro", "k0s", "-f", self.values, "--")
        self.assertIn("--distro k0s has no effect", said)
        tool("vcluster", "connect", name, "--namespace", name, "--update-current")
        kubectl(name, "create", "deployment", "web", "--image=busybox:1.36", "--", "sleep", "1000000")
        kubectl(name, "rollout", "status", "deployment/web", "--timeout=30s")
        self.assertIn(name, tool("vcluster", "list"))
        self.assertIn("--keep-pvc has no effect yet", tool("vcluster", "delete", name, "-n", name, "--keep-pvc"))
        support.eventually("the namespace is gone", lambda: kubectl(None, "get", "ns", name, "--ignore-not-found") == "", 40, every=0.2)
        self.assertNotIn(name, tool("vcluster", "list"))
        self.assertNotIn(name, tool("kubectl", "config", "get-contexts", "-o", "name"))
        self.assertEqual(kubectl(None, "get", "clusterrole,clusterrolebinding", "-l", f"release={name}", "-o", "name"), "")


if __name__ == "__main__":
    support.require_machine()
    unittest.main()
