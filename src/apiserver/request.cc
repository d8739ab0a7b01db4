#include "apiserver/request.h"

#include <algorithm>

#include "apiserver/limits.h"
#include "base/strings.h"

namespace meshka::apiserver {

namespace {

bool badSegment(std::string_view s) {
  if (s.empty() || s == "." || s == "..") return true;
  return std::any_of(s.begin(), s.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u < 0x20 || u == 0x7f || c == '/' || c == '\\';
  });
}

std::string joinFrom(const std::vector<std::string>& segments, size_t from) {
  std::string out;
  for (size_t i = from; i < segments.size(); ++i) out += "/" + segments[i];
  return out.empty() ? "/" : out;
}

bool isProxy(std::string_view subresource) {
  return subresource == "proxy";
}

std::string_view methodVerb(std::string_view method, bool named) {
  if (method == "GET" || method == "HEAD") return named ? "get" : "list";
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return named ? "delete" : "deletecollection";
  return "";
}

bool isTrue(std::string_view text) {
  return text == "true" || text == "1" || text == "True" || text == "t";
}

// The name that a field selector fixes ("metadata.name=x"), as RBAC's resourceNames sees lists and
// watches.
std::string selectedName(std::string_view selector) {
  for (std::string_view term : split(selector, ',')) {
    constexpr std::string_view kKey = "metadata.name=";
    if (!term.starts_with(kKey)) continue;
    term.remove_prefix(kKey.size());
    if (term.starts_with('=')) term.remove_prefix(1);
    return std::string(term);
  }
  return {};
}

Result<std::optional<int64_t>> integerOption(const Query& query, std::string_view key) {
  const std::string_view text = queryValue(query, key);
  if (text.empty()) return std::nullopt;
  const auto value = parseInt(text);
  if (!value) {
    return fail(Code::kInvalid,
                cat("strconv.ParseInt: parsing \"", text, "\": invalid syntax (", key, ")"));
  }
  return value;
}

Result<bool> dryRunOption(const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (value == "All") return true;
    if (!value.empty()) {
      return fail(
          Error(Code::kInvalid, "Invalid",
                cat("dryRun: Unsupported value: \"", value, "\": supported values: \"All\"")));
    }
  }
  return false;
}

Result<Propagation> propagationOption(std::string_view text) {
  if (text.empty()) return Propagation::kDefault;
  if (text == "Background") return Propagation::kBackground;
  if (text == "Foreground") return Propagation::kForeground;
  if (text == "Orphan") return Propagation::kOrphan;
  return fail(Error(
      Code::kInvalid, "Invalid",
      cat("DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"",
          text, "\": supported values: \"Background\", \"Foreground\", \"Orphan\"")));
}

}  // namespace

Result<std::vector<std::string>> canonicalPath(std::string_view path) {
  if (path.size() > kMaxPathBytes) return fail(Code::kInvalid, "the request path is too long");
  if (!path.starts_with('/')) return fail(Code::kInvalid, "the request path must begin with /");
  path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> out;
  if (path.empty()) return out;
  for (std::string_view part : split(path, '/')) {
    auto decoded = urlDecode(part);
    if (!decoded || badSegment(*decoded) || out.size() >= kMaxPathSegments) {
      return fail(Code::kInvalid, "the request path is not in canonical form");
    }
    out.push_back(std::move(*decoded));
  }
  return out;
}

Result<Query> parseQuery(std::string_view query) {
  Query out;
  if (query.empty()) return out;
  for (std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const size_t eq = part.find('=');
    auto key = urlDecode(part.substr(0, eq), true);
    auto value = eq == std::string_view::npos ? std::optional<std::string>("")
                                              : urlDecode(part.substr(eq + 1), true);
    if (!key || !value) return fail(Code::kInvalid, "the request's query has a broken escape");
    if (out.size() >= kMaxQueryParameters)
      return fail(Code::kInvalid, "the request's query has too many parameters");
    out.emplace_back(std::move(*key), std::move(*value));
  }
  return out;
}

std::string_view queryValue(const Query& query, std::string_view key) {
  for (const auto& [k, v] : query) {
    if (k == key) return v;
  }
  return {};
}

