"""What end-to-end tests share: skipping honestly, waiting with a deadline, and a picture of the machine to compare."""
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.path.join(ROOT, "build", "tools", "bin")
IMAGES = os.path.join(ROOT, "build", "images")
MESHKA = os.environ.get("MESHKA", os.path.join(ROOT, "build", "release", "meshka"))
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def require_machine():
    """Ends the test as skipped when the machine cannot run it, with the reason. Where root and containerd are there
    nothing may be skipped, so then this never skips."""
    reasons = []
    if os.geteuid() != 0:
        reasons.append("not root")
    if not os.path.exists(os.path.join(TOOLS, "containerd")):
        reasons.append("no containerd in build/tools/bin (make build)")
    if reasons:
        print("SKIPPED:", ", ".join(reasons))
        sys.exit(SKIPPED)
    missing = [p for p in ("nft", "ip", "crun", "curl", "openssl") if not shutil.which(p, path=path())]
    if missing:
        sys.exit(f"FAILED: root and containerd are there, but not {', '.join(missing)}: run tools/install")


def path():
    return TOOLS + ":" + os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def run(*command, check=True, timeout=60, **more):
    env = {**os.environ, "PATH": path(), **more.pop("env", {})}
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=env, stdin=subprocess.DEVNULL, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def eventually(what, condition, seconds=20, every=0.02):
    """Polls a fact that gives no event; the deadline is part of what is tested."""
    deadline = time.monotonic() + seconds
    error = None
    while time.monotonic() < deadline:
        try:
            value = condition()
            if value:
                return value
        except (AssertionError, LookupError, ValueError, OSError, subprocess.SubprocessError) as e:
            error = e
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s" + (f" ({error})" if error else ""))


def read(path):
    with open(path) as f:
        return f.read()


def lines(*command):
    return sorted(run(*command).stdout.splitlines())


def processes():
    """pid and command of everything but kernel threads and this test's own children."""
    out = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                command = f.read().replace("\0", " ").strip()
            with open(f"/proc/{pid}/stat") as f:
                state = f.read().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if command and state != "Z":
            out.add((int(pid), command))
    return out


def sysctls():
    out = {}
    for top in ("/proc/sys/net/ipv4/conf", "/proc/sys/net/ipv4", "/proc/sys/net/ipv6/conf/all", "/proc/sys/net/bridge"):
        for folder, _, files in os.walk(top):
            for name in files:
                try:
                    with open(os.path.join(folder, name)) as f:
                        out[os.path.join(folder, name)] = f.read()
                except OSError:
                    pass
    # These count; they are not settings.
    return {k: v for k, v in out.items() if not k.endswith(("_count", "/tcp_mem", "/udp_mem", "fib_sync_mem"))}


def cgroups():
    return sorted(folder for folder, _, _ in os.walk("/sys/fs/cgroup"))


def processes_of(mine):
    def belongs(pid, command):
        try:
            return any(n in command or n in read(f"/proc/{pid}/cgroup") for n in mine)
        except OSError:
            return False

    own = {os.getpid(), os.getppid()}
    return sorted(c for pid, c in processes() if pid not in own and belongs(pid, c))


def foreign(text, mine):
    """Carries the name of another node, which lives beside the test's."""
    names = re.findall(r"\b(?:meshka|mk)-[a-z][a-z0-9-]*", text)
    return bool(names) and not any(m in n for n in names for m in mine)


def machine(mine):
    """Everything that a node could leave behind. Processes: those that carry one of the names `mine` in their command
    or their cgroup; others belong to somebody else."""
    picture = {
        "links": sorted(l.split(":")[1].strip() for l in run("ip", "-o", "link").stdout.splitlines()),
        "addresses": lines("ip", "-o", "-4", "addr"),
        "routes": lines("ip", "route", "show", "table", "all"),
        "namespaces": lines("ip", "netns"),
        "mounts": sorted(l.split(" ", 2)[2] for l in read("/proc/self/mountinfo").splitlines()),
        "nft": lines("nft", "list", "ruleset"),
        "cgroups": cgroups(),
        "processes": processes_of(mine),
        "run": sorted(os.listdir("/run")),
        "sysctls": sysctls(),
    }
    return {k: v if isinstance(v, dict) else [x for x in v if not foreign(x, mine)] for k, v in picture.items()}


def differences(before, after, ignore=()):
    out = []
    for key in before:
        if key in ignore or before[key] == after[key]:
            continue
        if isinstance(before[key], dict):
            changed = [k for k in before[key].keys() | after[key].keys() if before[key].get(k) != after[key].get(k)]
            out.append(f"{key}: changed {changed}")
        else:
            out.append(f"{key}: gone {[x for x in before[key] if x not in after[key]]}, "
                       f"new {[x for x in after[key] if x not in before[key]]}")
    return out
