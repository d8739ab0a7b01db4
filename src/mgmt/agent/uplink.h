// The agent's connection to the management server: certificates where they are needed, both
// streams, and again after a pause when they break.
#pragma once

#include <memory>
#include <string>

#include "client/api_client.h"
#include "io/async.h"
#include "mgmt/objects/applier.h"
#include "mgmt/objects/statuses.h"
#include "mgmt/relay/journal.h"
#include "net/grpc.h"
#include "net/pki.h"

namespace meshka::net {
class Resolver;
}

namespace meshka::mgmt {

struct UplinkConfig {
  std::string cluster;
  std::string given_name;
  std::string server_host;  // name or address
  uint16_t server_port = 9900;
  std::string authority;  // the name in the server's certificate
  bool insecure = false;
  std::string root_ca_path;  // files, read when needed: they may come later
  std::string token_path;
  std::string client_secret = "relay-client-tls-secret";
  std::string ns = "gloo-mesh";
};

class Uplink {
 public:
  // What is sent comes from `journal`; what is received goes to `applier` and `statuses`.
  // `resolver` may be null when server_host is an address.
  Uplink(io::World world, client::ApiClient& client, UplinkConfig config, Journal& journal,
         Applier& applier, StatusWriter& statuses, std::shared_ptr<net::Resolver> resolver);
  ~Uplink();

  // Connects now and stays connected until destroyed. `kinds` was listed.
  void start();
  void journalChanged();
  // The outcome of an output, for the server.
  void report(const std::string& reference, const std::string& hash, std::string error);

  bool connected() const { return connected_; }
  // "" : connected. Else why not, in words.
  std::string trouble() const;
  uint64_t connects() const { return connects_; }
  uint64_t deltas() const { return deltas_; }

 private:
  struct Ends;
  io::Task<void> run();
  io::Task<Result<void>> session();
  io::Task<Result<std::unique_ptr<net::GrpcChannel>>> connect();
  std::unique_ptr<net::GrpcChannel> channel(std::shared_ptr<net::TlsClientConfig> tls) const;
  io::Task<Result<net::TlsClientOptions>> credentials();
  io::Task<Result<net::TlsClientOptions>> bootstrap(std::string root_pem,
                                                    net::TlsClientOptions renew_with);
  io::Task<Result<void>> keepCertificate(const net::TlsClientOptions& options);
  io::Task<void> push(net::GrpcChannel& channel, Ends& ends);
  io::Task<Result<void>> pushStream(net::GrpcChannel& channel);
  io::Task<Result<void>> sendJournal(net::GrpcCall& call, Welcome welcome);
  io::Task<Result<void>> sendDeltas(net::GrpcCall& call, std::vector<Delta> deltas, bool& again);
  io::Task<void> pull(net::GrpcChannel& channel, Ends& ends);
  io::Task<Result<void>> pullStream(net::GrpcChannel& channel);
  io::Task<void> sendResults(net::GrpcCall& call);
  io::Task<Result<ServerMessage>> read(net::GrpcCall& call);
  io::Task<Result<Welcome>> welcome(net::GrpcCall& call);
  void take(RelayOutputs outputs);

  io::World world_;
  client::ApiClient& client_;
  const UplinkConfig config_;
  Journal& journal_;
  Applier& applier_;
  StatusWriter& statuses_;
  std::shared_ptr<net::Resolver> resolver_;
  io::Event journal_changed_;
  io::Event results_changed_;
  std::map<std::string, RelayResult> results_;  // by reference: the newest counts
  bool connected_ = false;
  bool greeted_ = false;  // this session got so far
  std::string trouble_ = "not tried to connect yet";
  WallTime renew_at_;
  uint64_t connects_ = 0;
  uint64_t deltas_ = 0;
  io::Group tasks_;
};

}  // namespace meshka::mgmt
