// The Istio objects of every cluster under construction. All get the labels by which they are found
// again (specification 7.1); two sources never share an object by accident.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "mgmt/translate/world.h"

namespace meshka::mgmt {

// What an object was made from.
struct Parent {
  std::string cluster;
  std::string group;
  std::string version;
  std::string kind;
  std::string ns;
  std::string name;
};

Parent parentOf(const Service& service);
// Of an object of ours: group and kind by its resource.
Parent parentOf(const ObjectId& id);

// Where an object goes, and whose workspace it serves.
struct Place {
  const Cluster* cluster = nullptr;
  std::string ns;
  std::string workspace;
};

class Outputs {
 public:
  // kind: an Istio kind; its apiVersion follows. Gives the name, which differs from the wanted one
  // when an object made from something else has that already.
  std::string add(std::string_view kind, const Place& place, const std::string& name,
                  const Parent& parent, doc::Draft spec);
  std::map<std::string, std::vector<doc::Doc>> take();

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // kind, namespace, name
  std::map<std::string, std::map<Key, doc::Doc>> clusters_;
};

}  // namespace meshka::mgmt
