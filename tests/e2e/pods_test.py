#!/usr/bin/env python3
"""A Deployment behind a Service on a real node, seen from outside: what kubectl calls Running is in containerd with the
same id, a killed process shows a restart, the LoadBalancer address, the ClusterIP and names answer, logs and exec work,
an unknown image is told in one sentence."""
import json
import os
import subprocess
import unittest
import urllib.request

import support

NAME = "podstest"
RUN = f"/run/meshka-{NAME}"
ENV = {"KUBECONFIG": f"/var/lib/meshka-{NAME}/kubeconfig"}

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: busybox:1.36
        command: [sh, -c, "mkdir /tmp/www; hostname > /tmp/www/index.html; echo serving; exec httpd -f -p 8080 -h /tmp/www"]
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""


def kubectl(*words, check=True, text=None):
    env = {**os.environ, "PATH": support.path(), **ENV}
    done = subprocess.run(["kubectl", *words], input=text, capture_output=True, text=True, timeout=60, env=env)
    if check and done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(words)}: {done.stderr}")
    return done.stdout if check else done


def get(*words):
    return json.loads(kubectl("get", *words, "-o", "json"))


def fetch(url):
    return urllib.request.urlopen(url, timeout=2).read().decode().strip()


class Pods(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        support.run(support.MESHKA, "down", "--name", NAME)
        support.run(support.MESHKA, "up", "--name", NAME, timeout=150)
        kubectl("apply", "-f", "-", text=WEB)
        kubectl("rollout", "status", "deployment/web", "--timeout=30s")

    @classmethod
    def tearDownClass(cls):
        support.run(support.MESHKA, "down", "--purge", "--name", NAME)

    def node(self, *command):
        pid = json.loads(support.run(support.MESHKA, "status", "--name", NAME, "-o", "json").stdout)["pid"]
        return support.run("nsenter", "-t", str(pid), "-m", "-p", "-n", *command)

    def containers(self):
        """Ids of the running tasks that containerd knows, with their pids in the node."""
        out = self.node("ctr", "--address", RUN + "/containerd.sock", "--namespace", "k8s.io", "tasks", "ls").stdout
        return {l.split()[0]: int(l.split()[1]) for l in out.splitlines()[1:] if "RUNNING" in l}

    def test_running_means_in_containerd(self):
        tasks = self.containers()
        pods = get("pods", "-l", "app=web")["items"]
        self.assertEqual(len(pods), 2)
        for pod in pods:
            for status in pod["status"]["containerStatuses"]:
                self.assertIn(status["containerID"].removeprefix("containerd://"), tasks)

    def test_killed_process_is_restarted(self):
        pod = get("pods", "-l", "app=web")["items"][0]
        name = pod["metadata"]["name"]
        before = pod["status"]["containerStatuses"][0]
        self.node("kill", "-9", str(self.containers()[before["containerID"].removeprefix("containerd://")]))

        def restarted():
            now = get("pod", name)["status"]["containerStatuses"][0]
            return now["restartCount"] == before["restartCount"] + 1 and now["ready"]

        support.eventually("RESTARTS 1 and ready again", restarted, 30, every=0.2)
        last = get("pod", name)["status"]["containerStatuses"][0]["lastState"]["terminated"]
        self.assertEqual(last["exitCode"], 137)

    def test_addresses_and_names(self):
        pods = {p["metadata"]["name"] for p in get("pods", "-l", "app=web")["items"]}
        address = support.eventually("a LoadBalancer address",
                                     lambda: get("svc", "web")["status"]["loadBalancer"]["ingress"][0]["ip"])
        seen = {support.eventually("an answer", lambda: fetch(f"http://{address}/")) for _ in range(30)}
        self.assertTrue(seen <= pods and len(seen) == 2, seen)
        inside = kubectl("exec", sorted(pods)[0], "--", "wget", "-q", "-O", "-", "http://web.default.svc.cluster.local/")
        self.assertIn(inside.strip(), pods)

    def test_logs_and_exec(self):
        name = get("pods", "-l", "app=web")["items"][0]["metadata"]["name"]
        self.assertIn("serving", kubectl("logs", name))
        self.assertEqual(kubectl("exec", name, "--", "sh", "-c", "echo $((6 * 7))").strip(), "42")
        self.assertEqual(kubectl("exec", name, "--", "sh", "-c", "exit 3", check=False).returncode, 3)

    def test_unknown_image(self):
        kubectl("run", "nothing", "--image=registry.invalid/nothing:1", "--restart=Never")

        def told():
            return any("registry.invalid/nothing:1" in e["message"] and "not in the local image store" in e["message"]
                       for e in get("events")["items"] if e["involvedObject"]["name"] == "nothing")

        support.eventually("an event that names the image", told, every=0.2)
        kubectl("delete", "pod", "nothing", "--wait=true", "--timeout=20s")

    def test_scaling_down_ends_processes(self):
        kubectl("create", "deployment", "gone", "--image=busybox:1.36", "--", "sleep", "1000000")
        kubectl("rollout", "status", "deployment/gone", "--timeout=30s")
        kubectl("delete", "deployment", "gone", "--cascade=foreground", "--timeout=50s")
        support.eventually("no process is left", lambda: not [c for _, c in support.processes() if "sleep 1000000" in c], 40)


if __name__ == "__main__":
    support.require_machine()
    unittest.main()
