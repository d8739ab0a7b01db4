#include "io/linux/network.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/strings.h"
#include "io/linux/address.h"
#include "io/linux/limits.h"
#include "io/linux/stream.h"

namespace meshka::io {
namespace {

class SocketListener final : public Listener, private FdHandler, private TimerTarget {
 public:
  SocketListener(LinuxLoop& loop, Fd fd, AcceptHandler& handler)
      : loop_(loop), fd_(std::move(fd)), local_(localEndpoint(fd_.get())), handler_(handler) {
    const Result<void> ok = loop_.watch(fd_.get(), EPOLLIN, *this);
    MESHKA_ASSERT(ok.has_value());
    loop_.arm(*this,
              loop_.clock().now());  // an adopted socket may have connections waiting already
  }
  ~SocketListener() override {
    if (gone_ != nullptr) *gone_ = true;
    loop_.arm(*this, kNever);
    loop_.unwatch(fd_.get(), *this);
    if (local_.unix_socket) ::unlink(local_.host.c_str());
  }
  Endpoint local() const override { return local_; }

 private:
  void onFd(uint32_t) override { acceptSome(); }
  void onTimer() override { acceptSome(); }

  void acceptSome() {
    bool gone = false;
    gone_ = &gone;
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      Fd accepted(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!accepted) {
        gone_ = nullptr;
        if (errno == EAGAIN) return;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
          loop_.arm(*this, loop_.clock().now() + kAcceptPause);
          return;
        }
        gone_ = &gone;
        continue;  // that one connection died in the queue
      }
      handler_.onAccept(std::make_unique<SocketStream>(loop_, std::move(accepted)));
      if (gone) return;
    }
    gone_ = nullptr;
    loop_.arm(*this, loop_.clock().now());
  }

  LinuxLoop& loop_;
  Fd fd_;
  Endpoint local_;
  AcceptHandler& handler_;
  bool* gone_ = nullptr;
};

class UdpSocket final : public DatagramSocket, private FdHandler, private TimerTarget {
 public:
  UdpSocket(LinuxLoop& loop, Fd fd)
      : loop_(loop), fd_(std::move(fd)), local_(localEndpoint(fd_.get())) {
    const Result<void> ok = loop_.watch(fd_.get(), EPOLLIN, *this);
    MESHKA_ASSERT(ok.has_value());
  }
  ~UdpSocket() override {
    if (gone_ != nullptr) *gone_ = true;
    loop_.arm(*this, kNever);
    loop_.unwatch(fd_.get(), *this);
  }
  void setHandler(DatagramHandler* handler) override {
    handler_ = handler;
    loop_.arm(*this, handler == nullptr ? kNever : loop_.clock().now());
  }
  void send(std::string_view bytes, const Endpoint& to) override {
    const Result<Address> address = toAddress(to);
    if (!address) return;
    (void)::sendto(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, address->raw(),
                   address->length);
  }
  Endpoint local() const override { return local_; }

 private:
  void onFd(uint32_t) override { receiveSome(); }
  void onTimer() override { receiveSome(); }

  void receiveSome() {
    bool gone = false;
    gone_ = &gone;
    std::string buffer(kMaxDatagramBytes, '\0');
    int left = kDatagramsPerTurn;
    while (handler_ != nullptr && left-- > 0) {
      Address from;
      const ssize_t n =
          ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, from.raw(), &from.length);
      if (n < 0) {
        if (errno == EAGAIN) break;
        continue;  // a queued ICMP error of an earlier send
      }
      handler_->onDatagram(std::string_view(buffer).substr(0, static_cast<size_t>(n)),
                           toEndpoint(from));
      if (gone) return;
    }
    gone_ = nullptr;
    if (left < 0 && handler_ != nullptr) loop_.arm(*this, loop_.clock().now());
  }

  LinuxLoop& loop_;
  Fd fd_;
  Endpoint local_;
  DatagramHandler* handler_ = nullptr;
  bool* gone_ = nullptr;
};

// True when `path` is a socket that nobody listens on.
bool isDeadSocket(const Address& address, const std::string& path) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(probe.get(), address.raw(), address.length) != 0 && errno == ECONNREFUSED;
}

}  // namespace

