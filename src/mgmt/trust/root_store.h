// The roots of trust: a Secret each in the management cluster, made once where nobody brings one.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "client/api_client.h"
#include "client/work_queue.h"
#include "io/loop.h"
#include "net/pki.h"

namespace meshka::mgmt {

class RootStore {
 public:
  struct Root {
    std::shared_ptr<net::Authority> authority;  // null: not there (yet)
    std::string error;                          // why not, for people
  };
  // `changed` is called when a root is there, or is not for another reason.
  RootStore(io::World world, client::ApiClient& client, std::string ns, Callback changed);

  // `generate`: made when there is no such Secret. Looks it up in the background the first time.
  const Root& get(const std::string& secret, bool generate);

 private:
  io::Task<Result<void>> load(std::string secret);
  io::Task<Result<void>> generate(std::string secret);
  Result<void> use(const std::string& secret, doc::Value data);

  io::World world_;
  client::ApiClient& client_;
  const std::string namespace_;
  Callback changed_;
  std::map<std::string, Root> roots_;
  std::map<std::string, bool> generated_;
  client::WorkQueue queue_;
};

}  // namespace meshka::mgmt