bool queryHas(const Query& query, std::string_view key) {
  return std::any_of(query.begin(), query.end(), [&](const auto& p) { return p.first == key; });
}

Result<RequestInfo> parseRequest(std::string_view method, std::string_view path,
                                 const Query& query) {
  RequestInfo info;
  MESHKA_TRY(info.segments, canonicalPath(path));
  const std::vector<std::string>& s = info.segments;
  Attributes& a = info.attributes;
  a.path = joinFrom(s, 0);
  a.verb = toLower(method);
  if (a.verb == "head") a.verb = "get";
  size_t at = 0;
  if (s.size() > 2 && s[0] == "api") {
    a.version = s[1];
    at = 2;
  } else if (s.size() > 3 && s[0] == "apis") {
    a.group = s[1];
    a.version = s[2];
    at = 3;
  } else {
    return info;
  }
  // namespaces/NS/RESOURCE...; namespaces/NS/status and /finalize are subresources of the namespace
  // itself.
  if (s[at] == "namespaces" && s.size() > at + 1) {
    a.ns = s[at + 1];
    if (s.size() > at + 2 && s[at + 2] != "status" && s[at + 2] != "finalize") {
      at += 2;
    }
  }
  info.is_resource = true;
  a.resource = s[at];
  if (s.size() > at + 1) a.name = s[at + 1];
  if (s.size() > at + 2) a.subresource = s[at + 2];
  if (s.size() > at + 3) {
    if (!isProxy(a.subresource)) {
      return fail(Code::kNotFound, "the server could not find the requested resource");
    }
    info.rest = joinFrom(s, at + 3);
    // What stands behind a proxy keeps its trailing slash, for it belongs to the other server.
    if (path.ends_with('/')) info.rest += "/";
  }
  const std::string_view verb = methodVerb(method, !a.name.empty());
  if (verb.empty()) {
    return fail(Error(Code::kUnsupported, "MethodNotAllowed",
                      "the server does not allow this method on the requested resource"));
  }
  a.verb = verb;
  if (a.verb == "list" || a.verb == "deletecollection") {
    if (a.verb == "list" && isTrue(queryValue(query, "watch"))) {
      a.verb = "watch";
      info.is_watch = true;
    }
    a.name = selectedName(queryValue(query, "fieldSelector"));
  } else if (a.verb == "get" && a.subresource.empty() && isTrue(queryValue(query, "watch"))) {
    return fail(Code::kUnsupported,
                "watching a single object by its path is not supported; use a field selector");
  }
  return info;
}

