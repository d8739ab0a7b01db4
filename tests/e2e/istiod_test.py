#!/usr/bin/env python3
"""istiod by itself with real kubectl and real Envoys, on loopback of a network namespace of its own: no node, no
containerd. An API server, istiod beside it, two gateways with the proxy agent; certificates from a token, injection and
validation through webhooks, a request through both gateways with mutual TLS, and a change of the root of trust under
load without a failed request. Exit code 77 (skipped) where Envoy or namespaces are not there."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import support
from support import TOOLS, eventually, run

ENVOY = os.path.join(TOOLS, "envoy")
OPERATOR = """
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: test, namespace: istio-system}
spec:
  profile: minimal
  meshConfig:
    trustDomain: cluster_1
    accessLogFile: /dev/stdout
    defaultConfig: {holdApplicationUntilProxyStarts: true}
  values: {global: {network: cluster_1, multiCluster: {clusterName: cluster_1}}}
"""
# front (plain HTTP) -> mutual TLS -> back -> a plain server.
OBJECTS = """
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {name: front, namespace: istio-system}
spec:
  selector: {gateway: front}
  servers: [{port: {number: 8080, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {name: back, namespace: istio-system}
spec:
  selector: {gateway: back}
  servers: [{port: {number: 8443, name: https, protocol: HTTPS}, tls: {mode: ISTIO_MUTUAL}, hosts: ["back.test"]}]
---
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: {name: back, namespace: istio-system}
spec:
  hosts: [back.test]
  ports: [{number: 8443, name: http, protocol: HTTP}]
  location: MESH_INTERNAL
  resolution: STATIC
  endpoints: [{address: 127.0.0.1}]
---
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: {name: app, namespace: istio-system}
spec:
  hosts: [app.test]
  ports: [{number: 9080, name: http, protocol: HTTP}]
  location: MESH_EXTERNAL
  resolution: STATIC
  endpoints: [{address: 127.0.0.1}]
---
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: back, namespace: istio-system}
spec: {host: back.test, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: back.test}}}
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: front, namespace: istio-system}
spec:
  hosts: ["*"]
  gateways: [front]
  http: [{rewrite: {authority: back.test}, route: [{destination: {host: back.test, port: {number: 8443}}}]}]
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: back, namespace: istio-system}
spec:
  hosts: [back.test]
  gateways: [back]
  http: [{route: [{destination: {host: app.test, port: {number: 9080}}}]}]
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: example/web:1, ports: [{containerPort: 80}]}]}
"""
APP = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = ("xfcc=" + str(self.headers.get("x-forwarded-client-cert"))).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", 9080), Handler).serve_forever()
"""


def enter_namespace():
    """Starts this file again in a network (and, without root, user) namespace with loopback only."""
    if not os.path.exists(ENVOY):
        print("SKIPPED: no envoy in build/tools/bin (make build)")
        sys.exit(support.SKIPPED)
    unshare = ["unshare", "--net"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    if subprocess.run(unshare + ["true"], capture_output=True).returncode != 0:
        print("SKIPPED: no namespaces for this user")
        sys.exit(support.SKIPPED)
    sys.exit(subprocess.call(unshare + [sys.executable, os.path.abspath(__file__), "inside"]))


class Lab:
    def __init__(self, work):
        self.work = work
        self.children = []
        self.env = {"KUBECONFIG": self.file("kubeconfig")}

    def file(self, name, text=None):
        path = os.path.join(self.work, name)
        if text is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write(text)
        return path

    def start(self, name, *command, **env):
        log = open(self.file(name + ".log"), "ab")
        child = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                 env={**os.environ, "PATH": support.path(), **env})
        self.children.append((name, child))
        return child

    def log(self, name):
        return support.read(self.file(name + ".log"))

    def kubectl(self, *args, text=None, check=True):
        if text is not None:
            args = (*args, "-f", self.file("input.yaml", text))
        return run("kubectl", *args, env=self.env, check=check)

    def stop(self):
        for _, child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
        for name, child in self.children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                raise AssertionError(f"{name} does not end on SIGTERM")


