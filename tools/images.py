#!/usr/bin/env python3
"""Builds the images of deploy/images.yaml as OCI layout archives (uncompressed layers, reproducible: no times, no
owners), only where an input changed, and the catalogue that the node reads.

usage: images.py build [NAME ...]     NAME as in images.yaml, without registry and tag: envoy, pause ...
       images.py list
"""
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(ROOT, "build", "images")
RECIPES = os.path.join(ROOT, "deploy", "images.yaml")


def source(path):
    return path if os.path.isabs(path) else os.path.join(ROOT, path)


def fail(message):
    sys.exit(f"images.py: {message}")


def closure(program):
    """What the dynamic linker loads for a program, at the paths where it looks."""
    out = subprocess.run(["ldd", program], capture_output=True, text=True)
    if "not a dynamic executable" in out.stdout + out.stderr:
        return []
    if out.returncode:
        fail(f"ldd {program}: {out.stderr.strip()}")
    libraries = []
    for line in out.stdout.splitlines():
        match = re.search(r"(?:=>\s+)?(/\S+)\s+\(0x", line)
        if match:
            libraries.append(match.group(1))
        elif "not found" in line:
            fail(f"{program}: {line.strip()}")
    return libraries


class Layer:
    """One layer: the entries by path in the image."""

    def __init__(self, name, recipe):
        self.name, self.files, self.links, self.directories = name, {}, {}, set()
        for to, path in recipe.get("files", {}).items():
            self.files[to] = source(path)
        for to, path in recipe.get("programs", {}).items():
            self.files[to] = os.path.realpath(source(path))
            for library in closure(self.files[to]):
                self.files[library] = os.path.realpath(library)
        if "compile" in recipe:
            self.files[recipe["compile"]["to"]] = self.compile(source(recipe["compile"]["source"]))
        self.links.update(recipe.get("links", {}))
        for folder, busybox in recipe.get("applets", {}).items():
            names = subprocess.run([source(busybox), "--list"], check=True, capture_output=True, text=True).stdout.split()
            self.links.update({f"{folder}/{n}": os.path.basename(busybox) for n in names if n != "busybox"})
        self.directories.update(recipe.get("directories", []))
        for path in self.files.values():
            if not os.path.exists(path):
                fail(f"layer {name}: {path} is missing; make build makes it")

    def compile(self, path):
        program = os.path.join(OUT, self.name + ".program")
        if not os.path.exists(program) or os.path.getmtime(program) < os.path.getmtime(path):
            subprocess.run(["clang-19", "-Os", "-static", "-s", "-o", program, path], check=True)
        return program

    def inputs(self):
        digest = hashlib.sha256()
        for to, path in sorted(self.files.items()):
            stat = os.stat(path)
            digest.update(f"{to} {path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
        digest.update(json.dumps([self.links, sorted(self.directories)], sort_keys=True).encode())
        return digest.hexdigest()

    def write(self, path):
        parents = set()
        for entry in [*self.files, *self.links, *self.directories]:
            while (entry := os.path.dirname(entry)) != "/":
                parents.add(entry)
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
            for folder in sorted(parents | self.directories):
                info = tarfile.TarInfo(folder.lstrip("/") + "/")
                info.type, info.mode = tarfile.DIRTYPE, 0o1777 if folder in self.directories else 0o755
                tar.addfile(info)
            for to, origin in sorted(self.files.items()):
                info = tarfile.TarInfo(to.lstrip("/"))
                info.size, info.mode = os.path.getsize(origin), 0o755
                with open(origin, "rb") as f:
                    tar.addfile(info, f)
            for to, target in sorted(self.links.items()):
                info = tarfile.TarInfo(to.lstrip("/"))
                info.type, info.linkname = tarfile.SYMTYPE, target
                tar.addfile(info)


def sha256_file(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while chunk := f.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def built_layer(name, recipe):
    """Path and digest of a layer's tar, made again only when an input changed."""
    layer = Layer(name, recipe)
    path, stamp = os.path.join(OUT, name + ".layer"), os.path.join(OUT, name + ".stamp")
    inputs = layer.inputs()
    if os.path.exists(path) and os.path.exists(stamp):
        with open(stamp) as f:
            known, digest = f.read().split()
        if known == inputs:
            return path, digest
    layer.write(path + ".part")
    digest = sha256_file(path + ".part")
    os.rename(path + ".part", path)
    with open(stamp, "w") as f:
        f.write(f"{inputs} {digest}\n")
    return path, digest


def blob(data):
    return hashlib.sha256(data).hexdigest(), data


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def image_parts(image, layers):
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **image.get("env", {})}
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + d for _, d in layers]},
              "config": {"Env": [f"{k}={v}" for k, v in env.items()], "WorkingDir": "/"}}
    for key, name in (("entrypoint", "Entrypoint"), ("command", "Cmd")):
        if key in image:
            config["config"][name] = image[key]
    config_digest, config_bytes = blob(canonical(config))
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + config_digest,
                           "size": len(config_bytes)},
                "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:" + d,
                            "size": os.path.getsize(p)} for p, d in layers]}
    manifest_digest, manifest_bytes = blob(canonical(manifest))
    entry = {"mediaType": manifest["mediaType"], "digest": "sha256:" + manifest_digest, "size": len(manifest_bytes),
             "annotations": {"io.containerd.image.name": image["name"]}}
    blobs = {f"blobs/sha256/{manifest_digest}": manifest_bytes, f"blobs/sha256/{config_digest}": config_bytes}
    return config_digest, entry, blobs


