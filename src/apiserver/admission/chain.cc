#include "apiserver/admission/chain.h"

#include "apiserver/crd.h"
#include "base/strings.h"

namespace meshka::apiserver {

std::string_view toString(Operation operation) {
  switch (operation) {
    case Operation::kCreate:
      return "CREATE";
    case Operation::kUpdate:
      return "UPDATE";
    case Operation::kDelete:
      return "DELETE";
    case Operation::kConnect:
      return "CONNECT";
  }
  return "";
}

namespace {

struct NotEnforcedKind {
  std::string_view group, plural;
};
constexpr NotEnforcedKind kNotEnforced[] = {
    {"", "limitranges"},
    {"", "resourcequotas"},
    {"admissionregistration.k8s.io", "mutatingadmissionpolicies"},
    {"admissionregistration.k8s.io", "mutatingadmissionpolicybindings"},
    {"admissionregistration.k8s.io", "validatingadmissionpolicies"},
    {"admissionregistration.k8s.io", "validatingadmissionpolicybindings"},
    {"flowcontrol.apiserver.k8s.io", "flowschemas"},
    {"flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"},
    {"policy", "podsecuritypolicies"},
};

class NotEnforced final : public AdmissionPlugin {
 public:
  Result<void> validate(const AdmissionRequest& request) override {
    if (request.operation != Operation::kCreate) return {};
    for (const NotEnforcedKind& k : kNotEnforced) {
      if (request.is(k.group, k.plural)) {
        request.warnings.add(cat(k.plural, " are stored, but not enforced yet"));
      }
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> newNotEnforced() {
  return std::make_unique<NotEnforced>();
}

AdmissionChain defaultAdmission(const Objects& objects, const Config& config, ServiceAddresses& addresses, io::World world) {
  AdmissionChain chain;
  chain.push_back(newNamespaceLifecycle(objects));
  if (!config.pod_security_default.empty()) chain.push_back(newNamespaceLabels(config.pod_security_default));
  chain.push_back(newServiceAccountAdmission(objects, world.rng));
  chain.push_back(newPriority(objects));
  chain.push_back(newDefaultTolerations());
  chain.push_back(newPodSecurity(objects));
  chain.push_back(newServiceAdmission(addresses));
  chain.push_back(newCrdAdmission(objects, world.clock()));
  chain.push_back(newNotEnforced());
  return chain;
}

}  // namespace meshka::apiserver
