#include "sim/stream.h"

#include <algorithm>
#include <cstring>

#include "sim/limits.h"

namespace meshka::sim {

using io::IoResult;
using io::IoState;

Pipe::Pipe(Fabric& f, std::string from, std::string to)
    : fabric(f), from_host(std::move(from)), to_host(std::move(to)) {
  self = fabric.pipes_.insert(fabric.pipes_.end(), this);
}

Pipe::~Pipe() {
  fabric.loop_.arm(*this, kNever);
  fabric.pipes_.erase(self);
}

void Pipe::send(Chunk chunk) {
  const Instant now = fabric.loop_.clock().now();
  chunk.arrives = std::max(now + fabric.latency(), last_arrival);
  last_arrival = chunk.arrives;
  unread += chunk.bytes.size();
  flying.push_back(std::move(chunk));
  schedule();
}

void Pipe::schedule() {
  const bool held = flying.empty() || fabric.separated(from_host, to_host);
  fabric.loop_.arm(*this, held ? kNever : flying.front().arrives);
}

void Pipe::onTimer() {
  const Instant now = fabric.loop_.clock().now();
  while (!flying.empty() && flying.front().arrives <= now) {
    ready += flying.front().bytes;
    ended |= flying.front().end;
    flying.pop_front();
  }
  schedule();
  if (reader != nullptr) {
    reader->notify(true, false);
  } else {
    // Nobody reads: what arrives is answered with a reset, which the writer sees at its next write.
    broken = true;
    if (writer != nullptr) writer->notify(false, true);
  }
}

void Pipe::breakNow() {
  broken = true;
  flying.clear();
  ready.clear();
  schedule();
  if (reader != nullptr) reader->notify(true, true);
  if (writer != nullptr) writer->notify(true, true);
}

SimStream::SimStream(Fabric& fabric, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out,
                     io::Endpoint local, io::Endpoint peer)
    : fabric_(fabric),
      in_(std::move(in)),
      out_(std::move(out)),
      local_(std::move(local)),
      peer_(std::move(peer)) {
  in_->reader = this;
  out_->writer = this;
}

SimStream::~SimStream() {
  if (gone_ != nullptr) *gone_ = true;
  fabric_.loop_.arm(*this, kNever);
  shutdownWrite();
  out_->writer = nullptr;
  in_->reader = nullptr;
  in_->ready.clear();
  // A writer that waits for room learns that nobody will make any.
  if (in_->writer_blocked) {
    in_->broken = true;
    if (in_->writer != nullptr) in_->writer->notify(false, true);
  }
}

void SimStream::setEvents(io::StreamEvents* events) {
  events_ = events;
  readable_ = writable_ = events != nullptr;
  fabric_.loop_.arm(*this, events == nullptr ? kNever : fabric_.loop_.clock().now());
}

void SimStream::notify(bool readable, bool writable) {
  if (events_ == nullptr) return;
  readable_ |= readable;
  writable_ |= writable;
  fabric_.loop_.arm(*this, fabric_.loop_.clock().now());
}

void SimStream::onTimer() {
  bool gone = false;
  gone_ = &gone;
  if (std::exchange(readable_, false) && events_ != nullptr) events_->onReadable();
  if (gone) return;
  if (std::exchange(writable_, false) && events_ != nullptr) events_->onWritable();
  if (!gone) gone_ = nullptr;
}

IoResult SimStream::tryRead(std::span<char> into) {
  if (in_->broken) {
    error_ = "connection reset by peer";
    return {IoState::kError, 0};
  }
  if (into.empty()) return {IoState::kDone, 0};
  if (in_->ready.empty()) return {in_->ended ? IoState::kEof : IoState::kWouldBlock, 0};
  size_t n = std::min(into.size(), in_->ready.size());
  if (fabric_.faults.split) n = 1 + fabric_.rng_.below(n);
  std::memcpy(into.data(), in_->ready.data(), n);
  in_->ready.erase(0, n);
  in_->unread -= n;
  if (std::exchange(in_->writer_blocked, false) && in_->writer != nullptr) {
    in_->writer->notify(false, true);
  }
  return {IoState::kDone, n};
}

IoResult SimStream::tryWrite(std::string_view from) {
  if (shut_ || out_->broken) {
    error_ = shut_ ? "broken pipe" : "connection reset by peer";
    return {IoState::kError, 0};
  }
  if (from.empty()) return {IoState::kDone, 0};
  if (fabric_.chance(fabric_.faults.cut_on_write)) {
    in_->breakNow();
    out_->breakNow();
    error_ = "connection reset by peer";
    return {IoState::kError, 0};
  }
  if (out_->unread >= kPipeBytes) {
    out_->writer_blocked = true;
    return {IoState::kWouldBlock, 0};
  }
  size_t n = std::min(from.size(), kPipeBytes - out_->unread);
  if (fabric_.faults.split) {
    if (fabric_.rng_.below(8) == 0) {
      notify(false, true);
      return {IoState::kWouldBlock, 0};
    }
    n = 1 + fabric_.rng_.below(n);
  }
  out_->send({.bytes = std::string(from.substr(0, n))});
  return {IoState::kDone, n};
}

void SimStream::shutdownWrite() {
  if (std::exchange(shut_, true) || out_->broken) return;
  out_->send({.end = true});
}

}  // namespace meshka::sim