def start_control_plane(lab):
    lab.start("api", support.MESHKA, "apiserver", "--data-dir", lab.file("data"), "--listen", "127.0.0.1:6443",
              "--kubeconfig-out", lab.file("kubeconfig"), "--kubernetes-version", "1.22", "--allow-local-webhook-urls")
    eventually("the API server serves", lambda: "serving" in lab.log("api"))
    lab.kubectl("create", "namespace", "istio-system")
    lab.file("operator.yaml", OPERATOR)
    objects = run(support.MESHKA, "istioctl", "manifest", "generate", "-f", lab.file("operator.yaml")).stdout
    # istiod comes before the definitions of its objects: it must not wait for them.
    start_istiod(lab)
    lab.kubectl("apply", "--server-side=false", text=objects, check=False)
    lab.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s")
    lab.kubectl("apply", "--server-side=false", text=objects)
    # There are no controllers and no Services here: the webhooks are reached by URL.
    for kind, path in (("mutatingwebhookconfiguration/istio-sidecar-injector", "inject"),
                       ("validatingwebhookconfiguration/istio-validator-istio-system", "validate")):
        found = json.loads(lab.kubectl("get", kind, "-o", "json").stdout)
        for webhook in found["webhooks"]:
            webhook["clientConfig"].pop("service", None)
            webhook["clientConfig"]["url"] = f"https://127.0.0.1:15017/{path}"
        lab.kubectl("replace", text=json.dumps(found))


def start_istiod(lab):
    child = lab.start("istiod", support.MESHKA, "istiod", "discovery", "--kubeconfig", lab.file("kubeconfig"),
                      "--serving-name", "localhost", "--serving-name", "127.0.0.1", "--httpAddr", "127.0.0.1:18080",
                      "--grpcAddr", "127.0.0.1:15010", "--secureGRPCAddr", "127.0.0.1:15012",
                      "--monitoringAddr", "127.0.0.1:15014", "--httpsAddr", "127.0.0.1:15017",
                      POD_NAMESPACE="istio-system", CLUSTER_ID="cluster_1", ENABLE_LEGACY_FSGROUP_INJECTION="false")
    eventually("istiod is ready", lambda: http("127.0.0.1:18080/ready")[0] == 200)
    return child


def http(url, *more):
    done = run("curl", "-s", "-m", "10", "-o", "-", "-w", "\n%{http_code}", *more, url, check=False)
    body, _, code = done.stdout.rpartition("\n")
    return int(code or 0), body


def roots(pem):
    return [b for b in pem.split("-----BEGIN CERTIFICATE-----") if b.strip()]


def check_roots_in_namespaces(lab):
    def root():
        found = lab.kubectl("get", "configmap", "istio-ca-root-cert", "-n", "default", "-o", "jsonpath={.data.root-cert\\.pem}")
        return found.stdout
    before = eventually("the root is in every namespace", root)
    lab.kubectl("delete", "configmap", "istio-ca-root-cert", "-n", "default")
    assert eventually("the deleted root comes back", root) == before
    lab.kubectl("patch", "configmap", "istio-ca-root-cert", "-n", "default", "--type=merge", "-p", '{"data":{"root-cert.pem":"x"}}')
    eventually("the edited root is repaired", lambda: root() == before)
    assert not lab.kubectl("get", "configmap", "istio-ca-root-cert", "-n", "kube-system", check=False).stdout
    lab.file("root-cert.pem", before)


def check_webhooks(lab):
    eventually("validation fails closed", lambda: "Fail Fail" in lab.kubectl(
        "get", "validatingwebhookconfiguration", "istio-validator-istio-system",
        "-o", "jsonpath={.webhooks[*].failurePolicy}").stdout, seconds=40)
    bad = lab.kubectl("apply", "--server-side=false", check=False, text="""
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: bad, namespace: default}
spec: {hosts: [a.b], http: [{route: [{destination: {host: a.b}, weight: 50}, {destination: {host: c.d}, weight: 40}]}]}
""")
    want = 'admission webhook "validation.istio.io" denied the request: configuration is invalid: total destination weight 90 != 100'
    assert bad.returncode != 0 and want in bad.stderr, bad.stderr
    lab.kubectl("create", "namespace", "shop")
    eventually("the account exists", lambda: lab.kubectl("create", "serviceaccount", "default", "-n", "shop", check=False).returncode in (0, 1))
    lab.kubectl("apply", "--server-side=false", text=POD)
    plain = json.loads(lab.kubectl("get", "pod", "web", "-n", "shop", "-o", "json").stdout)
    assert len(plain["spec"]["containers"]) == 1, "a namespace without the label is left alone"
    lab.kubectl("delete", "pod", "web", "-n", "shop", "--force", "--grace-period=0")
    lab.kubectl("label", "namespace", "shop", "istio-injection=enabled")
    lab.kubectl("apply", "--server-side=false", text=POD)
    pod = json.loads(lab.kubectl("get", "pod", "web", "-n", "shop", "-o", "json").stdout)
    assert [c["name"] for c in pod["spec"]["containers"]] == ["istio-proxy", "web"], "held back until the proxy is ready"
    assert [c["name"] for c in pod["spec"]["initContainers"]] == ["istio-init"]
    assert pod["metadata"]["labels"]["topology.istio.io/network"] == "cluster_1"


