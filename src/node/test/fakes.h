// Stand-ins for the API side of a pod worker, shared by the simulation and by the test on a real
// runtime.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/strings.h"
#include "node/pod/context.h"

namespace meshka::node::testing {

struct FakeApi final : PodApi {
  explicit FakeApi(io::Loop& l) : loop(l) {}
  io::Task<Result<void>> writeStatus(doc::Doc, doc::Doc s) override {
    co_await io::sleepFor(loop, millis(1));
    status = s;
    ++writes;
    co_return Result<void>();
  }
  io::Task<Result<void>> forget(doc::Doc) override {
    forgotten = true;
    co_return Result<void>();
  }
  io::Task<Result<ServiceToken>> requestToken(doc::Doc, std::string audience,
                                              int64_t expiration_s) override {
    ++tokens;
    co_return ServiceToken{cat("token-", audience, "-", tokens),
                           loop.clock().wall() + seconds(expiration_s)};
  }
  // "Running web=running:-,ready,1": the words of the status.
  std::string state() const {
    std::string out(status["phase"].text("(none)"));
    for (const std::string_view list : {"initContainerStatuses", "containerStatuses"}) {
      for (const doc::Value s : status[list].elements()) {
        out += cat(" ", s["name"].text(), "=");
        for (const auto [kind, value] : s["state"].members())
          out += cat(kind, ":", value["reason"].text("-"));
        if (s["ready"].boolean()) out += ",ready";
        if (s["restartCount"].integer() != 0) out += cat(",", s["restartCount"].integer());
      }
    }
    return out;
  }
  io::Loop& loop;
  doc::Doc status;
  int writes = 0, tokens = 0;
  bool forgotten = false;
};

struct Events final : EventSink {
  void record(const doc::Doc&, const PodEvent& e) override {
    lines.push_back(cat(e.reason, ": ", e.message));
  }
  bool has(std::string_view part) const {
    for (const std::string& l : lines) {
      if (l.find(part) != std::string::npos) return true;
    }
    return false;
  }
  std::vector<std::string> lines;
};

struct Cluster final : ClusterView {
  const doc::Doc* configMap(std::string_view, std::string_view name) const override {
    return find(config_maps, name);
  }
  const doc::Doc* secret(std::string_view, std::string_view name) const override {
    return find(secrets, name);
  }
  std::vector<doc::Doc> services() const override { return {}; }
  static const doc::Doc* find(const std::map<std::string, doc::Doc>& in, std::string_view name) {
    const auto at = in.find(std::string(name));
    return at == in.end() ? nullptr : &at->second;
  }
  std::map<std::string, doc::Doc> config_maps, secrets;
};

}  // namespace meshka::node::testing
