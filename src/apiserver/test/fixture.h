// A whole API server in a simulated world, asked over in-process HTTP: what the transcript tests
// drive.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "apiserver/objects.h"
#include "apiserver/server.h"
#include "base/test/test.h"
#include "doc/json.h"
#include "io/running.h"
#include "net/in_process.h"
#include "sim/world.h"
#include "store/local_store.h"

namespace meshka::apiserver::test {

// "Bearer NAME" is the user NAME; "Bearer NAME/GROUP" has that group too.
class NameAuthenticator final : public Authenticator {
 public:
  Result<std::optional<User>> authenticate(const net::ServerRequest& request) override {
    std::string_view text = request.headers.get("Authorization").value_or("");
    if (text.empty()) return std::nullopt;
    if (!text.starts_with("Bearer ")) return fail(Code::kUnauthenticated, "no bearer token");
    text.remove_prefix(7);
    User out;
    const size_t slash = text.find('/');
    out.name = text.substr(0, slash);
    out.groups.emplace_back(kGroupAuthenticated);
    if (slash != std::string_view::npos) out.groups.emplace_back(text.substr(slash + 1));
    return out;
  }
};

// system:masters may do everything, "reader" may read pods.
class TestAuthorizer final : public Authorizer {
 public:
  Decision authorize(const User& user, const Attributes& a) override {
    asked.push_back(a);
    if (user.inGroup(kGroupMasters)) return {true, ""};
    const bool reads = a.verb == "get" || a.verb == "list" || a.verb == "watch";
    return {user.name == "reader" && a.resource == "pods" && reads, ""};
  }
  std::vector<Attributes> asked;
};

struct Reply {
  int status = 0;
  net::Headers headers;
  std::string body;
  doc::Doc json;
};

struct Fixture {
  explicit Fixture(std::string_view version = "1.37", store::Limits limits = {})
      : registry(*api::parseEmulation(version)), store(sim.loop, sim.log, stampRevision, limits) {
    config.service_cidr = "10.96.0.0/16";
  }
  // After kinds were added to the registry.
  void start() {
    Parts parts;
    parts.authenticator = &authenticator;
    parts.authorizer = &authorizer;
    parts.nodes = nodes;
    parts.webhooks = webhooks;
    server = std::make_unique<ApiServer>(sim.world(), store, registry, config, parts);
    client = net::newInProcessClient(sim.loop, *server);
    auto started = run(server->start());
    EXPECT_OK(started);
  }

  template <class T>
  T run(io::Task<T> task) {
    std::optional<T> out;
    io::Running running(io::detail::storeInto(std::move(task), out));
    running.start();
    sim.loop.runUntil([&] { return running.finished(); });
    return std::move(*out);
  }

  io::Task<Reply> exchange(net::ClientRequest request) {
    Reply out;
    auto response = co_await client->send(std::move(request), sim.in(seconds(600)));
    if (!response) {
      out.body = response.error().message();
      co_return out;
    }
    out.status = response->status;
    out.headers = response->headers;
    auto bytes = co_await net::readAll(*response->body, 64u << 20);
    if (bytes) out.body = std::move(*bytes);
    co_return out;
  }

  Reply ask(std::string method, std::string target, std::string body = {},
            std::string content_type = {}, std::string accept = {},
            std::string who = "admin/system:masters") {
    net::ClientRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    if (!who.empty()) request.headers.add("Authorization", cat("Bearer ", who));
    if (!accept.empty()) request.headers.add("Accept", accept);
    if (!body.empty())
      request.headers.add("Content-Type", content_type.empty() ? "application/json" : content_type);
    request.body = std::move(body);
    Reply out = run(exchange(std::move(request)));
    if (auto json = doc::parseJson(out.body)) out.json = *json;
    return out;
  }
  Reply get(std::string target, std::string accept = {}) {
    return ask("GET", std::move(target), {}, {}, std::move(accept));
  }
  Reply post(std::string target, std::string body) {
    return ask("POST", std::move(target), std::move(body));
  }
  Reply put(std::string target, std::string body) {
    return ask("PUT", std::move(target), std::move(body));
  }
  Reply merge(std::string target, std::string body) {
    return ask("PATCH", std::move(target), std::move(body), "application/merge-patch+json");
  }
  Reply remove(std::string target, std::string body = {}) {
    return ask("DELETE", std::move(target), std::move(body));
  }

  sim::SimWorld sim{1};
  api::Registry registry;
  store::LocalStore store;
  Config config;
  NameAuthenticator authenticator;
  TestAuthorizer authorizer;
  NodeConnector* nodes = nullptr;
  WebhookTransport* webhooks = nullptr;
  std::unique_ptr<ApiServer> server;
  std::unique_ptr<net::HttpClient> client;
};

}  // namespace meshka::apiserver::test
