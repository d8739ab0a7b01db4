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
    (["istioctl", "proxy-config", "cluster"], 1, "a POD[.NAMESPACE] or --file is needed"),
    (["istioctl", "pc", "l", "-f", "/nowhere/dump.json"], 1, "/nowhere/dump.json"),
    (["istioctl", "pc", "log", "x"], 4, "istioctl proxy-config log is not supported yet"),
    (["istioctl", "dashboard", "kiali"], 4, "istioctl dashboard kiali is not supported yet"),
    (["istioctl", "frobnicate"], 64, "Error: unknown command \"frobnicate\" for \"istioctl\""),
    (["meshctl", "install", "--kubecontext", "--license", "x"], 2, "the variable MGMT_CONTEXT seems to be empty"),
    (["meshctl", "install", "--kubecontext="], 2, "flag --kubecontext has an empty value"),
    (["meshctl", "install", "--license", "--set", "insecure=true"], 2, "the variable GLOO_MESH_LICENSE_KEY seems to be empty"),
    (["meshctl", "install", "--licence", "x"], 2, "unknown flag: --licence (meshctl install); did you mean --license?"),
    (["meshctl", "install", "--version", "latest"], 2, '--version "latest" is not a version such as 2.0.0-beta20'),
    (["meshctl", "install", "--set", "insecure", "--dry-run"], 2, "key insecure has no value; the form is key=value"),
    (["meshctl", "install", "--set", "insecure=maybe", "--dry-run"], 2, "values: insecure must be true or false"),
    (["meshctl", "install", "--chart-values-file", "/nonexistent.yaml"], 1, "/nonexistent.yaml"),
    (["meshctl", "install", "--chart-file", "x.tgz"], 4, "--chart-file is not supported yet"),
    (["meshctl", "install", "--kubeconfig", "/nonexistent"], 1, "no kubeconfig with a context at /nonexistent"),
    (["meshctl", "cluster", "register", "--remote-context", "x"], 2, "meshctl cluster register needs 1 argument"),
    (["meshctl", "cluster", "register", "--relay-server-address", ":", "c1"], 2, "is not HOST:PORT: the host is missing"),
    (["meshctl", "cluster", "register", "--relay-server-address", "--version", "1", "c1"], 2,
     "the variable MGMT_SERVER_NETWORKING_ADDRESS seems to be empty"),
    (["meshctl", "cluster", "register", "a name"], 2, 'cluster name "a name" is not valid'),
    (["meshctl", "cluster", "frobnicate"], 2, 'unknown command "cluster frobnicate"'),
    (["meshctl", "dashboard"], 4, "meshctl dashboard is not supported yet"),
    (["mgmt-ui", "paint"], 2, 'unknown part "paint"'),
    (["mgmt-ui", "config-reloader"], 2, "--watch is required"),
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

    def test_help_of_meshctl(self):
        for command in ("install", "uninstall", "check", "version", "cluster register", "cluster deregister", "cluster list"):
            done = meshka("meshctl", *command.split(), "--help")
            self.assertEqual((command, done.returncode), (command, 0))
            self.assertIn("Usage:", done.stdout)
        done = meshka("meshctl", "completion", "bash")
        self.assertEqual(subprocess.run(["bash", "-n"], input=done.stdout, text=True).returncode, 0)

    def test_dry_run_of_meshctl_needs_no_cluster(self):
        done = meshka("meshctl", "install", "--dry-run", "--license", "", "--set", "insecure=true,foo=1", "--version", "v2.0.0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("warning: values: foo is not a known key", done.stderr)
        self.assertIn("gcr.io/gloo-mesh/gloo-mesh-mgmt-server:2.0.0\n", done.stdout)

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
