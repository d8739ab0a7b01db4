#include "schema/openapi.h"

#include <algorithm>

#include "base/strings.h"
#include "schema/openapi_schema.h"

namespace meshka::schema {
namespace {

using doc::Draft;
using Form = OpenApiSchemas::Form;

struct Operation {
  std::string_view method, action, verb;
};
constexpr Operation kCollection[] = {{"get", "list", "list"},
                                     {"post", "post", "create"},
                                     {"delete", "deletecollection", "deletecollection"}};
constexpr Operation kItem[] = {{"get", "get", "get"},
                               {"put", "put", "update"},
                               {"patch", "patch", "patch"},
                               {"delete", "delete", "delete"}};
constexpr Operation kSubresource[] = {{"get", "get", "get"},
                                      {"put", "put", "update"},
                                      {"patch", "patch", "patch"},
                                      {"post", "post", "create"},
                                      {"delete", "delete", "delete"}};

std::string upperFirst(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

class PathBuilder {
 public:
  PathBuilder(Form form, OpenApiSchemas& schemas) : form_(form), schemas_(schemas) {}
  Draft paths = Draft::object();

  void add(const KindEntry& kind) {
    std::string base = cat("/", openApiPath(kind.group, kind.version));
    std::string collection = kind.namespaced ? cat(base, "/namespaces/{namespace}/", kind.plural)
                                             : cat(base, "/", kind.plural);
    for (const Operation& op : kCollection) {
      if (!has(kind.verbs, op.verb)) continue;
      Draft body = schemas_.refOf(kind);
      Draft answer = op.verb == "list" ? schemas_.refOfList(kind) : body;
      put(collection, kind, op, nullptr, op.verb == "create" ? body : Draft(), answer);
      if (kind.namespaced && op.verb == "list")
        put(cat(base, "/", kind.plural), kind, op, nullptr, Draft(), answer);
    }
    std::string item = collection + "/{name}";
    for (const Operation& op : kItem) {
      if (!has(kind.verbs, op.verb)) continue;
      Draft body = schemas_.refOf(kind);
      put(item, kind, op, nullptr, op.verb == "update" ? body : Draft(), body);
    }
    for (const SubresourceEntry& sub : kind.subresources) {
      for (const Operation& op : kSubresource) {
        if (!has(sub.verbs, op.verb)) continue;
        Draft body = schemas_.refOfSubresource(kind, sub);
        put(cat(item, "/", sub.name), kind, op, &sub,
            op.verb == "update" || op.verb == "create" ? body : Draft(), body);
      }
    }
  }

 private:
  static bool has(Names verbs, std::string_view verb) {
    return std::ranges::find(verbs, verb) != verbs.end();
  }

  Draft parameter(std::string_view name, std::string_view where, std::string_view type) const {
    Draft out = Draft::object({{"name", name}, {"in", where}});
    if (where == "path") out["required"] = true;
    if (form_ == Form::kV2) {
      out["type"] = type;
      out["uniqueItems"] = true;
    } else {
      out["schema"] = Draft::object({{"type", type}, {"uniqueItems", true}});
    }
    return out;
  }

  Draft queryParameters(const Operation& op) const {
    Draft out = Draft::array();
    bool writes = op.method != "get";
    if (writes) out.push(parameter("dryRun", "query", "string"));
    if (op.method == "post" || op.method == "put" || op.method == "patch") {
      out.push(parameter("fieldManager", "query", "string"));
      out.push(parameter("fieldValidation", "query", "string"));
    }
    if (op.method == "patch") out.push(parameter("force", "query", "boolean"));
    if (op.verb == "list") {
      for (std::string_view name : {"continue", "fieldSelector", "labelSelector", "resourceVersion",
                                    "resourceVersionMatch"}) {
        out.push(parameter(name, "query", "string"));
      }
      out.push(parameter("limit", "query", "integer"));
      out.push(parameter("timeoutSeconds", "query", "integer"));
      out.push(parameter("watch", "query", "boolean"));
    }
    return out;
  }

  void put(const std::string& path, const KindEntry& kind, const Operation& op,
           const SubresourceEntry* sub, const Draft& body, const Draft& answer) {
    std::string group =
        upperFirst(kind.group.empty() ? "core" : kind.group.substr(0, kind.group.find('.')));
    bool all =
        op.verb == "list" && kind.namespaced && path.find("{namespace}") == std::string::npos;
    Draft operation =
        Draft::object({{"operationId", cat(op.action, group, upperFirst(kind.version),
                                           kind.namespaced && !all ? "Namespaced" : "", kind.kind,
                                           sub != nullptr ? upperFirst(sub->name) : "",
                                           all ? "ForAllNamespaces" : "")},
                       {"x-kubernetes-action", op.action},
                       {"x-kubernetes-group-version-kind",
                        Draft::object({{"group", sub != nullptr ? sub->group : kind.group},
                                       {"version", sub != nullptr ? sub->version : kind.version},
                                       {"kind", sub != nullptr ? sub->kind : kind.kind}})}});
    Draft parameters = queryParameters(op);
    Draft response = Draft::object({{"description", "OK"}});
    if (form_ == Form::kV2) {
      if (!body.isNull()) {
        parameters.push(Draft::object(
            {{"name", "body"}, {"in", "body"}, {"required", true}, {"schema", body}}));
      }
      if (!answer.isNull()) response["schema"] = answer;
    } else {
      if (!body.isNull()) {
        operation["requestBody"] =
            Draft::object({{"content", content("*/*", body)}, {"required", true}});
      }
      if (!answer.isNull()) response["content"] = content("application/json", answer);
    }
    if (parameters.size() != 0) operation["parameters"] = parameters;
    operation["responses"] = Draft::object({{"200", response}});
    Draft& at = paths[path];
    if (at.isNull()) {
      at = Draft::object();
      Draft common = Draft::array();
      for (std::string_view name : {"name", "namespace"}) {
        if (path.find(cat("{", name, "}")) != std::string::npos)
          common.push(parameter(name, "path", "string"));
      }
      if (common.size() != 0) at["parameters"] = common;
    }
    at[op.method] = operation;
  }

  static Draft content(std::string_view type, const Draft& schema) {
    return Draft::object({{std::string(type), Draft::object({{"schema", schema}})}});
  }

  Form form_;
  OpenApiSchemas& schemas_;
};

Draft info(const OpenApiInfo& info) {
  return Draft::object({{"title", "Kubernetes"}, {"version", info.version}});
}

}  // namespace

std::string openApiPath(std::string_view group, std::string_view version) {
  return group.empty() ? cat("api/", version) : cat("apis/", group, "/", version);
}

doc::Doc openApiV3(const OpenApiInfo& about, std::string_view group, std::string_view version,
                   std::span<const KindEntry* const> kinds) {
  OpenApiSchemas schemas(Form::kV3);
  PathBuilder builder(Form::kV3, schemas);
  for (const KindEntry* kind : kinds) {
    if (kind->group != group || kind->version != version) continue;
    schemas.add(*kind);
    builder.add(*kind);
  }
  return Draft::object({{"openapi", "3.0.0"},
                        {"info", info(about)},
                        {"paths", builder.paths},
                        {"components", Draft::object({{"schemas", schemas.definitions()}})}})
      .finish();
}

doc::Doc openApiV3Index(const std::vector<OpenApiIndexEntry>& entries) {
  Draft paths = Draft::object();
  for (const OpenApiIndexEntry& entry : entries) {
    paths[entry.path] = Draft::object(
        {{"serverRelativeURL", cat("/openapi/v3/", entry.path, "?hash=", entry.hash)}});
  }
  return Draft::object({{"paths", paths}}).finish();
}

doc::Doc openApiV2(const OpenApiInfo& about, std::span<const KindEntry* const> kinds) {
  OpenApiSchemas schemas(Form::kV2);
  PathBuilder builder(Form::kV2, schemas);
  for (const KindEntry* kind : kinds) schemas.add(*kind);
  for (const KindEntry* kind : kinds) builder.add(*kind);
  return Draft::object({{"swagger", "2.0"},
                        {"info", info(about)},
                        {"paths", builder.paths},
                        {"definitions", schemas.definitions()}})
      .finish();
}

}  // namespace meshka::schema
