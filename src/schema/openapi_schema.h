// One Schema node as the JSON of an OpenAPI document, and the set of named schemas that a document
// needs.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"
#include "schema/kind.h"

namespace meshka::schema {

class OpenApiSchemas {
 public:
  enum class Form : uint8_t { kV2, kV3 };
  explicit OpenApiSchemas(Form form) : form_(form) {}

  // Names the kind's schema, its list and the bodies of its subresources.
  void add(const KindEntry& kind);
  // {"$ref": ...} to a named schema, which will be in definitions().
  doc::Draft ref(const Schema& named);
  // Of a kind added before; a null draft when the type is not known.
  doc::Draft refOf(const KindEntry& kind);
  doc::Draft refOfList(const KindEntry& kind);
  doc::Draft refOfSubresource(const KindEntry& kind, const SubresourceEntry& sub);
  // {"io.k8s.api.apps.v1.Deployment": {...}, ...} of all that was referred to.
  doc::Draft definitions();

 private:
  doc::Draft node(const Schema& schema, bool root);
  doc::Draft special(const Schema& schema) const;
  void object(doc::Draft& out, const Schema& schema);
  void marks(doc::Draft& out, const Schema& schema) const;
  void rules(doc::Draft& out, const Rules& rules);
  doc::Draft byName(std::string_view name);
  void gvk(const std::string& name, std::string_view group, std::string_view version,
           std::string_view kind);

  Form form_;
  std::map<std::string, const Schema*> wanted_;
  std::vector<std::string> queue_;
  std::map<std::string, doc::Draft> lists_;  // lists of custom kinds
  std::map<std::string, std::vector<doc::Draft>> gvks_;
  std::map<const Schema*, std::string>
      custom_names_;  // roots of custom kinds have no name of their own
};

// "io.k8s.api.apps.v1.Deployment", "com.example.stable.v1.CronTab".
std::string openApiName(const KindEntry& kind);

}  // namespace meshka::schema
