// Nothing is created in a namespace that is absent or on its way out, and some namespaces stay for
// ever.
#include "apiserver/admission/chain.h"
#include "apiserver/status.h"
#include "base/strings.h"

namespace meshka::apiserver {

namespace {

class NamespaceLifecycle final : public AdmissionPlugin {
 public:
  explicit NamespaceLifecycle(const Objects& objects) : objects_(objects) {}

  Result<void> mutate(AdmissionRequest& request) override {
    if (request.operation != Operation::kCreate || !request.kind.namespaced() ||
        !request.subresource.empty())
      return {};
    const doc::Doc ns = objects_.find("", "namespaces", "", request.ns);
    if (!ns.exists()) return fail(notFound("", "namespaces", request.ns));
    if (!ns["metadata"]["deletionTimestamp"].exists()) return {};
    const Error error = forbidden(request.kind.group(), request.kind.plural(), request.name,
                                  cat("unable to create new content in namespace ", request.ns,
                                      " because it is being terminated"));
    ErrorDetails details = *error.details();
    details.causes.push_back({"metadata.namespace", "NamespaceTerminating",
                              cat("namespace ", request.ns, " is being terminated")});
    return fail(error.withDetails(std::move(details)));
  }

  Result<void> validate(const AdmissionRequest& request) override {
    if (request.operation != Operation::kDelete || !request.is("", "namespaces")) return {};
    if (request.name != "default" && request.name != "kube-system" && request.name != "kube-public")
      return {};
    return fail(forbidden("", "namespaces", request.name, "this namespace may not be deleted"));
  }

 private:
  const Objects& objects_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> newNamespaceLifecycle(const Objects& objects) {
  return std::make_unique<NamespaceLifecycle>(objects);
}

}  // namespace meshka::apiserver
