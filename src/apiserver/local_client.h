// ApiClient without HTTP and without text: the same authorization, admission and verbs, called in
// the server's process.
#pragma once

#include <memory>
#include <string>

#include "apiserver/engine.h"
#include "base/function.h"
#include "client/api_client.h"

namespace meshka::apiserver {

class LocalClient final : public client::ApiClient {
 public:
  using PathFunction = Function<Result<doc::Doc>(const RequestInfo&, const Query&)>;
  // `paths` answers what is no resource. `engine` outlives the client.
  LocalClient(Engine& engine, User user, PathFunction paths);

  io::Task<Result<doc::Doc>> get(client::Resource r, std::string ns, std::string name,
                                 Instant deadline) override;
  io::Task<Result<client::ObjectList>> list(client::Resource r, std::string ns,
                                            client::ListOptions options, Instant deadline) override;
  io::Task<Result<doc::Doc>> create(client::Resource r, std::string ns, doc::Doc object,
                                    Instant deadline, client::WriteOptions options) override;
  io::Task<Result<doc::Doc>> update(client::Resource r, std::string ns, doc::Doc object,
                                    Instant deadline, client::WriteOptions options) override;
  io::Task<Result<doc::Doc>> patch(client::Resource r, std::string ns, std::string name,
                                   client::PatchType type, doc::Doc patch, Instant deadline,
                                   client::WriteOptions options) override;
  io::Task<Result<void>> remove(client::Resource r, std::string ns, std::string name,
                                client::DeleteOptions options, Instant deadline) override;
  io::Task<Result<doc::Doc>> subresource(std::string method, client::Resource r, std::string ns,
                                         std::string name, std::string subresource, doc::Doc body,
                                         Instant deadline) override;
  io::Task<Result<std::unique_ptr<client::WatchStream>>> watch(client::Resource r, std::string ns,
                                                               client::ListOptions options,
                                                               Instant deadline) override;
  io::Task<Result<doc::Doc>> raw(std::string method, std::string target, doc::Doc body,
                                 Instant deadline) override;

 private:
  // Authorized and routed. Errors: kForbidden, kNotFound, kUnsupported.
  Result<Call> prepare(std::string_view verb, const client::Resource& r, std::string_view ns,
                       std::string_view name, std::string_view subresource = {}) const;
  io::Task<Result<Answer>> run(Call& call, Body body, Instant deadline);
  io::Task<Result<doc::Doc>> runForObject(Call call, Body body, Instant deadline);

  Engine& engine_;
  User user_;
  PathFunction paths_;
};

}  // namespace meshka::apiserver
