// TLS as a Stream: OpenSSL reads and writes the raw stream through a BIO of our own, so no bytes
// are kept twice. What the raw stream cannot take at once waits in `pending_`, at most about one
// record.
#include <algorithm>

#include "net/limits.h"
#include "net/tls_context.h"
#include "net/wake.h"

namespace meshka::net {
namespace {

class TlsStreamImpl final : public TlsStream, private io::StreamEvents {
 public:
  explicit TlsStreamImpl(TlsStreamSetup setup) : setup_(std::move(setup)), wake_(setup_.loop) {
    ssl_ = SSL_new(static_cast<SSL_CTX*>(setup_.context.get()));
    BIO* bio = BIO_new(method());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    X509_VERIFY_PARAM* param = SSL_get0_param(ssl_);
    X509_VERIFY_PARAM_set_time(param, setup_.loop.clock().wall().unixSeconds());
    SSL_set_app_data(ssl_, this);
    if (setup_.server) {
      SSL_set_accept_state(ssl_);
    } else {
      setupClient(param);
    }
    setup_.raw->setEvents(this);
  }
  ~TlsStreamImpl() override {
    setup_.raw->setEvents(nullptr);
    if (done_ && error_.empty() && !shutdown_sent_) {
      ERR_clear_error();
      SSL_shutdown(ssl_);
    }
    SSL_free(ssl_);
    ERR_clear_error();
  }

  // --- io::Stream
  void setEvents(io::StreamEvents* events) override {
    events_ = events;
    if (events != nullptr) setup_.raw->setEvents(this);  // posts both edges again
  }
  io::IoResult tryRead(std::span<char> into) override {
    if (!error_.empty()) return {io::IoState::kError, 0};
    if (eof_) return {io::IoState::kEof, 0};
    ERR_clear_error();
    const int n =
        SSL_read(ssl_, into.data(), static_cast<int>(std::min<size_t>(into.size(), 1 << 20)));
    noteHandshake();
    if (n > 0) return {io::IoState::kDone, static_cast<size_t>(n)};
    return failedWith(SSL_get_error(ssl_, n));
  }
  io::IoResult tryWrite(std::string_view from) override {
    if (!error_.empty()) return {io::IoState::kError, 0};
    if (!flush()) return {error_.empty() ? io::IoState::kWouldBlock : io::IoState::kError, 0};
    if (from.empty()) return {io::IoState::kDone, 0};
    ERR_clear_error();
    const int n =
        SSL_write(ssl_, from.data(), static_cast<int>(std::min<size_t>(from.size(), 16 << 10)));
    noteHandshake();
    if (n > 0) return {io::IoState::kDone, static_cast<size_t>(n)};
    const io::IoResult r = failedWith(SSL_get_error(ssl_, n));
    return r.state == io::IoState::kEof ? io::IoResult{io::IoState::kError, 0} : r;
  }
  void shutdownWrite() override {
    if (std::exchange(shutdown_sent_, true)) return;
    if (done_ && error_.empty()) {
      ERR_clear_error();
      SSL_shutdown(ssl_);
    }
    if (flush()) setup_.raw->shutdownWrite();
  }
  std::string lastError() const override { return error_; }
  io::Endpoint local() const override { return setup_.raw->local(); }
  io::Endpoint peer() const override { return setup_.raw->peer(); }

  // --- TlsStream
  io::Task<Result<void>> handshake(Instant deadline) override {
    io::Timer timer(setup_.loop, [this] {
      timed_out_ = true;
      wake_.fire();
    });
    timer.armAt(deadline);
    drive();
    while (!done_ && error_.empty() && !timed_out_) co_await wake_.wait();
    if (done_) co_return Result<void>();
    if (!error_.empty()) co_return fail(error_code_, error_);
    co_return fail(Code::kTimeout, "TLS handshake: deadline exceeded");
  }
  bool established() const override { return done_; }
  std::string alpn() const override {
    const unsigned char* data = nullptr;
    unsigned n = 0;
    SSL_get0_alpn_selected(ssl_, &data, &n);
    return {reinterpret_cast<const char*>(data), n};
  }
  std::vector<std::string> peerCertificates() const override {
    std::vector<std::string> out;
    if (!done_ || SSL_get_verify_result(ssl_) != X509_V_OK) return out;
    X509* leaf = SSL_get0_peer_certificate(ssl_);
    if (leaf == nullptr) return out;
    // A resumed session keeps its verdict; the certificate may have run out since.
    time_t now = setup_.loop.clock().wall().unixSeconds();
    if (X509_cmp_time(X509_get0_notAfter(leaf), &now) < 0) return out;
    out.push_back(derOf(leaf));
    STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_);
    for (int i = 0; i < sk_X509_num(chain); ++i) {
      std::string der = derOf(sk_X509_value(chain, i));
      if (der != out[0]) out.push_back(std::move(der));
    }
    return out;
  }
  bool peerRejected() const override {
    return done_ && SSL_get0_peer_certificate(ssl_) != nullptr && peerCertificates().empty();
  }
  bool resumed() const override { return SSL_session_reused(ssl_) != 0; }
  std::string serverName() const override {
    const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
  }
  std::string_view connectedName() const { return setup_.server_name; }

