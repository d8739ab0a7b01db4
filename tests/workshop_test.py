#!/usr/bin/env python3
"""The workshop's text and its data agree, and workshop/reached never moves back; first it proves that it can fail.

"""
import os
import re
import subprocess
import sys

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read(path):
    with open(os.path.join(ROOT, path)) as f:
        return f.read()


def text_differences(steps, text):
    typed = re.findall(r"^```bash\n(.*?)^```", text, re.M | re.S)
    wanted = [s["command"] for s in steps]
    out = [f"step {s['name']}: its command is not in docs/workshop.md" for s in steps if s["command"] not in typed]
    out += [f"docs/workshop.md has a command that no step runs: {t!r}" for t in typed if t not in wanted]
    if not out and typed != wanted:
        out.append("docs/workshop.md has the commands in another order")
    return out


def position(names, mark):
    """How far a mark is; -1 for the empty one, None for an unknown step."""
    mark = mark.strip()
    return -1 if not mark else names.index(mark) if mark in names else None


def ratchet(names, now, history):
    here = position(names, now)
    if here is None:
        return [f"workshop/reached names {now.strip()!r}, which is no step"]
    past = [position(names, mark) for mark in history]
    best = max([p for p in past if p is not None], default=-1)
    if here < best:
        return [f"workshop/reached moved back from {names[best]!r} to {now.strip() or 'nothing'!r}"]
    return []


def history():
    """Every content that the mark had in the history of this commit; empty without a history (an archive)."""
    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True)

    commits = git("log", "--format=%H", "--", "workshop/reached")
    return [shown.stdout for c in commits.stdout.split() if (shown := git("show", f"{c}:workshop/reached")).returncode == 0]


def self_test(steps, names):
    assert text_differences(steps, "")
    assert text_differences(steps, read("docs/workshop.md").replace("meshka up\n", "meshka upp\n", 1))
    swapped = [steps[1], steps[0], *steps[2:]]
    assert text_differences(swapped, read("docs/workshop.md"))
    assert ratchet(names, names[0] + "\n", [names[2] + "\n"])
    assert ratchet(names, "", [names[0]])
    assert ratchet(names, "nonsense", [])
    assert not ratchet(names, names[3], [names[2], "", "a step of old"])


def main():
    steps = yaml.safe_load(read("workshop/steps.yaml"))["steps"]
    names = [s["name"] for s in steps]
    self_test(steps, names)
    wrong = text_differences(steps, read("docs/workshop.md")) + ratchet(names, read("workshop/reached"), history())
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
