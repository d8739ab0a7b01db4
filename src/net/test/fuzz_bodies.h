// What the fuzzers do with their bytes; fuzz_test.cc does the same with the seeds.
#pragma once

#include "base/assert.h"
#include "net/client.h"
#include "net/jwt.h"
#include "net/pki.h"
#include "net/server.h"
#include "net/test/testing.h"
#include "net/websocket_frames.h"

namespace meshka::net::test {

class FuzzHandler final : public Handler {
 public:
  io::Task<void> serve(ServerRequest& request, ResponseWriter& response) override {
    auto body = co_await readAll(*request.body, 1 << 16);
    Headers headers;
    headers.add("X-Path", request.path);
    response.start(200, std::move(headers));
    (void)co_await response.write(body ? *body : "too large");
  }
};

// A server gets `bytes` in two pieces, then the end. Whatever they are, no connection is left
// behind.
inline void fuzzServer(std::string_view prefix, std::string_view bytes) {
  TestLoop loop;
  FuzzHandler handler;
  HttpServer server(loop, handler);
  StreamPair wire = newStreamPair(loop, 1 << 20);
  server.serve(std::move(wire.b));
  Probe probe(std::move(wire.a));
  const size_t cut = bytes.empty() ? 0 : static_cast<unsigned char>(bytes[0]) % bytes.size();
  probe.send(prefix);
  probe.send(bytes.substr(0, cut));
  loop.settle();
  probe.send(bytes.substr(cut));
  loop.settle();
  probe.close();
  loop.settle();
  MESHKA_ASSERT(server.connections() == 0);
}
inline void fuzzHttp1(std::string_view bytes) {
  fuzzServer("", bytes);
}
inline void fuzzHttp2(std::string_view bytes) {
  fuzzServer(std::string_view("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33), bytes);
}

// A server that answers every connection with `bytes` and hangs up.
class FuzzPeer final : public io::AcceptHandler {
 public:
  explicit FuzzPeer(std::string_view bytes) : bytes_(bytes) {}
  void onAccept(std::unique_ptr<io::Stream> stream) override {
    probes_.push_back(std::make_unique<Probe>(std::move(stream)));
    probes_.back()->send(bytes_);
    probes_.back()->shutdownWrite();
  }

 private:
  std::string_view bytes_;
  std::vector<std::unique_ptr<Probe>> probes_;
};
inline io::Task<void> fuzzFetch(HttpClient& client, Instant deadline) {
  auto r = co_await client.send({.method = "POST", .target = "/x", .body = "hello"}, deadline);
  if (r && r->body) (void)co_await readAll(*r->body, 1 << 16);
}
inline void fuzzClient(std::string_view bytes) {
  for (bool http2 : {false, true}) {
    TestLoop loop;
    TestNetwork network(loop, 1 << 20);
    FuzzPeer peer(bytes);
    const io::Endpoint at{"10.0.0.1", 80};
    auto listener = network.listen(at, peer);
    auto client = newHttpClient(loop, network, {.endpoint = at, .http2_prior_knowledge = http2});
    loop.run(fuzzFetch(*client, loop.clock().now() + seconds(5)));
  }
}

inline void fuzzWebSocket(std::string_view bytes) {
  for (bool masked : {false, true}) {
    FrameReader whole(masked, 1 << 16), pieces(masked, 1 << 16);
    std::string a, b;
    const auto drain = [](FrameReader& r, std::string& out) {
      for (;;) {
        auto f = r.next();
        if (!f) return out += "!", false;
        if (!*f) return true;
        out += cat(static_cast<int>((*f)->opcode), (*f)->payload, ";");
      }
    };
    whole.feed(bytes);
    (void)drain(whole, a);
    for (size_t i = 0; i < bytes.size(); ++i) {
      pieces.feed(bytes.substr(i, 1));
      if (!drain(pieces, b)) break;
    }
    MESHKA_ASSERT(a == b);  // how bytes arrive does not matter
  }
}

inline void fuzzCertificate(std::string_view bytes) {
  if (const auto c = parseCertificateDer(bytes)) {
    const auto again = parseCertificatesPem(certificatePem(c->der));
    MESHKA_ASSERT(again && again->size() == 1 && (*again)[0].fingerprint == c->fingerprint);
    (void)verifyChain({c->der}, certificatePem(c->der), Usage::kAny, "", c->not_before);
  }
  (void)parseCertificatesPem(bytes);
  (void)parseRequestPem(bytes);
  (void)PrivateKey::parsePem(bytes);
  (void)parseRequestPem(pemEncode("CERTIFICATE REQUEST", bytes));
}

inline void fuzzJwt(std::string_view bytes) {
  static const std::vector<JwtKey> keys = {{"k", PrivateKey::generateP256()->publicKeyDer()}};
  (void)peekJwtClaims(bytes);
  MESHKA_ASSERT(!verifyJwt(bytes, keys));  // nobody guesses a signature
}

}  // namespace meshka::net::test
