# Puts schemas/istio/1.11.7/*.yaml into a header of the build folder, as string constants.
set(istio_header "#pragma once\nnamespace meshka::mesh::v1_11_7 {\n")
foreach(part crds fields manifests profile)
  set(istio_yaml ${CMAKE_SOURCE_DIR}/schemas/istio/1.11.7/${part}.yaml)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${istio_yaml})
  file(READ ${istio_yaml} istio_text)
  string(SUBSTRING ${part} 0 1 istio_initial)
  string(TOUPPER ${istio_initial} istio_initial)
  string(SUBSTRING ${part} 1 -1 istio_rest)
  string(APPEND istio_header
         "inline constexpr char k${istio_initial}${istio_rest}Yaml[] = R\"yaml(${istio_text})yaml\";\n")
endforeach()
string(APPEND istio_header "}\n")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/mesh_install/istio_1_11_7.h @ONLY CONTENT "${istio_header}")
