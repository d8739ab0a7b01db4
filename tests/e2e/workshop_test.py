#!/usr/bin/env python3
"""Every step up to workshop/reached passes, in both variants, and so does the self-test of these steps. When the mark is
the last step, the proofs run too, with their twins in the self-test."""
import json
import os
import subprocess
import sys

import support


def run(*words):
    done = subprocess.run([support.MESHKA, "workshop", "--fresh", "-o", "json", *words], capture_output=True, text=True,
                          timeout=1200, stdin=subprocess.DEVNULL)
    sys.stdout.write(done.stderr)
    return done.returncode, done.stdout


def main():
    support.require_machine()
    with open(os.path.join(support.ROOT, "workshop/reached")) as f:
        mark = f.read().strip()
    if not mark:
        print("workshop/reached is empty: nothing to run yet")
        return
    steps = support.run(support.MESHKA, "workshop", "--list").stdout.split()
    until = [] if mark == steps[-1] else ["--through", mark]
    try:
        for words in (["--variant", "named"], ["--variant", "literal"], ["--variant", "named", "--self-test"]):
            code, out = run(*until, *words)
            assert code == 0, f"{' '.join(words)}: exit code {code}\n{out}"
            report = json.loads(out)
            assert report["passed"] == report["total"] > 0, out
            assert until or len(report["proofs"]) > 20, out
            assert all(p["status"] == "passed" for p in report["proofs"]), out
    finally:
        support.run(support.MESHKA, "down")


if __name__ == "__main__":
    main()
