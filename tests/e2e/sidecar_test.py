#!/usr/bin/env python3
"""Two sidecars of the real Envoy with their agents, in network namespaces of their own, under an istiod beside a plain
API server: capture, DNS from the table of names, mutual TLS, plain text refused, a new root of trust under load without
a failed request, traffic without a control plane. No containers. Names are random per run."""
import http.server
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import support

KUBECTL = os.path.join(support.TOOLS, "kubectl")
ENVOY = os.path.join(support.TOOLS, "envoy")
# This file runs again in other namespaces, where the names must be the same.
WORD = os.environ.setdefault("SIDECAR_TEST_WORD", "".join(random.choice("bcdfghjkmnpqrstvwxz") for _ in range(5)))
NS, SHOP, CLIENT = f"ns{WORD}", f"shop{WORD}", f"client{WORD}"
PORT = int(os.environ.setdefault("SIDECAR_TEST_PORT", str(random.randint(5000, 9000))))
TRUST = f"td-{WORD}"
VIP, DNS, ISTIOD = "10.96.0.7", "10.96.0.10", "10.7.0.254"
ADDRESS = {SHOP: "10.7.2.1", CLIENT: "10.7.1.1"}

OBJECTS = f"""
{{apiVersion: v1, kind: Namespace, metadata: {{name: istio-system}}}}
---
{{apiVersion: v1, kind: Namespace, metadata: {{name: {NS}}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data: {{mesh: "trustDomain: {TRUST}", meshNetworks: "networks: {{}}"}}
---
apiVersion: v1
kind: Service
metadata: {{name: {SHOP}, namespace: {NS}}}
spec: {{clusterIP: {VIP}, selector: {{app: {SHOP}}}, ports: [{{name: http, port: {PORT}}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {SHOP}-a, namespace: {NS}, labels: {{kubernetes.io/service-name: {SHOP}}}}}
addressType: IPv4
ports: [{{name: http, port: {PORT}, protocol: TCP}}]
endpoints: [{{addresses: [{ADDRESS[SHOP]}], conditions: {{ready: true}}, targetRef: {{kind: Pod, name: {SHOP}, namespace: {NS}}}}}]
"""
POD = """
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: %(name)s, namespace: %(ns)s}}
---
apiVersion: v1
kind: Pod
metadata: {name: %(name)s, namespace: %(ns)s, labels: {app: %(name)s, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: %(name)s, nodeName: node1, containers: [{name: c, image: x, ports: [{containerPort: %(port)d}]}]}
"""
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %(plural)s.%(group)s.istio.io}
spec:
  group: %(group)s.istio.io
  scope: Namespaced
  names: {kind: %(kind)s, plural: %(plural)s, singular: %(singular)s}
  versions:
  - name: v1beta1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
STRICT = f"""
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata: {{name: strict, namespace: {NS}}}
spec: {{mtls: {{mode: STRICT}}}}
---
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {{name: handshake-per-request, namespace: {NS}}}
spec: {{host: {SHOP}.{NS}.svc.cluster.local, trafficPolicy: {{connectionPool: {{http: {{maxRequestsPerConnection: 1}}}}}}}}
"""