def token(lab, account, audience="istio-ca"):
    lab.kubectl("create", "serviceaccount", account, "-n", "istio-system", check=False)
    return lab.kubectl("create", "token", account, "-n", "istio-system", "--audience", audience).stdout.strip()


def start_agent(lab, name, base, account):
    """An agent with its Envoy; ports count from `base`."""
    config = {"discoveryAddress": "localhost:15012", "terminationDrainDuration": "1s", "concurrency": 1}
    return lab.start(
        name, support.MESHKA, "proxy-agent", "proxy", "router", "--domain", "istio-system.svc.cluster.local",
        "--workDirectory", lab.file(f"{name}/proxy"), "--rootCert", lab.file("root-cert.pem"),
        "--tokenFile", lab.file(f"{name}/token"), "--podInfo", lab.file(f"{name}/pod"),
        "--hostsFile", lab.file(f"{name}/hosts"), "--envoyBinary", ENVOY,
        "--adminPort", str(base), "--statusPort", str(base + 20), "--healthPort", str(base + 21),
        "--dnsPort", str(base + 53), "--prometheusPort", str(base + 90),
        POD_NAME=name, POD_NAMESPACE="istio-system", INSTANCE_IP="127.0.0.1", SERVICE_ACCOUNT=account,
        CA_ADDR="localhost:15012", TRUST_DOMAIN="cluster_1", PROXY_CONFIG=json.dumps(config),
        ISTIO_META_CLUSTER_ID="cluster_1")


def start_gateway(lab, name, base):
    lab.file(f"{name}/token", token(lab, name))
    lab.file(f"{name}/pod/labels", f'gateway="{name}"\napp="{name}"\n')
    lab.file(f"{name}/pod/annotations", "")
    lab.file(f"{name}/hosts", "127.0.0.1 localhost\n")
    start_agent(lab, name, base, account=name)
    eventually(f"gateway {name} is ready", lambda: http(f"127.0.0.1:{base + 21}/healthz/ready")[0] == 200, seconds=30)


def check_who_is_refused(lab):
    """A token for another audience, and a node that claims another account than its token has."""
    for name, held, sentence in (("audience", token(lab, "front", "somebody-else"), "a token was refused"),
                                 ("account", token(lab, "back"), "authorization failed: the caller is istio-system/back")):
        lab.file(f"{name}/hosts", "127.0.0.1 localhost\n")
        lab.file(f"{name}/token", held)
        child = start_agent(lab, name, 17000, account="front")
        eventually(f"istiod refuses: {name}", lambda: sentence in lab.log("istiod"))
        assert http("127.0.0.1:17021/healthz/ready")[0] != 200
        child.terminate()
        child.wait(20)


def check_status():
    status = json.loads(http("127.0.0.1:15014/debug/syncz")[1])
    assert sorted(s["proxy"] for s in status) == ["back.istio-system", "front.istio-system"], status
    for proxy in status:
        for kind in ("cluster", "listener"):
            assert proxy[kind + "_sent"] and proxy[kind + "_sent"] == proxy[kind + "_acked"], proxy
            assert kind + "_error" not in proxy, proxy
    dump = json.loads(http("127.0.0.1:15014/debug/config_dump?proxyID=front.istio-system")[1])
    listeners = dump["configs"]["type.googleapis.com/envoy.config.listener.v3.Listener"]
    assert [ls["name"] for ls in listeners] == ["0.0.0.0_8080"], listeners
    metrics = http("127.0.0.1:15014/metrics")[1]
    assert 'pilot_xds{version="1.11.7"} 2' in metrics and "pilot_total_xds_rejects 0" in metrics, metrics
    assert http("127.0.0.1:15014/version")[1].startswith("1.11.7-")


class Load(threading.Thread):
    """Requests one after the other, each on a new connection to the front gateway."""
    def __init__(self):
        super().__init__()
        self.failures, self.count, self.ended = [], 0, False

    def run(self):
        while not self.ended:
            code, body = http("127.0.0.1:8080/")
            self.count += 1
            if code != 200 or "spiffe://cluster_1/ns/istio-system/sa/front" not in body:
                self.failures.append((code, body))
            time.sleep(0.02)


