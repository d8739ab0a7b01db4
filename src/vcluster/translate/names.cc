#include "vcluster/translate/names.h"

#include "base/digest.h"
#include "base/strings.h"

namespace meshka::vcluster {
namespace {

constexpr size_t kMaxName = 63;     // DNS-1123 label
constexpr size_t kKeptPrefix = 52;  // leaves room for '-' and the digest
constexpr size_t kDigestDigits = 10;

std::string shorten(std::string full) {
  if (full.size() <= kMaxName) return full;
  std::string name =
      cat(full.substr(0, kKeptPrefix), "-", sha256Hex(full).substr(0, kDigestDigits));
  // A cut behind a dot would leave ".-", which no name may contain.
  if (const size_t at = name.find(".-"); at != std::string::npos) name.erase(at, 1);
  return name;
}

std::string labelKey(std::string_view prefix, std::string_view key, const Tenant& tenant) {
  return shorten(cat("vcluster.loft.sh/", prefix, "-", tenant.name, "-x-",
                     sha256Hex(key).substr(0, kDigestDigits)));
}

}  // namespace

std::string hostName(std::string_view name, std::string_view ns, const Tenant& tenant) {
  return shorten(cat(name, "-x-", ns, "-x-", tenant.name));
}

std::string hostClusterName(std::string_view name, const Tenant& tenant) {
  return shorten(cat("vcluster-", name, "-x-", tenant.host_namespace, "-x-", tenant.name));
}

std::string hostLabelKey(std::string_view key, const Tenant& tenant) {
  return labelKey("label", key, tenant);
}

std::string hostNamespaceLabelKey(std::string_view key, const Tenant& tenant) {
  return labelKey("ns-label", key, tenant);
}

}  // namespace meshka::vcluster
