// The kinds of objects that users write for the management plane, and what is done with each.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace meshka::mgmt {

// Where the state stands inside status.
enum class StatusForm : uint8_t {
  kGeneric,  // status.generic: Workspace, WorkspaceSettings
  kGlobal,   // status.global and status.workspaces: what is written per workspace and cluster
  kFlat,     // status.state: server side and administration
};

struct KindInfo {
  std::string_view kind;
  std::string_view resource;  // plural.group
  StatusForm form;
  bool supported;  // false: a status says that it is not supported yet
};

inline constexpr std::string_view kWorkspaces = "workspaces.admin.gloo.solo.io";
inline constexpr std::string_view kSettings = "workspacesettings.admin.gloo.solo.io";
inline constexpr std::string_view kRouteTables = "routetables.networking.gloo.solo.io";
inline constexpr std::string_view kVirtualGateways = "virtualgateways.networking.gloo.solo.io";
inline constexpr std::string_view kVirtualDestinations =
    "virtualdestinations.networking.gloo.solo.io";
inline constexpr std::string_view kExternalServices = "externalservices.networking.gloo.solo.io";
inline constexpr std::string_view kExternalEndpoints = "externalendpoints.networking.gloo.solo.io";
inline constexpr std::string_view kFailover = "failoverpolicies.resilience.policy.gloo.solo.io";
inline constexpr std::string_view kOutlier =
    "outlierdetectionpolicies.resilience.policy.gloo.solo.io";
inline constexpr std::string_view kFault = "faultinjectionpolicies.resilience.policy.gloo.solo.io";
inline constexpr std::string_view kRetryTimeout =
    "retrytimeoutpolicies.resilience.policy.gloo.solo.io";
inline constexpr std::string_view kConnection = "connectionpolicies.resilience.policy.gloo.solo.io";
inline constexpr std::string_view kAccess = "accesspolicies.security.policy.gloo.solo.io";
inline constexpr std::string_view kCors = "corspolicies.security.policy.gloo.solo.io";
inline constexpr std::string_view kMirror = "mirrorpolicies.trafficcontrol.policy.gloo.solo.io";
inline constexpr std::string_view kHeaders =
    "headermanipulationpolicies.trafficcontrol.policy.gloo.solo.io";

inline constexpr std::array kKinds = {
    KindInfo{"Workspace", kWorkspaces, StatusForm::kGeneric, true},
    KindInfo{"WorkspaceSettings", kSettings, StatusForm::kGeneric, true},
    KindInfo{"RouteTable", kRouteTables, StatusForm::kGlobal, true},
    KindInfo{"VirtualGateway", kVirtualGateways, StatusForm::kGlobal, true},
    KindInfo{"VirtualDestination", kVirtualDestinations, StatusForm::kGlobal, true},
    KindInfo{"ExternalService", kExternalServices, StatusForm::kGlobal, true},
    KindInfo{"ExternalEndpoint", kExternalEndpoints, StatusForm::kGlobal, true},
    KindInfo{"FailoverPolicy", kFailover, StatusForm::kGlobal, true},
    KindInfo{"OutlierDetectionPolicy", kOutlier, StatusForm::kGlobal, true},
    KindInfo{"FaultInjectionPolicy", kFault, StatusForm::kGlobal, true},
    KindInfo{"RetryTimeoutPolicy", kRetryTimeout, StatusForm::kGlobal, true},
    KindInfo{"ConnectionPolicy", kConnection, StatusForm::kGlobal, true},
    KindInfo{"AccessPolicy", kAccess, StatusForm::kGlobal, true},
    KindInfo{"CORSPolicy", kCors, StatusForm::kGlobal, true},
    KindInfo{"MirrorPolicy", kMirror, StatusForm::kGlobal, true},
    KindInfo{"HeaderManipulationPolicy", kHeaders, StatusForm::kGlobal, true},
    KindInfo{"CSRFPolicy", "csrfpolicies.security.policy.gloo.solo.io", StatusForm::kGlobal, false},
    KindInfo{"ExtAuthPolicy", "extauthpolicies.security.policy.gloo.solo.io", StatusForm::kGlobal,
             false},
    KindInfo{"JWTPolicy", "jwtpolicies.security.policy.gloo.solo.io", StatusForm::kGlobal, false},
    KindInfo{"WAFPolicy", "wafpolicies.security.policy.gloo.solo.io", StatusForm::kGlobal, false},
    KindInfo{"TransformationPolicy", "transformationpolicies.trafficcontrol.policy.gloo.solo.io",
             StatusForm::kGlobal, false},
    KindInfo{"RateLimitPolicy", "ratelimitpolicies.trafficcontrol.policy.gloo.solo.io",
             StatusForm::kGlobal, false},
    KindInfo{"RateLimitClientConfig", "ratelimitclientconfigs.trafficcontrol.policy.gloo.solo.io",
             StatusForm::kGlobal, false},
    KindInfo{"ProxyProtocolPolicy", "proxyprotocolpolicies.trafficcontrol.policy.gloo.solo.io",
             StatusForm::kGlobal, false},
    KindInfo{"AccessLogPolicy", "accesslogpolicies.observability.policy.gloo.solo.io",
             StatusForm::kGlobal, false},
    KindInfo{"WasmDeploymentPolicy", "wasmdeploymentpolicies.extensions.policy.gloo.solo.io",
             StatusForm::kGlobal, false},
    KindInfo{"ExtAuthServer", "extauthservers.admin.gloo.solo.io", StatusForm::kFlat, false},
    KindInfo{"RateLimitServerSettings", "ratelimitserversettings.admin.gloo.solo.io",
             StatusForm::kFlat, false},
    KindInfo{"RateLimitServerConfig", "ratelimitserverconfigs.admin.gloo.solo.io",
             StatusForm::kFlat, false},
};

// nullptr when there is none of that name.
constexpr const KindInfo* kindOf(std::string_view resource) {
  for (const KindInfo& info : kKinds) {
    if (info.resource == resource) return &info;
  }
  return nullptr;
}

}  // namespace meshka::mgmt
