// One connection of the simulated network: two pipes between two streams. Only for sim's .cc files.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <string>

#include "io/network.h"
#include "sim/network.h"

namespace meshka::sim {

class SimStream;

// One direction. Lives as long as one of its ends.
struct Pipe final : io::TimerTarget {
  Pipe(Fabric& f, std::string from, std::string to);
  ~Pipe() override;

  struct Chunk {
    Instant arrives;
    std::string bytes;
    bool end = false;
  };
  void send(Chunk chunk);
  void onTimer() override;  // the next chunk has arrived
  void schedule();
  void breakNow();

  Fabric& fabric;
  std::string from_host;
  std::string to_host;
  std::deque<Chunk> flying;
  std::string ready;   // arrived, not read
  size_t unread = 0;   // flying and ready together: what fills the pipe
  bool ended = false;  // the end has arrived
  bool broken = false;
  bool writer_blocked = false;
  SimStream* reader = nullptr;  // null: closed
  SimStream* writer = nullptr;
  Instant last_arrival;
  std::list<Pipe*>::iterator self;
};

class SimStream final : public io::Stream, private io::TimerTarget {
 public:
  SimStream(Fabric& fabric, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, io::Endpoint local,
            io::Endpoint peer);
  ~SimStream() override;

  void setEvents(io::StreamEvents* events) override;
  io::IoResult tryRead(std::span<char> into) override;
  io::IoResult tryWrite(std::string_view from) override;
  void shutdownWrite() override;
  std::string lastError() const override { return error_; }
  io::Endpoint local() const override { return local_; }
  io::Endpoint peer() const override { return peer_; }

  void notify(bool readable, bool writable);

 private:
  void onTimer() override;

  Fabric& fabric_;
  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
  io::Endpoint local_;
  io::Endpoint peer_;
  io::StreamEvents* events_ = nullptr;
  bool* gone_ = nullptr;
  bool readable_ = false;
  bool writable_ = false;
  bool shut_ = false;
  std::string error_;
};

}  // namespace meshka::sim
