// CustomResourceDefinitions (apiextensions.k8s.io/v1): the checks that the API server makes, and
// the compilation of each version's openAPIV3Schema into Schema nodes and a KindEntry.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"
#include "schema/kind.h"
#include "schema/schema.h"

namespace meshka::schema {

// Owns the nodes of one compiled openAPIV3Schema. Immutable, shared.
class CompiledSchema {
 public:
  virtual ~CompiledSchema() = default;
  const Schema& root() const { return *root_; }

 protected:
  const Schema* root_ = nullptr;
};

struct PrinterColumn {
  std::string name, type, format, description, json_path;
  int64_t priority = 0;
};

struct ScaleSubresource {
  std::string spec_replicas_path, status_replicas_path, label_selector_path;  // ".spec.replicas"
};

struct CustomVersion {
  std::string name;
  bool served = false, storage = false, deprecated = false;
  std::string deprecation_warning;
  bool has_status = false;
  std::unique_ptr<ScaleSubresource> scale;
  std::vector<PrinterColumn> columns;          // empty: Age only
  std::vector<std::string> selectable_fields;  // ".spec.color"
  std::shared_ptr<const CompiledSchema> schema;
  doc::Doc openapi;  // openAPIV3Schema as it was given
};

// A CRD that passed checkCrd(), compiled. Immutable, shared by the requests that use it.
struct CustomKind {
  std::string name;  // "virtualservices.networking.istio.io"
  std::string group, kind, list_kind, plural, singular;
  std::vector<std::string> short_names, categories;
  bool namespaced = true;
  bool conversion_webhook = false;
  doc::Doc conversion;                  // spec.conversion
  std::vector<CustomVersion> versions;  // in order of priority, highest first (v2 > v1 > v1beta1)
  std::string storage_version;
  const CustomVersion* version(std::string_view version) const;
};

// Everything that is wrong with a CRD (defaults applied before): names, scope, versions, one
// storage version, structural schema rules, defaults valid against their own schema. `old`: on
// update also what may not change.
std::vector<Cause> checkCrd(doc::Value crd, doc::Value old = {});

// The rules of structural schemas alone, for spec.versions[i].schema.openAPIV3Schema. `path`
// prefixes the causes.
std::vector<Cause> checkStructural(doc::Value openapi_schema, std::string_view path);

// Compiles one schema (also of other sources, such as Helm values). It must be structural: errors
// kInvalid. A missing schema compiles to an object that preserves what it does not know.
Result<std::shared_ptr<const CompiledSchema>> compileSchema(doc::Value openapi_schema);

// Compiles a CRD. Errors: kInvalid with the causes of checkCrd().
Result<std::shared_ptr<const CustomKind>> compileCrd(doc::Value crd);

// "v10" before "v2" before "v1" before "v1beta2" before "v1alpha1" before other names; true when a
// comes first.
bool versionBefore(std::string_view a, std::string_view b);

}  // namespace meshka::schema
