// Packets inside a node, as they pass its links. Only TCP over IPv4 is looked at.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meshka::cli::workshop {

struct Segment {
  std::string from, to;  // "10.244.0.5:4711"
  uint32_t sequence = 0;
  bool begins = false;  // SYN
  std::string bytes;
};
// Nothing for anything but a TCP segment. `packet` begins with the IPv4 header.
bool parseSegment(std::string_view packet, Segment& out);

// The bytes of each direction of each connection, in order; what was seen twice counts once. Up to
// the first gap.
std::map<std::string, std::string> streams(const std::vector<Segment>& segments);

// The name in the ClientHello that a stream begins with; empty: it begins with something else.
std::string serverName(std::string_view stream);
// A request or answer of HTTP/1 in clear text.
bool hasHttpText(std::string_view stream);

// A socket in another process's network namespace that sees every packet from then on.
class Capture {
 public:
  // Errors: kForbidden, kNotFound (no such process).
  static Result<Capture> open(int64_t pid);
  ~Capture();
  Capture(Capture&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Capture& operator=(Capture&&) = delete;

  // Everything so far between `address` and anybody. Errors: kTooMany, the kernel dropped packets.
  Result<std::vector<Segment>> take(std::string_view address);

 private:
  explicit Capture(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace meshka::cli::workshop
