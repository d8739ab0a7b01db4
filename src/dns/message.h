// DNS messages (RFC 1035, EDNS size of RFC 6891): reading queries from anybody, writing answers
// with name compression. Names are lower-case text without the final dot ("a.b.svc.cluster.local",
// "" is the root); a byte that is no letter, digit, '-' or '_' is written \DDD, so that text never
// lies about label borders.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meshka::dns {

enum class Type : uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kPtr = 12,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kOpt = 41,
  kAny = 255
};
enum class Rcode : uint8_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5
};

struct Question {
  std::string name;
  uint16_t type = 0;   // may be none of Type
  uint16_t klass = 1;  // IN
  bool operator==(const Question&) const = default;
};

struct Query {
  uint16_t id = 0;
  uint8_t opcode = 0;  // 0: a standard query
  bool recursion_desired = false;
  Question question;
  std::string wire_name;  // as sent: the answer repeats the case (0x20 hardening)
  bool edns = false;
  uint16_t udp_size = 512;
};

struct Record {
  std::string name;
  Type type = Type::kA;
  uint32_t ttl = 0;
  std::string address;  // A: 4 bytes, AAAA: 16 bytes
  std::string target;   // CNAME, PTR, NS, SRV: a name; SOA: the primary; TXT: the text
  std::string contact;  // SOA
  uint16_t priority = 0, weight = 0, port = 0;                           // SRV
  uint32_t serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0;  // SOA
  bool operator==(const Record&) const = default;
};

struct Answer {
  Rcode rcode = Rcode::kNoError;
  bool authoritative = false;
  bool recursion_available = false;
  std::vector<Record> answers, authority, additional;
};

// One question exactly; records behind it are ignored except OPT. Errors: kInvalid (answer FORMERR
// if messageId gives an id and the message is a query).
Result<Query> parseQuery(std::string_view bytes);
// The id of anything that has a header and is a query; else nothing can be answered.
std::optional<uint16_t> queryId(std::string_view bytes);

// At most `max_bytes`; what does not fit is dropped as whole sections from behind, and TC is set
// when answers are.
std::string writeAnswer(const Query& query, const Answer& answer, size_t max_bytes);
// Header and no question.
std::string writeError(uint16_t id, Rcode rcode);
std::string writeQuery(uint16_t id, const Question& question, bool recursion_desired);

struct Response {
  uint16_t id = 0;
  Rcode rcode = Rcode::kNoError;
  bool truncated = false;
  Question question;
  std::vector<Record> answers;  // A, AAAA and CNAME only; others are skipped
};
// From an upstream. Errors: kInvalid.
Result<Response> parseResponse(std::string_view bytes);

// "10.96.0.1" -> 4 bytes, "fd00::1" -> 16 bytes; nullopt when it is neither.
std::optional<std::string> packAddress(std::string_view text);
std::string addressText(std::string_view packed);
// "1.0.96.10.in-addr.arpa" or the nibbles of ip6.arpa -> packed address.
std::optional<std::string> addressOfReverseName(std::string_view name);

}  // namespace meshka::dns
