#include "base/instance.h"

#include "base/strings.h"

namespace meshka {
namespace {
constexpr size_t kMaxName = 12;
}

Result<Instance> Instance::named(std::string_view name) {
  bool good = !name.empty() && name.size() <= kMaxName && name[0] >= 'a' && name[0] <= 'z' &&
              name.back() != '-';
  for (const char c : name)
    good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
  if (!good)
    return fail(Code::kInvalid,
                cat("instance name \"", name,
                    "\" is not valid: lower-case letters, digits and '-', beginning with a ",
                    "letter, at most ", kMaxName, " characters"));
  return Instance(std::string(name));
}

std::string Instance::contextName() const {
  return name_ == kDefaultInstance ? name_ : cat(kDefaultInstance, "-", name_);
}
std::string Instance::outerLink() const {
  return cat("mk-", name_);
}
std::string Instance::cgroup() const {
  return cat("/meshka-", name_);
}
std::string Instance::runDirectory() const {
  return cat("/run/meshka-", name_);
}
std::string Instance::stateDirectory() const {
  return cat("/var/lib/meshka-", name_);
}
std::string Instance::containerdRoot() const {
  return stateDirectory() + "/containerd";
}
std::string Instance::dataDirectory() const {
  return stateDirectory() + "/store";
}
std::string Instance::podsDirectory() const {
  return stateDirectory() + "/pods";
}
std::string Instance::logsDirectory() const {
  return stateDirectory() + "/logs";
}
std::string Instance::recordPath() const {
  return runDirectory() + "/instance.json";
}
std::string Instance::containerdSocket() const {
  return runDirectory() + "/containerd.sock";
}
std::string Instance::lockPath() const {
  return runDirectory() + ".lock";
}

}  // namespace meshka
