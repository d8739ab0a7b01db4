// What a rule can ask for beside forwarding.
#include "mesh/translate/routes/extras.h"

#include "base/strings.h"
#include "mesh/model/names.h"
#include "mesh/translate/duration.h"
#include "mesh/translate/envoy/blocks.h"
#include "mesh/translate/routes/match.h"

namespace meshka::mesh {
namespace {

Draft retryOf(int64_t attempts, std::string_view on, const std::vector<int64_t>& codes) {
  Draft out = obj("retry_on", on, "num_retries", attempts, "host_selection_retry_max_attempts", 5,
                  "retry_host_predicate",
                  arr(extension("envoy.retry_host_predicates.previous_hosts",
                                "envoy.extensions.retry.host.previous_hosts.v3."
                                "PreviousHostsPredicate")));
  if (!codes.empty()) {
    Draft list = Draft::array();
    for (const int64_t code : codes) list.push(code);
    out["retriable_status_codes"] = std::move(list);
  }
  return out;
}

constexpr std::string_view kRetryOn =
    "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

double percentOf(doc::Value fault) {
  if (fault["percentage"].isObject()) return fault["percentage"]["value"].number(0);
  return fault["percent"].number(fault["percent"].exists() ? 0 : 100);
}

Draft faultOf(doc::Value fault) {
  Draft out = any("envoy.extensions.filters.http.fault.v3.HTTPFault");
  const doc::Value delay = fault["delay"];
  if (const auto fixed = durationText(delay["fixedDelay"])) {
    out["delay"] = obj("fixed_delay", *fixed, "percentage", million(percentOf(delay)));
  }
  const doc::Value abort = fault["abort"];
  if (abort["httpStatus"].exists()) {
    out["abort"] =
        obj("http_status", abort["httpStatus"].integer(), "percentage", million(percentOf(abort)));
  }
  return out;
}

Draft corsOf(doc::Value cors) {
  Draft out = any("envoy.extensions.filters.http.cors.v3.CorsPolicy");
  Draft origins = Draft::array();
  for (doc::Value origin : cors["allowOrigins"].elements()) origins.push(stringMatcher(origin));
  for (const std::string& origin : texts(cors["allowOrigin"])) {
    origins.push(origin == "*" ? obj("safe_regex", obj("regex", ".*")) : obj("exact", origin));
  }
  out["allow_origin_string_match"] = std::move(origins);
  const auto list = [&](std::string_view field, std::string_view member) {
    if (!cors[field].empty()) out[member] = join(texts(cors[field]), ",");
  };
  list("allowMethods", "allow_methods");
  list("allowHeaders", "allow_headers");
  list("exposeHeaders", "expose_headers");
  if (const auto age = durationSeconds(cors["maxAge"])) out["max_age"] = cat(*age);
  if (cors["allowCredentials"].exists()) out["allow_credentials"] = cors["allowCredentials"];
  return out;
}

void addTo(Draft& on, std::string_view member, doc::Value values, std::string_view append) {
  for (auto [name, value] : values.members()) {
    on[member].push(
        obj("header", obj("key", name, "value", value.text()), "append_action", append));
  }
}

}  // namespace

Draft defaultRetry() {
  return retryOf(2, kRetryOn, {503});
}

void setRetries(Draft& action, doc::Value retries) {
  const int64_t attempts = retries["attempts"].integer();
  if (attempts <= 0) {
    action.erase("retry_policy");
    return;
  }
  std::vector<std::string> on;
  std::vector<int64_t> codes;
  const std::string_view wanted = retries["retryOn"].text();
  for (const std::string_view part : split(wanted.empty() ? kRetryOn : wanted, ',')) {
    if (const auto code = parseInt(trim(part))) {
      codes.push_back(*code);
    } else if (!trim(part).empty()) {
      on.emplace_back(trim(part));
    }
  }
  if (wanted.empty()) codes.push_back(503);
  bool by_code = false;
  for (const std::string& condition : on)
    by_code = by_code || condition == "retriable-status-codes";
  if (!codes.empty() && !by_code) on.emplace_back("retriable-status-codes");
  Draft policy = retryOf(attempts, join(on, ","), codes);
  if (const auto each = durationText(retries["perTryTimeout"])) policy["per_try_timeout"] = *each;
  action["retry_policy"] = std::move(policy);
}

Draft redirectOf(doc::Value redirect) {
  Draft out = obj();
  if (redirect["uri"].exists()) out["path_redirect"] = redirect["uri"];
  if (redirect["authority"].exists()) out["host_redirect"] = redirect["authority"];
  if (redirect["scheme"].exists()) out["scheme_redirect"] = redirect["scheme"];
  if (redirect["port"].integer() > 0) out["port_redirect"] = redirect["port"].integer();
  switch (redirect["redirectCode"].integer(301)) {
    case 302:
      out["response_code"] = "FOUND";
      break;
    case 303:
      out["response_code"] = "SEE_OTHER";
      break;
    case 307:
      out["response_code"] = "TEMPORARY_REDIRECT";
      break;
    case 308:
      out["response_code"] = "PERMANENT_REDIRECT";
      break;
    default:
      out["response_code"] = "MOVED_PERMANENTLY";
  }
  return out;
}

void addHeaders(Draft& on, doc::Value headers) {
  for (const std::string side : {"request", "response"}) {
    const doc::Value changes = headers[side];
    addTo(on, side + "_headers_to_add", changes["add"], "APPEND_IF_EXISTS_OR_ADD");
    addTo(on, side + "_headers_to_add", changes["set"], "OVERWRITE_IF_EXISTS_OR_ADD");
    for (const std::string& name : texts(changes["remove"])) {
      on[side + "_headers_to_remove"].push(name);
    }
  }
}

Draft filterOverrides(doc::Value rule) {
  Draft out = obj();
  if (rule["fault"].isObject()) {
    Draft fault = faultOf(rule["fault"]);
    if (fault.size() > 1) out["envoy.filters.http.fault"] = std::move(fault);
  }
  if (rule["corsPolicy"].isObject()) out["envoy.filters.http.cors"] = corsOf(rule["corsPolicy"]);
  return out;
}

}  // namespace meshka::mesh
