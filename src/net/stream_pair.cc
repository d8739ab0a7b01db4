// Two connected streams in memory: what a socket pair is, without the kernel.
#include <algorithm>

#include "net/in_process.h"

namespace meshka::net {
namespace {

// One direction: bytes from a writer to a reader.
struct Lane {
  std::string bytes;
  size_t at = 0;
  bool writer_gone = false;  // shut down or destroyed: the reader sees the end
  bool reader_gone = false;
  size_t size() const { return bytes.size() - at; }
};

struct Pair;

class PairStream final : public io::Stream, private io::TimerTarget {
 public:
  PairStream(io::Loop& loop, std::shared_ptr<Pair> pair, bool first)
      : loop_(loop), pair_(std::move(pair)), first_(first) {}
  ~PairStream() override;

  void setEvents(io::StreamEvents* events) override {
    events_ = events;
    if (events != nullptr) notify(true, true);
  }
  io::IoResult tryRead(std::span<char> into) override;
  io::IoResult tryWrite(std::string_view from) override;
  void shutdownWrite() override;
  std::string lastError() const override { return error_; }
  io::Endpoint local() const override { return {"in-process", 0, true}; }
  io::Endpoint peer() const override { return {"in-process", 0, true}; }

  void notify(bool readable, bool writable) {
    if (events_ == nullptr) return;
    readable_ = readable_ || readable;
    writable_ = writable_ || writable;
    if (!std::exchange(armed_, true)) loop_.arm(*this, loop_.clock().now());
  }

 private:
  void onTimer() override;

  io::Loop& loop_;
  std::shared_ptr<Pair> pair_;
  const bool first_;
  io::StreamEvents* events_ = nullptr;
  std::string error_;
  bool* gone_ = nullptr;
  bool readable_ = false, writable_ = false, armed_ = false;
};

struct Pair {
  size_t limit = 0;
  Lane lanes[2];
  PairStream* ends[2] = {nullptr, nullptr};
};

PairStream::~PairStream() {
  if (gone_ != nullptr) *gone_ = true;
  if (armed_) loop_.arm(*this, kNever);
  Lane& out = pair_->lanes[first_ ? 0 : 1];
  Lane& in = pair_->lanes[first_ ? 1 : 0];
  out.writer_gone = true;
  in.reader_gone = true;
  in.bytes.clear();
  in.at = 0;
  pair_->ends[first_ ? 0 : 1] = nullptr;
  if (PairStream* other = pair_->ends[first_ ? 1 : 0]) other->notify(true, true);
}

io::IoResult PairStream::tryRead(std::span<char> into) {
  Lane& lane = pair_->lanes[first_ ? 1 : 0];
  if (lane.size() == 0) {
    return {lane.writer_gone ? io::IoState::kEof : io::IoState::kWouldBlock, 0};
  }
  const size_t n = std::min(into.size(), lane.size());
  const bool was_full = lane.size() >= pair_->limit;
  std::copy_n(lane.bytes.data() + lane.at, n, into.data());
  lane.at += n;
  if (lane.at == lane.bytes.size()) {
    lane.bytes.clear();
    lane.at = 0;
  }
  PairStream* writer = pair_->ends[first_ ? 1 : 0];
  if (was_full && writer != nullptr) writer->notify(false, true);
  return {io::IoState::kDone, n};
}

io::IoResult PairStream::tryWrite(std::string_view from) {
  Lane& lane = pair_->lanes[first_ ? 0 : 1];
  if (lane.reader_gone || lane.writer_gone) {
    error_ = lane.reader_gone ? "connection reset by peer" : "write after shutdown";
    return {io::IoState::kError, 0};
  }
  if (from.empty()) return {io::IoState::kDone, 0};
  if (lane.size() >= pair_->limit) return {io::IoState::kWouldBlock, 0};
  const size_t n = std::min(from.size(), pair_->limit - lane.size());
  if (lane.at > pair_->limit) {
    lane.bytes.erase(0, lane.at);
    lane.at = 0;
  }
  lane.bytes.append(from.substr(0, n));
  if (PairStream* reader = pair_->ends[first_ ? 1 : 0]) reader->notify(true, false);
  return {io::IoState::kDone, n};
}

void PairStream::shutdownWrite() {
  pair_->lanes[first_ ? 0 : 1].writer_gone = true;
  if (PairStream* reader = pair_->ends[first_ ? 1 : 0]) reader->notify(true, false);
}

void PairStream::onTimer() {
  armed_ = false;
  const bool readable = std::exchange(readable_, false), writable = std::exchange(writable_, false);
  bool gone = false;
  gone_ = &gone;
  if (readable && events_ != nullptr) events_->onReadable();
  if (gone) return;
  if (writable && events_ != nullptr) events_->onWritable();
  if (!gone) gone_ = nullptr;
}

}  // namespace

StreamPair newStreamPair(io::Loop& loop, size_t buffer_bytes) {
  auto pair = std::make_shared<Pair>();
  pair->limit = buffer_bytes;
  auto a = std::make_unique<PairStream>(loop, pair, true);
  auto b = std::make_unique<PairStream>(loop, pair, false);
  pair->ends[0] = a.get();
  pair->ends[1] = b.get();
  return {std::move(a), std::move(b)};
}

}  // namespace meshka::net
