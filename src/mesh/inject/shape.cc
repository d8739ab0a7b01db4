#include "mesh/inject/shape.h"

#include <string>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

std::unexpected<Error> wrong(const std::string& path, const char* expected) {
  return fail(Code::kInvalid, cat("malformed pod: ", path, ": expected ", expected));
}

bool isAbsent(doc::Value value) {
  return !value.exists() || value.isNull();
}

Result<void> checkTexts(doc::Value map, const std::string& path) {
  if (isAbsent(map)) return {};
  if (!map.isObject()) return wrong(path, "a map");
  for (const auto [key, value] : map.members()) {
    if (!value.isString()) return wrong(cat(path, ".", key), "text");
  }
  return {};
}

Result<void> checkObject(doc::Value value, const std::string& path) {
  if (isAbsent(value) || value.isObject()) return {};
  return wrong(path, "an object");
}

Result<void> checkObjects(doc::Value list, const std::string& path) {
  if (isAbsent(list)) return {};
  if (!list.isArray()) return wrong(path, "a list");
  for (size_t i = 0; i < list.size(); ++i) {
    if (!list[i].isObject()) return wrong(cat(path, "[", i, "]"), "an object");
  }
  return {};
}

Result<void> checkContainers(doc::Value list, const std::string& path) {
  MESHKA_CHECK(checkObjects(list, path));
  for (size_t i = 0; i < list.size(); ++i) {
    const doc::Value container = list[i];
    const std::string at = cat(path, "[", i, "].");
    if (!container["name"].isString()) return wrong(at + "name", "text");
    for (const char* member : {"ports", "env", "volumeMounts"}) {
      MESHKA_CHECK(checkObjects(container[member], at + member));
    }
    for (const char* member : {"readinessProbe", "livenessProbe", "startupProbe", "lifecycle",
                               "resources", "securityContext"}) {
      MESHKA_CHECK(checkObject(container[member], at + member));
      MESHKA_CHECK(checkObject(container[member]["httpGet"], cat(at, member, ".httpGet")));
    }
  }
  return {};
}

}  // namespace

Result<void> checkPodShape(doc::Value pod) {
  if (!pod.isObject()) return wrong("object", "an object");
  if (!pod["metadata"].isObject()) return wrong("metadata", "an object");
  if (!pod["spec"].isObject()) return wrong("spec", "an object");
  MESHKA_CHECK(checkTexts(pod["metadata"]["labels"], "metadata.labels"));
  MESHKA_CHECK(checkTexts(pod["metadata"]["annotations"], "metadata.annotations"));
  const doc::Value spec = pod["spec"];
  if (!spec["containers"].isArray()) return wrong("spec.containers", "a list");
  MESHKA_CHECK(checkContainers(spec["containers"], "spec.containers"));
  MESHKA_CHECK(checkContainers(spec["initContainers"], "spec.initContainers"));
  MESHKA_CHECK(checkObjects(spec["volumes"], "spec.volumes"));
  for (size_t i = 0; i < spec["volumes"].size(); ++i) {
    if (!spec["volumes"][i]["name"].isString())
      return wrong(cat("spec.volumes[", i, "].name"), "text");
  }
  MESHKA_CHECK(checkObjects(spec["imagePullSecrets"], "spec.imagePullSecrets"));
  return checkObject(spec["securityContext"], "spec.securityContext");
}

}  // namespace meshka::mesh
