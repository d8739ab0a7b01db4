#include "node/spec/env.h"

#include <algorithm>

#include "base/strings.h"
#include "node/limits.h"

namespace meshka::node {
namespace {

void put(EnvList& env, std::string name, std::string value) {
  const auto at = std::ranges::find(env, name, &EnvList::value_type::first);
  if (at != env.end())
    at->second = std::move(value);
  else
    env.emplace_back(std::move(name), std::move(value));
}

std::string envName(std::string_view service) {
  std::string out(service);
  for (char& c : out) c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

// Letters, digits, '_', '-', '.', not starting with a digit: what the API accepts as a variable's
// name.
bool validName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

// Text of one key; a Secret's is decoded.
std::optional<std::string> keyOf(doc::Value object, std::string_view key, bool secret) {
  if (const doc::Value v = object["data"][key]; v.exists()) {
    return secret ? base64Decode(v.text()) : std::optional<std::string>(v.text());
  }
  if (const doc::Value v = object[secret ? "stringData" : "binaryData"][key]; v.exists()) {
    return secret ? std::optional<std::string>(v.text()) : base64Decode(v.text());
  }
  return std::nullopt;
}

Result<void> addFrom(EnvList& env, const EnvInputs& in, doc::Value source) {
  const std::string ns(in.pod["metadata"]["namespace"].text());
  const bool secret = source["secretRef"].exists();
  const doc::Value ref = source[secret ? "secretRef" : "configMapRef"];
  const std::string_view name = ref["name"].text();
  const doc::Doc* object = secret ? in.objects.secret(ns, name) : in.objects.configMap(ns, name);
  if (object == nullptr) {
    if (ref["optional"].boolean()) return {};
    return fail(Code::kNotFound, cat(secret ? "secret" : "configmap", " \"", name, "\" not found"));
  }
  for (const auto [key, value] : (*object)["data"].members()) {
    const std::string variable = cat(source["prefix"].text(), key);
    if (!validName(variable)) continue;
    if (auto text = keyOf(*object, key, secret)) put(env, variable, std::move(*text));
  }
  return {};
}

// nullopt: an optional reference to something that is not there; the variable stays undefined.
Result<std::optional<std::string>> valueFrom(const EnvInputs& in, doc::Value from) {
  if (const doc::Value field = from["fieldRef"]; field.exists()) {
    MESHKA_TRY(auto text, fieldValue(in.config, in.pod, in.addresses, field["fieldPath"].text()));
    return std::optional(std::move(text));
  }
  if (const doc::Value resource = from["resourceFieldRef"]; resource.exists()) {
    MESHKA_TRY(auto text, resourceValue(in.config, in.pod, in.container, resource));
    return std::optional(std::move(text));
  }
  const bool secret = from["secretKeyRef"].exists();
  const doc::Value ref = from[secret ? "secretKeyRef" : "configMapKeyRef"];
  if (!ref.exists()) return fail(Code::kInvalid, "env valueFrom has no known source");
  const std::string_view ns = in.pod["metadata"]["namespace"].text(), name = ref["name"].text(),
                         key = ref["key"].text();
  const doc::Doc* object = secret ? in.objects.secret(ns, name) : in.objects.configMap(ns, name);
  std::optional<std::string> text;
  if (object != nullptr) text = keyOf(*object, key, secret);
  if (text || ref["optional"].boolean()) return text;
  if (object == nullptr)
    return fail(Code::kNotFound, cat(secret ? "secret" : "configmap", " \"", name, "\" not found"));
  return fail(Code::kNotFound, cat("couldn't find key ", key, " in ",
                                   secret ? "Secret " : "ConfigMap ", ns, "/", name));
}

}  // namespace

std::string expandReferences(std::string_view text, const EnvList& env) {
  std::string out;
  for (size_t i = 0; i < text.size() && out.size() < kMaxExpandedBytes; ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    if (text[i + 1] == '$') {
      out.push_back('$');
      ++i;
      continue;
    }
    const size_t close = text[i + 1] == '(' ? text.find(')', i) : std::string_view::npos;
    if (close == std::string_view::npos) {
      out.push_back('$');
      continue;
    }
    const std::string_view name = text.substr(i + 2, close - i - 2);
    const auto at = std::ranges::find(env, name, &EnvList::value_type::first);
    out += at != env.end() ? std::string_view(at->second) : text.substr(i, close - i + 1);
    i = close;
  }
  return out;
}

EnvList serviceLinks(doc::Value pod, const std::vector<doc::Doc>& services) {
  const std::string_view ns = pod["metadata"]["namespace"].text();
  const bool links = pod["spec"]["enableServiceLinks"].boolean(true);
  EnvList env;
  for (const doc::Doc& service : services) {
    const doc::Value meta = service["metadata"], spec = service["spec"], ports = spec["ports"];
    const bool master =
        meta["namespace"].text() == "default" && meta["name"].text() == "kubernetes";
    if (!master && (!links || meta["namespace"].text() != ns)) continue;
    const std::string_view ip = spec["clusterIP"].text();
    if (ip.empty() || ip == "None" || ports.empty() || spec["type"].text() == "ExternalName")
      continue;
    // A "kubernetes" of the pod's own namespace wins over the master's, as the kubelet has it.
    const std::string name = envName(meta["name"].text());
    put(env, name + "_SERVICE_HOST", std::string(ip));
    put(env, name + "_SERVICE_PORT", cat(ports[size_t{0}]["port"].integer()));
    for (const doc::Value p : ports.elements()) {
      if (!p["name"].text().empty()) {
        put(env, cat(name, "_SERVICE_PORT_", envName(p["name"].text())), cat(p["port"].integer()));
      }
    }
    for (size_t i = 0; i < ports.size(); ++i) {
      const doc::Value p = ports[i];
      const std::string protocol = toLower(p["protocol"].text("TCP"));
      const std::string url = cat(protocol, "://", ip, ":", p["port"].integer());
      if (i == 0) put(env, name + "_PORT", url);
      const std::string prefix = cat(name, "_PORT_", p["port"].integer(), "_", envName(protocol));
      put(env, prefix, url);
      put(env, prefix + "_PROTO", protocol);
      put(env, prefix + "_PORT", cat(p["port"].integer()));
      put(env, prefix + "_ADDR", std::string(ip));
    }
  }
  return env;
}

Result<EnvList> buildEnv(const EnvInputs& in) {
  const EnvList links = serviceLinks(in.pod, in.services);
  EnvList env;
  for (const doc::Value source : in.container["envFrom"].elements())
    MESHKA_CHECK(addFrom(env, in, source));
  for (const doc::Value e : in.container["env"].elements()) {
    std::string name(e["name"].text());
    if (e["valueFrom"].exists()) {
      MESHKA_TRY(auto value, valueFrom(in, e["valueFrom"]));
      if (value) put(env, std::move(name), std::move(*value));
      continue;
    }
    EnvList known = env;
    for (const auto& [key, value] : links) {
      if (std::ranges::find(known, key, &EnvList::value_type::first) == known.end())
        known.emplace_back(key, value);
    }
    put(env, std::move(name), expandReferences(e["value"].text(), known));
  }
  for (const auto& [key, value] : links) {
    if (std::ranges::find(env, key, &EnvList::value_type::first) == env.end())
      env.emplace_back(key, value);
  }
  return env;
}

}  // namespace meshka::node
