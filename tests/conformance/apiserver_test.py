"""Transcripts of the real kubectl and helm against `meshka apiserver`.

usage: apiserver_test.py MESHKA TOOLS
Each test_ function gets a fresh namespace; all of them share one server per emulated version."""
import base64
import http.server
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MESHKA, TOOLS = sys.argv[1], sys.argv[2]
SKIPPED = 77


def data(name):
    return os.path.join(HERE, "data", name)


class Server:
    def __init__(self, directory, version):
        self.directory, self.version = directory, version
        self.kubeconfig = os.path.join(directory, "kubeconfig")
        self.process = None

    def start(self):
        if os.path.exists(self.kubeconfig):
            os.remove(self.kubeconfig)
        self.log = open(os.path.join(self.directory, "log"), "ab")
        self.process = subprocess.Popen(
            [MESHKA, "apiserver", "--data-dir", os.path.join(self.directory, "data"), "--listen", "127.0.0.1:0",
             "--kubeconfig-out", self.kubeconfig, "--kubernetes-version", self.version, "--allow-local-webhook-urls"],
            stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 20
        while not os.path.exists(self.kubeconfig):
            assert self.process.poll() is None, open(self.log.name).read()
            assert time.monotonic() < deadline, "the server did not start within 20 s"
            time.sleep(0.02)
        return self

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=10)

    def environment(self):
        # A home of its own: kubectl and helm keep what they discovered there.
        return {**os.environ, "KUBECONFIG": self.kubeconfig, "HOME": self.directory, "PATH": TOOLS + ":" + os.environ["PATH"]}

    def run(self, program, *words, stdin=None, code=0, timeout=30):
        done = subprocess.run([os.path.join(TOOLS, program), *words], input=stdin, capture_output=True, text=True,
                              timeout=timeout, env=self.environment())
        if code is not None and done.returncode != code:
            raise AssertionError(f"{program} {' '.join(words)}: exit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr


class Case:
    """kubectl and helm in a namespace of their own."""

    def __init__(self, server, namespace):
        self.server, self.namespace = server, namespace
        self.kubectl("create", "namespace", namespace)
        self.kubectl("create", "serviceaccount", "default")

    def kubectl(self, *words, **more):
        return self.server.run("kubectl", "--namespace", self.namespace, *words, **more)

    def helm(self, *words, **more):
        return self.server.run("helm", "--namespace", self.namespace, *words, **more)

    def get(self, *words):
        return json.loads(self.kubectl("get", *words, "-o", "json"))


def expect(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in:\n{text}")


def same(got, want):
    if got != want:
        raise AssertionError(f"got {got!r}, want {want!r}")


def test_deployment(c):
    expect(c.kubectl("create", "--save-config", "-f", data("deployment.yaml")), "deployment.apps/web created")
    expect(c.kubectl("create", "-f", data("deployment.yaml"), code=1), '(AlreadyExists)', 'deployments.apps "web" already exists')
    expect(c.kubectl("apply", "-f", data("deployment.yaml")), "deployment.apps/web unchanged")
    table = c.kubectl("get", "deployments", "-o", "wide").splitlines()
    same(table[0].split(), ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"])
    same(table[1].split()[:4] + table[1].split()[5:], ["web", "0/2", "0", "0", "server,helper", "example/web:1.0,example/helper:1.0", "app=web"])
    text = open(data("deployment.yaml")).read()
    expect(c.kubectl("apply", "-f", "-", stdin=text.replace("web:1.0", "web:1.1")), "configured")
    containers = c.get("deployment", "web")["spec"]["template"]["spec"]["containers"]
    same([x["image"] for x in containers], ["example/web:1.1", "example/helper:1.0"])
    # What apply no longer says goes; what somebody else said stays.
    c.kubectl("patch", "deployment", "web", "--patch", '{"spec":{"template":{"spec":{"containers":[{"name":"helper","env":[{"name":"A","value":"b"}]}]}}}}')
    c.kubectl("apply", "-f", "-", stdin=text.replace("        ports:\n        - containerPort: 80\n", ""))
    containers = c.get("deployment", "web")["spec"]["template"]["spec"]["containers"]
    same("ports" in containers[0], False)
    same(containers[1]["env"], [{"name": "A", "value": "b"}])
    before = c.get("deployment", "web")["metadata"]
    expect(c.kubectl("scale", "deployment/web", "--replicas=5"), "scaled")
    after = c.get("deployment", "web")
    same(after["spec"]["replicas"], 5)
    same(after["metadata"]["generation"], before["generation"] + 1)
    expect(c.kubectl("delete", "deployment", "web"), "deleted")
    expect(c.kubectl("get", "deployment", "web", code=1), 'deployments.apps "web" not found')


def test_edit(c):
    c.kubectl("create", "configmap", "m", "--from-literal=key=old")
    editor = os.path.join(c.server.directory, "editor.sh")
    with open(editor, "w") as f:
        f.write('#!/bin/sh\nsed -i s/old/new/ "$1"\n')
    os.chmod(editor, 0o755)
    done = subprocess.run([os.path.join(TOOLS, "kubectl"), "--namespace", c.namespace, "edit", "configmap", "m"], text=True,
                          capture_output=True, timeout=30, env={**c.server.environment(), "KUBE_EDITOR": editor})
    same(done.returncode, 0)
    same(c.get("configmap", "m")["data"], {"key": "new"})


def test_strict_validation(c):
    text = open(data("deployment.yaml")).read().replace("replicas:", "replicass:")
    expect(c.kubectl("apply", "--validate=strict", "-f", "-", stdin=text, code=1), 'unknown field "spec.replicass"')
    expect(c.kubectl("get", "deployments"), "No resources found")
    expect(c.kubectl("apply", "--validate=warn", "-f", "-", stdin=text), 'Warning: unknown field "spec.replicass"')


def test_invalid_objects(c):
    text = open(data("deployment.yaml")).read()
    expect(c.kubectl("apply", "-f", "-", stdin=text.replace("labels: {app: web}\n    spec", "labels: {app: other}\n    spec"), code=1),
           'The Deployment "web" is invalid', "`selector` does not match template `labels`")
    expect(c.kubectl("create", "service", "clusterip", "s", "--tcp=80", "--clusterip=4.4.4.4", code=1),
           "The range of valid IPs is 10.96.0.0/16")


def test_custom_resources(c):
    c.kubectl("apply", "-f", data("crd.yaml"))
    expect(c.kubectl("wait", "--for=condition=Established", "crd/kettles.kitchen.example.com", "--timeout=10s"), "condition met")
    expect(c.kubectl("apply", "-f", data("kettle.yaml")), "kettle.kitchen.example.com/big created")
    expect(c.kubectl("apply", "-f", data("kettle.yaml")), "unchanged")
    same(c.get("kt", "big")["spec"], {"colour": "red", "litres": 2})
    same(c.get("kettles.v1alpha1.kitchen.example.com", "big")["apiVersion"], "kitchen.example.com/v1alpha1")
    c.kubectl("patch", "kt", "big", "--subresource=status", "--type=merge", "-p", '{"status":{"conditions":[{"type":"Hot","status":"True"}]}}')
    table = c.kubectl("get", "kt").splitlines()
    same([line.split() for line in table], [["NAME", "LITRES", "HOT"], ["big", "2", "True"]])
    expect(c.kubectl("wait", "--for=condition=Hot", "kt/big", "--timeout=5s"), "condition met")
    expect(c.kubectl("patch", "kt", "big", "--type=merge", "-p", '{"spec":{"litres":0}}', code=1), "should be greater than or equal to 1")
    expect(c.kubectl("patch", "kt", "big", "--type=merge", "-p", '{"spec":{"colour":"pink"}}', code=1), 'supported values: "red", "blue"')
    expect(c.kubectl("explain", "kettle.spec"), "litres\t<integer> -required-", "enum: red, blue")
    expect(c.kubectl("delete", "crd", "kettles.kitchen.example.com"), "deleted")
    # kubectl still has its copy of discovery and asks for what is gone.
    expect(c.kubectl("get", "kettles", code=1), "could not find the requested resource")


def test_get_watch(c):
    c.kubectl("create", "configmap", "before")
    watch = subprocess.Popen([os.path.join(TOOLS, "kubectl"), "--namespace", c.namespace, "get", "configmaps", "-w", "-o", "name"],
                             stdout=subprocess.PIPE, text=True, env=c.server.environment())
    try:
        # What was there comes first: from then on the watch runs at that revision.
        same(watch.stdout.readline().strip(), "configmap/before")
        c.kubectl("create", "configmap", "one")
        c.kubectl("label", "configmap", "one", "a=b")
        same([watch.stdout.readline().strip() for _ in range(2)], ["configmap/one"] * 2)
    finally:
        watch.kill()
        watch.wait()


def test_wait_for_deletion(c):
    c.kubectl("create", "configmap", "held")
    c.kubectl("patch", "configmap", "held", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}')
    c.kubectl("delete", "configmap", "held", "--wait=false")
    expect(c.kubectl("wait", "--for=delete", "configmap/held", "--timeout=1s", code=1), "timed out")
    c.kubectl("patch", "configmap", "held", "--type=json", "-p", '[{"op":"remove","path":"/metadata/finalizers"}]')
    c.kubectl("wait", "--for=delete", "configmap/held", "--timeout=5s")


def test_pods(c):
    c.kubectl("run", "p", "--image=example/p:1")
    pod = c.get("pod", "p")
    same(pod["spec"]["volumes"][0]["projected"]["sources"][1]["configMap"]["name"], "kube-root-ca.crt")
    same(c.kubectl("get", "pods").splitlines()[1].split()[:4], ["p", "0/1", "Pending", "0"])
    expect(c.kubectl("exec", "p", "--", "true", code=1), "not supported yet")
    expect(c.kubectl("delete", "pod", "p", "--timeout=5s"), "deleted")


def test_pages_and_expiry(c):
    for i in range(5):
        c.kubectl("create", "configmap", f"m{i}")
    path = f"/api/v1/namespaces/{c.namespace}/configmaps"
    page = json.loads(c.kubectl("get", "--raw", path + "?limit=2"))
    same((len(page["items"]), page["metadata"]["remainingItemCount"]), (2, 3))
    same(len(c.kubectl("get", "configmaps", "--chunk-size=2", "-o", "name").split()), 5)
    # What was before a restart can no longer be watched.
    c.server.end(signal.SIGKILL)
    c.server.start()
    same(len(c.kubectl("get", "configmaps", "-o", "name").split()), 5)
    answer = c.kubectl("get", "--raw", path + "?watch=1&resourceVersion=1&timeoutSeconds=1", code=None)
    expect(answer, "too old resource version")


def test_rights(c):
    expect(c.kubectl("auth", "whoami"), "system:masters")
    token = c.kubectl("create", "token", "default").strip()
    config = json.loads(c.kubectl("config", "view", "--raw", "-o", "json"))
    config["users"][0]["user"] = {"token": token}
    path = os.path.join(c.server.directory, "token-kubeconfig")
    with open(path, "w") as f:
        json.dump(config, f)
    expect(c.kubectl("auth", "whoami", "--kubeconfig", path), f"system:serviceaccount:{c.namespace}:default", "system:serviceaccounts")
    config["users"][0]["user"] = {"token": token[:-6] + "AAAAAA"}
    with open(path, "w") as f:
        json.dump(config, f)
    expect(c.kubectl("get", "pods", "--kubeconfig", path, code=1), "Unauthorized")
    account = f"system:serviceaccount:{c.namespace}:default"
    same(c.kubectl("auth", "can-i", "list", "pods", "--as", account, code=1).strip(), "no")
    expect(c.kubectl("get", "pods", "--as", account, code=1),
           f'User "{account}" cannot list resource "pods" in API group "" in the namespace "{c.namespace}"')
    c.kubectl("create", "rolebinding", "v", "--clusterrole=view", f"--serviceaccount={c.namespace}:default")
    same(c.kubectl("auth", "can-i", "list", "pods", "--as", account).strip(), "yes")
    same(c.kubectl("auth", "can-i", "get", "secrets", "--as", account, code=1).strip(), "no")


def test_discovery(c):
    names = c.kubectl("api-resources", "-o", "name").split()
    for name in ("pods", "deployments.apps", "customresourcedefinitions.apiextensions.k8s.io", "events.events.k8s.io"):
        same(name in names, True)
    expect(c.kubectl("explain", "deployment.spec.strategy"), "rollingUpdate", "<RollingUpdateDeployment>")
    same(c.kubectl("get", "--raw", "/readyz"), "ok")
    same(json.loads(c.kubectl("get", "--raw", "/openid/v1/jwks"))["keys"][0]["kty"], "EC")
    expect(c.kubectl("get", "--raw", "/.well-known/openid-configuration"), '"issuer":"https://kubernetes.default.svc.cluster.local"')


def test_apply_patch_is_refused(c):
    expect(c.kubectl("apply", "--server-side", "-f", data("deployment.yaml"), code=1), "server-side apply is not supported yet")


def test_helm(c):
    c.helm("create", os.path.join(c.server.directory, "chart"))
    chart = os.path.join(c.server.directory, "chart")
    expect(c.helm("install", "demo", chart, "--server-side=false"), "STATUS: deployed")
    expect(c.helm("upgrade", "demo", chart, "--server-side=false", "--set", "replicaCount=3"), "REVISION: 2")
    same(c.get("deployment", "demo-chart")["spec"]["replicas"], 3)
    expect(c.helm("list"), "demo", "deployed")
    expect(c.helm("rollback", "demo", "1", "--server-side=false"), "Rollback was a success")
    same(c.get("deployment", "demo-chart")["spec"]["replicas"], 1)
    expect(c.helm("uninstall", "demo"), "uninstalled")
    expect(c.kubectl("get", "deployments"), "No resources found")


class Hook(http.server.BaseHTTPRequestHandler):
    """An admission webhook that labels what it sees and refuses what is called "bad"."""

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = review["request"]
        response = {"uid": request["uid"], "allowed": request["name"] != "bad"}
        if not response["allowed"]:
            response["status"] = {"message": "bad is bad", "code": 403}
        else:
            patch = [{"op": "add", "path": "/metadata/labels", "value": {"seen-by": "hook"}}]
            response.update(patchType="JSONPatch", patch=base64.b64encode(json.dumps(patch).encode()).decode())
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def hook_configuration(c, url, ca):
    return json.dumps({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "hook"},
        "webhooks": [{
            "name": "hook.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"url": url, "caBundle": base64.b64encode(open(ca, "rb").read()).decode()},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": c.namespace}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]}]})


