#!/usr/bin/env python3
"""Traffic through real Envoys with the golden configuration of two clusters (clusters-apart): one network namespace per
pod, capture by nftables, certificates of two trust domains under one root. Between the clusters only the gateways'
port 15443 passes. What istiod would push is put into files; nothing else is made up.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import envoy_config_test as goldens  # noqa: E402
import support  # noqa: E402

FOLDER = os.path.join(support.ROOT, "src/mesh/testdata/translate")
ENVOY = os.path.join(support.TOOLS, "envoy")
PREFIX = f"meshka-mt{os.getpid() % 10000}-"
# pod: (address, golden, proxy in it, account, port of its application)
PODS = {
    "front": ("10.1.0.10", "clusters-apart", "front", "west/shop/front", 0),
    "cart": ("10.1.0.11", "clusters-apart", "cart", "west/shop/cart", 8088),
    "ingress": ("10.1.0.100", "clusters-apart", "ingress", "west/istio-system/ingress", 0),
    "westgate": ("10.1.0.101", "clusters-apart", "eastwest", "west/istio-system/eastwest", 0),
    "thief": ("10.1.0.20", "clusters-apart", "front", "west/other/thief", 0),
    "far": ("10.2.0.11", "clusters-apart-east", "cart", "east/shop/cart", 8088),
    "eastgate": ("10.2.0.100", "clusters-apart-east", "eastwest", "east/istio-system/eastwest", 0),
    "outside": ("10.1.0.50", None, None, None, 0),
}
CAPTURE = """table ip istio {
 chain pre { type nat hook prerouting priority -100; policy accept;
  tcp dport { 15001, 15006, 15008, 15020, 15021, 15090 } return
  meta l4proto tcp redirect to :15006
 }
 chain out { type nat hook output priority -100; policy accept;
  ip saddr 127.0.0.6 oifname "lo" return
  oifname "lo" ip daddr != 127.0.0.1 tcp dport != 15008 meta skuid 1337 redirect to :15006
  oifname "lo" meta skuid != 1337 return
  meta skuid 1337 return
  ip daddr 127.0.0.1 return
  meta l4proto tcp redirect to :15001
 }
}
"""
APART = """table ip apart {
 chain fwd_all {
 type filter hook forward priority 0; policy accept;
 ct state established,related accept
 ip saddr 10.1.0.0/16 ip daddr 10.2.0.100 tcp dport 15443 accept
 ip saddr 10.2.0.0/16 ip daddr 10.1.0.101 tcp dport 15443 accept
 ip saddr 10.1.0.0/16 ip daddr 10.2.0.0/16 drop
 ip saddr 10.2.0.0/16 ip daddr 10.1.0.0/16 drop
 }
}
"""
APP = """import http.server, json, sys
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps({"pod": sys.argv[1], "xfcc": self.headers.get("x-forwarded-client-cert", "")}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[2])), H).serve_forever()
"""


def ip(*words, **more):
    return support.run("ip", *words, **more)


def inside(pod, *command, **more):
    return support.run("ip", "netns", "exec", PREFIX + pod, *command, **more)


def make_network():
    ip("netns", "add", PREFIX + "router")
    inside("router", "sysctl", "-qw", "net.ipv4.ip_forward=1")
    for index, (pod, (address, *_)) in enumerate(PODS.items()):
        ip("netns", "add", PREFIX + pod)
        ip("-n", PREFIX + pod, "link", "add", "eth0", "type", "veth", "peer", "name", f"p{index}", "netns", PREFIX + "router")
        ip("-n", PREFIX + pod, "link", "set", "lo", "up")
        ip("-n", PREFIX + pod, "addr", "add", address + "/32", "dev", "eth0")
        ip("-n", PREFIX + pod, "link", "set", "eth0", "up")
        ip("-n", PREFIX + pod, "route", "add", "169.254.1.1", "dev", "eth0")
        ip("-n", PREFIX + pod, "route", "add", "default", "via", "169.254.1.1")
        ip("-n", PREFIX + "router", "link", "set", f"p{index}", "up")
        ip("-n", PREFIX + "router", "addr", "add", "169.254.1.1/32", "dev", f"p{index}")
        ip("-n", PREFIX + "router", "route", "add", address, "dev", f"p{index}")
    rules(APART, "router")


def rules(text, pod):
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as f:
        f.write(text)
        f.flush()
        inside(pod, "nft", "-f", f.name)


def make_certificates(work):
    def openssl(*words):
        support.run("openssl", *words, cwd=work)

    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "root.key")
    openssl("req", "-x509", "-new", "-key", "root.key", "-subj", "/O=root", "-days", "1", "-out", "root.pem")
    for pod, (_, _, _, account, _) in PODS.items():
        if account is None:
            continue
        domain, ns, name = account.split("/")
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", pod + ".key")
        openssl("req", "-new", "-key", pod + ".key", "-subj", "/", "-out", pod + ".csr")
        with open(os.path.join(work, pod + ".ext"), "w") as f:
            f.write(f"subjectAltName=critical,URI:spiffe://{domain}/ns/{ns}/sa/{name}\n")
        openssl("x509", "-req", "-in", pod + ".csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "1",
                "-extfile", pod + ".ext", "-out", pod + ".pem")


def secrets_in_files(value, folder):
    if isinstance(value, list):
        return [secrets_in_files(v, folder) for v in value]
    if not isinstance(value, dict):
        return value
    if "sds_config" in value:
        return {"name": value["name"], "sds_config": {
            "path_config_source": {"path": f"{folder}/{value['name']}.json"}, "resource_api_version": "V3"}}
    return {k: secrets_in_files(v, folder) for k, v in value.items()}


def write_secrets(work, pod, folder):
    kind = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
    text = {n: open(os.path.join(work, n)).read() for n in ("root.pem", pod + ".pem", pod + ".key")}
    secrets = {
        "default": {"tls_certificate": {"certificate_chain": {"inline_string": text[pod + ".pem"]},
                                        "private_key": {"inline_string": text[pod + ".key"]}}},
        "ROOTCA": {"validation_context": {"trusted_ca": {"inline_string": text["root.pem"]}}}}
    for name, secret in secrets.items():
        with open(f"{folder}/{name}.json", "w") as f:
            json.dump({"resources": [{"@type": kind, "name": name, **secret}]}, f)


def start_pod(work, pod, started):
    _, golden, proxy, _, port = PODS[pod]
    if golden is None:
        return
    folder = os.path.join(work, pod)
    os.mkdir(folder)
    write_secrets(work, pod, folder)
    with open(f"{FOLDER}/{golden}.golden") as f:
        told = yaml.safe_load(f)
    clusters, listeners = goldens.inline(goldens.whole(told["proxies"], told["blocks"])[proxy])
    config = goldens.bootstrap(clusters, listeners)
    del config["dynamic_resources"]
    config["admin"] = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 15000}}}
    with open(folder + "/envoy.json", "w") as f:
        json.dump(secrets_in_files(config, folder), f)
    support.run("chmod", "-R", "a+rX", work)
    if proxy in ("front", "cart"):
        rules(CAPTURE, pod)

    def run(uid, name, *command):
        log = open(f"{work}/{pod}.{name}.log", "w")
        os.chown(log.name, uid, uid)
        started.append(subprocess.Popen(
            ["ip", "netns", "exec", PREFIX + pod, "setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups",
             *command], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/"))

    run(1337, "envoy", ENVOY, "-c", folder + "/envoy.json", "--concurrency", "1", "--use-dynamic-base-id")
    if port:
        run(1000, "app", sys.executable, work + "/app.py", pod, str(port))


FETCH = """import http.client, json, sys
from urllib.parse import urlsplit
url, headers, seconds = sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3])
at = urlsplit(url)
try:
    link = http.client.HTTPConnection(at.hostname, at.port, timeout=seconds)
    link.request("GET", at.path + ("?" + at.query if at.query else ""), headers=headers)
    answer = link.getresponse()
    print(json.dumps([answer.status, answer.read().decode()]))