def short(image):
    return image["name"].rsplit("/", 1)[-1].split(":")[0]


def build_archive(archive, images, recipes):
    """One OCI layout with the images that share an archive: a layer that several of them have is in it once."""
    layers, entries, small, catalog = {}, [], {}, []
    for image in images:
        own = [built_layer(name, recipes[name]) for name in image["layers"]]
        config_digest, entry, blobs = image_parts(image, own)
        layers.update({digest: path for path, digest in own})
        entries.append(entry)
        small.update(blobs)
        catalog.append({"name": image["name"], "file": archive + ".tar", "digest": entry["digest"],
                        "configDigest": "sha256:" + config_digest, "aliases": image.get("aliases", [])})
    small = {"oci-layout": canonical({"imageLayoutVersion": "1.0.0"}),
             "index.json": canonical({"schemaVersion": 2, "manifests": entries}), **small}
    path = os.path.join(OUT, archive + ".tar")
    mark = path + ".digest"
    digests = " ".join(e["digest"] for e in entries)
    if not (os.path.exists(path) and os.path.exists(mark) and open(mark).read() == digests):
        with tarfile.open(path + ".part", "w", format=tarfile.GNU_FORMAT) as tar:
            for name, data in small.items():
                info = tarfile.TarInfo(name)
                info.size, info.mode = len(data), 0o644
                tar.addfile(info, io.BytesIO(data))
            for digest, layer_path in layers.items():
                info = tarfile.TarInfo(f"blobs/sha256/{digest}")
                info.size, info.mode = os.path.getsize(layer_path), 0o644
                with open(layer_path, "rb") as f:
                    tar.addfile(info, f)
        os.rename(path + ".part", path)
        with open(mark, "w") as f:
            f.write(digests)
        print(f"image archive {archive}: {os.path.getsize(path) >> 20} MB, {len(images)} images")
    return [{**c, "size": os.path.getsize(path)} for c in catalog]


def archive_of(image):
    return image.get("archive", short(image))


def main(words):
    with open(RECIPES) as f:
        listed = yaml.safe_load(f)
    if words == ["list"]:
        for image in listed["images"]:
            print(image["name"], *image.get("aliases", []))
        return
    if not words or words[0] != "build":
        sys.exit(__doc__)
    known = {short(i) for i in listed["images"]}
    if unknown := [w for w in words[1:] if w not in known]:
        fail(f"unknown image {unknown[0]}; known: {', '.join(sorted(known))}")
    os.makedirs(OUT, exist_ok=True)
    wanted = [i for i in listed["images"] if not words[1:] or short(i) in words[1:]]
    archives = {}  # in the order of their first image
    for image in listed["images"]:
        archives.setdefault(archive_of(image), []).append(image)
    asked = {archive_of(i) for i in wanted}
    built = [c for name, images in archives.items() if name in asked for c in build_archive(name, images, listed["layers"])]
    place = {i["name"]: n for n, i in enumerate(listed["images"])}
    catalog = {"images": sorted(built, key=lambda c: place[c["name"]])}
    name = "catalog.json" if not words[1:] else "catalog.part.json"
    with open(os.path.join(OUT, name + ".part"), "w") as f:
        json.dump(catalog, f, indent=1)
    os.rename(os.path.join(OUT, name + ".part"), os.path.join(OUT, name))


if __name__ == "__main__":
    main(sys.argv[1:])
