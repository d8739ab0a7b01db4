#!/usr/bin/env python3
"""Pod workers on a real containerd, without an API server: the CRI contract, a pod with everything that a spec may ask
for, and Envoy behind an HTTP probe. The namespaces are made here; the program node_real does the rest inside."""
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
  "io.containerd.internal.v1.restart", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing", "io.containerd.monitor.v1.cgroups"]
[grpc]
  address = "{dir}/c.sock"
[ttrpc]
  address = "{dir}/c.sock.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "meshka.local/pause:1"
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  disable_apparmor = true
  disable_tcp_service = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{dir}/cni.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runtime"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runtime]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runtime.options]
        BinaryName = "{runtime}"
        SystemdCgroup = false
        Root = "{dir}/runtime"
"""

CNI = """{"cniVersion": "1.0.0", "name": "test", "plugins": [{"type": "ptp", "ipMasq": false, "mtu": 1500,
 "ipam": {"type": "host-local", "dataDir": "DIR/ipam", "ranges": [[{"subnet": "10.244.0.0/24"}]],
          "routes": [{"dst": "0.0.0.0/0"}]}}]}"""


def program():
    for preset in (os.environ.get("MESHKA_PRESET", "release"), "dev"):
        path = os.path.join(support.ROOT, "build", preset, "src/node/node_real")
        if os.path.exists(path):
            return path
    sys.exit("FAILED: node_real is not built")


def main():
    support.require_machine()
    real = program()
    runtime = shutil.which("crun", path=support.path()) or shutil.which("runc", path=support.path())
    before = support.machine(["meshka-node-"])
    work = tempfile.mkdtemp(prefix="meshka-node-")
    os.mkdir(work + "/cni.d")
    with open(work + "/config.toml", "w") as f:
        f.write(CONFIG.format(dir=work, runtime=runtime))
    with open(work + "/cni.d/10-test.conflist", "w") as f:
        f.write(CNI.replace("DIR", work))
    log = open(work + "/log", "w")
    node = subprocess.Popen(
        ["unshare", "--mount", "--pid", "--net", "--fork", "--propagation", "slave", "--kill-child",
         os.path.join(support.ROOT, "tests/e2e/ground_node.sh"), work],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "PATH": support.path()})
    try:
        check(work, node, real)
    except BaseException:
        log.flush()
        print(open(work + "/log").read()[-5000:])
        raise
    finally:
        node.kill()
        node.wait()
        for folder in sorted(support.cgroups(), reverse=True):
            if "meshka-node-test" in folder or "k8s.io" in folder:
                support.eventually("empty cgroup directory " + folder, lambda f=folder: os.rmdir(f) is None, 5)
        shutil.rmtree(work)
        for name in ("containerd",):
            if name not in before["run"] and os.path.isdir("/run/" + name):
                os.rmdir("/run/" + name)
    found = support.differences(before, support.machine(["meshka-node-"]))
    assert not found, found
    print("the node runs pods")


def check(work, node, real):
    def first_child():
        with open(f"/proc/{node.pid}/task/{node.pid}/children") as f:
            return int(f.read().split()[0])

    init = support.eventually("node's first process", first_child)

    def inside(*command, **more):
        return support.run("nsenter", "-t", str(init), "-m", "-p", "-n", *command, **more)

    def ctr(*words, **more):
        return inside("ctr", "--address", work + "/c.sock", "--namespace", "k8s.io", *words, **more)

    inside("sysctl", "-qw", "net.ipv4.ip_forward=1")
    support.eventually("containerd answers", lambda: ctr("version", check=False).returncode == 0)
    for image in ("pause", "busybox", "envoy"):
        ctr("images", "import", "--digests=false", os.path.join(support.IMAGES, image + ".tar"))
    done = inside(real, *sys.argv[1:], check=False, timeout=170, env={
        "MESHKA_NODE_SOCKET": work + "/c.sock", "MESHKA_NODE_DIRECTORY": work + "/agent",
        "MESHKA_NODE_PODS": os.path.join(support.ROOT, "src/node/testdata/pods")})
    print(done.stdout + done.stderr)
    assert done.returncode == 0, "node_real failed"
    os.kill(init, signal.SIGKILL)
    node.wait(timeout=5)


if __name__ == "__main__":
    main()
