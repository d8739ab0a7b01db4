// What a request asks for: canonical path, group, version, resource, name, subresource, verb, and
// the query options of the Kubernetes API. Policy and routing both read this one form; a path that
// has two readings is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apiserver/auth_interfaces.h"
#include "base/result.h"

namespace meshka::apiserver {

// Percent-decoded segments of a path ("/api/v1/pods/" has three). Refused with 400: empty, "." and
// ".." segments, encoded slashes, backslashes, NUL and control characters, broken escapes, and more
// than limits.h allows. One trailing slash is dropped.
Result<std::vector<std::string>> canonicalPath(std::string_view path);

using Query = std::vector<std::pair<std::string, std::string>>;
// Decoded key and value pairs in order. Errors: kInvalid (broken escape, too many).
Result<Query> parseQuery(std::string_view query);
// The first value of `key`, "" when absent.
std::string_view queryValue(const Query& query, std::string_view key);
bool queryHas(const Query& query, std::string_view key);

struct RequestInfo {
  Attributes attributes;
  std::vector<std::string> segments;
  bool is_resource = false;
  bool is_watch = false;
  // Behind a proxy subresource: "/metrics", canonical.
  std::string rest;
};

// `method` GET, POST, PUT, PATCH, DELETE (others keep their lower-case name as verb). /api and
// /apis/G/V without a resource are non-resource requests.
Result<RequestInfo> parseRequest(std::string_view method, std::string_view path,
                                 const Query& query);

enum class Propagation : uint8_t { kDefault, kBackground, kForeground, kOrphan };

// Query options of all verbs; each verb looks at its own.
struct Options {
  bool pretty = false;
  // list, watch
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;
  std::string resource_version_match;  // "", Exact, NotOlderThan
  std::string continue_token;
  int64_t limit = 0;
  std::optional<int64_t> timeout_seconds;
  bool bookmarks = false;
  std::optional<bool> send_initial_events;
  std::string include_object;  // "", None, Metadata, Object: rows of tables
  // create, update, patch, delete
  bool dry_run = false;
  std::string field_manager;
  std::string field_validation;  // "", Ignore, Warn, Strict
  bool force = false;
};
// Errors: kInvalid (400, or 422 where the API server says Invalid).
Result<Options> parseOptions(const Query& query, const RequestInfo& info);

// meta.v1 DeleteOptions from the query, overridden by a body.
struct DeleteRequest {
  std::optional<int64_t> grace_seconds;
  std::string uid;               // precondition
  std::string resource_version;  // precondition
  Propagation propagation = Propagation::kDefault;
  bool dry_run = false;
};
Result<DeleteRequest> parseDelete(const Query& query, doc::Value body);

}  // namespace meshka::apiserver
