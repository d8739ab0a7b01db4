// ConfigMaps and Secrets.
#include <string>

#include "api/validation/names.h"
#include "api/validation/rules.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using schema::forbiddenField;
using schema::invalidText;
using schema::invalidValue;
using schema::requiredValue;

constexpr size_t kMaxDataBytes = 1 << 20;

void keys(Value data, std::string_view path, Causes& out) {
  for (auto [key, value] : data.members()) {
    std::string problem = configKeyProblem(key);
    if (!problem.empty()) out.push_back(invalidText(keyed(path, key), key, problem));
  }
}

void frozen(Value object, Value old, std::initializer_list<std::string_view> fields, Causes& out) {
  if (!old.exists() || !old["immutable"].boolean()) return;
  constexpr std::string_view kText = "field is immutable when `immutable` is set";
  if (!object["immutable"].boolean()) out.push_back(forbiddenField("immutable", kText));
  for (std::string_view field : fields) {
    bool same =
        object[field] == old[field] || (object[field].size() == 0 && old[field].size() == 0);
    if (!same) out.push_back(forbiddenField(std::string(field), kText));
  }
}

// The keys that a Secret of a well-known type must have.
void types(Value object, Causes& out) {
  std::string_view type = object["type"].text();
  Value data = object["data"];
  auto require = [&](std::string_view key) {
    if (!data[key].exists()) out.push_back(requiredValue(keyed("data", key)));
  };
  if (type == "kubernetes.io/tls") {
    require("tls.crt");
    require("tls.key");
  } else if (type == "kubernetes.io/dockerconfigjson") {
    require(".dockerconfigjson");
  } else if (type == "kubernetes.io/dockercfg") {
    require(".dockercfg");
  } else if (type == "kubernetes.io/ssh-auth") {
    require("ssh-privatekey");
  } else if (type == "kubernetes.io/basic-auth") {
    if (!data["username"].exists() && !data["password"].exists()) {
      require("username");
      require("password");
    }
  } else if (type == "kubernetes.io/service-account-token") {
    constexpr std::string_view kName = "kubernetes.io/service-account.name";
    if (object["metadata"]["annotations"][kName].text().empty()) {
      out.push_back(requiredValue(keyed("metadata.annotations", kName)));
    }
  }
}

}  // namespace

void validateConfigMap(Value object, Value old, Causes& out) {
  Value data = object["data"], binary = object["binaryData"];
  keys(data, "data", out);
  keys(binary, "binaryData", out);
  size_t bytes = 0;
  for (auto [key, value] : data.members()) {
    bytes += value.text().size();
    if (binary[key].exists())
      out.push_back(invalidText(keyed("data", key), key, "duplicate of key present in binaryData"));
  }
  for (auto [key, value] : binary.members()) bytes += value.text().size() / 4 * 3;
  if (bytes > kMaxDataBytes) out.push_back(schema::tooLong("", kMaxDataBytes));
  frozen(object, old, {"data", "binaryData"}, out);
}

void validateSecret(Value object, Value old, Causes& out) {
  keys(object["data"], "data", out);
  size_t bytes = 0;
  for (auto [key, value] : object["data"].members()) bytes += value.text().size() / 4 * 3;
  if (bytes > kMaxDataBytes) out.push_back(schema::tooLong("data", kMaxDataBytes));
  types(object, out);
  frozen(object, old, {"data"}, out);
}

}  // namespace meshka::api