 private:
  void setupClient(X509_VERIFY_PARAM* param) {
    SSL_set_connect_state(ssl_);
    const std::string& name = setup_.server_name;
    if (isIpLiteral(name)) {
      X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str());
    } else if (!name.empty()) {
      SSL_set_tlsext_host_name(ssl_, name.c_str());
      X509_VERIFY_PARAM_set1_host(param, name.data(), name.size());
      X509_VERIFY_PARAM_set_hostflags(
          param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    }
    SSL_set_verify(ssl_, setup_.skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    const std::string wire = alpnWire(setup_.alpn);
    if (!wire.empty()) SSL_set_alpn_protos(ssl_, bytesOf(wire), static_cast<unsigned>(wire.size()));
    if (setup_.resume != nullptr) SSL_set_session(ssl_, setup_.resume);
  }

  void noteHandshake() {
    if (done_ || SSL_is_init_finished(ssl_) == 0) return;
    done_ = true;
    wake_.fire();
  }
  // Takes the handshake as far as the raw stream allows.
  void drive() {
    if (done_ || !error_.empty()) return;
    ERR_clear_error();
    const int n = SSL_do_handshake(ssl_);
    noteHandshake();
    if (n != 1) failedWith(SSL_get_error(ssl_, n));
  }
  io::IoResult failedWith(int error) {
    switch (error) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return {io::IoState::kWouldBlock, 0};
      case SSL_ERROR_ZERO_RETURN:
        eof_ = true;
        return {io::IoState::kEof, 0};
      default:
        break;
    }
    const long verdict = SSL_get_verify_result(ssl_);
    if (!raw_error_.empty()) {
      error_ = raw_error_;
      error_code_ = Code::kUnavailable;
    } else if (raw_eof_) {
      error_ = done_ ? "connection was closed without a TLS close_notify"
                     : "connection was closed during the TLS handshake";
      error_code_ = Code::kUnavailable;
    } else if (!done_ && verdict != X509_V_OK && !setup_.skip_verify) {
      error_ = cat("tls: failed to verify certificate: ", X509_verify_cert_error_string(verdict));
    } else {
      error_ = cat("tls: ", opensslError());
    }
    ERR_clear_error();
    flush();  // the alert
    wake_.fire();
    return {io::IoState::kError, 0};
  }

  // Sends pending bytes; false when some are left.
  bool flush() {
    while (!pending_.empty()) {
      const io::IoResult r = setup_.raw->tryWrite(pending_);
      if (r.state == io::IoState::kWouldBlock) return false;
      if (r.state != io::IoState::kDone) {
        raw_error_ = setup_.raw->lastError();
        if (raw_error_.empty()) raw_error_ = "connection lost";
        if (error_.empty()) error_ = raw_error_;
        error_code_ = Code::kUnavailable;
        pending_.clear();
        return false;
      }
      pending_.erase(0, r.bytes);
    }
    if (pending_.capacity() > 0) std::string().swap(pending_);
    return true;
  }

  void onReadable() override {
    if (!done_) drive();
    if (done_ || !error_.empty()) {
      if (!std::exchange(announced_,
                         true)) {  // what came before the handshake was done: both edges
        if (events_ != nullptr) events_->onWritable();
      }
      if (events_ != nullptr) events_->onReadable();
    }
  }
  void onWritable() override {
    const bool flushed = flush();
    if (!done_) drive();
    if (flushed && shutdown_sent_) setup_.raw->shutdownWrite();
    if ((done_ && flushed) || !error_.empty()) {
      if (events_ != nullptr) events_->onWritable();
    }
  }

  // --- the BIO
  static int bioWrite(BIO* bio, const char* data, int n) {
    auto& self = *static_cast<TlsStreamImpl*>(BIO_get_data(bio));
    self.pending_.append(data, static_cast<size_t>(n));
    self.flush();
    return n;
  }
  static int bioRead(BIO* bio, char* data, int n) {
    auto& self = *static_cast<TlsStreamImpl*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const io::IoResult r = self.setup_.raw->tryRead({data, static_cast<size_t>(n)});
    switch (r.state) {
      case io::IoState::kDone:
        return static_cast<int>(r.bytes);
      case io::IoState::kWouldBlock:
        BIO_set_retry_read(bio);
        return -1;
      case io::IoState::kEof:
        self.raw_eof_ = true;
        return 0;
      case io::IoState::kError:
        self.raw_error_ = self.setup_.raw->lastError();
        if (self.raw_error_.empty()) self.raw_error_ = "connection lost";
        return -1;
    }
    return -1;
  }
  static long bioCtrl(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return static_cast<TlsStreamImpl*>(BIO_get_data(bio))->raw_eof_;
    return 0;
  }
  static const BIO_METHOD* method() {
    static const BIO_METHOD* const kMethod = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "io::Stream");
      BIO_meth_set_write(m, bioWrite);
      BIO_meth_set_read(m, bioRead);
      BIO_meth_set_ctrl(m, bioCtrl);
      return m;
    }();
    return kMethod;
  }

  TlsStreamSetup setup_;
  Wake wake_;
  SSL* ssl_ = nullptr;
  io::StreamEvents* events_ = nullptr;
  std::string pending_, error_, raw_error_;
  Code error_code_ = Code::kUnauthenticated;
  bool done_ = false, announced_ = false, eof_ = false, raw_eof_ = false;
  bool shutdown_sent_ = false, timed_out_ = false;
};

}  // namespace

std::string_view connectedName(const SSL* ssl) {
  return static_cast<const TlsStreamImpl*>(SSL_get_app_data(ssl))->connectedName();
}

std::unique_ptr<TlsStream> newTlsStream(TlsStreamSetup setup) {
  return std::make_unique<TlsStreamImpl>(std::move(setup));
}

}  // namespace meshka::net