Result<Options> parseOptions(const Query& query, const RequestInfo& info) {
  Options o;
  auto text = [&](std::string_view key) { return std::string(queryValue(query, key)); };
  o.pretty = isTrue(text("pretty"));
  o.label_selector = text("labelSelector");
  o.field_selector = text("fieldSelector");
  if (o.label_selector.size() > kMaxSelectorBytes || o.field_selector.size() > kMaxSelectorBytes) {
    return fail(Code::kInvalid, "the selector is too long");
  }
  o.resource_version = text("resourceVersion");
  o.resource_version_match = text("resourceVersionMatch");
  o.continue_token = text("continue");
  if (o.continue_token.size() > kMaxContinueBytes)
    return fail(Code::kInvalid, "continue key is not valid: too long");
  MESHKA_TRY(const auto limit, integerOption(query, "limit"));
  o.limit = limit.value_or(0);
  if (o.limit < 0)
    return fail(Error(Code::kInvalid, "Invalid", "limit: Invalid value: must not be negative"));
  MESHKA_TRY(o.timeout_seconds, integerOption(query, "timeoutSeconds"));
  o.bookmarks = isTrue(text("allowWatchBookmarks"));
  if (queryHas(query, "sendInitialEvents"))
    o.send_initial_events = isTrue(text("sendInitialEvents"));
  o.include_object = text("includeObject");
  if (!o.include_object.empty() && o.include_object != "None" && o.include_object != "Metadata" &&
      o.include_object != "Object") {
    return fail(Code::kInvalid,
                cat("unrecognized includeObject value: \"", o.include_object, "\""));
  }
  std::vector<std::string> dry_run;
  for (const auto& [k, v] : query) {
    if (k == "dryRun") dry_run.push_back(v);
  }
  MESHKA_TRY(o.dry_run, dryRunOption(dry_run));
  o.field_manager = text("fieldManager");
  if (o.field_manager.size() > 128) {
    return fail(
        Error(Code::kInvalid, "Invalid", "fieldManager: Too long: may not be more than 128 bytes"));
  }
  o.field_validation = text("fieldValidation");
  o.force = isTrue(text("force"));

  const std::string& match = o.resource_version_match;
  if (!match.empty() && match != "Exact" && match != "NotOlderThan") {
    return fail(Error(Code::kInvalid, "Invalid",
                      cat("resourceVersionMatch: Unsupported value: \"", match,
                          "\": supported values: \"Exact\", \"NotOlderThan\", \"\"")));
  }
  auto forbidden = [](std::string message) {
    return fail(Error(Code::kInvalid, "Invalid", std::move(message)));
  };
  if (info.is_watch) {
    const bool initial = o.send_initial_events.has_value();
    if (initial && match != "NotOlderThan") {
      return forbidden(
          "resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
          "resourceVersionMatch to "
          "NotOlderThan");
    }
    if (!initial && !match.empty()) {
      return forbidden(
          "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless "
          "sendInitialEvents is provided");
    }
    if (initial && *o.send_initial_events && !o.bookmarks) {
      return forbidden(
          "allowWatchBookmarks: Forbidden: sendInitialEvents requires setting allowWatchBookmarks");
    }
  } else if (info.attributes.verb == "list") {
    if (o.send_initial_events)
      return forbidden("sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list");
    if (!match.empty() && o.resource_version.empty()) {
      return forbidden(
          "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
          "resourceVersion is "
          "provided");
    }
    if (match == "Exact" && o.resource_version == "0") {
      return forbidden(
          "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for "
          "resourceVersion \"0\"");
    }
    if (!o.continue_token.empty() && !o.resource_version.empty() && o.resource_version != "0") {
      return fail(Code::kInvalid, "specifying resource version is not allowed when using continue");
    }
  }
  return o;
}

Result<DeleteRequest> parseDelete(const Query& query, doc::Value body) {
  DeleteRequest out;
  MESHKA_TRY(out.grace_seconds, integerOption(query, "gracePeriodSeconds"));
  MESHKA_TRY(out.propagation, propagationOption(queryValue(query, "propagationPolicy")));
  std::vector<std::string> dry_run;
  for (const auto& [k, v] : query) {
    if (k == "dryRun") dry_run.push_back(v);
  }
  MESHKA_TRY(out.dry_run, dryRunOption(dry_run));
  if (isTrue(queryValue(query, "orphanDependents"))) out.propagation = Propagation::kOrphan;
  if (body.isObject() && !body.empty()) {
    const std::string_view kind = body["kind"].text("DeleteOptions");
    if (kind != "DeleteOptions") {
      return fail(Code::kInvalid, cat("the body of a delete must be DeleteOptions, not ", kind));
    }
    if (body["gracePeriodSeconds"].isNumber())
      out.grace_seconds = body["gracePeriodSeconds"].integer();
    out.uid = body["preconditions"]["uid"].text();
    out.resource_version = body["preconditions"]["resourceVersion"].text();
    if (body["propagationPolicy"].isString()) {
      MESHKA_TRY(out.propagation, propagationOption(body["propagationPolicy"].text()));
    } else if (body["orphanDependents"].boolean()) {
      out.propagation = Propagation::kOrphan;
    }
    dry_run.clear();
    for (doc::Value v : body["dryRun"].elements()) dry_run.emplace_back(v.text());
    MESHKA_TRY(const bool body_dry_run, dryRunOption(dry_run));
    out.dry_run |= body_dry_run;
  } else if (body.exists() && !body.isNull() && !body.isObject()) {
    return fail(Code::kInvalid, "the body of a delete must be DeleteOptions");
  }
  if (out.grace_seconds && *out.grace_seconds < 0) {
    // Negative values mean "now" with one second, as the API server reads them.
    out.grace_seconds = 1;
  }
  return out;
}

}  // namespace meshka::apiserver
