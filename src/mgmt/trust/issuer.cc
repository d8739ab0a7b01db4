#include "mgmt/trust/issuer.h"

#include <algorithm>

#include "base/digest.h"
#include "base/strings.h"
#include "mgmt/limits.h"
#include "mgmt/trust/names.h"

namespace meshka::mgmt {

using doc::Doc;
using doc::Draft;
using doc::Value;

namespace {

constexpr const char* kSharedRoot = "shared-root";
constexpr int64_t kDefaultDays = 365;
constexpr const char* kDefaultOrganization = "gloo-mesh";

const std::vector<Doc>& listOf(const ObjectsByResource& objects, std::string_view resource) {
  static const std::vector<Doc> kNone;
  const auto found = objects.find(std::string(resource));
  return found == objects.end() ? kNone : found->second;
}

bool hasLabels(Value labels, Value wanted) {
  for (const auto [key, value] : wanted.members()) {
    if (!(labels[key] == value)) return false;
  }
  return true;
}

// Of one MeshSelector; an empty one selects all.
bool selectsMesh(const TranslateInput& input, Value selector, Value mesh) {
  const Value istio = selector["istio"];
  const Value installation = mesh["spec"]["installation"];
  if (!istio["namespace"].text().empty() && !(istio["namespace"] == installation["namespace"]))
    return false;
  if (!istio["revision"].text().empty() && !(istio["revision"] == installation["revision"]))
    return false;
  if (istio["clusterSelector"].isObject()) {
    const std::string name = canonicalClusterName(installation["cluster"].text());
    bool selected = false;
    for (const Doc& cluster : listOf(input.admin, kKubernetesClusters)) {
      if (canonicalClusterName(cluster["metadata"]["name"].text()) == name)
        selected = hasLabels(cluster["metadata"]["labels"], istio["clusterSelector"]);
    }
    if (!selected) return false;
  }
  return hasLabels(installation["podLabels"], istio["selector"]);
}

std::string rootSecretOf(Value policy) {
  const Value reference = policy["spec"]["config"]["mgmtServerCa"]["secretRef"];
  if (reference.exists()) return std::string(reference["name"].text());
  return cat(policy["metadata"]["name"].text(), ".", policy["metadata"]["namespace"].text());
}

bool makesItsRoot(Value policy) {
  return !policy["spec"]["config"]["mgmtServerCa"]["secretRef"].exists();
}

std::string hostOf(Value mesh) {
  return cat("spiffe://", mesh["spec"]["trustDomain"].text("cluster.local"), "/ns/",
             mesh["spec"]["installation"]["namespace"].text(), "/sa/",
             mesh["spec"]["istiodServiceAccount"].text("default"));
}

}  // namespace

TrustIssuer::TrustIssuer(io::World world, client::ApiClient& client, TrustConfig config,
                         Callback changed)
    : world_(world),
      config_(std::move(config)),
      roots_(world, client, config_.ns, std::move(changed)) {}

TrustIssuer::Choice TrustIssuer::chooseRoot(const TranslateInput& input, Value mesh) const {
  const std::vector<Doc>& policies = listOf(input.admin, kRootTrustPolicies);
  for (const Doc& policy : policies) {
    const Value meshes = policy["spec"]["applyToMeshes"];
    bool selected = meshes.empty();
    for (const Value selector : meshes.elements())
      selected = selected || selectsMesh(input, selector, mesh);
    if (!selected || policy["spec"]["config"]["agentCa"].exists()) continue;
    const Value options = policy["spec"]["config"]["intermediateCertOptions"];
    return {rootSecretOf(policy), makesItsRoot(policy), options["ttlDays"].integer(kDefaultDays),
            std::string(options["orgName"].text(kDefaultOrganization))};
  }
  if (!policies.empty() || !config_.shared_by_default) return {};
  return {cat(kSharedRoot, ".", config_.ns), true, kDefaultDays, kDefaultOrganization};
}

void TrustIssuer::addOutputs(const TranslateInput& input, TranslateOutput& output) {
  for (const auto& [name, cluster] : input.clusters) {
    for (const Doc& mesh : listOf(cluster.objects, "meshes.internal.gloo.solo.io")) {
      const Choice choice = chooseRoot(input, mesh);
      if (!choice.secret.empty()) issue(cluster, mesh, choice, output);
    }
  }
  policyStatuses(input, output);
}

void TrustIssuer::issue(const ClusterSnapshot& cluster, Value mesh, const Choice& choice,
                        TranslateOutput& output) {
  const RootStore::Root& root = roots_.get(choice.secret, choice.generate);
  if (root.authority == nullptr) return;
  const std::string_view name = mesh["metadata"]["name"].text();
  const std::string_view ns = mesh["spec"]["rootNamespace"].text();
  const std::string host = hostOf(mesh);
  Draft labels = outputLabels(cluster.name, ns, "translator");
  labels["gloo.solo.io/parent_cluster"] = cluster.name;
  labels["gloo.solo.io/parent_group"] = "internal.gloo.solo.io";
  labels["gloo.solo.io/parent_kind"] = "Mesh";
  labels["gloo.solo.io/parent_name"] = name;
  labels["gloo.solo.io/parent_namespace"] = mesh["metadata"]["namespace"];
  labels["gloo.solo.io/parent_version"] = "v2";
  Draft issued = Draft::object({{"apiVersion", kInternalApi}, {"kind", "IssuedCertificate"}});
  issued["metadata"] =
      Draft::object({{"name", name}, {"namespace", ns}, {"labels", std::move(labels)}});
  issued["spec"] = Draft::object(
      {{"hosts", Draft::strings({host})},
       {"issuedCertificateSecret", Draft::object({{"name", kMeshSecret}, {"namespace", ns}})},
       {"meshRef", Draft::object({{"name", name},
                                  {"namespace", mesh["metadata"]["namespace"]},
                                  {"cluster", cluster.name}})},
       {"certOptions", Draft::object({{"ttlDays", choice.days}, {"orgName", choice.organization}})},
       {"mgmtServerCa",
        Draft::object({{"signingCertificateSecret",
                        Draft::object({{"name", choice.secret}, {"namespace", config_.ns}})}})}});
  output.objects[cluster.name].push_back(issued.finish());

  for (const Doc& request : listOf(cluster.objects, kCertificateRequests)) {
    if (request["metadata"]["name"].text() != name || request["metadata"]["namespace"].text() != ns)
      continue;
    output.statuses.push_back({cluster.name, std::string(kCertificateRequests), std::string(ns),
                               std::string(name), answer(request, host, choice, *root.authority)});
  }
}

Doc TrustIssuer::answer(Value request, const std::string& host, const Choice& choice,
                        const net::Authority& root) {
  const auto failed = [](std::string message) {
    return Draft::object({{"state", "FAILED"}, {"message", std::move(message)}}).finish();
  };
  const auto pem = base64Decode(request["spec"]["certificateSigningRequest"].text());
  const auto csr = net::parseRequestPem(pem.value_or(""));
  if (!csr) return failed(csr.error().message());
  const WallTime now = world_.clock().wall();
  // What was signed before is good as long as key and root are the same.
  const std::string before =
      base64Decode(request["status"]["signedCertificate"].text()).value_or("");
  if (const auto known = net::parseCertificatesPem(before); known && !known->empty()) {
    const net::Certificate& c = known->front();
    const bool same = c.public_key_der == csr->public_key_der && c.is_ca &&
                      std::find(c.sans.uris.begin(), c.sans.uris.end(), host) != c.sans.uris.end();
    if (same && net::verifyChain({c.der}, root.certificatePem(), net::Usage::kAny, "", now))
      return signedStatus(before, root);
  }
  if (signed_.size() >= kMaxSigned) signed_.clear();  // signed again at worst
  std::string& done = signed_[sha256Hex(
      cat(csr->public_key_der, host, choice.organization, root.certificate().fingerprint))];
  if (done.empty()) {
    net::LeafSpec spec{.common_name = cat("intermediate of ", request["metadata"]["name"].text()),
                       .organizations = {choice.organization},
                       .not_before = now,
                       .not_after = now + hours(24) * choice.days};
    spec.sans.uris = {host};
    auto made = root.issueIntermediate(spec, csr->public_key_der, world_.rng);
    if (!made) return failed(made.error().message());
    done = std::move(*made);
    world_.log.info("intermediate authority signed", {{"host", host}});
  }
  return signedStatus(done, root);
}

Doc TrustIssuer::signedStatus(const std::string& intermediate_pem,
                              const net::Authority& root) const {
  return Draft::object({{"state", "FINISHED"},
                        {"signedCertificate", base64Encode(intermediate_pem)},
                        {"signingRootCa", base64Encode(root.certificatePem())},
                        {"certChain", base64Encode(intermediate_pem + root.certificatePem())}})
      .finish();
}

void TrustIssuer::policyStatuses(const TranslateInput& input, TranslateOutput& output) {
  for (const Doc& policy : listOf(input.admin, kRootTrustPolicies)) {
    Draft status = Draft::object({{"observedGeneration", policy["metadata"]["generation"]}});
    std::string message;
    std::string state = "ACCEPTED";
    if (policy["spec"]["config"]["agentCa"].exists()) {
      state = "INVALID";
      message = "agentCa is not supported yet: only mgmtServerCa";
    } else {
      const auto& root = roots_.get(rootSecretOf(policy), makesItsRoot(policy));
      if (root.authority == nullptr) {
        state = "FAILED";
        message = root.error;
      } else if (policy["spec"]["config"]["autoRestartPods"].boolean()) {
        message =
            "autoRestartPods has no effect: istiod and proxies take a new root without a "
            "restart";
      }
    }
    status["state"] = state;
    if (!message.empty()) status["message"] = message;
    output.statuses.push_back({"", std::string(kRootTrustPolicies),
                               std::string(policy["metadata"]["namespace"].text()),
                               std::string(policy["metadata"]["name"].text()), status.finish()});
  }
}

}  // namespace meshka::mgmt
