// A connected socket as a Stream. Only for .cc files of io/linux.
#pragma once

#include "io/linux/fd.h"
#include "io/linux/loop.h"
#include "io/network.h"

namespace meshka::io {

class SocketStream final : public Stream, private FdHandler, private TimerTarget {
 public:
  SocketStream(LinuxLoop& loop, Fd fd);
  ~SocketStream() override;

  void setEvents(StreamEvents* events) override;
  IoResult tryRead(std::span<char> into) override;
  IoResult tryWrite(std::string_view from) override;
  void shutdownWrite() override;
  std::string lastError() const override;
  Endpoint local() const override { return local_; }
  Endpoint peer() const override { return peer_; }

 private:
  void onFd(uint32_t epoll_events) override;
  void onTimer() override;
  void deliver(bool readable, bool writable);

  LinuxLoop& loop_;
  Fd fd_;
  Endpoint local_;
  Endpoint peer_;
  StreamEvents* events_ = nullptr;
  bool* gone_ = nullptr;  // tells deliver() that a callback destroyed us
  bool watched_ = false;
  int error_ = 0;
};

}  // namespace meshka::io