def new_authority(lab):
    """A root and an intermediate for cluster_1, as Secret cacerts has them."""
    def openssl(*args):
        run("openssl", *args)
    ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature\n"
    lab.file("ca.ext", ca)
    for name in ("root", "ca"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", lab.file(f"{name}-key.pem"))
        openssl("req", "-new", "-key", lab.file(f"{name}-key.pem"), "-subj", f"/O=new-{name}", "-out", lab.file(f"{name}.csr"))
    openssl("x509", "-req", "-in", lab.file("root.csr"), "-signkey", lab.file("root-key.pem"), "-days", "30",
            "-extfile", lab.file("ca.ext"), "-out", lab.file("new-root.pem"))
    openssl("x509", "-req", "-in", lab.file("ca.csr"), "-CA", lab.file("new-root.pem"), "-CAkey", lab.file("root-key.pem"),
            "-CAcreateserial", "-days", "30", "-extfile", lab.file("ca.ext"), "-out", lab.file("ca-cert.pem"))
    lab.kubectl("create", "secret", "generic", "cacerts", "-n", "istio-system",
                "--from-file=ca-cert.pem=" + lab.file("ca-cert.pem"), "--from-file=ca-key.pem=" + lab.file("ca-key.pem"),
                "--from-file=cert-chain.pem=" + lab.file("ca-cert.pem"), "--from-file=root-cert.pem=" + lab.file("new-root.pem"))


def presented(port, sni):
    """Issuer of the certificate that a TLS server shows."""
    done = run("sh", "-c", f"echo | openssl s_client -connect 127.0.0.1:{port} -servername {sni} -alpn istio 2>/dev/null | openssl x509 -noout -issuer", check=False)
    return done.stdout


def check_root_change(lab):
    load = Load()
    load.start()
    try:
        assert "new-ca" not in presented(8443, "back.test")
        new_authority(lab)
        eventually("istiod signs under the new root", lambda: "because=\"everybody trusts it\"" in lab.log("istiod"), seconds=15)
        eventually("the gateway shows a certificate of the new authority", lambda: "new-ca" in presented(8443, "back.test"))
        eventually("istiod shows one itself", lambda: "new-ca" in presented(15012, "localhost"))
        eventually("both roots are in the namespaces, the new one first", lambda: support.read(lab.file("new-root.pem")).strip().splitlines()[1]
                   in roots(lab.kubectl("get", "configmap", "istio-ca-root-cert", "-n", "default", "-o", "jsonpath={.data.root-cert\\.pem}").stdout)[0])
        bundle = lab.kubectl("get", "configmap", "istio-ca-root-cert", "-n", "default", "-o", "jsonpath={.data.root-cert\\.pem}").stdout
        assert len(roots(bundle)) == 2, bundle
        for kind in ("mutatingwebhookconfiguration/istio-sidecar-injector", "validatingwebhookconfiguration/istio-validator-istio-system"):
            got = lab.kubectl("get", kind, "-o", "jsonpath={.webhooks[0].clientConfig.caBundle}").stdout
            assert base64.b64decode(got).decode() == bundle
        before = load.count
        eventually("more requests under the new certificates", lambda: load.count >= before + 20)
    finally:
        load.ended = True
        load.join()
    assert load.count > 20, load.count
    assert not load.failures, f"{len(load.failures)} of {load.count}: {load.failures[:3]}"
    # Old and new roots are known after a restart.
    name, child = next(c for c in lab.children if c[0] == "istiod")
    child.terminate()
    assert child.wait(10) == 0, "istiod ends cleanly on SIGTERM"
    lab.children.remove((name, child))
    assert http("127.0.0.1:8080/")[0] == 200, "proxies go on without istiod"
    start_istiod(lab)
    after = lab.kubectl("get", "configmap", "istio-ca-root-cert", "-n", "default", "-o", "jsonpath={.data.root-cert\\.pem}").stdout
    assert after == bundle, "a restart forgets no root"
    eventually("the proxies are back", lambda: len(json.loads(http("127.0.0.1:15014/debug/syncz")[1])) == 2)
    print(f"root changed under load: {load.count} requests, none failed")


def inside():
    run("ip", "link", "set", "lo", "up")
    with tempfile.TemporaryDirectory() as work:
        lab = Lab(work)
        ok = False
        try:
            lab.start("app", sys.executable, lab.file("app.py", APP))
            start_control_plane(lab)
            check_roots_in_namespaces(lab)
            check_webhooks(lab)
            lab.kubectl("apply", "--server-side=false", text=OBJECTS)
            start_gateway(lab, "front", 16000)
            start_gateway(lab, "back", 16200)
            eventually("a request passes both gateways", lambda: http("127.0.0.1:8080/")[0] == 200)
            check_status()
            check_who_is_refused(lab)
            check_root_change(lab)
            ok = True
        finally:
            if not ok:
                for name, _ in lab.children:
                    print(f"--- {name}\n" + "\n".join(lab.log(name).splitlines()[-40:]))
            lab.stop()
    print("ok")


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["inside"] else enter_namespace()
