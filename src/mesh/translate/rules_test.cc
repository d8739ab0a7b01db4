// The mistakes that must not be in any configuration.
#include <map>
#include <set>

#include "base/strings.h"
#include "doc/json.h"
#include "mesh/translate/test/cases.h"

namespace meshka::mesh::test {
namespace {

class Check {
 public:
  explicit Check(const Snapshot& snapshot) : snapshot_(snapshot) {
    for (const NamedResource& cluster : snapshot.clusters) {
      if (!clusters_.insert(cluster.name).second) say("two clusters are called ", cluster.name);
    }
    for (const NamedResource& route : snapshot.routes) by_route_[route.name] = route.config;
  }

  std::vector<std::string> run() {
    for (const NamedResource& cluster : snapshot_.clusters)
      extensions(cluster.config, cluster.name);
    for (const NamedResource& listener : snapshot_.listeners) listenerRules(listener.config);
    for (const NamedResource& endpoints : snapshot_.endpoints) priorities(endpoints.config);
    return std::move(found_);
  }

 private:
  void say(std::string_view what, std::string_view where) { found_.push_back(cat(what, where)); }

  // Every {name: envoy...} carries a typed_config.
  void extensions(doc::Value in, std::string_view where) {
    const std::string_view name = in["name"].text();
    const bool extension = name.starts_with("envoy.") && !in["typed_config"].exists();
    if (extension) say("no typed_config for ", cat(name, " in ", where));
    for (auto [key, value] : in.members()) extensions(value, where);
    for (doc::Value element : in.elements()) extensions(element, where);
  }

  void listenerRules(doc::Value listener) {
    const std::string_view name = listener["name"].text();
    extensions(listener, name);
    bool inspects_tls = false;
    for (doc::Value filter : listener["listener_filters"].elements()) {
      inspects_tls =
          inspects_tls || filter["name"].text() == "envoy.filters.listener.tls_inspector";
    }
    std::set<std::string> matches;
    if (listener["filter_chains"].empty()) say("no filter chain in ", name);
    for (doc::Value chain : listener["filter_chains"].elements()) {
      const doc::Value match = chain["filter_chain_match"];
      if (!matches.insert(match.exists() ? doc::toJson(match) : "{}").second) {
        say("two chains match the same in ", cat(name, ": ", doc::toJson(match)));
      }
      const bool needs =
          match["transport_protocol"].text() == "tls" || !match["server_names"].empty();
      if (needs && !inspects_tls) say("a TLS chain without tls_inspector in ", name);
      chainRules(chain, name);
    }
    if (listener["default_filter_chain"].exists())
      chainRules(listener["default_filter_chain"], name);
  }

  void chainRules(doc::Value chain, std::string_view where) {
    doc::Value last;
    for (doc::Value filter : chain["filters"].elements()) last = filter;
    const std::string_view kind = last["name"].text();
    const doc::Value config = last["typed_config"];
    if (kind == "envoy.filters.network.tcp_proxy") {
      if (config["cluster"].exists()) known(config["cluster"].text(), where);
      weights(config["weighted_clusters"], where);
    } else if (kind == "envoy.filters.network.http_connection_manager") {
      std::set<std::string> filters;
      std::string_view terminal;
      for (doc::Value filter : config["http_filters"].elements()) {
        filters.emplace(filter["name"].text());
        terminal = filter["name"].text();
      }
      if (terminal != "envoy.filters.http.router") say("router is not the last filter in ", where);
      const doc::Value inline_routes = config["route_config"];
      const std::string route(config["rds"]["route_config_name"].text());
      if (inline_routes.exists())
        routeRules(inline_routes, filters);
      else if (by_route_.contains(route))
        routeRules(by_route_[route], filters);
      else
        say("no routes called ", route);
    } else {
      say("a chain without a terminal filter in ", where);
    }
  }

  void routeRules(doc::Value config, const std::set<std::string>& filters) {
    const std::string_view name = config["name"].text();
    extensions(config, name);
    std::set<std::string> domains;
    for (doc::Value host : config["virtual_hosts"].elements()) {
      for (doc::Value domain : host["domains"].elements()) {
        if (!domains.emplace(domain.text()).second) say("two hosts for domain ", domain.text());
      }
      for (doc::Value route : host["routes"].elements()) {
        for (auto [filter, value] : route["typed_per_filter_config"].members()) {
          if (!filters.contains(std::string(filter))) say("override of an absent filter ", filter);
        }
        const doc::Value action = route["route"];
        if (action["cluster"].exists()) known(action["cluster"].text(), name);
        weights(action["weighted_clusters"], name);
      }
    }
  }

  void weights(doc::Value weighted, std::string_view where) {
    if (!weighted.exists()) return;
    int64_t sum = 0;
    for (doc::Value one : weighted["clusters"].elements()) {
      known(one["name"].text(), where);
      sum += one["weight"].integer();
    }
    if (sum <= 0) say("weights are 0 in ", where);
  }

  void known(std::string_view cluster, std::string_view where) {
    if (!clusters_.contains(std::string(cluster))) {
      say("unknown cluster ", cat(cluster, " in ", where));
    }
  }

  // Dense from 0.
  void priorities(doc::Value assignment) {
    std::set<int64_t> used;
    for (doc::Value group : assignment["endpoints"].elements()) {
      used.insert(group["priority"].integer());
    }
    int64_t next = 0;
    for (const int64_t priority : used) {
      if (priority != next++)
        say("a hole in the priorities of ", assignment["cluster_name"].text());
    }
  }

  const Snapshot& snapshot_;
  std::set<std::string> clusters_;
  std::map<std::string, doc::Value> by_route_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> brokenRules(const Snapshot& snapshot) {
  return Check(snapshot).run();
}

}  // namespace meshka::mesh::test
