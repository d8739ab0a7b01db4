#include "net/http1_wire.h"

#include <algorithm>

#include "base/strings.h"
#include "net/http1_head.h"
#include "net/server_connection.h"

namespace meshka::net {
namespace {

class PrefixedStream final : public io::Stream, private io::StreamEvents {
 public:
  PrefixedStream(std::unique_ptr<io::Stream> inner, std::string unread, std::string unsent)
      : inner_(std::move(inner)), unread_(std::move(unread)), unsent_(std::move(unsent)) {
    inner_->setEvents(this);
    flush();
  }
  ~PrefixedStream() override { inner_->setEvents(nullptr); }

  void setEvents(io::StreamEvents* events) override {
    events_ = events;
    inner_->setEvents(this);
  }
  io::IoResult tryRead(std::span<char> into) override {
    if (unread_.empty()) return inner_->tryRead(into);
    const size_t n = std::min(into.size(), unread_.size());
    std::copy_n(unread_.begin(), n, into.begin());
    unread_.erase(0, n);
    return {io::IoState::kDone, n};
  }
  io::IoResult tryWrite(std::string_view from) override {
    if (!flush()) return {io::IoState::kWouldBlock, 0};
    return inner_->tryWrite(from);
  }
  void shutdownWrite() override {
    shutdown_ = true;
    if (flush()) inner_->shutdownWrite();
  }
  std::string lastError() const override { return inner_->lastError(); }
  io::Endpoint local() const override { return inner_->local(); }
  io::Endpoint peer() const override { return inner_->peer(); }

 private:
  // True when nothing is left, or nothing can be sent any more.
  bool flush() {
    while (!unsent_.empty()) {
      const io::IoResult r = inner_->tryWrite(unsent_);
      if (r.state == io::IoState::kWouldBlock) return false;
      if (r.state != io::IoState::kDone) break;
      unsent_.erase(0, r.bytes);
    }
    unsent_.clear();
    return true;
  }
  void onReadable() override {
    if (events_ != nullptr) events_->onReadable();
  }
  void onWritable() override {
    if (!flush()) return;
    if (shutdown_) inner_->shutdownWrite();
    if (events_ != nullptr) events_->onWritable();
  }

  std::unique_ptr<io::Stream> inner_;
  std::string unread_, unsent_;
  io::StreamEvents* events_ = nullptr;
  bool shutdown_ = false;
};

}  // namespace

void appendHeaders(std::string& out, const Headers& headers) {
  for (const Headers::Entry& e : headers.entries()) {
    if (!isToken(e.name)) continue;
    out.append(e.name).append(": ");
    for (char c : e.value) out.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
    out.append("\r\n");
  }
}

std::unique_ptr<io::Stream> newPrefixedStream(std::unique_ptr<io::Stream> inner, std::string unread,
                                              std::string unsent) {
  return std::make_unique<PrefixedStream>(std::move(inner), std::move(unread), std::move(unsent));
}

std::string httpDate(WallTime t) {
  static constexpr std::string_view kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string iso = toRfc3339(t);  // 2026-11-23T01:02:03Z
  const auto month = static_cast<size_t>((iso[5] - '0') * 10 + (iso[6] - '0') - 1);
  const auto day = static_cast<size_t>((t.unixSeconds() / 86400) % 7);
  return cat(kDays[day % 7], ", ", iso.substr(8, 2), " ", kMonths[month % 12], " ",
             iso.substr(0, 4), " ", iso.substr(11, 8), " GMT");
}

}  // namespace meshka::net
