// TLS 1.2 and 1.3 as a Stream over a Stream. A config is shared by many connections and can be
// reloaded live: new connections use the new certificate and CA, and sessions made under the old
// ones are not resumed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/loop.h"
#include "io/network.h"

namespace meshka::net {

// A finished or running TLS connection.
class TlsStream : public io::Stream {
 public:
  // Waits until the handshake is done. Errors: kUnauthenticated (certificate), kUnavailable,
  // kTimeout.
  virtual io::Task<Result<void>> handshake(Instant deadline) = 0;
  virtual bool established() const = 0;
  virtual std::string alpn() const = 0;  // "" when none was agreed
  // DER, leaf first, verified (server: against the client CA) and valid now; empty: none, or not
  // verified.
  virtual std::vector<std::string> peerCertificates() const = 0;
  // The peer showed a certificate that did not verify, and the config lets such connections live.
  virtual bool peerRejected() const = 0;
  virtual bool resumed() const = 0;
  virtual std::string serverName() const = 0;  // server side: SNI
};

struct TlsServerOptions {
  std::string certificate_pem;  // chain, leaf first
  std::string key_pem;
  std::string client_ca_pem;  // bundle; empty: client certificates are not asked for
  // True: the handshake fails without a certificate that verifies. False: such a connection lives
  // without an identity (peerRejected() tells "bad" from "none").
  bool require_client_certificate = false;
  std::vector<std::string> alpn = {"h2", "http/1.1"};
};

class TlsServerConfig {
 public:
  // Errors: kInvalid (PEM, key does not fit the certificate).
  static Result<std::shared_ptr<TlsServerConfig>> create(io::Loop& loop, TlsServerOptions options);
  ~TlsServerConfig();
  // On error the old options stay.
  Result<void> reload(TlsServerOptions options);
  const TlsServerOptions& options() const { return options_; }
  std::unique_ptr<TlsStream> accept(std::unique_ptr<io::Stream> raw);

 private:
  explicit TlsServerConfig(io::Loop& loop) : loop_(loop) {}
  io::Loop& loop_;
  TlsServerOptions options_;
  std::shared_ptr<void> context_;  // SSL_CTX
};

struct TlsClientOptions {
  std::string ca_pem;  // bundle that the server's chain must end in
  // Encrypts without knowing to whom. Only by explicit wish (--insecure-skip-tls-verify).
  bool skip_verify = false;
  std::string certificate_pem;  // our own, with key_pem; empty: none
  std::string key_pem;
  std::vector<std::string> alpn = {"h2", "http/1.1"};
};

class TlsClientConfig {
 public:
  // Errors: kInvalid (PEM; neither a CA nor skip_verify).
  static Result<std::shared_ptr<TlsClientConfig>> create(io::Loop& loop, TlsClientOptions options);
  ~TlsClientConfig();
  Result<void> reload(TlsClientOptions options);
  const TlsClientOptions& options() const { return options_; }
  // `server_name`: a DNS name (sent as SNI) or an IP address; the certificate must have it as SAN.
  // `alpn` replaces the options' list when not empty.
  std::unique_ptr<TlsStream> connect(std::unique_ptr<io::Stream> raw, std::string_view server_name,
                                     const std::vector<std::string>& alpn = {});

 private:
  explicit TlsClientConfig(io::Loop& loop);
  io::Loop& loop_;
  TlsClientOptions options_;
  std::shared_ptr<void> context_;
  struct Sessions;
  std::shared_ptr<Sessions> sessions_;
};

}  // namespace meshka::net
