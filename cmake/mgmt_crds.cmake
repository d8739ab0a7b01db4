# Puts schemas/mgmt/crds.yaml into a header of the build folder, as a string constant.
set(crds_yaml ${CMAKE_SOURCE_DIR}/schemas/mgmt/crds.yaml)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${crds_yaml})
file(READ ${crds_yaml} crds_text)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/mgmt_chart/crd_table.h @ONLY CONTENT
"#pragma once
namespace meshka::mgmt {
inline constexpr char kCrdTableYaml[] = R\"yaml(@crds_text@)yaml\";
}
")
