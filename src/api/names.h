// Names as Kubernetes allows them, with the sentences that explain a refusal (apimachinery,
// util/validation). An empty result: the value is good.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meshka::api {

using Complaints = std::vector<std::string>;

Complaints checkDns1123Label(std::string_view value);
Complaints checkDns1123Subdomain(std::string_view value);
Complaints checkWildcardDns1123Subdomain(std::string_view value);
Complaints checkDns1035Label(std::string_view value);
// Keys of labels and annotations, names of extended resources, condition types: [prefix/]name.
Complaints checkQualifiedName(std::string_view value);
Complaints checkLabelValue(std::string_view value);
Complaints checkPortName(std::string_view value);
Complaints checkPortNumber(int64_t port);
// Keys of ConfigMap and Secret data.
Complaints checkConfigMapKey(std::string_view value);
// Environment variables, the older, stricter rule.
Complaints checkEnvVarName(std::string_view value);
// "RBAC-like" names that become one step of a path: not ".", "..", without '/' and '%'.
Complaints checkPathSegmentName(std::string_view value);
std::string joinComplaints(const Complaints& complaints);  // "a; b"

}  // namespace meshka::api
