#!/usr/bin/env python3
"""Bad input at the command line: the sentence and the exit code. Needs neither root nor a node."""
import subprocess
import tempfile
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
    (["istioctl", "install", "-y", "--context", "-f", "-"], 2, "flag --context needs a value, but -f follows: one of the variables REMOTE_CONTEXT1, REMOTE_CONTEXT2 seems to be empty"),
    (["istioctl", "install", "--contxt", "x"], 2, "unknown flag: --contxt (istioctl install); did you mean --context?"),
    (["istioctl", "install", "-y", "--set", "a=b=c"], 1, "set flag a=b=c has incorrect format, must be path=value"),
    (["istioctl", "install", "-y", "--set", "profile=nosuch"], 1, "failed to read profile nosuch from : open profiles/nosuch.yaml: file does not exist"),
    (["istioctl", "install", "-y", "--set", "profile=demo"], 4, "profile demo is not supported yet; there are default, empty and minimal"),
    (["istioctl", "install", "-y", "-r", "A_B"], 1, "invalid revision specified: A_B"),
    (["istioctl", "install", "-y", "-f", "/nowhere/at.yaml"], 1, "/nowhere/at.yaml"),
    (["istioctl", "install", "-y", "--readiness-timeout", "soon"], 1, "--readiness-timeout"),
    (["istioctl", "install", "-d", "charts"], 4, "--manifests is not supported"),
    (["istioctl", "install", "-y", "-c", "/nowhere/kubeconfig"], 1, "create Kubernetes client"),
    (["istioctl", "x", "uninstall", "-y"], 1, "at least one of the --revision (or --set revision=<revision>), --filename or --purge flags must be set"),
    (["istioctl", "dashboard", "kiali"], 4, "istioctl dashboard kiali is not supported yet"),
    (["istioctl", "frobnicate"], 64, "Error: unknown command \"frobnicate\" for \"istioctl\""),
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

    def test_istio_operators_that_are_wrong(self):
        head = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\n"
        for text, sentence in (
                ("a: [", "standard input: "),
                (head + "spec: {nonsense: 1}", 'could not unmarshal merged YAML: unknown field "nonsense" in v1alpha1.IstioOperatorSpec'),
                (head + "spec: {meshConfig: {accesslogfileX: 1}}",
                 'failed to unmarshall mesh config: unknown field "accesslogfileX" in v1alpha1.MeshConfig'),
                (head + "spec: {values: {fooValues: 1}}", 'unknown field "fooValues" in v1alpha1.Values'),
                ("kind: Pod", 'standard input: kind is "Pod", not IstioOperator')):
            with self.subTest(text=text):
                done = subprocess.run([support.MESHKA, "istioctl", "install", "-y", "-f", "-"], input=text, capture_output=True,
                                      text=True, timeout=30)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(sentence, done.stderr)

    def test_a_cluster_that_does_not_answer(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
            config.write("apiVersion: v1\nkind: Config\ncurrent-context: far\n"
                         "clusters: [{name: far, cluster: {server: 'http://127.0.0.1:1'}}]\n"
                         "users: [{name: far, user: {}}]\ncontexts: [{name: far, context: {cluster: far, user: far}}]\n")
            config.flush()
            for words, code, sentence in (
                    (["install", "-y"], 1, 'cluster of context "far" at http://127.0.0.1:1'),
                    (["install", "-y", "--context", "other"], 1, 'create Kubernetes client: ')):
                done = meshka("istioctl", *words, "-c", config.name)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(sentence, done.stderr)

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
