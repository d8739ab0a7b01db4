// An API server in memory, as far as the node agent needs one: objects with revisions, watches,
// merge patches, status, deletion with grace, tokens. For simulations of the agent.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/strings.h"
#include "client/api_client.h"
#include "client/collection.h"
#include "doc/json.h"
#include "doc/merge_patch.h"
#include "io/async.h"
#include "io/loop.h"

namespace meshka::node::testing {

class MemoryApi final : public client::ApiClient {
 public:
  explicit MemoryApi(io::Loop& loop) : loop_(loop) {}

  // As a user or controller: stores `object` and tells the watchers.
  void put(const std::string& resource, const std::string& ns, doc::Doc object) {
    doc::Draft d(object);
    d["metadata"]["resourceVersion"] = cat(++revision_);
    if (!ns.empty()) d["metadata"]["namespace"] = ns;
    if (!d["metadata"].contains("uid")) d["metadata"]["uid"] = cat("uid-", revision_);
    const doc::Doc stored = d.finish();
    const std::string key = cat(ns, "/", stored["metadata"]["name"].text());
    const bool is_new = !objects_[resource].contains(key);
    objects_[resource][key] = stored;
    tell(resource, is_new ? client::WatchEvent::Type::kAdded : client::WatchEvent::Type::kModified,
         stored);
  }
  void erase(const std::string& resource, const std::string& ns, const std::string& name) {
    const auto at = objects_[resource].find(cat(ns, "/", name));
    if (at == objects_[resource].end()) return;
    const doc::Doc last = at->second;
    objects_[resource].erase(at);
    ++revision_;
    tell(resource, client::WatchEvent::Type::kDeleted, last);
  }
  // `kubectl delete pod`: a bound pod is marked, the agent removes it.
  void deletePod(const std::string& ns, const std::string& name, int64_t grace) {
    doc::Draft d(find("pods", ns, name));
    d["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    d["metadata"]["deletionGracePeriodSeconds"] = grace;
    put("pods", ns, d.finish());
  }
  doc::Doc find(const std::string& resource, const std::string& ns, const std::string& name) {
    const auto at = objects_[resource].find(cat(ns, "/", name));
    return at == objects_[resource].end() ? doc::Doc() : at->second;
  }
  size_t count(const std::string& resource) { return objects_[resource].size(); }
  uint64_t writes() const { return writes_; }

  io::Task<Result<doc::Doc>> get(client::Resource r, std::string ns, std::string name,
                                 Instant) override {
    co_await io::yield(loop_);
    doc::Doc d = find(r.name, ns, name);
    if (!d.exists()) co_return missing(r.name, name);
    co_return d;
  }
  io::Task<Result<client::ObjectList>> list(client::Resource r, std::string ns,
                                            client::ListOptions o, Instant) override {
    co_await io::yield(loop_);
    client::ObjectList out;
    for (const auto& [key, object] : objects_[r.name]) {
      if (selected(ns, o.field_selector, object)) out.items.push_back(object);
    }
    out.resource_version = cat(revision_);
    co_return out;
  }
  io::Task<Result<doc::Doc>> create(client::Resource r, std::string ns, doc::Doc object, Instant,
                                    client::WriteOptions) override {
    co_await io::yield(loop_);
    ++writes_;
    const std::string name(object["metadata"]["name"].text());
    if (find(r.name, ns, name).exists())
      co_return fail(Code::kAlreadyExists, cat(r.name, " \"", name, "\" already exists"));
    put(r.name, ns, object);
    co_return find(r.name, ns, name);
  }
  io::Task<Result<doc::Doc>> update(client::Resource r, std::string ns, doc::Doc object, Instant,
                                    client::WriteOptions) override {
    co_await io::yield(loop_);
    ++writes_;
    put(r.name, ns, object);
    co_return find(r.name, ns, std::string(object["metadata"]["name"].text()));
  }
  io::Task<Result<doc::Doc>> patch(client::Resource r, std::string ns, std::string name,
                                   client::PatchType, doc::Doc p, Instant,
                                   client::WriteOptions) override {
    co_await io::yield(loop_);
    co_return merge(r.name, ns, name, p);
  }
  io::Task<Result<void>> remove(client::Resource r, std::string ns, std::string name,
                                client::DeleteOptions o, Instant) override {
    co_await io::yield(loop_);
    ++writes_;
    const doc::Doc d = find(r.name, ns, name);
    if (!d.exists()) co_return missing(r.name, name);
    if (!o.uid.empty() && d["metadata"]["uid"].text() != o.uid)
      co_return fail(Code::kConflict, "the uid is another one");
    erase(r.name, ns, name);
    co_return Result<void>();
  }
  io::Task<Result<doc::Doc>> subresource(std::string, client::Resource r, std::string ns,
                                         std::string name, std::string sub, doc::Doc body,
                                         Instant) override {
    co_await io::yield(loop_);
    if (sub == "token") {
      doc::Draft answer = doc::Draft::object();
      answer["status"]["token"] = cat("token-of-", name);
      answer["status"]["expirationTimestamp"] = toRfc3339(loop_.clock().wall() + hours(1));
      co_return answer.finish();
    }
    co_return merge(r.name, ns, name, body);
  }
  io::Task<Result<std::unique_ptr<client::WatchStream>>> watch(client::Resource r, std::string ns,
                                                               client::ListOptions o,
                                                               Instant) override {
    co_await io::yield(loop_);
    auto stream = std::make_unique<Stream>(*this, r.name, ns, o.field_selector);
    const int64_t since = parseInt(o.resource_version).value_or(revision_);
    for (const Past& p : history_) {
      if (p.revision > since && p.resource == r.name) stream->push(p.event);
    }
    co_return std::unique_ptr<client::WatchStream>(std::move(stream));
  }
  io::Task<Result<doc::Doc>> raw(std::string, std::string, doc::Doc, Instant) override {
    co_return fail(Code::kUnsupported, "not in memory");
  }

 private:
  class Stream final : public client::WatchStream {
   public:
    Stream(MemoryApi& api, std::string r, std::string ns, std::string fields)
        : resource(std::move(r)),
          ns_(std::move(ns)),
          fields_(std::move(fields)),
          api_(api),
          arrived_(api.loop_) {
      api_.streams_.insert(this);
    }
    ~Stream() override { api_.streams_.erase(this); }
    io::Task<Result<client::WatchEvent>> next() override {
      while (queue_.empty()) {
        arrived_.reset();
        co_await arrived_.wait();
      }
      client::WatchEvent e = queue_.front();
      queue_.pop_front();
      co_return e;
    }
    void push(client::WatchEvent e) {
      if (!selected(ns_, fields_, e.object)) return;
      queue_.push_back(std::move(e));
      arrived_.set();
    }
    const std::string resource;

   private:
    std::string ns_, fields_;
    MemoryApi& api_;
    io::Event arrived_;
    std::deque<client::WatchEvent> queue_;
  };

  static bool selected(const std::string& ns, const std::string& fields, doc::Value object) {
    if (!ns.empty() && object["metadata"]["namespace"].text() != ns) return false;
    constexpr std::string_view kNode = "spec.nodeName=";
    return !fields.starts_with(kNode) ||
           object["spec"]["nodeName"].text() == fields.substr(kNode.size());
  }
  static std::unexpected<Error> missing(const std::string& resource, const std::string& name) {
    return fail(Code::kNotFound, cat(resource, " \"", name, "\" not found"));
  }
  Result<doc::Doc> merge(const std::string& resource, const std::string& ns,
                         const std::string& name, doc::Value p) {
    ++writes_;
    const doc::Doc d = find(resource, ns, name);
    if (!d.exists()) return missing(resource, name);
    if (p["metadata"]["uid"].exists() && !(p["metadata"]["uid"] == d["metadata"]["uid"])) {
      return fail(Code::kConflict, "the uid is another one");
    }
    const doc::Doc merged = doc::applyMergePatch(d, p);
    if (!(merged == d)) put(resource, ns, merged);
    return find(resource, ns, name);
  }
  void tell(const std::string& resource, client::WatchEvent::Type type, const doc::Doc& object) {
    history_.push_back({revision_, resource, {type, object}});
    for (Stream* s : std::set<Stream*>(streams_)) {
      if (s->resource == resource) s->push({type, object});
    }
  }

  struct Past {
    int64_t revision;
    std::string resource;
    client::WatchEvent event;
  };

  io::Loop& loop_;
  std::vector<Past> history_;
  std::map<std::string, std::map<std::string, doc::Doc>> objects_;
  std::set<Stream*> streams_;
  int64_t revision_ = 0;
  uint64_t writes_ = 0;
};

}  // namespace meshka::node::testing
