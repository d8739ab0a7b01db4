#!/usr/bin/env python3
"""Bad input at the command line: the sentence and the exit code. Needs neither root nor a node."""
import subprocess
import unittest

import support

CASES = [
    (["frobnicate"], 2, "unknown command: frobnicate"),
    (["--frobnicate"], 2, "unknown flag: --frobnicate"),
    (["status", "--nam", "x"], 2, "unknown flag: --nam (meshka status); did you mean --name?"),
    (["status", "--name", "--output", "json"], 2, "flag --name needs a value, but --output follows"),
    (["status", "--name="], 2, "flag --name has an empty value"),
    (["status", "-o", "xml"], 2, '"xml" is not one of text, json, yaml'),
    (["status", "more"], 2, "unexpected argument: more"),
    (["status", "--name", "a_b"], 2, 'instance name "a_b" is not valid'),
    (["completion", "ksh"], 2, 'completion for "ksh" is not known'),
    (["workshop", "--through", "nonsense", "--keep"], 2, 'no step is called "nonsense"'),
    (["meshctl", "install", "--version", "2.0.0"], 4, "meshctl install is not supported yet"),
    (["istioctl", "install"], 4, "istioctl install is not supported yet"),
    (["vcluster", "create", "--context", "-f"], 2, "the variable HOST_CLUSTER seems to be empty"),
    (["vcluster", "create"], 2, "NAME"),
    (["vcluster", "pause", "x"], 4, "vcluster pause is not supported yet"),
    (["images", "nothing/of/this:kind"], 1, 'no image stands for "nothing/of/this:kind"'),
]


def meshka(*words):
    return subprocess.run([support.MESHKA, *words], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)


class Cli(unittest.TestCase):
    def test_sentences_and_codes(self):
        for words, code, sentence in CASES:
            with self.subTest(words=words):
                done = meshka(*words)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(sentence, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertNotIn("\x1b", done.stderr)

    def test_lone_dashes_mean_nothing(self):
        self.assertEqual(meshka("version", "--").returncode, 0)

    def test_help_everywhere(self):
        for command in ("up", "down", "status", "doctor", "env", "images", "workshop", "version", "completion", "apiserver"):
            done = meshka(command, "--help")
            self.assertEqual((command, done.returncode), (command, 0))
            self.assertIn("Usage:", done.stdout)

    def test_completion_is_a_script(self):
        done = meshka("completion", "bash")
        checked = subprocess.run(["bash", "-n"], input=done.stdout, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        words = subprocess.run(["bash", "-c", done.stdout + '\nCOMP_WORDS=(meshka st); COMP_CWORD=1; _meshka; echo "${COMPREPLY[*]}"'],
                               capture_output=True, text=True)
        self.assertEqual(words.stdout.strip(), "status")

    def test_images_by_alias(self):
        self.assertIn("meshka.local/busybox", meshka("images", "busybox:1.36").stdout)


if __name__ == "__main__":
    unittest.main()
