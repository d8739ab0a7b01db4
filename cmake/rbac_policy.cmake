# Puts schemas/rbac/default-policy.yaml into a header of the build folder, as a string constant.
set(policy_yaml ${CMAKE_SOURCE_DIR}/schemas/rbac/default-policy.yaml)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${policy_yaml})
file(READ ${policy_yaml} policy_text)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/apiserver_auth/default_policy.h @ONLY CONTENT
"#pragma once
namespace meshka::apiserver {
inline constexpr char kDefaultPolicyYaml[] = R\"yaml(@policy_text@)yaml\";
}
")
