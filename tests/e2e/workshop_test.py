#!/usr/bin/env python3
"""Every step up to workshop/reached passes, in both variants, and so does the self-test of these steps."""
import json
import os
import subprocess
import sys

import support


def run(*words):
    done = subprocess.run([support.MESHKA, "workshop", "--fresh", "-o", "json", *words], capture_output=True, text=True,
                          timeout=900, stdin=subprocess.DEVNULL)
    sys.stdout.write(done.stderr)
    return done.returncode, done.stdout


def main():
    support.require_machine()
    with open(os.path.join(support.ROOT, "workshop/reached")) as f:
        mark = f.read().strip()
    if not mark:
        print("workshop/reached is empty: nothing to run yet")
        return
    try:
        for words in (["--variant", "named"], ["--variant", "literal"], ["--variant", "named", "--self-test"]):
            code, out = run("--through", mark, *words)
            assert code == 0, f"{' '.join(words)}: exit code {code}\n{out}"
            report = json.loads(out)
            assert report["passed"] == report["total"] > 0, out
    finally:
        support.run(support.MESHKA, "down")


if __name__ == "__main__":
    main()
