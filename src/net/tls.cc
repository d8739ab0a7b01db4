#include "net/tls.h"

#include <arpa/inet.h>

#include <list>

#include "net/limits.h"
#include "net/tls_context.h"

namespace meshka::net {
namespace {

std::shared_ptr<void> newContext(const SSL_METHOD* method) {
  SSL_CTX* ctx = SSL_CTX_new(method);
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set1_curves_list(ctx, "X25519:P-256:P-384");
  SSL_CTX_set_verify_depth(ctx, kMaxChainDepth);
  return {ctx, [](void* p) { SSL_CTX_free(static_cast<SSL_CTX*>(p)); }};
}

Result<void> useKeyPair(SSL_CTX* ctx, std::string_view certificate_pem, std::string_view key_pem) {
  MESHKA_TRY(const auto chain, loadCertificates(certificate_pem));
  const BioPtr bio = memoryBio(key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key) return fail(Code::kInvalid, cat("TLS key: ", opensslError()));
  if (SSL_CTX_use_certificate(ctx, chain[0].get()) != 1) {
    return fail(Code::kInvalid, cat("TLS certificate: ", opensslError()));
  }
  for (size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(ctx, chain[i].get());
  if (SSL_CTX_use_PrivateKey(ctx, key.get()) != 1 || SSL_CTX_check_private_key(ctx) != 1) {
    return fail(Code::kInvalid, cat("TLS key does not fit the certificate: ", opensslError()));
  }
  return {};
}

Result<void> trust(SSL_CTX* ctx, std::string_view ca_pem, bool ask) {
  MESHKA_TRY(const auto bundle, loadCertificates(ca_pem));
  X509_STORE* store = SSL_CTX_get_cert_store(ctx);
  for (const X509Ptr& ca : bundle) {
    X509_STORE_add_cert(store, ca.get());
    if (ask) SSL_CTX_add_client_CA(ctx, ca.get());
  }
  // An intermediate in the bundle is trusted as it stands, as Go does.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

// The first of ours that the client offers too; none: the connection goes on without (RFC 7301
// would allow refusal, but old HTTP/1.1 clients offer odd lists).
int selectAlpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
               unsigned in_length, void* arg) {
  const auto& wire = *static_cast<const std::string*>(arg);
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, bytesOf(wire), static_cast<unsigned>(wire.size()),
                            in, in_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int acceptAnyCertificate(int, X509_STORE_CTX*) {
  return 1;
}

}  // namespace

std::string alpnWire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& p : protocols) {
    wire.push_back(static_cast<char>(p.size()));
    wire.append(p);
  }
  return wire;
}

bool isIpLiteral(std::string_view text) {
  char buffer[16];
  const std::string s(text);
  return inet_pton(AF_INET, s.c_str(), buffer) == 1 || inet_pton(AF_INET6, s.c_str(), buffer) == 1;
}

// --- server

Result<std::shared_ptr<TlsServerConfig>> TlsServerConfig::create(io::Loop& loop,
                                                                 TlsServerOptions options) {
  std::shared_ptr<TlsServerConfig> config(new TlsServerConfig(loop));
  MESHKA_CHECK(config->reload(std::move(options)));
  return config;
}

TlsServerConfig::~TlsServerConfig() = default;

Result<void> TlsServerConfig::reload(TlsServerOptions options) {
  ERR_clear_error();
  struct Held {
    std::shared_ptr<void> ctx;
    std::string alpn;
  };
  auto held = std::make_shared<Held>();
  held->ctx = newContext(TLS_server_method());
  auto* ctx = static_cast<SSL_CTX*>(held->ctx.get());
  MESHKA_CHECK(useKeyPair(ctx, options.certificate_pem, options.key_pem));
  if (!options.client_ca_pem.empty()) {
    MESHKA_CHECK(trust(ctx, options.client_ca_pem, true));
    if (options.require_client_certificate) {
      SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    } else {
      SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, acceptAnyCertificate);
    }
  }
  static constexpr unsigned char kSessionContext[] = "meshka";
  SSL_CTX_set_session_id_context(ctx, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);  // tickets only: no memory here
  SSL_CTX_set_timeout(ctx, 3600);
  SSL_CTX_set_num_tickets(ctx, 1);
  SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  held->alpn = alpnWire(options.alpn);
  if (!held->alpn.empty()) SSL_CTX_set_alpn_select_cb(ctx, selectAlpn, &held->alpn);
  // Each context has ticket keys of its own, so a reload ends the sessions made under the old CA.
  context_ = std::shared_ptr<void>(held, ctx);
  options_ = std::move(options);
  return {};
}

