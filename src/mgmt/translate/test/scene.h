// A TranslateInput from YAML: {admin: [objects], clusters: {north: {givenName, objects: [...]}}}.
// For tests; several texts add up.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/test/test.h"
#include "doc/yaml.h"
#include "mgmt/translate/kinds.h"
#include "mgmt/translate/translate.h"

namespace meshka::mgmt {

inline std::string resourceOf(doc::Value object) {
  const std::string_view kind = object["kind"].text();
  const std::string_view version = object["apiVersion"].text();
  if (version == "v1") return cat(toLower(kind), "s");
  if (version == "apps/v1") return cat(toLower(kind), "s.apps");
  for (const KindInfo& info : kKinds) {
    if (info.kind == kind) return std::string(info.resource);
  }
  if (kind == "Mesh") return "meshes.internal.gloo.solo.io";
  return cat(toLower(kind), "s.", version.substr(0, version.find('/')));
}

inline void addObjects(doc::Value list, ObjectsByResource& objects) {
  for (const doc::Value object : list.elements()) {
    objects[resourceOf(object)].push_back(object.doc());
  }
}

inline void addScene(TranslateInput& input, std::string_view yaml) {
  const auto parsed = doc::parseYamlDocument(yaml);
  ASSERT_OK(parsed);
  addObjects((*parsed)["admin"], input.admin);
  for (const auto [name, cluster] : (*parsed)["clusters"].members()) {
    ClusterSnapshot& snapshot = input.clusters[std::string(name)];
    snapshot.name = name;
    snapshot.connected = true;
    if (snapshot.given_name.empty()) snapshot.given_name = cluster["givenName"].text();
    addObjects(cluster["objects"], snapshot.objects);
  }
}

// The base scene (two clusters with a shop, a gateway namespace and Istio), and more.
inline TranslateInput scene(std::string_view more = "") {
  TranslateInput input;
  addScene(input, test::readFileOrDie("testdata/base.yaml"));
  if (!more.empty()) addScene(input, more);
  return input;
}

// The whole output, objects without the labels that all have.
inline std::string outputYaml(const TranslateOutput& output) {
  doc::Draft root = doc::Draft::object();
  for (const auto& [cluster, objects] : output.objects) {
    doc::Draft& list = root["objects"][cluster];
    for (const doc::Doc& object : objects) {
      doc::Draft shown(object);
      doc::Draft labels = doc::Draft::object();
      for (const auto [key, value] : object["metadata"]["labels"].members()) {
        if (key == "context.mesh.gloo.solo.io/workspace" || key == "gloo.solo.io/parent_kind" ||
            key == "gloo.solo.io/parent_name") {
          labels[key] = value;
        }
      }
      shown["metadata"]["labels"] = std::move(labels);
      list.push(std::move(shown));
    }
  }
  for (const StatusUpdate& update : output.statuses) {
    root["statuses"].push(
        doc::Draft::object({{"cluster", update.cluster},
                            {"object", cat(update.resource, " ", update.ns, "/", update.name)},
                            {"status", update.status}}));
  }
  return doc::toYaml(root.finish());
}

// "" when there is none.
inline std::string stateOf(const TranslateOutput& output, std::string_view name,
                           std::string_view part = "state") {
  for (const StatusUpdate& update : output.statuses) {
    if (update.name != name) continue;
    for (const char* form : {"generic", "global"}) {
      if (update.status[form].exists()) return std::string(update.status[form][part].text());
    }
    return std::string(update.status[part].text());
  }
  return "";
}

inline doc::Doc objectNamed(const TranslateOutput& output, const std::string& cluster,
                            std::string_view kind, std::string_view ns, std::string_view name) {
  const auto found = output.objects.find(cluster);
  if (found == output.objects.end()) return {};
  for (const doc::Doc& object : found->second) {
    if (object["kind"].text() == kind && object["metadata"]["namespace"].text() == ns &&
        object["metadata"]["name"].text() == name) {
      return object;
    }
  }
  return {};
}

}  // namespace meshka::mgmt
