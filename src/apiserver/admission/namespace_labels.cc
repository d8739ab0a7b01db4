// Labels every new namespace with the cluster's default pod security level
// (pod-security.kubernetes.io). What the request says itself stays.
#include "apiserver/admission/chain.h"
#include "base/strings.h"

namespace meshka::apiserver {

namespace {

class NamespaceLabels final : public AdmissionPlugin {
 public:
  explicit NamespaceLabels(std::string level) : level_(std::move(level)) {}

  Result<void> mutate(AdmissionRequest& request) override {
    if (request.operation != Operation::kCreate || !request.is("", "namespaces") ||
        !request.subresource.empty())
      return {};
    doc::Draft object(request.object);
    doc::Draft& labels = object["metadata"]["labels"];
    for (const char* mode : {"enforce", "warn"}) {
      const std::string key = cat("pod-security.kubernetes.io/", mode);
      if (!labels.isNull() && labels.contains(key)) continue;
      labels[key] = level_;
      labels[cat(key, "-version")] = "latest";
    }
    request.object = object.finish();
    return {};
  }

 private:
  const std::string level_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> newNamespaceLabels(std::string level) {
  return std::make_unique<NamespaceLabels>(std::move(level));
}

}  // namespace meshka::apiserver
