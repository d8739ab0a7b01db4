#include "mesh/install/schema_files.h"

#include "base/assert.h"
#include "doc/yaml.h"
#include "mesh_install/istio_1_11_7.h"

namespace meshka::mesh {

namespace {

doc::Doc parsed(std::string_view text) {
  auto document = doc::parseYamlDocument(text);
  MESHKA_ASSERT(document.has_value());
  return std::move(*document);
}

}  // namespace

const IstioFiles& istioFiles() {
  static const IstioFiles kFiles = {parsed(v1_11_7::kCrdsYaml), parsed(v1_11_7::kFieldsYaml),
                                    parsed(v1_11_7::kManifestsYaml), parsed(v1_11_7::kProfileYaml)};
  return kFiles;
}

}  // namespace meshka::mesh
