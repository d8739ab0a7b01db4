#include "io/linux/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/linux/address.h"

namespace meshka::io {

SocketStream::SocketStream(LinuxLoop& loop, Fd fd)
    : loop_(loop),
      fd_(std::move(fd)),
      local_(localEndpoint(fd_.get())),
      peer_(peerEndpoint(fd_.get())) {
  if (!local_.unix_socket) {
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  } else if (peer_.host.empty()) {
    peer_ = local_;  // an accepted peer has no name; a client's local end neither
  }
}

SocketStream::~SocketStream() {
  if (gone_ != nullptr) *gone_ = true;
  loop_.arm(*this, kNever);
  if (watched_) loop_.unwatch(fd_.get(), *this);
}

void SocketStream::setEvents(StreamEvents* events) {
  events_ = events;
  if (events == nullptr) {
    loop_.arm(*this, kNever);
    return;
  }
  if (!watched_) {
    watched_ = true;
    const Result<void> ok = loop_.watch(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP, *this);
    MESHKA_ASSERT(ok.has_value());
  }
  loop_.arm(*this, loop_.clock().now());
}

void SocketStream::onFd(uint32_t e) {
  deliver((e & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
          (e & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0);
}

void SocketStream::onTimer() {
  deliver(true, true);
}

void SocketStream::deliver(bool readable, bool writable) {
  bool gone = false;
  gone_ = &gone;
  if (readable && events_ != nullptr) events_->onReadable();
  if (gone) return;
  if (writable && events_ != nullptr) events_->onWritable();
  if (!gone) gone_ = nullptr;
}

IoResult SocketStream::tryRead(std::span<char> into) {
  for (;;) {
    const ssize_t n = ::recv(fd_.get(), into.data(), into.size(), 0);
    if (n > 0) return {IoState::kDone, static_cast<size_t>(n)};
    if (n == 0) return {into.empty() ? IoState::kDone : IoState::kEof, 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return {IoState::kWouldBlock, 0};
    error_ = errno;
    return {IoState::kError, 0};
  }
}

IoResult SocketStream::tryWrite(std::string_view from) {
  for (;;) {
    const ssize_t n = ::send(fd_.get(), from.data(), from.size(), MSG_NOSIGNAL);
    if (n >= 0) return {IoState::kDone, static_cast<size_t>(n)};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return {IoState::kWouldBlock, 0};
    error_ = errno;
    return {IoState::kError, 0};
  }
}

void SocketStream::shutdownWrite() {
  ::shutdown(fd_.get(), SHUT_WR);
}

std::string SocketStream::lastError() const {
  return error_ == 0 ? "" : errnoText(error_);
}

}  // namespace meshka::io
