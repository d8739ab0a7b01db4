// The objects by which a mesh gets its certificate authority, as users see them.
#pragma once

#include <string_view>

namespace meshka::mgmt {

inline constexpr std::string_view kIssuedCertificates = "issuedcertificates.internal.gloo.solo.io";
inline constexpr std::string_view kCertificateRequests =
    "certificaterequests.internal.gloo.solo.io";
inline constexpr std::string_view kRootTrustPolicies = "roottrustpolicies.admin.gloo.solo.io";
inline constexpr std::string_view kInternalApi = "internal.gloo.solo.io/v2";

// What Istio reads its authority from.
inline constexpr const char* kMeshSecret = "cacerts";
inline constexpr const char* kCertAgentReconciler = "cert-agent";
// On a cacerts of the user's: the agent may replace it.
inline constexpr const char* kAdoptAnnotation = "gloo.solo.io/adopt-cacerts";

}  // namespace meshka::mgmt
