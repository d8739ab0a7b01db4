#!/usr/bin/env python3
"""A real Envoy must accept what the translation makes: every golden of src/mesh/testdata/translate becomes a static
bootstrap per proxy, twice: with discovery as it is, and with routes and endpoints put inside so that they are checked
too. A warning about a deprecated field fails like a refusal. Exit code 77 (skipped) where Envoy is not there.
"""
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVOY = os.path.join(ROOT, "build/tools/bin/envoy")
GOLDENS = os.path.join(ROOT, "src/mesh/testdata/translate/*.golden")


def whole(value, blocks):
    """Puts the blocks that a golden tells once back where they are named."""
    if isinstance(value, dict):
        return {k: whole(v, blocks) for k, v in value.items()}
    if isinstance(value, list):
        return [whole(v, blocks) for v in value]
    if isinstance(value, str) and value.startswith("= "):
        return whole(blocks[value], blocks)
    return value


def grpc_cluster(name):
    h2 = {"@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          "explicit_http_config": {"http2_protocol_options": {}}}
    return {"name": name, "type": "STATIC", "connect_timeout": "1s",
            "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": h2},
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
                {"endpoint": {"address": {"pipe": {"path": "./" + name + ".sock"}}}}]}]}}


def bootstrap(clusters, listeners):
    helpers = [grpc_cluster(n) for n in ("xds-grpc", "sds-grpc", "envoy_accesslog_service")]
    return {
        "node": {"id": "sidecar~10.0.0.1~pod.ns~ns.svc.cluster.local", "cluster": "app.ns"},
        "dynamic_resources": {"ads_config": {"api_type": "GRPC", "transport_api_version": "V3",
                                             "grpc_services": [{"envoy_grpc": {"cluster_name": "xds-grpc"}}]}},
        "static_resources": {"clusters": helpers + clusters, "listeners": listeners}}


def inline(proxy):
    """Routes in their listeners, endpoints in their clusters."""
    routes = {r["name"]: r for r in proxy["routes"]}
    endpoints = {e["cluster_name"]: e for e in proxy["endpoints"]}
    clusters, listeners = copy.deepcopy(proxy["clusters"]), copy.deepcopy(proxy["listeners"])
    for cluster in clusters:
        if cluster.get("type") == "EDS":
            name = cluster.pop("eds_cluster_config")["service_name"]
            cluster["type"] = "STATIC"
            cluster["load_assignment"] = endpoints[name]
    for listener in listeners:
        chains = listener["filter_chains"] + [listener.get("default_filter_chain", {"filters": []})]
        for config in (f["typed_config"] for chain in chains for f in chain["filters"]):
            if "rds" in config:
                config["route_config"] = routes[config.pop("rds")["route_config_name"]]
    return clusters, listeners


def complaint(work, config):
    path = os.path.join(work, "envoy.json")
    with open(path, "w") as f:
        json.dump(config, f)
    done = subprocess.run([ENVOY, "--mode", "validate", "-c", path, "--log-level", "warning"], cwd=work,
                          capture_output=True, text=True, timeout=60)
    deprecated = [line for line in done.stderr.split("\n") if "deprecated" in line.lower()]
    if done.returncode == 0 and not deprecated:
        return ""
    return "\n".join(deprecated) or done.stderr.strip()[-2000:] or done.stdout[-2000:]


def main():
    if not os.access(ENVOY, os.X_OK):
        print("no Envoy at build/tools/bin/envoy: make build installs it")
        return 77
    failed, passed = 0, 0
    with tempfile.TemporaryDirectory() as work:
        broken = bootstrap([{"name": "x", "type": "STATIC", "connect_timeout": "1s",
                             "transport_socket": {"name": "envoy.transport_sockets.raw_buffer"}}], [])
        if not complaint(work, broken):
            print("Envoy accepted a broken configuration: this test cannot fail")
            return 1
        for golden in sorted(glob.glob(GOLDENS)):
            with open(golden) as f:
                told = yaml.load(f, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            proxies = whole(told["proxies"], told["blocks"])
            for name, proxy in sorted(proxies.items()):
                for how, parts in (("discovered", (proxy["clusters"], proxy["listeners"])), ("inline", inline(proxy))):
                    wrong = complaint(work, bootstrap(*parts))
                    if wrong:
                        failed += 1
                        print(f"FAILED {os.path.basename(golden)} {name} {how}:\n{wrong}")
                    else:
                        passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
