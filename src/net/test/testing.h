// The smallest world that net's tests need: a loop with virtual time and a network of in-memory
// streams.
#pragma once

#include <deque>
#include <map>

#include "base/test/test.h"
#include "io/running.h"
#include "io/timer_queue.h"
#include "net/in_process.h"

namespace meshka::net::test {

class TestLoop final : public io::Loop, private io::Clock {
 public:
  const io::Clock& clock() const override { return *this; }
  void post(Callback work) override { posted_.push_back(std::move(work)); }
  void arm(io::TimerTarget& target, Instant at) override { timers_.arm(target, at); }

  // Turns until nothing is due now.
  void settle() {
    for (int i = 0; i < 1'000'000; ++i) {
      if (posted_.empty() && timers_.next() > now_) return;
      turn();
    }
    meshka::test::report(__FILE__, __LINE__, "the loop does not come to rest");
  }
  // Runs a task to its end, letting time pass when nothing else happens; false at `limit`.
  bool run(io::Task<void> task, Duration limit = seconds(600)) {
    bool done = false;
    io::Running running(std::move(task), [&done] { done = true; });
    running.start();
    const Instant end = now_ + limit;
    while (!done) {
      if (posted_.empty() && timers_.next() > now_) {
        if (timers_.next() > end) break;
        now_ = timers_.next();
      }
      turn();
    }
    if (!done) meshka::test::report(__FILE__, __LINE__, "the task does not end");
    return done;
  }
  void advance(Duration d) {
    const Instant end = now_ + d;
    settle();
    while (timers_.next() <= end) {
      now_ = timers_.next();
      settle();
    }
    now_ = end;
  }

 private:
  void turn() {
    timers_.fireDue(now_);
    for (Callback& work : std::exchange(posted_, {})) work();
  }
  Instant now() const override { return now_; }
  WallTime wall() const override {
    return WallTime{1'790'000'000'000'000'000} + (now_ - Instant{});
  }

  io::TimerQueue timers_;
  std::deque<Callback> posted_;
  Instant now_{seconds(1).ns};
};

class TestNetwork final : public io::Network {
 public:
  explicit TestNetwork(io::Loop& loop, size_t buffer = 64 << 10) : loop_(loop), buffer_(buffer) {}
  io::Task<Result<std::unique_ptr<io::Stream>>> connect(io::Endpoint to, Instant) override {
    ++connects;
    const auto i = listeners_.find(to.toString());
    if (i == listeners_.end()) {
      co_return fail(Code::kUnavailable, cat("dial ", to.toString(), ": connection refused"));
    }
    StreamPair pair = newStreamPair(loop_, buffer_);
    i->second->onAccept(std::move(pair.b));
    co_return std::move(pair.a);
  }
  Result<std::unique_ptr<io::Listener>> listen(const io::Endpoint& at,
                                               io::AcceptHandler& handler) override {
    listeners_[at.toString()] = &handler;
    return std::make_unique<TestListener>(*this, at);
  }
  Result<std::unique_ptr<io::DatagramSocket>> bindDatagram(const io::Endpoint&) override {
    return fail(Code::kUnsupported, "no datagrams");
  }
  int connects = 0;

 private:
  struct TestListener final : io::Listener {
    TestListener(TestNetwork& n, io::Endpoint e) : network(n), at(std::move(e)) {}
    ~TestListener() override { network.listeners_.erase(at.toString()); }
    io::Endpoint local() const override { return at; }
    TestNetwork& network;
    io::Endpoint at;
  };
  io::Loop& loop_;
  const size_t buffer_;
  std::map<std::string, io::AcceptHandler*> listeners_;
};

// Collects what comes from a stream and sends what it is told to.
class Probe final : private io::StreamEvents {
 public:
  explicit Probe(std::unique_ptr<io::Stream> stream) : stream_(std::move(stream)) {
    stream_->setEvents(this);
  }
  ~Probe() override {
    if (stream_) stream_->setEvents(nullptr);
  }
  void send(std::string_view bytes) {
    out_.append(bytes);
    flush();
  }
  void shutdownWrite() { stream_->shutdownWrite(); }
  void close() {
    stream_->setEvents(nullptr);
    stream_.reset();
  }
  std::string received;
  bool ended = false;  // EOF or error

 private:
  void onReadable() override {
    char buffer[4096];
    while (stream_) {
      const io::IoResult r = stream_->tryRead(buffer);
      if (r.state == io::IoState::kWouldBlock) return;
      if (r.state != io::IoState::kDone) {
        ended = true;
        return;
      }
      received.append(buffer, r.bytes);
    }
  }
  void onWritable() override { flush(); }
  void flush() {
    while (!out_.empty()) {
      const io::IoResult r = stream_->tryWrite(out_);
      if (r.state != io::IoState::kDone) return;
      out_.erase(0, r.bytes);
    }
  }
  std::unique_ptr<io::Stream> stream_;
  std::string out_;
};

}  // namespace meshka::net::test
