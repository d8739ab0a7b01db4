#include "api/convert.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "api/convert_autoscaling.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using doc::Draft;

void rename(Draft& object, std::string_view from, std::string_view to) {
  Draft* found = object.find(from);
  if (found == nullptr) return;
  Draft value = std::move(*found);
  object.erase(from);
  object[to] = std::move(value);
}

// ---- events.k8s.io: other names for the same fields

constexpr std::pair<std::string_view, std::string_view> kEventNames[] = {
    {"regarding", "involvedObject"},
    {"note", "message"},
    {"deprecatedSource", "source"},
    {"deprecatedFirstTimestamp", "firstTimestamp"},
    {"deprecatedLastTimestamp", "lastTimestamp"},
    {"deprecatedCount", "count"},
    {"reportingController", "reportingComponent"}};

void eventToHub(Draft& event) {
  for (auto [newer, core] : kEventNames) rename(event, newer, core);
}

void eventFromHub(Draft& event) {
  for (auto [newer, core] : kEventNames) rename(event, core, newer);
}

// ---- policy/v1beta1: an empty selector selects nothing there, and everything in v1

constexpr std::string_view kEmptySelector =
    "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

void budgetToHub(Draft& budget) {
  Draft* spec = budget.find("spec");
  Draft* selector = spec == nullptr || !spec->isObject() ? nullptr : spec->find("selector");
  if (selector == nullptr || !selector->isObject() || selector->size() != 0) return;
  (*selector)["matchExpressions"] =
      Draft::array({Draft::object({{"key", kEmptySelector}, {"operator", "Exists"}})});
}

void budgetFromHub(Draft& budget) {
  doc::Doc before = budget.finish();
  doc::Value expressions = before["spec"]["selector"]["matchExpressions"];
  if (expressions.size() != 1 || expressions[size_t{0}]["key"].text() != kEmptySelector) return;
  budget["spec"]["selector"].erase("matchExpressions");
}

// ---- discovery.k8s.io/v1beta1: topology labels instead of nodeName and zone

constexpr std::string_view kHostname = "kubernetes.io/hostname";
constexpr std::string_view kZone = "topology.kubernetes.io/zone";

void sliceToHub(Draft& slice) {
  Draft* endpoints = slice.find("endpoints");
  for (size_t i = 0; endpoints != nullptr && endpoints->isArray() && i < endpoints->size(); i++) {
    Draft& endpoint = endpoints->at(i);
    Draft* topology = endpoint.isObject() ? endpoint.find("topology") : nullptr;
    if (topology == nullptr || !topology->isObject()) continue;
    Draft rest = *topology;
    endpoint.erase("topology");
    if (Draft* host = rest.find(kHostname); host != nullptr && !endpoint.contains("nodeName"))
      endpoint["nodeName"] = *host;
    if (Draft* zone = rest.find(kZone)) endpoint["zone"] = *zone;
    rest.erase(kHostname);
    rest.erase(kZone);
    if (rest.size() != 0) endpoint["deprecatedTopology"] = rest;
  }
}

void sliceFromHub(Draft& slice) {
  Draft* endpoints = slice.find("endpoints");
  for (size_t i = 0; endpoints != nullptr && endpoints->isArray() && i < endpoints->size(); i++) {
    Draft& endpoint = endpoints->at(i);
    if (!endpoint.isObject()) continue;
    rename(endpoint, "deprecatedTopology", "topology");
    if (Draft* zone = endpoint.find("zone")) {
      endpoint["topology"][kZone] = Draft(*zone);
      endpoint.erase("zone");
    }
    if (Draft* node = endpoint.find("nodeName")) {
      Draft name = *node;
      endpoint["topology"][kHostname] = std::move(name);
    }
  }
}

// ---- flowcontrol.apiserver.k8s.io/v1beta1

void levelToHub(Draft& level) {
  Draft* spec = level.find("spec");
  Draft* limited = spec == nullptr || !spec->isObject() ? nullptr : spec->find("limited");
  if (limited != nullptr && limited->isObject())
    rename(*limited, "assuredConcurrencyShares", "nominalConcurrencyShares");
}

void levelFromHub(Draft& level) {
  Draft* spec = level.find("spec");
  Draft* limited = spec == nullptr || !spec->isObject() ? nullptr : spec->find("limited");
  if (limited == nullptr || !limited->isObject()) return;
  rename(*limited, "nominalConcurrencyShares", "assuredConcurrencyShares");
  limited->erase("lendablePercent");
  limited->erase("borrowingLimitPercent");
}

using Convert = void (*)(Draft& object);
struct Conversion {
  std::string_view group, plural, version;
  Convert to_hub, from_hub;
};

// Versions that are not here have the hub's fields.
constexpr Conversion kConversions[] = {
    {"events.k8s.io", "events", "v1", eventToHub, eventFromHub},
    {"events.k8s.io", "events", "v1beta1", eventToHub, eventFromHub},
    {"policy", "poddisruptionbudgets", "v1beta1", budgetToHub, budgetFromHub},
    {"discovery.k8s.io", "endpointslices", "v1beta1", sliceToHub, sliceFromHub},
    {"flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", "v1beta1", levelToHub,
     levelFromHub},
    {"autoscaling", "horizontalpodautoscalers", "v1", autoscalerV1ToHub, autoscalerV1FromHub},
    {"autoscaling", "horizontalpodautoscalers", "v2beta1", autoscalerV2beta1ToHub,
     autoscalerV2beta1FromHub},
};

const Conversion* conversionOf(const Kind& kind) {
  for (const Conversion& c : kConversions) {
    if (c.group == kind.group() && c.plural == kind.plural() && c.version == kind.version())
      return &c;
  }
  return nullptr;
}

}  // namespace

Result<doc::Doc> convert(const Registry&, const Kind& from, const Kind& to,
                         const doc::Doc& object) {
  if (from.storageName() != to.storageName()) {
    return fail(Code::kInternal,
                cat("cannot convert ", from.resourceName(), " to ", to.resourceName()));
  }
  bool same = from.group() == to.group() && from.version() == to.version();
  if (same && object["apiVersion"].text() == to.apiVersion()) return object;
  if (!same && from.custom() != nullptr && from.custom()->conversion_webhook) {
    return fail(Code::kUnsupported, cat(from.resourceName(), " is converted by a webhook"));
  }
  Draft draft(object);
  if (!same) {
    if (const Conversion* c = conversionOf(from)) c->to_hub(draft);
    if (const Conversion* c = conversionOf(to)) c->from_hub(draft);
  }
  draft["apiVersion"] = to.apiVersion();
  return draft.finish();
}

}  // namespace meshka::api
