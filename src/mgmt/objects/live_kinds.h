// Live collections of the kinds that a part of the management plane looks at: some built-in ones,
// and every custom resource of chosen groups, from when its definition is established until it is
// removed. Nobody waits for kinds that are not there.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/collection.h"
#include "io/loop.h"

namespace meshka::mgmt {

struct LiveKind {
  std::string name;  // "services", "deployments.apps", "meshes.internal.gloo.solo.io"
  client::Resource resource;
  std::string kind;
  client::CollectionOptions options;
  bool custom = false;

  std::string apiVersion() const {
    return resource.group.empty() ? resource.version : resource.group + "/" + resource.version;
  }
};
// "plural.group", "plural" in the core group.
std::string resourceName(const client::Resource& resource);

class KindHandler {
 public:
  virtual ~KindHandler() = default;
  // As CollectionHandler. The objects of a kind whose definition goes are reported as gone.
  // `before` and `after` have apiVersion and kind.
  virtual void onObject(const LiveKind& kind, const client::ObjectKey& key, const doc::Doc& before,
                        const doc::Doc& after) = 0;
  virtual void onKind(const LiveKind&) {}  // a custom kind can be used now
  // Once: definitions and all kinds that were there have been listed.
  virtual void onSynced() {}
};

class LiveKinds {
 public:
  using Wanted = bool (*)(std::string_view group, std::string_view plural);
  // `wanted` chooses among the custom resources.
  LiveKinds(io::World world, client::ApiClient& client, std::vector<LiveKind> built_in,
            Wanted wanted);
  ~LiveKinds();
  LiveKinds(const LiveKinds&) = delete;
  LiveKinds& operator=(const LiveKinds&) = delete;

  void addHandler(KindHandler& handler) { handlers_.push_back(&handler); }  // before start()
  void start();

  bool hasSynced() const { return synced_; }
  std::string notSynced() const;  // names of kinds that are being listed, for people
  client::Collection* find(std::string_view name) const;
  const LiveKind* info(std::string_view name) const;
  // By what an object says of itself.
  const LiveKind* ofObject(doc::Value object) const;
  const doc::Doc* get(std::string_view name, const client::ObjectKey& key) const;
  std::vector<doc::Doc> list(std::string_view name, std::string_view ns = {}) const;
  void forEachKind(Function<void(const LiveKind&, client::Collection&)> visit) const;

 private:
  struct Live;
  struct Definitions;
  void add(LiveKind kind);
  void onDefinition(const doc::Doc& before, const doc::Doc& after);
  void checkSynced();

  io::World world_;
  client::ApiClient& client_;
  std::vector<LiveKind> built_in_;
  Wanted wanted_;
  std::vector<KindHandler*> handlers_;
  std::map<std::string, std::unique_ptr<Live>, std::less<>> live_;
  std::unique_ptr<client::Collection> definitions_;
  std::unique_ptr<Definitions> definitions_handler_;
  bool synced_ = false;
};

}  // namespace meshka::mgmt