class App(http.server.BaseHTTPRequestHandler):
    """Says who called, as its sidecar says."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = (self.headers.get("x-forwarded-client-cert") or "nobody").encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def log_message(self, *_):
        pass


def ask(host, port=PORT, timeout=5):
    """Status and body of one request on a connection of its own; 0 and the reason when there is no answer."""
    try:
        with socket.create_connection((host, port), timeout) as s:
            s.sendall(f"GET / HTTP/1.1\r\nHost: {SHOP}.{NS}:{PORT}\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while chunk := s.recv(4096):
                data += chunk
            return int(data.split()[1]), data.decode()
    except (OSError, IndexError) as e:
        return 0, repr(e)


def lookup(name):
    query = b"\0\7\1\0\0\1\0\0\0\0\0\0" + b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.sendto(query, (DNS, 53))
        answer = s.recv(512)
        return answer[3] & 15, ".".join(map(str, answer[-4:]))


class Mesh:
    """Everything that runs, in this process's own network namespace and one more for each pod."""

    def __init__(self, folder):
        self.folder, self.children, self.pods = folder, [], {}
        self.kubeconfig = os.path.join(folder, "kubeconfig")

    def start(self, *command, log, inside=None, env=None):
        prefix = ["nsenter", "-t", str(inside), "-n"] if inside else []
        with open(os.path.join(self.folder, log), "ab") as out:
            child = subprocess.Popen([*prefix, *command], stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                     env={**os.environ, "PATH": support.path(), **(env or {})})
        self.children.append(child)
        return child

    def kubectl(self, *words, stdin=None):
        done = subprocess.run([KUBECTL, "--kubeconfig", self.kubeconfig, *words], input=stdin, capture_output=True, text=True,
                              timeout=30)
        if done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def start_istiod(self):
        self.istiod = self.start(support.MESHKA, "istiod", "discovery", "--kubeconfig", self.kubeconfig, log="istiod.log", env={
            "POD_NAMESPACE": "istio-system", "POD_NAME": "istiod-1", "CLUSTER_ID": TRUST, "PILOT_SKIP_VALIDATE_TRUST_DOMAIN": "true"})
        support.eventually("istiod ready", lambda: ask("127.0.0.1", 8080)[0] != 0)

    def start_pod(self, name, index):
        """A namespace behind a routed veth, the redirection, the agent as uid 1337; ready when this ends."""
        pause = self.start("unshare", "-n", "sleep", "600", log="pause.log")
        inside, address, link = pause.pid, ADDRESS[name], f"v{index}"
        own = os.readlink("/proc/self/ns/net")
        support.eventually("namespace", lambda: os.readlink(f"/proc/{inside}/ns/net") != own)
        support.run("ip", "link", "add", link, "type", "veth", "peer", "name", "e0", "netns", str(inside))
        support.run("ip", "addr", "add", f"169.254.{index}.1/32", "dev", link)
        support.run("ip", "link", "set", link, "up")
        support.run("ip", "route", "add", f"{address}/32", "dev", link)
        for words in (["link", "set", "lo", "up"], ["addr", "add", f"{address}/32", "dev", "e0"], ["link", "set", "e0", "up"],
                      ["route", "add", f"169.254.{index}.1", "dev", "e0"], ["route", "add", "default", "via", f"169.254.{index}.1"]):
            support.run("nsenter", "-t", str(inside), "-n", "ip", *words)
        self.kubectl("apply", "-f", "-", stdin=POD % {"name": name, "ns": NS, "port": PORT})
        self.kubectl("patch", "pod", name, "-n", NS, "--subresource=status", "--type=merge", "-p", json.dumps({"status": {
            "podIP": address, "podIPs": [{"ip": address}], "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}))
        folder = os.path.join(self.folder, name)
        os.makedirs(os.path.join(folder, "info"))
        root = support.eventually("root of trust", lambda: self.kubectl(
            "get", "configmap", "istio-ca-root-cert", "-n", NS, "-o", r"jsonpath={.data.root-cert\.pem}"))
        files = {"root.pem": root, "token": self.kubectl("create", "token", name, "-n", NS, "--audience", "istio-ca"),
                 "info/labels": f'app="{name}"\n', "hosts": f"{ISTIOD} istiod.istio-system.svc\n",
                 "resolv.conf": f"nameserver {DNS}\nsearch {NS}.svc.cluster.local svc.cluster.local cluster.local\n"}
        for path, text in files.items():
            with open(os.path.join(folder, path), "w") as f:
                f.write(text)
        support.run("chown", "-R", "1337:1337", folder)
        env = {"POD_NAME": name, "POD_NAMESPACE": NS, "INSTANCE_IP": address, "SERVICE_ACCOUNT": name, "TRUST_DOMAIN": TRUST,
               "ISTIO_META_CLUSTER_ID": TRUST, "ISTIO_META_DNS_CAPTURE": "true"}
        capture = ["nsenter", "-t", str(inside), "-n", support.MESHKA, "pilot-agent", "istio-iptables", "-p", "15001", "-z", "15006",
                   "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020", "--resolv-conf",
                   os.path.join(folder, "resolv.conf"), "--nft", shutil.which("nft", path=support.path())]
        support.run(*capture, env=env)
        support.run(*capture, env=env)  # a second run replaces the first
        # The capability only lets uid 1337 reach the programs wherever this checkout is.
        self.start("setpriv", "--reuid", "1337", "--regid", "1337", "--clear-groups", "--inh-caps", "+dac_read_search",
                   "--ambient-caps", "+dac_read_search", support.MESHKA, "pilot-agent", "proxy", "sidecar", "--domain",
                   f"{NS}.svc.cluster.local", "--workDirectory", f"{folder}/proxy", "--rootCert", f"{folder}/root.pem",
                   "--tokenFile", f"{folder}/token", "--podInfo", f"{folder}/info", "--resolvConf", f"{folder}/resolv.conf",
                   "--hostsFile", f"{folder}/hosts", "--envoyBinary", ENVOY, "--concurrency", "1",
                   log=f"{name}.log", inside=inside, env=env)
        self.pods[name] = inside
        self.inside(name, support.MESHKA, "pilot-agent", "wait", "--timeoutSeconds", "20")

    def inside(self, name, *command):
        return support.run("nsenter", "-t", str(self.pods[name]), "-n", *command).stdout

    def helper(self, name, *words):
        """This file again, inside a pod."""
        return json.loads(self.inside(name, sys.executable, os.path.abspath(__file__), *words))

    def stop(self):
        for child in reversed(self.children):
            child.send_signal(signal.SIGKILL)
            child.wait()


def make_authority(folder):
    """A root and an intermediate, as a shared root of trust comes."""
    os.makedirs(folder)

    def openssl(*words):
        support.run("openssl", *words, cwd=folder)
    for who in ("root", "ca"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{who}-key.pem")
    openssl("req", "-x509", "-new", "-key", "root-key.pem", "-subj", "/O=shared", "-days", "30", "-out", "root-cert.pem")
    openssl("req", "-new", "-key", "ca-key.pem", "-subj", "/O=intermediate", "-out", "ca.csr")
    with open(os.path.join(folder, "ext"), "w") as f:
        f.write("basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n")
    openssl("x509", "-req", "-in", "ca.csr", "-CA", "root-cert.pem", "-CAkey", "root-key.pem", "-CAcreateserial", "-days", "20",
            "-extfile", "ext", "-out", "ca-cert.pem")
    with open(os.path.join(folder, "cert-chain.pem"), "w") as f:
        f.write(support.read(os.path.join(folder, "ca-cert.pem")) + support.read(os.path.join(folder, "root-cert.pem")))
    return [f"--from-file={os.path.join(folder, n)}" for n in ("ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem")]


class Load:
    """Requests from the client's pod, one after the other, until it is told to end."""
    def __init__(self, mesh):
        self.path = os.path.join(mesh.folder, f"answers-{time.monotonic_ns()}")
        self.thread = threading.Thread(target=mesh.helper, args=(CLIENT, "load", VIP, self.path), daemon=True)
        self.thread.start()

    def answers(self):
        return support.read(self.path).splitlines()

    def more(self, count):
        before = len(self.answers()) if os.path.exists(self.path) else 0
        support.eventually(f"{count} more answers", lambda: len(self.answers()) >= before + count)

    def end(self):
        """The different answers that came."""
        open(self.path + ".end", "w").close()
        self.thread.join(20)
        return set(self.answers())


class Sidecars(unittest.TestCase):
    def setUp(self):
        self.mesh = Mesh(tempfile.mkdtemp(prefix="meshka-sidecars-"))
        self.addCleanup(self.finish)
        os.chmod(self.mesh.folder, 0o755)
        m = self.mesh
        support.run("ip", "link", "set", "lo", "up")
        support.run("ip", "addr", "add", f"{ISTIOD}/32", "dev", "lo")
        with open("/proc/sys/net/ipv4/ip_forward", "w") as f:
            f.write("1")
        m.start(support.MESHKA, "apiserver", "--data-dir", os.path.join(m.folder, "data"), "--listen", "127.0.0.1:0",
                "--kubeconfig-out", m.kubeconfig, "--kubernetes-version", "1.22", log="api.log")
        support.eventually("API server", lambda: m.kubectl("get", "ns"))
        for group, kind, plural in (("security", "PeerAuthentication", "peerauthentications"),
                                    ("networking", "DestinationRule", "destinationrules")):
            m.kubectl("apply", "-f", "-", stdin=CRD % {"group": group, "kind": kind, "plural": plural, "singular": kind.lower()})
        m.kubectl("apply", "-f", "-", stdin=OBJECTS)
        m.start_istiod()

    def finish(self):
        m = self.mesh
        m.stop()
        if self._outcome.result.errors or self._outcome.result.failures:
            for name in sorted(n for n in os.listdir(m.folder) if n.endswith(".log")):
                print(f"--- {name}\n{support.read(os.path.join(m.folder, name))[-4000:]}")
        shutil.rmtree(m.folder, ignore_errors=True)

    def test_mesh(self):
        m = self.mesh
        m.start_pod(SHOP, 2)
        m.start_pod(CLIENT, 1)
        m.start(sys.executable, os.path.abspath(__file__), "app", log="app.log", inside=m.pods[SHOP])
        m.kubectl("apply", "-f", "-", stdin=STRICT)
        self.assertEqual(m.helper(CLIENT, "lookup", f"{SHOP}.{NS}.svc.cluster.local"), [0, VIP])
        status, body = support.eventually("an answer", lambda: (a := m.helper(CLIENT, "ask", VIP))[0] == 200 and a)
        self.assertIn(f"By=spiffe://{TRUST}/ns/{NS}/sa/{SHOP};", body)
        self.assertIn(f"URI=spiffe://{TRUST}/ns/{NS}/sa/{CLIENT}", body)
        support.eventually("plain text refused", lambda: ask(ADDRESS[SHOP])[0] == 0)

        # A new root under load, one handshake a request.
        load = Load(m)
        load.more(50)
        m.kubectl("create", "secret", "generic", "cacerts", "-n", "istio-system", *make_authority(os.path.join(m.folder, "ca")))
        issued = support.eventually("certificates under the new root", self.renewed)
        load.more(50)
        self.assertEqual(load.end(), {"200"})
        self.assertEqual(issued, {SHOP: 2, CLIENT: 2})
        self.assertEqual(m.helper(CLIENT, "ask", VIP)[0], 200)

        # No control plane: what is there works on, and comes back by itself.
        m.istiod.send_signal(signal.SIGKILL)
        m.istiod.wait()
        support.eventually("agents notice", lambda: self.metric(CLIENT, "xds_connected") == 0)
        load = Load(m)
        load.more(50)
        self.assertEqual(load.end(), {"200"})
        m.start_istiod()
        support.eventually("agents are back", lambda: all(self.metric(p, "xds_connected") == 1 for p in (SHOP, CLIENT)))
        for pod in (SHOP, CLIENT):
            self.assertEqual(self.metric(pod, "xds_refusals_total"), 0)

    def metric(self, pod, name):
        text = self.mesh.helper(pod, "metrics")
        return int(next(l.split()[1] for l in text.splitlines() if l.startswith(f"istio_agent_{name} ")))

    def renewed(self):
        issued = {pod: self.metric(pod, "certificates_issued_total") for pod in (SHOP, CLIENT)}
        return min(issued.values()) > 1 and issued


def inside(words):
    """What this file does inside a pod: one question, answered as JSON."""
    if words[0] == "app":
        http.server.ThreadingHTTPServer(("0.0.0.0", PORT), App).serve_forever()
    if words[0] == "lookup":
        return lookup(words[1])
    if words[0] == "ask":
        return ask(words[1])
    if words[0] == "metrics":
        with socket.create_connection(("127.0.0.1", 15020), 5) as s:
            s.sendall(b"GET /stats/prometheus HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return b"".join(iter(lambda: s.recv(65536), b"")).decode()
    # Requests until the test says enough: one line per answer in a file, where the test counts them.
    with open(words[2], "w", buffering=1) as answers:
        while not os.path.exists(words[2] + ".end"):
            status, body = ask(words[1])
            answers.write(f"{status or body}\n".replace("\r", ""))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(inside(sys.argv[1:])))
    elif os.environ.get("SIDECAR_TEST_NETNS") != "own":
        support.require_machine()
        os.environ["SIDECAR_TEST_NETNS"] = "own"
        os.environ["PATH"] = support.path()
        os.execvp("unshare", ["unshare", "-n", sys.executable, os.path.abspath(__file__)])
    else:
        unittest.main(argv=sys.argv[:1], verbosity=2)