std::unique_ptr<TlsStream> TlsServerConfig::accept(std::unique_ptr<io::Stream> raw) {
  return newTlsStream({.loop = loop_, .context = context_, .raw = std::move(raw), .server = true});
}

// --- client

// Sessions by the name or address that was connected to; they belong to one set of options. A
// server that does not know the session (another port, a new process) makes a new one.
struct TlsClientConfig::Sessions {
  ~Sessions() {
    for (auto& [name, session] : entries) SSL_SESSION_free(session);
  }
  std::list<std::pair<std::string, SSL_SESSION*>> entries;

  void put(std::string name, SSL_SESSION* session) {
    drop(name);
    entries.emplace_back(std::move(name), session);
    if (entries.size() > kMaxClientSessions) {
      SSL_SESSION_free(entries.front().second);
      entries.pop_front();
    }
  }
  void drop(std::string_view name) {
    for (auto i = entries.begin(); i != entries.end(); ++i) {
      if (i->first != name) continue;
      SSL_SESSION_free(i->second);
      entries.erase(i);
      return;
    }
  }
  SSL_SESSION* find(std::string_view name) {
    for (auto& [n, session] : entries) {
      if (n == name) return session;
    }
    return nullptr;
  }
};

TlsClientConfig::TlsClientConfig(io::Loop& loop) : loop_(loop) {}
TlsClientConfig::~TlsClientConfig() = default;

Result<std::shared_ptr<TlsClientConfig>> TlsClientConfig::create(io::Loop& loop,
                                                                 TlsClientOptions options) {
  std::shared_ptr<TlsClientConfig> config(new TlsClientConfig(loop));
  MESHKA_CHECK(config->reload(std::move(options)));
  return config;
}

Result<void> TlsClientConfig::reload(TlsClientOptions options) {
  ERR_clear_error();
  if (options.ca_pem.empty() && !options.skip_verify) {
    return fail(Code::kInvalid, "TLS client: no CA to verify the server with");
  }
  auto context = newContext(TLS_client_method());
  auto* ctx = static_cast<SSL_CTX*>(context.get());
  if (!options.ca_pem.empty()) MESHKA_CHECK(trust(ctx, options.ca_pem, false));
  if (!options.certificate_pem.empty()) {
    MESHKA_CHECK(useKeyPair(ctx, options.certificate_pem, options.key_pem));
  }
  auto sessions = std::make_shared<Sessions>();
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_app_data(ctx, sessions.get());
  SSL_CTX_sess_set_new_cb(ctx, [](SSL* ssl, SSL_SESSION* session) {
    auto* cache = static_cast<Sessions*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const std::string_view name = connectedName(ssl);
    if (name.empty()) return 0;
    cache->put(std::string(name), session);
    return 1;
  });
  context_ = std::move(context);
  sessions_ = std::move(sessions);
  options_ = std::move(options);
  return {};
}

std::unique_ptr<TlsStream> TlsClientConfig::connect(std::unique_ptr<io::Stream> raw,
                                                    std::string_view server_name,
                                                    const std::vector<std::string>& alpn) {
  return newTlsStream({.loop = loop_,
                       .context = context_,
                       .raw = std::move(raw),
                       .server_name = std::string(server_name),
                       .skip_verify = options_.skip_verify,
                       .alpn = alpn.empty() ? options_.alpn : alpn,
                       .resume = sessions_->find(server_name),
                       .keep = sessions_});
}

}  // namespace meshka::net
