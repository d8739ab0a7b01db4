#!/usr/bin/env python3
"""Checks what is mechanical in CONTRIBUTING.md: banned calls and words, headers that cost compile time, file length,
names of the demo application in src/, paths of one machine in tracked files.

usage: style.py [ROOT]      exit code 1 and one line per breach
"""
import os
import re
import subprocess
import sys

TABLES = ("src/doc/keys.cc",)  # one table, no logic
MAX_LINES = 600
MAX_COLUMNS = 140  # clang-format aims at 100; long strings may stick out

# (pattern, what to do instead, paths that may). Comments are not looked at, except by the word rules.
CALLS = [
    (r"std::chrono::\w+_clock", "take io::Clock by constructor", ("src/io/linux/",)),
    (r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(", "wait for an event with a deadline", ("src/io/linux/",)),
    (r"(?<![\w.>:])(::)?sleep\s*\(", "wait for an event with a deadline", ("src/io/linux/",)),
    (r"(?<![\w.>:])(std::|::)?s?rand\s*\(", "take Rng by constructor", ("src/io/linux/",)),
    (r"std::random_device", "take Rng by constructor", ("src/io/linux/",)),
    (r"(?<![\w.>:])(std::|::)?time\s*\(\s*(NULL|nullptr|0|&\w+)\s*\)", "take io::Clock by constructor", ("src/io/linux/",)),
    (r"\b(clock_gettime|gettimeofday)\s*\(", "take io::Clock by constructor", ("src/io/linux/",)),
    (r"\bgetaddrinfo\s*\(", "static glibc has no resolver: use io::Network", ()),
    (r"\bstd::function\b", "base/function.h", ()),
    (r"\bthrow\s+[A-Za-z]", "return Result", ()),
]
WORDS = [
    (r"\b(FIXME|XXX)\b", "finish it, or write TODO(#issue)"),
    (r"\bTODO\b(?!\(#\d+\))", "write TODO(#issue)"),
]
# Costly or foreign headers, not in headers of ours.
HEADERS = re.compile(
    r'#\s*include\s+[<"](iostream|regex|functional|format|print|fstream|sstream|chrono|thread|mutex|filesystem|gtest/|'
    r"openssl/|nghttp2/|rapidjson/|google/|CLI/|fmt/|spdlog/|http_parser|yaml\.h|ares|re2/|zlib|hiredis/|"
    r'[^">]*\.pb\.h)[^">]*[">]')
# A header that says so in its first lines serves the .cc files of its own folder.
PRIVATE = re.compile(r"\A(//[^\n]*\n)*?//[^\n]*(\b[Oo]nly\b[^\n]*\.cc\b|\.cc\b[^\n]*\bonly\b)")
HEADERS_ALLOWED = ("src/io/linux/",)
# The demo application must not be known to the code that serves it.
DEMO = re.compile(r"\b(bookinfo|productpage|reviews|ratings)\b")
# A test's variables may be called so, not its objects.
DEMO_IN_TESTS = re.compile(r"\b(bookinfo|productpage)\b|[\"'/](reviews|ratings)\b|\b(reviews|ratings)[\"']")
DEMO_ALLOWED = ("src/bookinfo/", "src/bin/bookinfo.cc", "src/bin/main.cc")
# tools/fresh names places inside the root that it makes.
MACHINE_ALLOWED = ("tools/fresh",)
SKIPPED = (".json", ".jsonl", ".tsv", ".pb", ".bin", ".golden")

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def code_only(text):
    """The text with strings and comments blanked, lines kept."""
    text = STRING.sub(lambda m: '"' + " " * (len(m.group(0)) - 2) + '"', text)
    return COMMENT.sub(blank, text)


def read(path):
    with open(path, errors="replace") as f:
        return f.read()


def machine_paths(root):
    """What a file that works everywhere cannot name: where this checkout lies, and root's home."""
    here = os.path.realpath(root)
    own = re.escape(here) + r"(?![\w-])|" if here.count("/") > 1 else ""
    return re.compile(r"(?<![\w.])(?:" + own + "/root" + "/)")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_source(path, text):
    test = path.endswith(("_test.cc", "_fuzz.cc")) or "/test/" in path
    lines = text.split("\n")
    if len(lines) > MAX_LINES + 1 and path not in TABLES:
        yield 1, f"{len(lines) - 1} lines; files have at most {MAX_LINES}: split it into rooms"
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS and not test:
            yield number, f"{len(line)} columns"
    if path.endswith(".h") and "#pragma once" not in text:
        yield 1, "header without #pragma once"
    code = code_only(text)
    for pattern, instead, allowed in CALLS:
        if path.startswith(allowed) if allowed else False:
            continue
        for match in re.finditer(pattern, code):
            yield line_of(code, match.start()), f"{match.group(0).strip()} is banned: {instead}"
    for pattern, instead in WORDS:
        for match in re.finditer(pattern, text):
            yield line_of(text, match.start()), f"{match.group(0)}: {instead}"
    if path.endswith(".h") and not path.startswith(HEADERS_ALLOWED) and not PRIVATE.search(text):
        for match in HEADERS.finditer(text):
            yield line_of(text, match.start()), f"{match.group(0)} in a header: keep it in a .cc"
    if not path.startswith(DEMO_ALLOWED):
        uncommented = COMMENT.sub(blank, text)  # "reviews" is an English word too
        for match in (DEMO_IN_TESTS if test else DEMO).finditer(uncommented):
            yield line_of(text, match.start()), f"name of the demo application: {match.group(0)}"


def tracked(root):
    out = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         check=True, capture_output=True).stdout
    return [p for p in out.decode().split("\0") if p]


def breaches(root, paths=None):
    out = []
    machine = machine_paths(root)
    for path in sorted(paths if paths is not None else tracked(root)):
        full = os.path.join(root, path)
        if not os.path.isfile(full) or os.path.islink(full):
            continue
        text = read(full)
        if path not in MACHINE_ALLOWED and not path.endswith(SKIPPED):
            for match in machine.finditer(text):
                out.append(f"{path}:{line_of(text, match.start())}: path of one machine: {match.group(0)}")
        if path.startswith("src/") and path.endswith((".h", ".cc")):
            out += [f"{path}:{line}: {what}" for line, what in check_source(path, text)]
        elif path.startswith("src/") and not path.startswith(DEMO_ALLOWED) and not path.endswith("CMakeLists.txt"):
            out += [f"{path}:{line_of(text, m.start())}: name of the demo application: {m.group(0)}" for m in DEMO.finditer(text)]
        elif path.endswith(".py") and text.count("\n") > MAX_LINES:
            out.append(f"{path}:1: over {MAX_LINES} lines")
    return out


if __name__ == "__main__":
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = breaches(root)
    for line in found:
        print(line)
    sys.exit(1 if found else 0)
