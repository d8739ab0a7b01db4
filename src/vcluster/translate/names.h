// How virtual objects are called on the host: the observable naming of vcluster 0.7-0.9, so that
// people and scripts find what they know. Names are for humans and for uniqueness; the way back is
// the annotations object-name and object-namespace, never parsing a name.
#pragma once

#include <string>
#include <string_view>

namespace meshka::vcluster {

// Which virtual cluster an object belongs to, and where it lives on the host.
struct Tenant {
  std::string name;            // of the virtual cluster
  std::string host_namespace;  // where its control plane and all its synced objects are
};

inline constexpr std::string_view kManagedBy = "vcluster.loft.sh/managed-by";
inline constexpr std::string_view kNamespaceLabel = "vcluster.loft.sh/namespace";
inline constexpr std::string_view kObjectName = "vcluster.loft.sh/object-name";
inline constexpr std::string_view kObjectNamespace = "vcluster.loft.sh/object-namespace";
inline constexpr std::string_view kManagedAnnotations = "vcluster.loft.sh/managed-annotations";
inline constexpr std::string_view kPodLabels = "vcluster.loft.sh/labels";
inline constexpr std::string_view kPodName = "vcluster.loft.sh/name";
inline constexpr std::string_view kPodNamespace = "vcluster.loft.sh/namespace";
inline constexpr std::string_view kPodUid = "vcluster.loft.sh/uid";
inline constexpr std::string_view kPodServiceAccount = "vcluster.loft.sh/service-account-name";

// NAME-x-NS-x-VC; over 63 characters: the first 52, '-', and 10 hex digits of the whole name's
// SHA-256.
std::string hostName(std::string_view name, std::string_view ns, const Tenant& tenant);
// vcluster-NAME-x-HOSTNS-x-VC for cluster-scoped objects, shortened alike.
std::string hostClusterName(std::string_view name, const Tenant& tenant);
// vcluster.loft.sh/label-VC-x-HASH: a virtual label key as it appears on host objects.
std::string hostLabelKey(std::string_view key, const Tenant& tenant);
// The same for the labels of a pod's namespace, which pods carry too.
std::string hostNamespaceLabelKey(std::string_view key, const Tenant& tenant);

}  // namespace meshka::vcluster
