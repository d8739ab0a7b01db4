#include "node/network/policy_rules.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/digest.h"
#include "base/strings.h"
#include "node/network/address.h"
#include "node/network/selector.h"

namespace meshka::node {
namespace {

constexpr size_t kHashDigits = 10;

struct Pod {
  std::string ns, address;
  doc::Value labels;
};

class Builder {
 public:
  Builder(RuleSet& rules, const NetworkConfig& config, const PolicyInputs& inputs)
      : rules_(rules), config_(config), inputs_(inputs) {
    for (const doc::Doc& ns : inputs.namespaces)
      namespaces_[std::string(ns["metadata"]["name"].text())] = ns;
    for (const doc::Doc& pod : inputs.pods) {
      const doc::Value status = pod["status"];
      const std::string_view phase = status["phase"].text();
      const auto address = parseIpv4(status["podIP"].text());
      if (!address || pod["spec"]["hostNetwork"].boolean() || phase == "Succeeded" ||
          phase == "Failed")
        continue;
      pods_.push_back({std::string(pod["metadata"]["namespace"].text()), ipv4Text(*address),
                       pod["metadata"]["labels"]});
    }
  }

  std::vector<std::string> build() {
    for (const bool egress : {true, false}) addDirection(egress);
    rules_.chains["policy-forward"] = {
        "type filter hook forward priority filter; policy accept;",
        {"ct state established,related accept", "ip saddr vmap @policy-egress",
         "ip daddr vmap @policy-ingress"}};
    rules_.chains["policy-deny"].rules = {"meta l4proto tcp reject with tcp reset",
                                          "reject with icmp type admin-prohibited"};
    return std::move(warnings_);
  }

 private:
  static bool appliesTo(doc::Value policy, bool egress) {
    const doc::Value types = policy["spec"]["policyTypes"];
    for (const doc::Value t : types.elements()) {
      if (t.text() == (egress ? "Egress" : "Ingress")) return true;
    }
    return types.empty() && (!egress || policy["spec"]["egress"].exists());
  }

  bool namespaceMatches(doc::Value selector, const std::string& ns) const {
    const auto at = namespaces_.find(ns);
    if (at == namespaces_.end()) return false;
    doc::Draft labels(at->second["metadata"]["labels"]);
    labels["kubernetes.io/metadata.name"] = ns;
    return matchesSelector(selector, labels.finish());
  }

  void addDirection(bool egress) {
    const std::string direction = egress ? "egress" : "ingress";
    auto& pods_of = rules_.sets["policy-" + direction];
    pods_of = {.definition = "type ipv4_addr : verdict;", .is_map = true, .elements = {}};
    std::map<std::string, std::set<std::string>> selected;  // pod address -> names of its policies
    std::map<std::string, std::vector<std::string>> rules_of;
    for (const doc::Doc& policy : inputs_.policies) {
      if (!appliesTo(policy, egress)) continue;
      const doc::Value meta = policy["metadata"];
      const std::string name = cat(meta["namespace"].text(), "/", meta["name"].text());
      bool used = false;
      for (const Pod& pod : pods_) {
        if (pod.ns != meta["namespace"].text() ||
            !matchesSelector(policy["spec"]["podSelector"], pod.labels))
          continue;
        selected[pod.address].insert(name);
        used = true;
      }
      if (used) rules_of[name] = policyRules(policy, name, egress);
    }
    for (const auto& [address, names] : selected) {
      std::string all;
      for (const std::string& n : names) all += n + " ";
      const std::string chain =
          cat("policy-", direction, "/", sha256Hex(all).substr(0, kHashDigits));
      pods_of.elements[address] = cat("jump ", chain);
      auto& texts = rules_.chains[chain].rules;
      if (!texts.empty()) continue;
      for (const std::string& n : names)
        texts.insert(texts.end(), rules_of[n].begin(), rules_of[n].end());
      texts.push_back("goto policy-deny");
    }
  }

  struct Ports {
    std::vector<std::string> matches;  // on the translated port: "meta l4proto tcp th dport 53 "
    std::vector<std::string> original_matches;  // on the dialled port
  };

