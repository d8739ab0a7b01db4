#include "cli/workshop/proofs/capture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/strings.h"
#include "cli/host/system.h"
#include "cli/workshop/proofs/limits.h"

namespace meshka::cli::workshop {
namespace {

uint8_t byteAt(std::string_view bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}
uint16_t shortAt(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(byteAt(bytes, at) << 8 | byteAt(bytes, at + 1));
}
uint32_t wordAt(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(shortAt(bytes, at)) << 16 | shortAt(bytes, at + 2);
}
std::string addressAt(std::string_view bytes, size_t at) {
  return cat(byteAt(bytes, at), ".", byteAt(bytes, at + 1), ".", byteAt(bytes, at + 2), ".",
             byteAt(bytes, at + 3));
}

Result<int> openHere() {
  // ETH_P_IP alone would show only what a link receives, not what it sends.
  const int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
  if (fd < 0)
    return fail(errno == EPERM ? Code::kForbidden : Code::kInternal,
                cat("packet socket: ", strerror(errno)));
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kCaptureBuffer, sizeof kCaptureBuffer);
  return fd;
}

}  // namespace

bool parseSegment(std::string_view packet, Segment& out) {
  constexpr uint8_t kTcp = 6;
  if (packet.size() < 20 || byteAt(packet, 0) >> 4 != 4 || byteAt(packet, 9) != kTcp) return false;
  const size_t ip_header = (byteAt(packet, 0) & 15u) * 4;
  const size_t total = shortAt(packet, 2);
  if (ip_header < 20 || total > packet.size() || total < ip_header + 20) return false;
  if ((shortAt(packet, 6) & 0x1fff) != 0) return false;  // a later fragment
  const std::string_view tcp = packet.substr(ip_header, total - ip_header);
  const size_t tcp_header = static_cast<size_t>(byteAt(tcp, 12) >> 4) * 4;
  if (tcp_header < 20 || tcp_header > tcp.size()) return false;
  out.from = cat(addressAt(packet, 12), ":", shortAt(tcp, 0));
  out.to = cat(addressAt(packet, 16), ":", shortAt(tcp, 2));
  out.sequence = wordAt(tcp, 4);
  out.begins = (byteAt(tcp, 13) & 2) != 0;
  out.bytes = tcp.substr(tcp_header);
  return true;
}

std::map<std::string, std::string> streams(const std::vector<Segment>& segments) {
  std::map<std::string, uint32_t> starts;
  for (const Segment& s : segments) {
    const std::string key = cat(s.from, " > ", s.to);
    if (s.begins)
      starts[key] = s.sequence + 1;
    else if (!s.bytes.empty())
      starts.emplace(key, s.sequence);
  }
  std::map<std::string, std::map<uint32_t, std::string_view>> parts;
  for (const Segment& s : segments) {
    const std::string key = cat(s.from, " > ", s.to);
    if (s.bytes.empty()) continue;
    std::string_view& part = parts[key][s.sequence - starts[key]];
    if (s.bytes.size() > part.size()) part = s.bytes;
  }
  std::map<std::string, std::string> out;
  for (const auto& [key, by_offset] : parts) {
    std::string& whole = out[key];
    for (const auto& [offset, bytes] : by_offset) {
      if (offset > whole.size()) break;
      const size_t known = whole.size() - offset;
      if (known < bytes.size()) whole += bytes.substr(known);
    }
  }
  return out;
}

std::string serverName(std::string_view stream) {
  // Record: type 22, version, length. Handshake: type 1, length (3). Version, random, session.
  if (stream.size() < 43 || byteAt(stream, 0) != 22 || byteAt(stream, 5) != 1) return {};
  std::string_view hello = stream.substr(0, std::min(stream.size(), kMaxHello)).substr(9);
  size_t at = 34;
  if (at >= hello.size()) return {};
  at += 1u + byteAt(hello, at);
  if (at + 2 > hello.size()) return {};
  at += 2u + shortAt(hello, at);
  if (at + 1 > hello.size()) return {};
  at += 1u + byteAt(hello, at);
  if (at + 2 > hello.size()) return {};
  at += 2;
  while (at + 4 <= hello.size()) {
    const uint16_t type = shortAt(hello, at);
    const size_t length = shortAt(hello, at + 2);
    at += 4;
    if (at + length > hello.size()) return {};
    if (type == 0 && length >= 5) {
      const size_t name = shortAt(hello, at + 3);
      return name + 5 <= length ? std::string(hello.substr(at + 5, name)) : std::string();
    }
    at += length;
  }
  return {};
}

bool hasHttpText(std::string_view stream) {
  return stream.find(" HTTP/1.") != stream.npos || stream.find("HTTP/1.1 ") != stream.npos ||
         stream.find("PRI * HTTP/2.0") != stream.npos;
}

Result<Capture> Capture::open(int64_t pid) {
  const int ns = ::open(cat("/proc/", pid, "/ns/net").c_str(), O_RDONLY | O_CLOEXEC);
  if (ns < 0) return fail(Code::kNotFound, cat("process ", pid, ": ", strerror(errno)));
  Result<int> fd = fail(Code::kInternal, "not opened");
  const auto entered = host::inNetwork(ns, [&fd] { fd = openHere(); });
  (void)close(ns);
  if (!entered) return fail(entered.error());
  if (!fd) return fail(fd.error());
  return Capture(*fd);
}

Capture::~Capture() {
  if (fd_ >= 0) (void)close(fd_);
}

Result<std::vector<Segment>> Capture::take(std::string_view address) {
  std::vector<Segment> out;
  std::string packet(1 << 16, 0);
  size_t total = 0;
  for (;;) {
    sockaddr_ll link{};
    socklen_t length = sizeof link;
    const ssize_t n =
        recvfrom(fd_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&link), &length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n < 0) return fail(Code::kInternal, cat("packet socket: ", strerror(errno)));
    Segment segment;
    if (link.sll_protocol != htons(ETH_P_IP)) continue;
    if (!parseSegment(std::string_view(packet.data(), static_cast<size_t>(n)), segment)) continue;
    if (segment.from != address && segment.to != address) continue;
    total += segment.bytes.size();
    if (total > kMaxCaptured) return fail(Code::kTooMany, "too much was captured");
    out.push_back(std::move(segment));
  }
  tpacket_stats stats{};
  socklen_t size = sizeof stats;
  if (getsockopt(fd_, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0 && stats.tp_drops > 0)
    return fail(Code::kTooMany, cat(stats.tp_drops, " packets were dropped"));
  return out;
}

}  // namespace meshka::cli::workshop