Result<std::unique_ptr<LinuxNetwork>> LinuxNetwork::inNamespace(int netns) const {
  auto other = std::make_unique<LinuxNetwork>(loop_);
  other->netns_ = Fd(::fcntl(netns, F_DUPFD_CLOEXEC, 3));
  if (!other->netns_) return fail(errnoError(errno, "network namespace"));
  other->own_netns_ = Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!other->own_netns_) return fail(errnoError(errno, "/proc/thread-self/ns/net"));
  return other;
}

std::unique_ptr<LinuxNetwork> LinuxNetwork::fromAddress(std::string source) const {
  auto other = std::make_unique<LinuxNetwork>(loop_);
  other->source_ = std::move(source);
  return other;
}

// A socket keeps the namespace it was born in, so only its creation happens over there.
Result<Fd> LinuxNetwork::makeSocket(int family, int type) const {
  const bool elsewhere = netns_ && family != AF_UNIX;
  if (elsewhere && ::setns(netns_.get(), CLONE_NEWNET) != 0) {
    return fail(errnoError(errno, "enter network namespace"));
  }
  Fd fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int error = errno;
  if (elsewhere) MESHKA_ASSERT(::setns(own_netns_.get(), CLONE_NEWNET) == 0);
  if (!fd) return fail(errnoError(error, "socket"));
  return fd;
}

Task<Result<std::unique_ptr<Stream>>> LinuxNetwork::connect(Endpoint to, Instant deadline) {
  MESHKA_CO_TRY(const Address address, toAddress(to));
  MESHKA_CO_TRY(Fd fd, makeSocket(address.family(), SOCK_STREAM));
  if (!source_.empty()) {
    MESHKA_CO_TRY(const Address from, toAddress({.host = source_}));
    if (::bind(fd.get(), from.raw(), from.length) != 0)
      co_return fail(errnoError(errno, cat("bind ", source_)));
  }
  const std::string what = cat("connect to ", to.toString());
  const auto refused = [&](int error) {
    const Error e = errnoError(error, what);
    return fail(e.code() == Code::kTimeout ? Code::kTimeout : Code::kUnavailable, e.message());
  };
  if (::connect(fd.get(), address.raw(), address.length) != 0) {
    if (errno != EINPROGRESS) co_return refused(errno);
    if (!co_await waitFd(loop_, fd.get(), EPOLLOUT, deadline)) {
      co_return fail(Code::kTimeout, what + ": deadline exceeded");
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) co_return refused(error);
  }
  co_return std::make_unique<SocketStream>(loop_, std::move(fd));
}

Result<std::unique_ptr<Listener>> LinuxNetwork::listen(const Endpoint& at, AcceptHandler& handler) {
  MESHKA_TRY(const Address address, toAddress(at));
  MESHKA_TRY(Fd fd, makeSocket(address.family(), SOCK_STREAM));
  const int on = 1;
  if (at.unix_socket) {
    ::fchmod(fd.get(), 0600);  // before bind: the file never exists with wider rights
    if (isDeadSocket(address, at.host)) ::unlink(at.host.c_str());
  } else {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.family() == AF_INET6) {
      ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
  }
  const std::string what = cat("listen on ", at.toString());
  if (::bind(fd.get(), address.raw(), address.length) != 0) return fail(errnoError(errno, what));
  if (::listen(fd.get(), kListenBacklog) != 0) return fail(errnoError(errno, what));
  return std::make_unique<SocketListener>(loop_, std::move(fd), handler);
}

Result<std::unique_ptr<DatagramSocket>> LinuxNetwork::bindDatagram(const Endpoint& at) {
  if (at.unix_socket) return fail(Code::kUnsupported, "Unix datagram sockets are not supported");
  MESHKA_TRY(const Address address, toAddress(at));
  MESHKA_TRY(Fd fd, makeSocket(address.family(), SOCK_DGRAM));
  if (::bind(fd.get(), address.raw(), address.length) != 0) {
    return fail(errnoError(errno, cat("bind ", at.toString())));
  }
  return std::make_unique<UdpSocket>(loop_, std::move(fd));
}

Result<std::unique_ptr<Stream>> LinuxNetwork::adoptStream(Fd socket) {
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0)
    return fail(errnoError(errno, "adopt socket"));
  return std::make_unique<SocketStream>(loop_, std::move(socket));
}

Result<std::unique_ptr<Listener>> LinuxNetwork::adoptListener(Fd socket, AcceptHandler& handler) {
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0)
    return fail(errnoError(errno, "adopt socket"));
  return std::make_unique<SocketListener>(loop_, std::move(socket), handler);
}

}  // namespace meshka::io