def test_webhooks_over_tls(c):
    key, certificate = (os.path.join(c.server.directory, name) for name in ("hook.key", "hook.crt"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                    certificate, "-days", "1", "-subj", "/CN=hook", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_address[1]}/admit"
    try:
        c.kubectl("apply", "-f", "-", stdin=hook_configuration(c, url, certificate))
        c.kubectl("create", "configmap", "good")
        same(c.get("configmap", "good")["metadata"]["labels"], {"seen-by": "hook"})
        expect(c.kubectl("create", "configmap", "bad", code=1), 'admission webhook "hook.example.com" denied the request: bad is bad')
        # A certificate of somebody else is a failure, and a failure is a refusal.
        other = os.path.join(c.server.directory, "data", "pki", "ca.crt")
        c.kubectl("apply", "-f", "-", stdin=hook_configuration(c, url, other))
        expect(c.kubectl("create", "configmap", "late", code=1), 'failed calling webhook "hook.example.com"')
        c.kubectl("delete", "mutatingwebhookconfiguration", "hook")
        c.kubectl("create", "configmap", "late")
    finally:
        server.shutdown()


def test_mesh_of_1_22(c):
    out = c.kubectl("apply", "-f", data("mesh_1_22.yaml"))
    same(len(re.findall(r" created$", out, re.M)), 9)
    expect(c.kubectl("apply", "-f", data("filter.yaml")), "created")
    same(c.get("filter", "stats")["spec"]["patches"][0]["value"]["typed_config"]["deep"], [1, {"a": "b"}])
    scaler = c.get("horizontalpodautoscalers.v2beta1.autoscaling", "gateway")
    same(scaler["spec"]["metrics"][0]["resource"], {"name": "cpu", "targetAverageUtilization": 80})
    same(json.loads(c.kubectl("get", "--raw", f"/apis/autoscaling/v1/namespaces/{c.namespace}/horizontalpodautoscalers/gateway"))
         ["spec"]["targetCPUUtilizationPercentage"], 80)
    same(c.get("poddisruptionbudgets.v1beta1.policy", "gateway")["spec"]["minAvailable"], 1)
    same(json.loads(c.kubectl("get", "--raw", "/version"))["minor"], "22")
    expect(c.kubectl("get", "--raw", "/apis/autoscaling/v2", code=1), "NotFound")


TESTS_1_22 = [test_mesh_of_1_22, test_deployment, test_custom_resources]
TESTS_1_37 = [f for name, f in sorted(globals().items()) if name.startswith("test_") and f is not test_mesh_of_1_22]


def run(version, tests, root):
    directory = os.path.join(root, version)
    os.makedirs(directory)
    server = Server(directory, version).start()
    failed = 0
    try:
        for number, test in enumerate(tests):
            started = time.monotonic()
            try:
                test(Case(server, f"t{number}"))
                print(f"passed {version} {test.__name__} ({time.monotonic() - started:.1f} s)")
            except (AssertionError, ValueError, KeyError, IndexError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAILED {version} {test.__name__}: {error}")
    finally:
        server.end()
    return failed


def main():
    missing = [p for p in ("kubectl", "helm") if not os.path.exists(os.path.join(TOOLS, p))]
    if missing:
        print("SKIPPED:", ", ".join(missing), "not in", TOOLS, "(tools/install)")
        sys.exit(SKIPPED)
    root = tempfile.mkdtemp(prefix="meshka-conformance-")
    try:
        failed = run("1.37", TESTS_1_37, root) + run("1.22", TESTS_1_22, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    total = len(TESTS_1_37) + len(TESTS_1_22)
    print(f"{total - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
