#!/usr/bin/env python3
"""The workshop's runner on small steps of its own: variables stay, failures stop, limits hold, the self-test sees a
check that cannot fail. Needs no node."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import support


class Runner(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="meshka-runner-")
        os.makedirs(self.root + "/build/dev")
        os.makedirs(self.root + "/workshop")
        shutil.copy(support.MESHKA, self.root + "/build/dev/meshka")

    def tearDown(self):
        shutil.rmtree(self.root)

    def run_steps(self, steps, *words):
        with open(self.root + "/workshop/steps.yaml", "w") as f:
            json.dump({"steps": [{"break": "false", **s} for s in steps]}, f)
        done = subprocess.run([self.root + "/build/dev/meshka", "workshop", "--keep", "-o", "json", *words],
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        report = json.loads(done.stdout)
        return done.returncode, [s["status"] for s in report["steps"]], done.stderr, report

    def test_variables_stay_between_steps(self):
        code, status, _, _ = self.run_steps([
            {"name": "a", "command": "x='two\nlines'; export Y=\"a b\"; z=3", "check": "test \"$Y\" = 'a b'", "limit": 5},
            {"name": "b", "command": "z=$((z + 1))", "check": "test \"$x\" = 'two\nlines' && test $z = 4", "limit": 5}], "--through", "b")
        self.assertEqual((code, status), (0, ["passed", "passed"]))

    def test_failure_stops_and_is_told(self):
        code, status, told, report = self.run_steps([
            {"name": "a", "command": "no-such-program --x\ntrue", "check": "true", "limit": 5},
            {"name": "b", "command": "true", "check": "true", "limit": 5}], "--through", "b")
        self.assertEqual((code, status), (1, ["failed", "not-run"]))
        for part in ("no-such-program --x", "command not found", "likely cause", "exit code 127"):
            self.assertIn(part, told)
        self.assertEqual((report["passed"], report["total"]), (0, 2))

    def test_limit_holds(self):
        for step in ({"command": "read -t 30 < <(tail -f /dev/null)", "check": "true"}, {"command": "true", "check": "false"}):
            code, status, told, report = self.run_steps([{"name": "a", "limit": 1, **step}], "--through", "a")
            self.assertEqual((code, status), (1, ["failed"]), told)
            self.assertIn("within 1s", told)
            self.assertLess(report["steps"][0]["seconds"], 3)

    def test_check_is_asked_again(self):
        marker = self.root + "/marker"
        code, status, told, _ = self.run_steps([
            {"name": "a", "command": "true", "check": f"test -e {marker} || {{ touch {marker}; false; }}", "limit": 5}], "--through", "a")
        self.assertEqual((code, status), (0, ["passed"]), told)

    def test_self_test(self):
        blind = {"name": "blind", "command": "x=1", "check": "true", "break": "x=2", "limit": 5}
        seeing = {"name": "seeing", "command": "x=1", "check": "test $x = 1", "break": "x=2", "limit": 5}
        code, status, told, _ = self.run_steps([seeing, blind], "--through", "blind", "--self-test")
        self.assertEqual((code, status), (1, ["passed", "failed"]), told)
        self.assertIn("stays green", told)


if __name__ == "__main__":
    unittest.main()
