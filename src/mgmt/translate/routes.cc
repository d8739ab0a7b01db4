#include "mgmt/translate/routes.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/destinations.h"
#include "mgmt/translate/matches.h"
#include "mgmt/translate/policies.h"
#include "mgmt/translate/route_policies.h"
#include "mgmt/translate/unknown_keys.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

struct Target {
  Destination destination;
  int64_t weight = 0;
};

// Weights of one route sum to 100; what does not is scaled, the rest of the division goes to the
// first ones.
void normalise(std::vector<Target>& targets, const FlatRoute& flat, Statuses& statuses) {
  int64_t sum = 0;
  for (const Target& target : targets) sum += target.weight;
  if (sum == 100) return;
  if (sum > 0) {
    statuses.warn(flat.table->id, cat(flat.path, ".forwardTo.destinations: the weights sum to ",
                                      sum, ", not to 100; they are scaled"));
  }
  const int64_t count = static_cast<int64_t>(targets.size());
  int64_t rest = 100;
  std::vector<bool> takes_rest;  // what was given 0 keeps it
  for (Target& target : targets) {
    takes_rest.push_back(sum == 0 || target.weight > 0);
    target.weight = sum > 0 ? target.weight * 100 / sum : 100 / count;
    rest -= target.weight;
  }
  for (size_t i = 0; rest > 0; i = (i + 1) % targets.size()) {
    if (!takes_rest[i]) continue;
    ++targets[i].weight;
    --rest;
  }
}

// A destination of a route that answers by itself: Istio wants one, nothing is sent there.
Draft placeholder(const Place& place) {
  const std::string host = cat("no-destination.", place.ns, ".svc.", place.cluster->domain);
  return Draft::array({Draft::object({{"destination", Draft::object({{"host", host}})}})});
}

void answer(Draft& http, const Place& place, int64_t status) {
  http["fault"]["abort"] =
      Draft::object({{"httpStatus", status}, {"percentage", Draft::object({{"value", 100}})}});
  http["route"] = placeholder(place);
}

Result<std::vector<Target>> targetsOf(Context& context, const FlatRoute& flat, const Place& place) {
  const Value forward = flat.route["forwardTo"];
  std::vector<Target> targets;
  Value list = forward["destinations"];
  std::string path = cat(flat.path, ".forwardTo.destinations");
  if (list.empty()) {
    const Value fallback = flat.table->spec()["defaultDestination"];
    if (!fallback.exists()) {
      return fail(Code::kInvalid, cat(flat.path,
                                      " has no action: give forwardTo.destinations, "
                                      "redirect or directResponse, or spec.defaultDestination"));
    }
    auto resolved = resolveDestination(context, *flat.table, fallback, place);
    if (!resolved) return fail(resolved.error().with("spec.defaultDestination"));
    targets.push_back({std::move(*resolved), 100});
    return targets;
  }
  for (size_t i = 0; i < list.size(); ++i) {
    auto resolved = resolveDestination(context, *flat.table, list[i], place);
    if (!resolved) return fail(resolved.error().with(cat(path, "[", i, "]")));
    const int64_t weight = list[i]["weight"].integer();
    if (weight < 0 || weight > 1000000) {
      return fail(Code::kInvalid, cat(path, "[", i, "].weight must be 0 to 100"));
    }
    targets.push_back({std::move(*resolved), weight});
  }
  return targets;
}

Result<void> forward(Context& context, const FlatRoute& flat, const Place& place, Draft& http,
                     RouteSubject& subject) {
  MESHKA_TRY(auto targets, targetsOf(context, flat, place));
  normalise(targets, flat, context.statuses);
  for (const Target& target : targets) {
    Draft route = Draft::object({{"destination", target.destination.draft()}});
    if (targets.size() > 1) route["weight"] = target.weight;
    http["route"].push(std::move(route));
    if (target.destination.service != nullptr) {
      subject.services.push_back(target.destination.service);
    }
  }
  const Value action = flat.route["forwardTo"];
  if (action["pathRewrite"].exists()) http["rewrite"]["uri"] = action["pathRewrite"].text();
  if (action["hostRewrite"].exists()) http["rewrite"]["authority"] = action["hostRewrite"].text();
  if (action["autoHostRewrite"].boolean()) {
    context.statuses.warn(flat.table->id,
                          cat(flat.path, ".forwardTo.autoHostRewrite is not supported yet"));
  }
  return {};
}

