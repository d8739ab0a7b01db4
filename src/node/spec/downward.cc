#include "node/spec/downward.h"

#include "base/strings.h"
#include "doc/json.h"
#include "node/spec/quantity.h"
#include "node/spec/resources.h"

namespace meshka::node {
namespace {

std::string mapLines(doc::Value map) {
  std::string out;
  for (const auto [key, value] : map.members()) {
    if (!out.empty()) out += '\n';
    out += cat(key, "=",
               doc::toJson(value));  // Go's %q and JSON agree on everything that labels may hold
  }
  return out;
}

// "metadata.labels['app']" -> "app"
std::optional<std::string_view> subscript(std::string_view path, std::string_view field) {
  if (!path.starts_with(field)) return std::nullopt;
  path.remove_prefix(field.size());
  if (path.size() < 4 || !path.starts_with("['") || !path.ends_with("']")) return std::nullopt;
  return path.substr(2, path.size() - 4);
}

}  // namespace

Result<std::string> fieldValue(const NodeConfig& config, doc::Value pod,
                               const PodAddresses& addresses, std::string_view path) {
  const doc::Value meta = pod["metadata"];
  if (path == "metadata.name") return std::string(meta["name"].text());
  if (path == "metadata.namespace") return std::string(meta["namespace"].text());
  if (path == "metadata.uid") return std::string(meta["uid"].text());
  if (path == "metadata.labels") return mapLines(meta["labels"]);
  if (path == "metadata.annotations") return mapLines(meta["annotations"]);
  if (const auto key = subscript(path, "metadata.labels"))
    return std::string(meta["labels"][*key].text());
  if (const auto key = subscript(path, "metadata.annotations"))
    return std::string(meta["annotations"][*key].text());
  if (path == "spec.nodeName") return config.node_name;
  if (path == "spec.serviceAccountName")
    return std::string(pod["spec"]["serviceAccountName"].text());
  if (path == "status.hostIP" || path == "status.hostIPs") return config.host_ip;
  if (path == "status.podIP" || path == "status.podIPs") return addresses.pod_ip;
  return fail(Code::kInvalid, cat("unsupported fieldPath: ", path));
}

Result<std::string> resourceValue(const NodeConfig& config, doc::Value pod, doc::Value container,
                                  doc::Value reference) {
  if (const std::string_view name = reference["containerName"].text(); !name.empty()) {
    container = doc::Value();
    for (const std::string_view list : {"containers", "initContainers"}) {
      for (const doc::Value c : pod["spec"][list].elements()) {
        if (c["name"].text() == name) container = c;
      }
    }
    if (!container.exists()) return fail(Code::kInvalid, cat("container ", name, " not found"));
  }
  const std::string_view resource = reference["resource"].text();
  const std::string_view divisor = reference["divisor"].text();
  const Amounts a = amountsOf(container);
  // Both in thousandths, so that "1m" is a divisor too.
  int64_t value = 0;
  if (resource == "limits.cpu") {
    value = a.cpu_limit_m > 0 ? a.cpu_limit_m : config.cpus * config.cpu_overcommit * 1000;
  } else if (resource == "requests.cpu") {
    value = a.cpu_request_m;
  } else if (resource == "limits.memory") {
    value = a.memory_limit > 0 ? a.memory_limit : config.memory_bytes * config.memory_overcommit;
  } else if (resource == "requests.memory") {
    value = a.memory_request;
  } else if (resource == "limits.ephemeral-storage" || resource == "requests.ephemeral-storage") {
    const std::string_view which = resource.substr(0, resource.find('.'));
    value = parseWhole(container["resources"][which]["ephemeral-storage"].text()).value_or(0);
  } else {
    return fail(Code::kInvalid, cat("unsupported container resource: ", resource));
  }
  const bool cpu = resource.ends_with(".cpu");
  int64_t by = cpu ? 1000 : 1;
  if (!divisor.empty() && divisor != "0") {
    const auto parsed = cpu ? parseMilli(divisor) : parseWhole(divisor);
    if (!parsed || *parsed <= 0)
      return fail(Code::kInvalid, cat("invalid divisor ", divisor, " for ", resource));
    by = *parsed;
  }
  return cat(value / by + (value % by != 0 ? 1 : 0));
}

}  // namespace meshka::node
