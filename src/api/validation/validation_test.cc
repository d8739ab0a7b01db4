#include "api/validation/validation.h"

#include "api/validation/names.h"
#include "api/validation/rules.h"
#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "schema/defaulting.h"
#include "schema/field_error.h"

namespace meshka::api {
namespace {

struct Case {
  std::string_view object;  // YAML
  std::string_view old;     // empty: a create
  std::string_view want;    // empty: valid
};

doc::Doc load(std::string_view yaml, const Kind& kind) {
  Result<doc::Doc> parsed = doc::parseYamlDocument(yaml);
  EXPECT_OK(parsed);
  if (!parsed) return {};
  doc::Draft draft(*parsed);
  if (!draft["metadata"].contains("name")) draft["metadata"]["name"] = "x";
  if (kind.namespaced()) draft["metadata"]["namespace"] = "ns";
  return schema::applyAllDefaults(kind.schema(), draft.finish());
}

void run(std::string_view group, std::string_view version, std::string_view plural,
         std::span<const Case> cases) {
  Registry registry(*parseEmulation("1.37"));
  KindRef kind = registry.find(group, version, plural);
  ASSERT_TRUE(kind != nullptr);
  for (const Case& c : cases) {
    doc::Doc old = c.old.empty() ? doc::Doc() : load(c.old, *kind);
    EXPECT_EQ(schema::describe(validateObject(*kind, load(c.object, *kind), old)), c.want);
  }
}

constexpr std::string_view kGoodPod = "spec: {containers: [{name: a, image: x}]}";

TEST(validation, pods) {
  const Case cases[] = {
      {kGoodPod, "", ""},
      {"spec: {}", "", "spec.containers: Required value"},
      {"spec: {containers: [{image: x}]}", "", "spec.containers[0].name: Required value"},
      {"spec: {containers: [{name: A, image: x}]}", "",
       "spec.containers[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of "
       "lower case alphanumeric "
       "characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  "
       "or '123-abc', regex used "
       "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"},
      {"spec: {containers: [{name: a, image: x}], initContainers: [{name: a, image: x}]}", "",
       "spec.initContainers[0].name: Duplicate value: \"a\""},
      {"spec: {containers: [{name: a, image: x, ports: [{containerPort: 70000}]}]}", "",
       "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and "
       "65535, inclusive"},
      {"spec: {containers: [{name: a, image: x, imagePullPolicy: Often}]}", "",
       "spec.containers[0].imagePullPolicy: Unsupported value: \"Often\": supported values: "
       "\"Always\", \"IfNotPresent\", "
       "\"Never\""},
      {"spec: {containers: [{name: a, image: x, volumeMounts: [{name: v, mountPath: /v}]}]}", "",
       "spec.containers[0].volumeMounts[0].name: Not found: \"v\""},
      {"spec: {containers: [{name: a, image: x, resources: {limits: {cpu: 500m}, requests: {cpu: "
       "1}}}]}",
       "",
       "spec.containers[0].resources.requests: Invalid value: 1: must be less than or equal to cpu "
       "limit of 500m"},
      {"spec: {containers: [{name: a, image: x, livenessProbe: {}}]}", "",
       "spec.containers[0].livenessProbe: Required value: must specify a handler type"},
      {"spec: {volumes: [{name: v, emptyDir: {}, secret: {secretName: s}}], containers: [{name: a, "
       "image: x}]}",
       "", "spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type"},
      {"spec: {containers: [{name: a, image: z}]}", kGoodPod, ""},
      {"spec: {nodeName: n1, containers: [{name: a, image: x}]}", kGoodPod, ""},
      {"spec: {containers: [{name: a, image: x, command: [sh]}]}", kGoodPod,
       "spec: Forbidden: pod updates may not change fields other than "
       "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`"
       "spec.tolerations` (only "
       "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be "
       "set to 1 if it was previously "
       "negative)"},
  };
  run("", "v1", "pods", cases);
}

TEST(validation, metadata) {
  const Case cases[] = {
      {"metadata: {name: a, labels: {app: 'a b'}}", "",
       "metadata.labels: Invalid value: \"a b\": a valid label must be an empty string or consist "
       "of alphanumeric characters, "
       "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  "
       "or 'my_value',  or '12345', "
       "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"},
      {"metadata: {name: Upper}", "",
       "metadata.name: Invalid value: \"Upper\": a lowercase RFC 1123 subdomain must consist of "
       "lower case alphanumeric "
       "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
       "'example.com', regex used for "
       "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"},
      {"metadata: {name: ''}", "",
       "metadata.name: Required value: name or generateName is required"},
      {"metadata: {name: '', generateName: a-}", "", ""},
      {"metadata: {ownerReferences: [{apiVersion: v1, kind: Pod, name: p}]}", "",
       "metadata.ownerReferences[0].uid: Invalid value: \"\": uid must not be empty"},
      {"metadata: {annotations: {'a/b/c': x}}", "",
       "metadata.annotations: Invalid value: \"a/b/c\": a qualified name must consist of "
       "alphanumeric characters, '-', '_' or "
       "'.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  "
       "or '123-abc', regex used "
       "for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS "
       "subdomain prefix and '/' (e.g. "
       "'example.com/MyName')"},
  };
  run("", "v1", "configmaps", cases);
}

TEST(validation, services) {
  constexpr std::string_view kGood = "spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}";
  const Case cases[] = {
      {kGood, "", ""},
      {"spec: {}", "", "spec.ports: Required value"},
      {"spec: {clusterIP: None}", "", ""},
      {"spec: {ports: [{port: 80}, {name: b, port: 81}]}", "",
       "spec.ports[0].name: Required value"},
      {"spec: {ports: [{name: a, port: 80}, {name: b, port: 80}]}", "",
       "spec.ports[1]: Duplicate value: "
       "{\"name\":\"b\",\"port\":80,\"protocol\":\"TCP\",\"targetPort\":80}"},
      {"spec: {ports: [{name: a, port: 80}, {name: b, port: 80, protocol: UDP}]}", "", ""},
      {"spec: {type: ExternalName}", "", "spec.externalName: Required value"},
      {"spec: {ports: [{port: 80, nodePort: 30000}]}", "",
       "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"},
      {"spec: {clusterIP: 10.0.0.2, clusterIPs: [10.0.0.2], ports: [{port: 80}]}", kGood,
       "spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once set"},
      {"spec: {type: Node, ports: [{port: 80}]}", "",
       "spec.type: Unsupported value: \"Node\": supported values: \"ClusterIP\", \"ExternalName\", "
       "\"LoadBalancer\", "
       "\"NodePort\""},
  };
  run("", "v1", "services", cases);
}

TEST(validation, deployments) {
  constexpr std::string_view kGood =
      "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: "
      "{containers: [{name: c, image: x}]}}}";
  const Case cases[] = {
      {kGood, "", ""},
      {"spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}",
       "", "spec.selector: Required value"},
      {"spec: {selector: {matchLabels: {a: c}}, template: {metadata: {labels: {a: b}}, spec: "
       "{containers: [{name: c, image: "
       "x}]}}}",
       "",
       "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match "
       "template `labels`"},
      {"spec: {replicas: -1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: "
       "b}}, spec: {restartPolicy: "
       "Never, containers: [{name: c, image: x}]}}}",
       "",
       "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: "
       "\"Always\", spec.replicas: Invalid "
       "value: -1: must be greater than or equal to 0"},
      {"spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}, selector: "
       "{matchLabels: {a: b}}, template: "
       "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}",
       "",
       "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` "
       "is 0"},
      {"spec: {selector: {matchLabels: {z: z}}, template: {metadata: {labels: {z: z}}, spec: "
       "{containers: [{name: c, image: "
       "x}]}}}",
       kGood, "spec.selector: Invalid value: {\"matchLabels\":{\"z\":\"z\"}}: field is immutable"},
  };
  run("apps", "v1", "deployments", cases);
}

TEST(validation, jobs) {
  const Case cases[] = {
      {"spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}", "",
       ""},
      {"spec: {template: {spec: {containers: [{name: c, image: x}]}}}", "",
       "spec.template.spec.restartPolicy: Unsupported value: \"Always\": supported values: "
       "\"OnFailure\", \"Never\""},
      {"spec: {template: {spec: {restartPolicy: Never, containers: [{name: d, image: x}]}}}",
       "spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: c, "
       "image: x}]}}}",
       ""},
  };
  run("batch", "v1", "jobs", cases);
}

TEST(validation, configuration) {
  const Case maps[] = {
      {"data: {a.b: x, B_c: z}", "", ""},
      {"data: {a/b: x}", "",
       "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric "
       "characters, '-', '_' or '.' (e.g. "
       "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
       "'[-._a-zA-Z0-9]+')"},
      {"immutable: true\ndata: {a: z}", "immutable: true\ndata: {a: x}",
       "data: Forbidden: field is immutable when `immutable` is set"},
  };
  run("", "v1", "configmaps", maps);
  const Case secrets[] = {
      {"type: kubernetes.io/tls\nstringData: {tls.crt: x}", "", "data[tls.key]: Required value"},
      {"type: Opaque", "type: other", "type: Invalid value: \"Opaque\": field is immutable"},
      {"type: kubernetes.io/service-account-token", "",
       "metadata.annotations[kubernetes.io/service-account.name]: Required value"},
  };
  run("", "v1", "secrets", secrets);
}

TEST(validation, access) {
  const Case bindings[] = {
      {"roleRef: {kind: ClusterRole, name: view}\nsubjects: [{kind: User, name: u}]", "", ""},
      {"roleRef: {kind: Thing, name: view}", "",
       "roleRef.kind: Unsupported value: \"Thing\": supported values: \"Role\", \"ClusterRole\""},
      {"roleRef: {kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: s}]", "", ""},
  };
  run("rbac.authorization.k8s.io", "v1", "rolebindings", bindings);
  const Case cluster_bindings[] = {
      {"roleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: ServiceAccount, name: s}]", "",
       "subjects[0].namespace: Required value"},
  };
  run("rbac.authorization.k8s.io", "v1", "clusterrolebindings", cluster_bindings);
  const Case roles[] = {
      {"rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]", "", ""},
      {"rules: [{nonResourceURLs: [/x], verbs: [get]}]", "",
       "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to "
       "non-resource URLs"},
      {"rules: [{resources: [pods]}]", "",
       "rules[0].verbs: Required value: verbs must contain at least one value, rules[0].apiGroups: "
       "Required value: resource "
       "rules must supply at least one api group"},
  };
  run("rbac.authorization.k8s.io", "v1", "roles", roles);
  const Case hooks[] = {
      {"webhooks: [{name: a.b.c, sideEffects: None, admissionReviewVersions: [v1], clientConfig: "
       "{service: {name: s, "
       "namespace: ns}}}]",
       "", ""},
      {"webhooks: [{name: a, sideEffects: Some, admissionReviewVersions: [v2], timeoutSeconds: 31, "
       "clientConfig: {url: "
       "'http://x'}}]",
       "",
       "webhooks[0].sideEffects: Unsupported value: \"Some\": supported values: \"None\", "
       "\"NoneOnDryRun\", webhooks[0].name: "
       "Invalid value: \"a\": should be a domain with at least three segments separated by dots, "
       "webhooks[0].admissionReviewVersions: Invalid value: [\"v2\"]: must include at least one of "
       "v1, v1beta1, "
       "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must not be greater than "
       "30 seconds, "
       "webhooks[0].clientConfig.url: Invalid value: \"http://x\": 'https' is the only allowed URL "
       "scheme"},
  };
  run("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", hooks);
}

TEST(validation, others) {
  const Case ingresses[] = {
      {"spec: {rules: [{host: a.b, http: {paths: [{path: /, pathType: Prefix, backend: {service: "
       "{name: s, port: {number: "
       "80}}}}]}}]}",
       "", ""},
      {"spec: {}", "",
       "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"},
  };
  run("networking.k8s.io", "v1", "ingresses", ingresses);
  const Case policies[] = {
      {"spec: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: "
       "[10.1.0.0/33]}}]}]}",
       "",
       "spec.egress[0].to[0].ipBlock.except[0]: Invalid value: \"10.1.0.0/33\": must be a valid "
       "CIDR value, (e.g. 10.9.8.0/24 "
       "or 2001:db8::/64)"},
  };
  run("networking.k8s.io", "v1", "networkpolicies", policies);
  const Case claims[] = {
      {"spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", "", ""},
      {"spec: {volumeName: v, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}",
       "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", ""},
      {"spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}",
       "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}",
       "spec: Forbidden: spec is immutable after creation except resources.requests and "
       "volumeAttributesClassName for bound "
       "claims"},
  };
  run("", "v1", "persistentvolumeclaims", claims);
}

TEST(names, tables) {
  struct Name {
    std::string (*problem)(std::string_view);
    std::string_view good, bad;
  };
  const Name names[] = {
      {dnsLabelProblem, "a-1", "a.b"},        {dns1035LabelProblem, "a1", "1a"},
      {dnsSubdomainProblem, "a.1-b", "a..b"}, {qualifiedNameProblem, "ex.com/A_b", "ex_com/a"},
      {labelValueProblem, "", "-a"},          {portNameProblem, "http-2", "80"},
      {configKeyProblem, ".env", "..x"},      {pathSegmentProblem, "system:a", "a/b"}};
  for (const Name& name : names) {
    EXPECT_EQ(name.problem(name.good), "");
    EXPECT_TRUE(!name.problem(name.bad).empty());
  }
}

TEST(names, quantities) {
  struct Number {
    std::string_view text;
    double want;
  };
  const Number numbers[] = {{"100m", 0.1}, {"1Ki", 1024},     {"2Gi", 2147483648.0},
                            {"1e3", 1000}, {"1.5M", 1500000}, {"3E", 3e18}};
  for (const Number& n : numbers)
    EXPECT_TRUE(quantityNumber(doc::Draft(n.text).finish()) == n.want);
}

}  // namespace
}  // namespace meshka::api
