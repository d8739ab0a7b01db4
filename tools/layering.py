#!/usr/bin/env python3
"""Checks every #include against the levels that src/*/CMakeLists.txt declare: a library uses only lower levels.

Tests and fuzzers may use more (their programs link TEST_DEPS); they are held to one rule: nothing above their own
level + 1, so that a test of `store` does not pull in the API server.

usage: layering.py [ROOT]      exit code 1 and one line per breach
"""
import os
import re
import sys

LIBRARY = re.compile(r"meshka_library\(\s*(\w+)\s+LEVEL\s+(\d+)")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
# Programs, not a library: above everything.
TOP = {"bin": 7}
# Linked by tests only (architecture): virtual time and seeded faults.
TESTS_ONLY = {"sim"}


def read(path):
    with open(path, errors="replace") as f:
        return f.read()


def levels(root):
    found = dict(TOP)
    for folder in sorted(os.listdir(os.path.join(root, "src"))):
        path = os.path.join(root, "src", folder, "CMakeLists.txt")
        if os.path.exists(path):
            for name, level in LIBRARY.findall(read(path)):
                found[name] = int(level)
    return found


def is_test(path):
    return path.endswith(("_test.cc", "_fuzz.cc")) or "/test/" in path or "/testing/" in path


def breaches(root):
    table = levels(root)
    out = []
    for folder, _, files in sorted(os.walk(os.path.join(root, "src"))):
        for name in sorted(files):
            if not name.endswith((".h", ".cc")):
                continue
            path = os.path.relpath(os.path.join(folder, name), root)
            own = path.split(os.sep)[1]
            if own not in table:
                if name.endswith(".cc"):
                    out.append(f"{path}: library {own} has no CMakeLists.txt that declares its level")
                continue
            for included in INCLUDE.findall(read(os.path.join(root, path))):
                other = included.split("/")[0]
                if "/" not in included or other == own or other not in table:
                    continue
                if is_test(path):
                    if table[other] > table[own] + 1:
                        out.append(f"{path}: a test of {own} (level {table[own]}) uses {included} (level {table[other]})")
                elif other in TESTS_ONLY and table[own] < 7:
                    out.append(f"{path}: {included} is for tests only")
                elif table[other] >= table[own]:
                    out.append(f"{path}: {own} (level {table[own]}) may not use {included} (level {table[other]})")
    return out


if __name__ == "__main__":
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = breaches(root)
    for line in found:
        print(line)
    sys.exit(1 if found else 0)
