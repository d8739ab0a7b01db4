#include "mgmt/relay/listener.h"

#include <algorithm>
#include <cstring>

#include "mgmt/limits.h"

namespace meshka::mgmt {

namespace {

constexpr char kTlsHandshake = 0x16;

class EarlyStream final : public io::Stream {
 public:
  EarlyStream(std::unique_ptr<io::Stream> stream, std::string early)
      : stream_(std::move(stream)), early_(std::move(early)) {}
  void setEvents(io::StreamEvents* events) override { stream_->setEvents(events); }
  io::IoResult tryRead(std::span<char> into) override {
    if (at_ >= early_.size()) return stream_->tryRead(into);
    const size_t n = std::min(into.size(), early_.size() - at_);
    std::memcpy(into.data(), early_.data() + at_, n);
    at_ += n;
    return {io::IoState::kDone, n};
  }
  io::IoResult tryWrite(std::string_view from) override { return stream_->tryWrite(from); }
  void shutdownWrite() override { stream_->shutdownWrite(); }
  std::string lastError() const override { return stream_->lastError(); }
  io::Endpoint local() const override { return stream_->local(); }
  io::Endpoint peer() const override { return stream_->peer(); }

 private:
  std::unique_ptr<io::Stream> stream_;
  std::string early_;
  size_t at_ = 0;
};

}  // namespace

std::unique_ptr<io::Stream> withEarlyBytes(std::unique_ptr<io::Stream> stream, std::string early) {
  return std::make_unique<EarlyStream>(std::move(stream), std::move(early));
}

// A connection that has sent nothing yet. It is destroyed in a later turn than its last event.
class RelayListener::Sniffer final : private io::StreamEvents {
 public:
  Sniffer(RelayListener& owner, std::unique_ptr<io::Stream> stream)
      : stream(std::move(stream)), owner_(owner), timer_(owner.world_.loop, [this] { finish(); }) {
    timer_.armAfter(kSniffTimeout);
    this->stream->setEvents(this);
  }
  ~Sniffer() override {
    if (stream) stream->setEvents(nullptr);
  }
  std::unique_ptr<io::Stream> stream;
  char first = 0;
  bool read = false;

 private:
  void onReadable() override {
    if (finished_) return;
    const io::IoResult r = stream->tryRead({&first, 1});
    if (r.state == io::IoState::kWouldBlock) return;
    read = r.state == io::IoState::kDone;
    finish();
  }
  void onWritable() override {}
  void finish() {
    if (std::exchange(finished_, true)) return;
    timer_.cancel();
    owner_.decide(*this);
  }
  RelayListener& owner_;
  io::Timer timer_;
  bool finished_ = false;
};

RelayListener::RelayListener(io::World world, net::HttpServer* tls, net::HttpServer* plain)
    : world_(world), tls_(tls), plain_(plain), reaper_(world.loop, [this] { done_.clear(); }) {}

RelayListener::~RelayListener() = default;

Result<io::Endpoint> RelayListener::listen(const io::Endpoint& at) {
  MESHKA_TRY(listener_, world_.network.listen(at, *this));
  return listener_->local();
}

void RelayListener::onAccept(std::unique_ptr<io::Stream> stream) {
  if (sniffers_.size() >= kMaxSniffing) return;  // closes it
  sniffers_.push_back(std::make_unique<Sniffer>(*this, std::move(stream)));
}

void RelayListener::decide(Sniffer& sniffer) {
  const auto at = std::find_if(sniffers_.begin(), sniffers_.end(),
                               [&](const auto& s) { return s.get() == &sniffer; });
  done_.splice(done_.end(), sniffers_, at);
  reaper_.armAfter(Duration{});
  sniffer.stream->setEvents(nullptr);
  if (!sniffer.read) return;
  const bool tls = sniffer.first == kTlsHandshake;
  net::HttpServer* const server = tls ? tls_ : plain_;
  const std::string peer = sniffer.stream->peer().toString();
  if (server == nullptr) {
    ++refused_;
    world_.log.warn(tls ? "relay: TLS connection refused: there is no server certificate"
                        : "relay: plain text connection refused: this server requires TLS "
                          "(install with insecure=true to allow it)",
                    {{"peer", peer}});
    return;
  }
  server->serve(withEarlyBytes(std::move(sniffer.stream), std::string(1, sniffer.first)));
}

}  // namespace meshka::mgmt
