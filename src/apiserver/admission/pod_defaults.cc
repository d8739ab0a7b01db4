// Priority of pods by their class, and how long they bear a node that is not ready.
#include "apiserver/admission/chain.h"
#include "apiserver/status.h"
#include "base/strings.h"

namespace meshka::apiserver {

namespace {

constexpr int64_t kDefaultTolerationSeconds = 300;
constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready";
constexpr std::string_view kUnreachable = "node.kubernetes.io/unreachable";

bool isPodCreate(const AdmissionRequest& request) {
  return request.operation == Operation::kCreate && request.is("", "pods") &&
         request.subresource.empty();
}

class Priority final : public AdmissionPlugin {
 public:
  explicit Priority(const Objects& objects) : objects_(objects) {}

  Result<void> mutate(AdmissionRequest& request) override {
    if (!isPodCreate(request)) return {};
    const doc::Doc pod = request.object;
    std::string name(pod["spec"]["priorityClassName"].text());
    doc::Doc found;
    if (!name.empty()) {
      found = objects_.find("scheduling.k8s.io", "priorityclasses", "", name);
      if (!found.exists()) {
        return fail(forbidden("", "pods", request.name,
                              cat("no PriorityClass with name ", name, " was found")));
      }
    } else {
      for (const doc::Doc& c : objects_.list("scheduling.k8s.io", "priorityclasses", "")) {
        if (c["globalDefault"].boolean()) found = c;
      }
    }
    const int64_t value = found["value"].integer(0);
    const doc::Value given = pod["spec"]["priority"];
    if (given.exists() && given.integer() != value) {
      return fail(forbidden(
          "", "pods", request.name,
          cat("the integer value of priority (", given.integer(),
              ") must not be provided in pod spec; priority admission controller computed ", value,
              " from the given PriorityClass name")));
    }
    doc::Draft draft(pod);
    draft["spec"]["priority"] = value;
    if (found.exists() && name.empty())
      draft["spec"]["priorityClassName"] = found["metadata"]["name"];
    draft["spec"]["preemptionPolicy"] = found["preemptionPolicy"].text("PreemptLowerPriority");
    request.object = draft.finish();
    return {};
  }

 private:
  const Objects& objects_;
};

class DefaultTolerations final : public AdmissionPlugin {
 public:
  Result<void> mutate(AdmissionRequest& request) override {
    if (!isPodCreate(request)) return {};
    bool not_ready = false;
    bool unreachable = false;
    for (doc::Value t : request.object["spec"]["tolerations"].elements()) {
      const std::string_view effect = t["effect"].text();
      if (!effect.empty() && effect != "NoExecute") continue;
      const std::string_view key = t["key"].text();
      not_ready |= key == kNotReady || key.empty();
      unreachable |= key == kUnreachable || key.empty();
    }
    if (not_ready && unreachable) return {};
    doc::Draft draft(request.object);
    if (!not_ready) draft["spec"]["tolerations"].push(toleration(kNotReady));
    if (!unreachable) draft["spec"]["tolerations"].push(toleration(kUnreachable));
    request.object = draft.finish();
    return {};
  }

 private:
  static doc::Draft toleration(std::string_view key) {
    doc::Draft out = doc::Draft::object();
    out["key"] = key;
    out["operator"] = "Exists";
    out["effect"] = "NoExecute";
    out["tolerationSeconds"] = kDefaultTolerationSeconds;
    return out;
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> newPriority(const Objects& objects) {
  return std::make_unique<Priority>(objects);
}
std::unique_ptr<AdmissionPlugin> newDefaultTolerations() {
  return std::make_unique<DefaultTolerations>();
}

}  // namespace meshka::apiserver