Result<int64_t> redirectCode(Value code, const std::string& path) {
  const std::string name = enumName(code, {"MOVED_PERMANENTLY", "FOUND", "SEE_OTHER",
                                           "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"});
  if (name == "MOVED_PERMANENTLY") return 301;
  if (name == "FOUND") return 302;
  if (name == "SEE_OTHER") return 303;
  if (name == "TEMPORARY_REDIRECT") return 307;
  if (name == "PERMANENT_REDIRECT") return 308;
  return fail(Code::kInvalid, cat(path,
                                  ".redirect.responseCode is none of MOVED_PERMANENTLY, FOUND, "
                                  "SEE_OTHER, TEMPORARY_REDIRECT, PERMANENT_REDIRECT"));
}

Result<void> redirect(const FlatRoute& flat, Draft& http) {
  const Value action = flat.route["redirect"];
  MESHKA_TRY(const int64_t code, redirectCode(action["responseCode"], flat.path));
  Draft out = Draft::object({{"redirectCode", code}});
  if (action["hostRedirect"].exists()) out["authority"] = action["hostRedirect"].text();
  if (action["pathRedirect"].exists()) out["uri"] = action["pathRedirect"].text();
  http["redirect"] = std::move(out);
  return {};
}

Result<void> respond(Context& context, const FlatRoute& flat, const Place& place, Draft& http) {
  const Value action = flat.route["directResponse"];
  const int64_t status = action["status"].integer();
  if (status < 200 || status > 599) {
    return fail(Code::kInvalid, cat(flat.path, ".directResponse.status must be 200 to 599"));
  }
  if (!action["body"].text().empty()) {
    context.statuses.warn(flat.table->id, cat(flat.path,
                                              ".directResponse.body is not supported "
                                              "yet: the response has no body of yours"));
  }
  answer(http, place, status);
  return {};
}

Result<void> act(Context& context, const FlatRoute& flat, const Place& place, Draft& http) {
  RouteSubject subject{flat.table, readLabels(flat.route["labels"]), {}};
  int actions = 0;
  for (const char* key : {"forwardTo", "redirect", "directResponse", "delegate"}) {
    actions += flat.route[key].exists() ? 1 : 0;
  }
  if (actions > 1) {
    return fail(Code::kInvalid, cat(flat.path,
                                    " has more than one of forwardTo, redirect, "
                                    "directResponse, delegate: keep one"));
  }
  if (flat.route["redirect"].exists()) {
    MESHKA_CHECK(redirect(flat, http));
  } else if (flat.route["directResponse"].exists()) {
    MESHKA_CHECK(respond(context, flat, place, http));
  } else {
    MESHKA_CHECK(forward(context, flat, place, http, subject));
  }
  applyRoutePolicies(context, flat, subject, place, http);
  return {};
}

}  // namespace

Draft buildRoute(Context& context, const FlatRoute& flat, const Place& place,
                 const std::vector<Labels>& sources, bool& worked) {
  Draft head = Draft::object({{"name", flat.name}});
  for (Draft& match : withSources(flat.matches, sources)) head["match"].push(std::move(match));
  Draft http = head;
  const auto done = act(context, flat, place, http);
  worked = done.has_value();
  if (worked) return http;
  context.statuses.warn(flat.table->id, cat(done.error().message(), " (in cluster ",
                                            place.cluster->name, "; the route answers 500)"));
  answer(head, place, 500);
  return head;
}

}  // namespace meshka::mgmt
