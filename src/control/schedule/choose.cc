// Filters and scores of the scheduler.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "api/quantity.h"
#include "api/selectors.h"
#include "base/strings.h"
#include "control/schedule/scheduler.h"

namespace meshka::control {

using api::Quantity;
using doc::Value;

namespace {

using Resources = std::map<std::string, Quantity>;

void add(Resources& into, Value requests) {
  for (const auto [name, amount] : requests.members()) {
    Quantity& total = into[std::string(name)];
    total = total + Quantity::of(amount);
  }
}

// Containers together, or the largest init container, whichever is more; plus overhead.
Resources requestsOf(Value pod) {
  Resources total;
  for (const Value container : pod["spec"]["containers"].elements())
    add(total, container["resources"]["requests"]);
  for (const Value container : pod["spec"]["initContainers"].elements()) {
    for (const auto [name, amount] : container["resources"]["requests"].members()) {
      Quantity& have = total[std::string(name)];
      const Quantity wanted = Quantity::of(amount);
      if (have < wanted) have = wanted;
    }
  }
  add(total, pod["spec"]["overhead"]);
  return total;
}

bool tolerates(Value pod, Value taint) {
  for (const Value toleration : pod["spec"]["tolerations"].elements()) {
    const std::string_view effect = toleration["effect"].text();
    if (!effect.empty() && effect != taint["effect"].text()) continue;
    const std::string_view key = toleration["key"].text();
    if (toleration["operator"].text("Equal") == "Exists") {
      if (key.empty() || key == taint["key"].text()) return true;
    } else if (key == taint["key"].text() && toleration["value"].text() == taint["value"].text()) {
      return true;
    }
  }
  return false;
}

bool matchesExpression(Value expression, Value labels, std::string_view actual_name) {
  const std::string_view key = expression["key"].text();
  const Value label = labels[key];
  const bool by_name = key == "metadata.name";
  const bool exists = by_name || label.exists();
  const std::string_view actual = by_name ? actual_name : label.text();
  bool in = false;
  for (const Value value : expression["values"].elements())
    in = in || (exists && value.text() == actual);
  const std::string_view op = expression["operator"].text();
  if (op == "In") return in;
  if (op == "NotIn") return !in;
  if (op == "Exists") return exists;
  if (op == "DoesNotExist") return !exists;
  const auto number = parseInt(actual);
  const auto bound = parseInt(expression["values"][size_t{0}].text());
  if (!exists || !number || !bound) return false;
  return op == "Gt" ? *number > *bound : op == "Lt" && *number < *bound;
}

bool matchesTerm(Value term, Value node) {
  const std::string_view name = node["metadata"]["name"].text();
  for (const Value e : term["matchExpressions"].elements()) {
    if (!matchesExpression(e, node["metadata"]["labels"], name)) return false;
  }
  for (const Value e : term["matchFields"].elements()) {
    if (!matchesExpression(e, Value(), name)) return false;
  }
  return term["matchExpressions"].size() + term["matchFields"].size() > 0;
}

bool matchesAffinity(Value pod, Value node) {
  for (const auto [key, value] : pod["spec"]["nodeSelector"].members()) {
    if (!(node["metadata"]["labels"][key] == value)) return false;
  }
  const Value required =
      pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
  if (!required.exists()) return true;
  for (const Value term : required["nodeSelectorTerms"].elements()) {
    if (matchesTerm(term, node)) return true;
  }
  return false;
}

bool termSelects(Value term, Value from, Value other) {
  const auto selector = api::LabelSelector::fromObject(term["labelSelector"]);
  if (!selector || !selector->matches(other["metadata"]["labels"])) return false;
  if (term["namespaces"].size() == 0)
    return other["metadata"]["namespace"] == from["metadata"]["namespace"];
  for (const Value ns : term["namespaces"].elements()) {
    if (ns == other["metadata"]["namespace"]) return true;
  }
  return false;
}

// True when a pod that `term` selects runs in the same topology domain as `node`.
bool domainHas(Value term, Value pod, Value node, const std::vector<NodeState>& nodes) {
  const std::string_view topology = term["topologyKey"].text();
  const Value domain = node["metadata"]["labels"][topology];
  if (!domain.exists()) return false;
  for (const NodeState& other : nodes) {
    if (!(other.node["metadata"]["labels"][topology] == domain)) continue;
    for (const doc::Doc& running : other.pods) {
      if (termSelects(term, pod, running)) return true;
    }
  }
  return false;
}

bool anywhere(Value term, Value pod, const std::vector<NodeState>& nodes) {
  for (const NodeState& state : nodes) {
    for (const doc::Doc& running : state.pods) {
      if (termSelects(term, pod, running)) return true;
    }
  }
  return false;
}

constexpr const char* kRequired = "requiredDuringSchedulingIgnoredDuringExecution";

std::optional<std::string> podAffinityProblem(Value pod, Value node,
                                              const std::vector<NodeState>& nodes) {
  for (const Value term : pod["spec"]["affinity"]["podAffinity"][kRequired].elements()) {
    if (domainHas(term, pod, node, nodes)) continue;
    // The first of a group that wants to be together may start it.
    if (termSelects(term, pod, pod) && !anywhere(term, pod, nodes)) continue;
    return "node(s) didn't match pod affinity rules";
  }
  for (const Value term : pod["spec"]["affinity"]["podAntiAffinity"][kRequired].elements()) {
    if (domainHas(term, pod, node, nodes)) return "node(s) didn't match pod anti-affinity rules";
  }
  return std::nullopt;
}

std::set<std::string> hostPortsOf(Value pod) {
  std::set<std::string> out;
  for (const Value container : pod["spec"]["containers"].elements()) {
    for (const Value port : container["ports"].elements()) {
      if (port["hostPort"].integer() > 0)
        out.insert(cat(port["protocol"].text("TCP"), "/", port["hostPort"].integer()));
    }
  }
  return out;
}

Resources usedOn(const NodeState& state) {
  Resources used;
  for (const doc::Doc& pod : state.pods) {
    for (const auto& [name, amount] : requestsOf(pod)) used[name] = used[name] + amount;
  }
  return used;
}

// Why the pod cannot run there, as kube-scheduler words it.
std::optional<std::string> problem(Value pod, const NodeState& state,
                                   const std::vector<NodeState>& nodes) {
  const Value node = state.node;
  if (node["spec"]["unschedulable"].boolean()) return "node(s) were unschedulable";
  for (const Value taint : node["spec"]["taints"].elements()) {
    if (taint["effect"].text() == "PreferNoSchedule" || tolerates(pod, taint)) continue;
    return cat("node(s) had untolerated taint {", taint["key"].text(), ": ", taint["value"].text(),
               "}");
  }
  if (!matchesAffinity(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  const std::set<std::string> ports = hostPortsOf(pod);
  for (const doc::Doc& running : state.pods) {
    for (const std::string& port : hostPortsOf(running)) {
      if (ports.contains(port)) return "node(s) didn't have free ports for the requested pod ports";
    }
  }
  const Value allocatable = node["status"]["allocatable"];
  if (static_cast<int64_t>(state.pods.size()) >=
      allocatable["pods"].integer(parseInt(allocatable["pods"].text()).value_or(110))) {
    return "Too many pods";
  }
  const Resources used = usedOn(state);
  for (const auto& [name, wanted] : requestsOf(pod)) {
    if (wanted.isZero()) continue;
    const auto have = used.find(name);
    const Quantity total = have == used.end() ? wanted : have->second + wanted;
    if (Quantity::of(allocatable[name]) < total) return cat("Insufficient ", name);
  }
  return podAffinityProblem(pod, node, nodes);
}

// Higher is better: what stays free, preferred affinities.
double score(Value pod, const NodeState& state, const std::vector<NodeState>& nodes) {
  double out = 0;
  const Resources used = usedOn(state);
  for (const char* name : {"cpu", "memory"}) {
    const double total = Quantity::of(state.node["status"]["allocatable"][name]).number();
    const auto have = used.find(name);
    if (total > 0) out += 50 * (1 - (have == used.end() ? 0 : have->second.number()) / total);
  }
  constexpr const char* kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";
  const Value affinity = pod["spec"]["affinity"];
  for (const Value term : affinity["nodeAffinity"][kPreferred].elements()) {
    if (matchesTerm(term["preference"], state.node))
      out += static_cast<double>(term["weight"].integer());
  }
  for (const Value term : affinity["podAffinity"][kPreferred].elements()) {
    if (domainHas(term["podAffinityTerm"], pod, state.node, nodes))
      out += static_cast<double>(term["weight"].integer());
  }
  for (const Value term : affinity["podAntiAffinity"][kPreferred].elements()) {
    if (domainHas(term["podAffinityTerm"], pod, state.node, nodes))
      out -= static_cast<double>(term["weight"].integer());
  }
  return out;
}

}  // namespace

Choice chooseNode(Value pod, const std::vector<NodeState>& nodes) {
  std::map<std::string, int> problems;
  const NodeState* best = nullptr;
  double best_score = 0;
  for (const NodeState& state : nodes) {
    if (auto why = problem(pod, state, nodes)) {
      ++problems[*why];
      continue;
    }
    const double points = score(pod, state, nodes);
    if (best == nullptr || points > best_score) {
      best = &state;
      best_score = points;
    }
  }
  if (best != nullptr) return {std::string(best->node["metadata"]["name"].text()), ""};
  std::vector<std::string> parts;
  for (const auto& [why, count] : problems) parts.push_back(cat(count, " ", why));
  std::sort(parts.begin(), parts.end());  // by their text, numbers included
  if (parts.empty()) return {"", "no nodes available to schedule pods"};
  return {"", cat("0/", nodes.size(), " nodes are available: ", join(parts, ", "), ".")};
}

}  // namespace meshka::control