  Ports portsOf(doc::Value list, const std::string& policy) {
    Ports out;
    for (const doc::Value p : list.elements()) {
      const std::string protocol = toLower(p["protocol"].text("TCP"));
      const std::string proto = cat("meta l4proto ", protocol, " ");
      if (protocol != "tcp" && protocol != "udp") {
        warnings_.push_back(cat("network policy ", policy, ": protocol ", p["protocol"].text(),
                                " is not supported"));
      } else if (!p["port"].exists()) {
        out.matches.push_back(proto);
        out.original_matches.push_back(proto);
      } else if (!p["port"].isNumber()) {
        warnings_.push_back(cat("network policy ", policy, ": named port ", p["port"].text(),
                                " is not supported yet"));
      } else {
        std::string range = cat(p["port"].integer());
        if (p["endPort"].exists()) range += cat("-", p["endPort"].integer());
        out.matches.push_back(cat(proto, "th dport ", range, " "));
        out.original_matches.push_back(cat(proto, "ct original proto-dst ", range, " "));
      }
    }
    if (!list.exists() || list.empty()) out.matches = out.original_matches = {""};
    return out;
  }

  std::vector<std::string> policyRules(doc::Value policy, const std::string& name, bool egress) {
    std::vector<std::string> out;
    int index = 0;
    for (const doc::Value rule : policy["spec"][egress ? "egress" : "ingress"].elements()) {
      const Ports ports = portsOf(rule["ports"], name);
      const doc::Value peers = rule[egress ? "to" : "from"];
      const std::string set = cat("peers/", name, egress ? "/e" : "/i", index++);
      if (peers.empty()) {
        addAll(out, "", ports.matches);
        if (egress && !config_.strict_policy && !config_.lb_cidr.empty()) {
          addAll(out, cat("ct original ip daddr ", config_.lb_cidr, " "), ports.original_matches);
        }
        continue;
      }
      bool pod_peers = false;
      for (const doc::Value peer : peers.elements()) {
        if (peer["ipBlock"].exists())
          addBlock(out, peer["ipBlock"], ports, egress);
        else
          pod_peers = addPodPeers(set, peer, policy) || pod_peers;
      }
      if (pod_peers)
        addAll(out, cat(egress ? "ip daddr @" : "ip saddr @", set, " "), ports.matches);
    }
    return out;
  }

  static void addAll(std::vector<std::string>& out, const std::string& match,
                     const std::vector<std::string>& ports) {
    for (const std::string& p : ports) {
      std::string rule = cat(match, p, "return");
      if (std::find(out.begin(), out.end(), rule) == out.end()) out.push_back(std::move(rule));
    }
  }

  void addBlock(std::vector<std::string>& out, doc::Value block, const Ports& ports, bool egress) {
    const auto cidr = parseCidr(block["cidr"].text());
    if (!cidr) return;  // IPv6
    std::vector<std::string> except;
    for (const doc::Value e : block["except"].elements()) {
      if (const auto c = parseCidr(e.text())) except.push_back(toString(*c));
    }
    const auto match = [&](std::string_view what) {
      std::string text = cat(what, " ", toString(*cidr), " ");
      if (!except.empty()) text += cat(what, " != { ", join(except, ", "), " } ");
      return text;
    };
    addAll(out, match(egress ? "ip daddr" : "ip saddr"), ports.matches);
    if (egress && !config_.strict_policy && !config_.lb_cidr.empty()) {
      addAll(out, cat("ct original ip daddr ", config_.lb_cidr, " ", match("ct original ip daddr")),
             ports.original_matches);
    }
  }

  bool addPodPeers(const std::string& set, doc::Value peer, doc::Value policy) {
    const std::string own(policy["metadata"]["namespace"].text());
    auto& peers = rules_.sets[set];
    peers.definition = "type ipv4_addr;";
    for (const Pod& pod : pods_) {
      const doc::Value by_namespace = peer["namespaceSelector"], by_pod = peer["podSelector"];
      if (by_namespace.exists() ? !namespaceMatches(by_namespace, pod.ns) : pod.ns != own) continue;
      if (by_pod.exists() && !matchesSelector(by_pod, pod.labels)) continue;
      peers.elements[pod.address] = "";
    }
    return true;
  }

  RuleSet& rules_;
  const NetworkConfig& config_;
  const PolicyInputs& inputs_;
  std::map<std::string, doc::Value> namespaces_;
  std::vector<Pod> pods_;
  std::vector<std::string> warnings_;
};

}  // namespace

std::vector<std::string> addPolicyRules(RuleSet& rules, const NetworkConfig& config,
                                        const PolicyInputs& inputs) {
  return Builder(rules, config, inputs).build();
}

}  // namespace meshka::node
