#!/usr/bin/env python3
"""The ground that the node stands on, without any code of meshka: containerd in its own pid, mount and network
namespaces runs pause and Envoy from our images with crun, nftables sends a connection to Envoy, Envoy answers; and
killing the first process leaves nothing but files and empty cgroup directories."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import support

CONFIG = """version = 2
root = "{dir}/root"
state = "{dir}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.native",
  "io.containerd.internal.v1.restart", "io.containerd.internal.v1.opt", "io.containerd.grpc.v1.cri"]
[grpc]
  address = "{dir}/c.sock"
[ttrpc]
  address = "{dir}/c.sock.ttrpc"
"""

ENVOY = """
static_resources:
  listeners:
  - address: {socket_address: {address: 0.0.0.0, port_value: 15001}}
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ground
          http_filters:
          - name: router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes: [{match: {prefix: /}, direct_response: {status: 200, body: {inline_string: "the ground holds"}}}]
"""

RULES = """table ip ground {
  chain output {
    type nat hook output priority -100;
    ip daddr 192.0.2.1 meta l4proto tcp redirect to :15001
  }
}
"""


FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=2).read().decode(), end='')"


def main():
    support.require_machine()
    before = support.machine(["meshka-ground-"])
    work = tempfile.mkdtemp(prefix="meshka-ground-")
    cgroup = "meshka-ground-" + str(os.getpid())
    with open(work + "/config.toml", "w") as f:
        f.write(CONFIG.format(dir=work))
    with open(work + "/envoy.yaml", "w") as f:
        f.write(ENVOY)
    log = open(work + "/log", "w")
    node = subprocess.Popen(
        ["unshare", "--mount", "--pid", "--net", "--fork", "--propagation", "slave", "--kill-child",
         os.path.join(support.ROOT, "tests/e2e/ground_node.sh"), work],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "PATH": support.path()})
    try:
        check(work, cgroup, node)
    except BaseException:
        log.flush()
        print(open(work + "/log").read()[-3000:])
        if os.path.exists(work + "/log.containers"):
            print(open(work + "/log.containers").read()[-3000:])
        raise
    finally:
        node.kill()
        node.wait()
        for folder in sorted(support.cgroups(), reverse=True):
            if cgroup in folder:
                support.eventually("empty cgroup directory " + folder, lambda f=folder: os.rmdir(f) is None, 5)
        shutil.rmtree(work)
        if os.path.isdir("/run/containerd") and "containerd" not in before["run"]:
            os.rmdir("/run/containerd")
    found = support.differences(before, support.machine(["meshka-ground-"]))
    assert not found, found
    print("the ground holds")


def check(work, cgroup, node):
    def first_child():
        with open(f"/proc/{node.pid}/task/{node.pid}/children") as f:
            return int(f.read().split()[0])

    init = support.eventually("node's first process", first_child)

    def inside(*command, **more):
        return support.run("nsenter", "-t", str(init), "-m", "-p", "-n", *command, **more)

    def ctr(*words, **more):
        return inside("ctr", "--address", work + "/c.sock", "--namespace", "k8s.io", *words, **more)

    support.eventually("containerd answers", lambda: ctr("version", check=False).returncode == 0)
    for image in ("pause", "envoy"):
        ctr("images", "import", "--digests=false", os.path.join(support.IMAGES, image + ".tar"))
    names = ctr("images", "ls", "-q").stdout
    assert "meshka.local/pause:1" in names and "meshka.local/envoy:1.40.0" in names, names

    crun = shutil.which("crun", path=support.path()) or shutil.which("runc", path=support.path())
    common = ["--runc-binary", crun, "--detach", "--net-host", "--log-uri", "file://" + work + "/log.containers"]
    ctr("run", *common, "--cgroup", f"/{cgroup}/pause", "meshka.local/pause:1", "pause")
    ctr("run", *common, "--cgroup", f"/{cgroup}/envoy", "--mount",
        f"type=bind,src={work}/envoy.yaml,dst=/envoy.yaml,options=rbind:ro", "meshka.local/envoy:1.40.0", "envoy",
        "/usr/local/bin/envoy", "-c", "/envoy.yaml", "--concurrency", "1", "--use-dynamic-base-id")
    tasks = ctr("tasks", "ls").stdout
    assert tasks.count("RUNNING") == 2, tasks

    rules = work + "/rules.nft"
    with open(rules, "w") as f:
        f.write(RULES)
    inside("ip", "link", "add", "ground0", "type", "veth", "peer", "name", "ground1")
    inside("ip", "addr", "add", "192.0.2.2/24", "dev", "ground0")
    for link in ("ground0", "ground1"):
        inside("ip", "link", "set", link, "up")
    inside("nft", "-f", rules)
    answer = support.eventually(
        "Envoy answers behind the redirect",
        lambda: inside(sys.executable, "-c", FETCH, "http://192.0.2.1/").stdout, 20)
    assert answer == "the ground holds", answer

    os.kill(init, signal.SIGKILL)
    node.wait(timeout=5)
    # Read only after the kill: every process of the node must be gone with its first one.
    support.eventually("no process of the node is left", lambda: not support.processes_of([work, cgroup]), 5)


if __name__ == "__main__":
    main()