except (OSError, http.client.HTTPException) as e:
    print(json.dumps([0, str(e)]))
"""


def fetch(pod, url, seconds=8, uid=1000, **headers):
    """(status, body, seconds) as the pod's application sees it; status 0 without an answer."""
    start = time.monotonic()
    done = inside(pod, "setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", sys.executable, "-c", FETCH, url,
                  json.dumps({k.replace("_", "-"): v for k, v in headers.items()}), str(seconds))
    status, body = json.loads(done.stdout)
    return status, body, time.monotonic() - start


CART = "http://10.96.0.11:8080/"


def call(pod="front", host="cart.shop.svc.cluster.local:8080", **headers):
    return fetch(pod, CART, Host=host, **headers)


def admin(pod, path):
    return fetch(pod, "http://127.0.0.1:15000/" + path, uid=1337)[1]


def stat(pod, name):
    return sum(int(line.rsplit(": ", 1)[1]) for line in admin(pod, "stats?filter=" + name).split("\n") if ": " in line)


def check():
    for pod, (_, golden, *_) in PODS.items():
        if golden:
            support.eventually(f"Envoy of {pod} serves", lambda p=pod: admin(p, "ready").startswith("LIVE"), 20)
    support.eventually("a call is answered", lambda: call()[0] == 200, 20)

    pods = []
    for _ in range(60):
        status, body, seconds = call()
        assert status == 200 and seconds < 2, (status, body, seconds)
        pods.append(json.loads(body))
    counts = {name: sum(1 for p in pods if p["pod"] == name) for name in ("cart", "far")}
    assert min(counts.values()) >= 10, f"split 50/50 over clusters: {counts}"
    far = [p["xfcc"] for p in pods if p["pod"] == "far"][0]
    assert "By=spiffe://east/ns/shop/sa/cart" in far and "URI=spiffe://west/ns/shop/sa/front" in far, far
    print("split over clusters:", counts)

    status, _, seconds = call(x_slow="yes")
    assert status == 200 and 2.0 <= seconds < 3, f"delay: {status} after {seconds}"
    status, body, _ = call(pod="thief")
    assert status == 403 and body == "RBAC: access denied", f"another identity: {status} {body}"
    for target in ("http://10.1.0.11:8088/", "http://10.1.0.11:9000/"):
        status, body, _ = fetch("outside", target)
        assert status == (0 if ":8088" in target else 403), f"plain text to {target}: {status} {body}"
    status, _, _ = fetch("outside", "http://10.2.0.11:8088/", seconds=1)
    assert status == 0, "a pod of the other cluster answered directly"
    status, _, _ = fetch("outside", "http://10.2.0.100:15443/")
    assert status == 0, "the gateway answered plain text"

    # The ingress leads to `front`, whose application is away; what comes is its sidecar's answer.
    status, body, _ = fetch("outside", "http://10.1.0.100:8080/any")
    assert status == 503 and stat("front", "inbound_0.0.0.0_8080.downstream_rq_5xx") >= 1, f"ingress: {status} {body}"

    # A host with pods in both clusters: the near one serves.
    near = {json.loads(call(host="cart.shop.global")[1])["pod"] for _ in range(10)}
    assert near == {"cart"}, near


