#include "node/network/ruleset.h"

#include "base/strings.h"

namespace meshka::node {
namespace {

void appendElements(std::string& out, std::string_view verb, const std::string& set,
                    const std::vector<std::string>& elements) {
  if (elements.empty()) return;
  out += cat(verb, " element ", kTable, " ", set, " { ", join(elements, ", "), " }\n");
}

std::string elementText(const std::string& key, const std::string& value) {
  return value.empty() ? key : cat(key, " : ", value);
}

void appendChain(std::string& out, const std::string& name, const RuleSet::Chain& chain) {
  out += cat("add chain ", kTable, " ", name);
  if (!chain.hook.empty()) out += cat(" { ", chain.hook, " }");
  out += '\n';
}

}  // namespace

// Order matters inside a transaction: what is referred to exists before, what goes is referred to
// by nothing.
std::string deltaProgram(const RuleSet& from, const RuleSet& to) {
  std::string create, rules, elements, gone, destroy;
  for (const auto& [name, set] : to.sets) {
    const auto old = from.sets.find(name);
    const bool fresh = old == from.sets.end();
    // A definition never changes under the same name: names carry what the definition depends on.
    if (fresh) {
      create += cat("add ", set.is_map ? "map " : "set ", kTable, " ", name, " { ", set.definition,
                    " }\n");
    }
    std::vector<std::string> removed, added;
    if (!fresh) {
      for (const auto& [key, value] : old->second.elements) {
        const auto now = set.elements.find(key);
        if (now == set.elements.end() || now->second != value) removed.push_back(key);
      }
    }
    for (const auto& [key, value] : set.elements) {
      if (!fresh) {
        const auto before = old->second.elements.find(key);
        if (before != old->second.elements.end() && before->second == value) continue;
      }
      added.push_back(elementText(key, value));
    }
    appendElements(elements, "delete", name, removed);
    appendElements(elements, "add", name, added);
  }
  for (const auto& [name, chain] : to.chains) {
    const auto old = from.chains.find(name);
    if (old == from.chains.end()) {
      appendChain(create, name, chain);
    } else if (old->second.rules == chain.rules) {
      continue;
    } else {
      rules += cat("flush chain ", kTable, " ", name, "\n");
    }
    for (const std::string& rule : chain.rules)
      rules += cat("add rule ", kTable, " ", name, " ", rule, "\n");
  }
  for (const auto& [name, chain] : from.chains) {
    if (to.chains.contains(name)) continue;
    gone += cat("flush chain ", kTable, " ", name, "\n");
    destroy += cat("delete chain ", kTable, " ", name, "\n");
  }
  for (const auto& [name, set] : from.sets) {
    if (to.sets.contains(name)) continue;
    gone += cat("flush set ", kTable, " ", name, "\n");
    destroy += cat("delete ", set.is_map ? "map " : "set ", kTable, " ", name, "\n");
  }
  return create + rules + elements + gone + destroy;
}

std::string fullProgram(const RuleSet& rules) {
  return cat("add table ", kTable, "\ndelete table ", kTable, "\nadd table ", kTable, "\n",
             deltaProgram({}, rules));
}

}  // namespace meshka::node
