#!/usr/bin/env python3
"""Proves that the style and layering checks can fail: each rule is broken once in a tree of its own."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import layering  # noqa: E402
import style  # noqa: E402


KEPT = []  # removed at exit


def tree(files):
    KEPT.append(tempfile.TemporaryDirectory(prefix="meshka-style-"))
    root = KEPT[-1].name
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as f:
            f.write(text)
    return root


class Style(unittest.TestCase):
    def check(self, path, text):
        return style.breaches(tree({path: text}), [path])

    def test_each_rule_fails(self):
        broken = {
            "clock": ("src/a/x.cc", "auto t = std::chrono::steady_clock::now();"),
            "sleep": ("src/a/x.cc", "std::this_thread::sleep_for(x);"),
            "plain sleep": ("src/a/x.cc", "void f() { sleep(1); }"),
            "rand": ("src/a/x.cc", "int i = rand();"),
            "device": ("src/a/x.cc", "std::random_device d;"),
            "time": ("src/a/x.cc", "long t = time(nullptr);"),
            "resolver": ("src/a/x.cc", "getaddrinfo(a, b, c, d);"),
            "std::function": ("src/a/x.cc", "std::function<void()> f;"),
            "throw": ("src/a/x.cc", "throw Oops();"),
            "word": ("src/a/x.cc", "// FIX" + "ME later"),
            "todo": ("src/a/x.cc", "// TO" + "DO: later"),
            "header": ("src/a/x.h", "#pragma once\n#include <functional>\n"),
            "library header": ("src/a/x.h", "#pragma once\n#include <openssl/ssl.h>\n"),
            "pragma": ("src/a/x.h", "int x;\n"),
            "length": ("src/a/x.cc", "\n" * 700),
            "columns": ("src/a/x.cc", "int " + "x" * 200 + ";"),
            "demo": ("src/a/x.cc", 'auto n = "product' + 'page";'),
            "demo in a test": ("src/a/x_test.cc", 'auto n = "rev' + 'iews";'),
            "demo in a golden": ("src/a/testdata/x.yaml", "name: rev" + "iews-v1"),
            "machine": ("docs/x.md", "see /ro" + "ot/notes"),
        }
        for name, (path, text) in broken.items():
            with self.subTest(name):
                self.assertEqual(len(self.check(path, text)), 1, self.check(path, text))

    def test_where_the_checkout_lies_is_not_named(self):
        root = os.path.realpath(tree({}))
        for text, found in ((f"see {root}/docs", 1), (f"see {root}", 1), (f"see {root}-other/docs", 0)):
            with open(os.path.join(root, "x.md"), "w") as f:
                f.write(text)
            self.assertEqual(len(style.breaches(root, ["x.md"])), found, text)

    def test_what_is_fine(self):
        fine = {
            "src/io/linux/x.cc": "auto t = std::chrono::steady_clock::now();",
            "src/a/x.cc": '// throw nothing, std::function is banned\nauto s = "time(0) sleep(1)"; loop.sleep(3); x.time(0);',
            "src/a/y.cc": "// TODO(#12): shorter\n",
            "src/a/x_test.cc": "auto n = reviews(token);",
        }
        for path, text in fine.items():
            with self.subTest(path):
                self.assertEqual(self.check(path, text), [])


class Layering(unittest.TestCase):
    LOW = {"src/low/CMakeLists.txt": "meshka_library(low LEVEL 1)\n", "src/high/CMakeLists.txt": "meshka_library(high LEVEL 5)",
           "src/peer/CMakeLists.txt": "meshka_library(peer LEVEL 5)"}

    def test_upward_peer_and_undeclared(self):
        self.assertEqual(len(layering.breaches(tree({**self.LOW, "src/low/x.cc": '#include "high/y.h"\n'}))), 1)
        self.assertEqual(len(layering.breaches(tree({**self.LOW, "src/high/x.h": '#include "peer/y.h"\n'}))), 1)
        self.assertEqual(len(layering.breaches(tree({**self.LOW, "src/low/x_test.cc": '#include "high/y.h"\n'}))), 1)
        self.assertEqual(len(layering.breaches(tree({**self.LOW, "src/new/x.cc": "int x;\n"}))), 1)

    def test_downward_is_fine(self):
        self.assertEqual(layering.breaches(tree({**self.LOW, "src/high/x.cc": '#include "low/y.h"\n#include <vector>\n'})), [])


if __name__ == "__main__":
    unittest.main()