def stop(processes):
    for process in processes:
        process.terminate()
        process.wait()


def check_far_takes_over(near):
    """The near pod goes: its connections fail, it is ejected, the other cluster serves."""
    stop(near)
    support.eventually("the other side answers", lambda: json.loads(call(host="cart.shop.global")[1])["pod"] == "far", 10)
    again = [call(host="cart.shop.global") for _ in range(5)]
    assert all(status == 200 for status, _, _ in again), again


def check_without_pods(far):
    """With no pod on either side a request fails at once, and the gateways do not call each other in circles."""
    stop(far)
    before = {g: stat(g, "listener.0.0.0.0_15443.downstream_cx_total") for g in ("westgate", "eastgate")}
    for _ in range(8):
        status, _, seconds = call(host="cart.shop.global")
        assert status == 503 and seconds < 4, (status, seconds)
    for gate, count in before.items():
        grown = stat(gate, "listener.0.0.0.0_15443.downstream_cx_total") - count
        assert grown <= 24, f"{gate}: {grown} connections for 8 requests"


def main():
    support.require_machine()
    work = tempfile.mkdtemp(prefix="meshka-mt-")
    started = []
    try:
        with open(work + "/app.py", "w") as f:
            f.write(APP)
        make_network()
        make_certificates(work)
        by_pod = {}
        for pod in PODS:
            first = len(started)
            start_pod(work, pod, started)
            by_pod[pod] = started[first:]
        check()
        check_far_takes_over(by_pod["cart"])
        check_without_pods(by_pod["far"])
        print("passed")
    except BaseException:
        for name in sorted(os.listdir(work)):
            if name.endswith(".log"):
                print(f"--- {name}\n{open(os.path.join(work, name), errors='replace').read()[-1500:]}")
        raise
    finally:
        for process in started:
            process.kill()
            process.wait()
        for pod in [*PODS, "router"]:
            ip("netns", "del", PREFIX + pod, check=False)
        shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
