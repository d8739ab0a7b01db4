// The one way to speak to an API server. Inside the server's process the calls run through the same
// pipeline as HTTP requests (apiserver/local_client.h); elsewhere they are HTTP
// (client/http_api_client.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "doc/doc.h"
#include "io/task.h"

namespace meshka::client {

struct Resource {
  std::string group;    // "" is the core group
  std::string version;  // "v1"
  std::string name;     // plural: "pods"
  auto operator<=>(const Resource&) const = default;
};

struct ListOptions {
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  // as in the API
  int64_t limit = 0;             // page size; the call itself follows `continue` to the end
};

struct ObjectList {
  std::vector<doc::Doc> items;
  std::string resource_version;
};

enum class PatchType : uint8_t { kJson, kMerge, kStrategic };

struct WriteOptions {
  bool dry_run = false;
  std::string field_manager;
};

struct DeleteOptions {
  std::optional<int64_t> grace_seconds;
  std::string uid;               // precondition
  std::string resource_version;  // precondition
  std::string propagation;       // Background, Foreground, Orphan; empty: the kind's default
};

struct WatchEvent {
  enum class Type : uint8_t { kAdded, kModified, kDeleted, kBookmark, kError };
  Type type;
  doc::Doc object;  // kError: a Status
};

class WatchStream {
 public:
  virtual ~WatchStream() = default;  // ends the watch
  // The next event; kExpired when the revision is compacted (list again), kUnavailable when the
  // stream ended.
  virtual io::Task<Result<WatchEvent>> next() = 0;
};

// Deadlines: every call ends by `deadline` at the latest (kTimeout). Errors carry the server's
// Status (code, reason, message, details).
class ApiClient {
 public:
  virtual ~ApiClient() = default;
  virtual io::Task<Result<doc::Doc>> get(Resource r, std::string ns, std::string name,
                                         Instant deadline) = 0;
  // ns "" lists all namespaces.
  virtual io::Task<Result<ObjectList>> list(Resource r, std::string ns, ListOptions options,
                                            Instant deadline) = 0;
  virtual io::Task<Result<doc::Doc>> create(Resource r, std::string ns, doc::Doc object,
                                            Instant deadline, WriteOptions options = {}) = 0;
  virtual io::Task<Result<doc::Doc>> update(Resource r, std::string ns, doc::Doc object,
                                            Instant deadline, WriteOptions options = {}) = 0;
  virtual io::Task<Result<doc::Doc>> patch(Resource r, std::string ns, std::string name,
                                           PatchType type, doc::Doc patch, Instant deadline,
                                           WriteOptions options = {}) = 0;
  virtual io::Task<Result<void>> remove(Resource r, std::string ns, std::string name,
                                        DeleteOptions options, Instant deadline) = 0;
  // Subresources: "status", "token", "binding", "scale", "finalize", "eviction". method POST, PUT
  // or PATCH (merge).
  virtual io::Task<Result<doc::Doc>> subresource(std::string method, Resource r, std::string ns,
                                                 std::string name, std::string subresource,
                                                 doc::Doc body, Instant deadline) = 0;
  // From `resource_version` on (of a list). Bookmarks are asked for.
  virtual io::Task<Result<std::unique_ptr<WatchStream>>> watch(Resource r, std::string ns,
                                                               ListOptions options,
                                                               Instant deadline) = 0;
  // Anything else, for example "GET /version": the parsed JSON answer.
  virtual io::Task<Result<doc::Doc>> raw(std::string method, std::string target, doc::Doc body,
                                         Instant deadline) = 0;
};

}  // namespace meshka::client
