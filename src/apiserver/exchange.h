// One HTTP request on its way through the server; private to the .cc files of ApiServer.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "apiserver/negotiate.h"
#include "apiserver/server.h"

namespace meshka::apiserver {

struct ApiServer::Exchange {
  Exchange(net::ServerRequest& req, net::ResponseWriter& res) : request(req), response(res) {}
  net::ServerRequest& request;
  net::ResponseWriter& response;
  Query query;
  RequestInfo info;
  User user;
  Accepted form;
  bool pretty = false;
  std::string audit_id;
  Warnings warnings;
  std::string fresh_continue;
  int status = 0;

  std::string_view header(std::string_view name) const {
    return request.headers.get(name).value_or("");
  }
  net::Headers headers(std::string_view content_type) const;
  void send(int code, std::string_view content_type, std::string_view body);
  void sendError(const Error& error);
};

struct ApiServer::PathAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string etag;  // without quotes; empty: none
};

// Counters of /metrics.
struct Metrics {
  // verb, resource (with subresource), code
  std::map<std::string, uint64_t> requests;
  void count(const RequestInfo& info, int code);
  std::string text(size_t watches, size_t cache_hits) const;
};

// The user that the Impersonate-* headers ask for; `user` itself when there are none. Each part is
// authorized. Errors: kForbidden, kInvalid.
Result<User> impersonate(const Engine& engine, const User& user, const net::Headers& headers);

}  // namespace meshka::apiserver
