#include "mgmt/translate/route_policies.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/destinations.h"
#include "mgmt/translate/matches.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

Draft percentage(Value value) {
  return Draft::object({{"value", value.isNumber() ? Draft(value) : Draft(100)}});
}

void fault(Context& context, const ConfigObject& policy, Draft& http) {
  const Value config = policy.spec()["config"];
  bool any = false;
  if (const Value delay = config["delay"]; delay.exists()) {
    if (delay["fixedDelay"].text().empty()) {
      context.statuses.invalid(policy.id, "spec.config.delay.fixedDelay is required, such as 2s");
    } else {
      http["fault"]["delay"] = Draft::object({{"fixedDelay", delay["fixedDelay"].text()},
                                              {"percentage", percentage(delay["percentage"])}});
    }
    any = true;
  }
  if (const Value abort = config["abort"]; abort.exists()) {
    const int64_t status = abort["httpStatus"].integer();
    if (status < 200 || status > 599) {
      context.statuses.invalid(policy.id, "spec.config.abort.httpStatus must be 200 to 599");
    } else {
      http["fault"]["abort"] =
          Draft::object({{"httpStatus", status}, {"percentage", percentage(abort["percentage"])}});
    }
    any = true;
  }
  if (!any) context.statuses.invalid(policy.id, "spec.config needs delay, abort or both");
}

void retryTimeout(Context& context, const ConfigObject& policy, Draft& http) {
  const Value config = policy.spec()["config"];
  if (!config["requestTimeout"].text().empty()) http["timeout"] = config["requestTimeout"].text();
  if (const Value retries = config["retries"]; retries.exists()) {
    Draft out = Draft::object({{"attempts", retries["attempts"].integer(2)}});
    for (const char* key : {"perTryTimeout", "retryOn", "retryRemoteLocalities"}) {
      if (retries[key].exists()) out[key] = retries[key];
    }
    http["retries"] = std::move(out);
  }
  if (!config["requestTimeout"].exists() && !config["retries"].exists()) {
    context.statuses.invalid(policy.id, "spec.config needs requestTimeout, retries or both");
  }
}

void cors(Context& context, const ConfigObject& policy, Draft& http) {
  const Value config = policy.spec()["config"];
  Draft out = Draft::object();
  for (const Value origin : config["allowOrigins"].elements()) {
    auto match = stringMatch(origin, "spec.config.allowOrigins");
    if (!match) {
      context.statuses.invalid(policy.id, match.error().message());
      return;
    }
    out["allowOrigins"].push(std::move(*match));
  }
  for (const char* key :
       {"allowMethods", "allowHeaders", "exposeHeaders", "maxAge", "allowCredentials"}) {
    if (config[key].exists()) out[key] = config[key];
  }
  if (out.size() == 0) {
    context.statuses.invalid(policy.id, "spec.config needs at least allowOrigins");
    return;
  }
  http["corsPolicy"] = std::move(out);
}

void headers(const ConfigObject& policy, Draft& http) {
  const Value config = policy.spec()["config"];
  struct Row {
    const char* key;
    const char* side;
    const char* what;
  };
  constexpr Row kRows[] = {{"appendRequestHeaders", "request", "add"},
                           {"removeRequestHeaders", "request", "remove"},
                           {"appendResponseHeaders", "response", "add"},
                           {"removeResponseHeaders", "response", "remove"}};
  for (const Row& row : kRows) {
    if (!config[row.key].empty()) http["headers"][row.side][row.what] = config[row.key];
  }
}

void mirror(Context& context, const ConfigObject& policy, const Place& place, Draft& http) {
  const Value config = policy.spec()["config"];
  const auto target = resolveDestination(context, policy, config["destination"], place);
  if (!target) {
    context.statuses.warn(policy.id,
                          cat("spec.config.destination.", target.error().message(), " (in cluster ",
                              place.cluster->name, "; nothing is mirrored there)"));
    return;
  }
  http["mirror"] = target->draft();
  http["mirrorPercentage"] = percentage(config["percentage"]);
}

}  // namespace

void applyRoutePolicies(Context& context, const FlatRoute& flat, const RouteSubject& subject,
                        const Place& place, Draft& http) {
  const bool forwards = http.contains("route");
  for (const std::string_view kind : {kFault, kRetryTimeout, kCors, kHeaders, kMirror}) {
    const ConfigObject* policy = routePolicy(context, kind, subject);
    if (policy == nullptr) continue;
    // A response of the route itself is an injected fault, and a redirect takes no policies.
    if (!forwards || flat.route["directResponse"].exists()) {
      context.statuses.warn(
          policy->id, cat(flat.path, " of RouteTable ", flat.table->id.ns, "/", flat.table->id.name,
                          " answers by itself: the policy has no effect on it"));
      continue;
    }
    if (kind == kFault)
      fault(context, *policy, http);
    else if (kind == kRetryTimeout)
      retryTimeout(context, *policy, http);
    else if (kind == kCors)
      cors(context, *policy, http);
    else if (kind == kHeaders)
      headers(*policy, http);
    else
      mirror(context, *policy, place, http);
    context.statuses.applied(policy->id, flat.table->workspace, place.cluster->name);
  }
}

}  // namespace meshka::mgmt
