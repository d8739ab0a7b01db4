// Matches.
#include "mesh/translate/routes/match.h"

namespace meshka::mesh {
namespace {

Draft headerOf(std::string_view name, doc::Value match, bool invert) {
  Draft out = obj("name", name);
  if (match.empty()) {
    out["present_match"] = true;
  } else {
    out["string_match"] = stringMatcher(match);
  }
  if (invert) out["invert_match"] = true;
  return out;
}

Draft headersOf(doc::Value match) {
  Draft out = Draft::array();
  for (auto [name, value] : match["headers"].members()) out.push(headerOf(name, value, false));
  for (auto [name, value] : match["withoutHeaders"].members()) {
    out.push(headerOf(name, value, true));
  }
  const auto pseudo = [&](std::string_view field, std::string_view header) {
    if (!match[field].empty()) out.push(headerOf(header, match[field], false));
  };
  pseudo("method", ":method");
  pseudo("authority", ":authority");
  pseudo("scheme", ":scheme");
  return out;
}

void setPath(Draft& out, doc::Value match) {
  const doc::Value uri = match["uri"];
  if (uri["exact"].exists()) {
    out["path"] = uri["exact"];
  } else if (uri["regex"].exists()) {
    out["safe_regex"] = obj("regex", uri["regex"]);
    return;
  } else {
    out["prefix"] = uri["prefix"].text("/");
  }
  out["case_sensitive"] = !match["ignoreUriCase"].boolean();
}

}  // namespace

Draft stringMatcher(doc::Value match) {
  if (match["regex"].exists()) return obj("safe_regex", obj("regex", match["regex"]));
  if (match["prefix"].exists()) return obj("prefix", match["prefix"]);
  return obj("exact", match["exact"].text());
}

bool holdsAt(doc::Value match, const RoutePlace& place) {
  const doc::Value gateways = match["gateways"];
  if (!gateways.empty()) {
    bool named = false;
    for (const std::string& gateway : texts(gateways)) {
      const bool local = gateway.find('/') == std::string::npos && gateway != "mesh";
      named = named || gateway == place.gateway ||
              (local && std::string_view(place.gateway).ends_with("/" + gateway));
    }
    if (!named) return false;
  }
  if (match["port"].integer() != 0 && match["port"].integer() != place.port) return false;
  const std::string_view ns = match["sourceNamespace"].text();
  if (!ns.empty() && ns != place.ns) return false;
  return place.labels == nullptr || selects(match["sourceLabels"], *place.labels);
}

Draft routeMatch(doc::Value match) {
  Draft out = obj();
  setPath(out, match);
  Draft headers = headersOf(match);
  if (headers.size() > 0) out["headers"] = std::move(headers);
  Draft query = Draft::array();
  for (auto [name, value] : match["queryParams"].members()) {
    Draft one = obj("name", name);
    if (value.empty()) {
      one["present_match"] = true;
    } else {
      one["string_match"] = stringMatcher(value);
    }
    query.push(std::move(one));
  }
  if (query.size() > 0) out["query_parameters"] = std::move(query);
  return out;
}

bool matchesAll(doc::Value match) {
  const doc::Value uri = match["uri"];
  const bool every_path = uri.empty() || uri["prefix"].text() == "/" || uri["regex"].text() == ".*";
  if (!every_path) return false;
  for (const std::string_view field :
       {"headers", "withoutHeaders", "queryParams", "method", "authority", "scheme"}) {
    if (!match[field].empty()) return false;
  }
  return true;
}

}  // namespace meshka::mesh
