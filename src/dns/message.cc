#include "dns/message.h"

#include <arpa/inet.h>

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "dns/limits.h"

namespace meshka::dns {
namespace {

bool plainByte(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}

void appendLabelText(std::string& out, std::string_view label) {
  for (const char ch : label) {
    const auto c = static_cast<unsigned char>(ch);
    if (plainByte(c)) {
      out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : ch);
    } else {
      out.push_back('\\');
      out.push_back(static_cast<char>('0' + c / 100));
      out.push_back(static_cast<char>('0' + c / 10 % 10));
      out.push_back(static_cast<char>('0' + c % 10));
    }
  }
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool u8(uint8_t& out) {
    if (at_ >= bytes_.size()) return false;
    out = static_cast<uint8_t>(bytes_[at_++]);
    return true;
  }
  bool u16(uint16_t& out) {
    uint8_t a = 0, b = 0;
    if (!u8(a) || !u8(b)) return false;
    out = static_cast<uint16_t>(a << 8 | b);
    return true;
  }
  bool u32(uint32_t& out) {
    uint16_t a = 0, b = 0;
    if (!u16(a) || !u16(b)) return false;
    out = static_cast<uint32_t>(a) << 16 | b;
    return true;
  }
  bool skip(size_t n) {
    if (bytes_.size() - at_ < n) return false;
    at_ += n;
    return true;
  }
  bool take(size_t n, std::string& out) {
    if (bytes_.size() - at_ < n) return false;
    out = std::string(bytes_.substr(at_, n));
    at_ += n;
    return true;
  }
  // `wire` gets the uncompressed labels as sent.
  bool name(std::string& text, std::string* wire) {
    size_t at = at_;
    bool jumped = false;
    int pointers = 0;
    size_t total = 1;
    while (true) {
      if (at >= bytes_.size()) return false;
      const auto length = static_cast<uint8_t>(bytes_[at]);
      if ((length & 0xc0) == 0xc0) {
        if (at + 1 >= bytes_.size() || ++pointers > kMaxPointers) return false;
        const size_t to =
            static_cast<size_t>(length & 0x3f) << 8 | static_cast<uint8_t>(bytes_[at + 1]);
        if (to >= at) return false;  // backwards only
        if (!jumped) at_ = at + 2;
        jumped = true;
        at = to;
        continue;
      }
      if (length > kMaxLabelBytes || at + 1 + length > bytes_.size()) return false;
      if (wire != nullptr) wire->append(bytes_.substr(at, 1u + length));
      if (length == 0) break;
      total += 1u + length;
      if (total > kMaxNameBytes) return false;
      if (!text.empty()) text.push_back('.');
      appendLabelText(text, bytes_.substr(at + 1, length));
      at += 1u + length;
    }
    if (!jumped) at_ = at + 1;
    return true;
  }
  size_t at() const { return at_; }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

struct Header {
  uint16_t id = 0, flags = 0, questions = 0, answers = 0, authority = 0, additional = 0;
};

bool readHeader(Reader& in, Header& h) {
  return in.u16(h.id) && in.u16(h.flags) && in.u16(h.questions) && in.u16(h.answers) &&
         in.u16(h.authority) && in.u16(h.additional);
}

class Writer {
 public:
  std::string out;

  void u8(unsigned v) { out.push_back(static_cast<char>(v)); }
  void u16(unsigned v) {
    u8(v >> 8 & 0xff);
    u8(v & 0xff);
  }
  void u32(uint32_t v) {
    u16(v >> 16);
    u16(v & 0xffff);
  }
  void name(std::string_view text) {
    while (!text.empty()) {
      if (const auto known = seen_.find(std::string(text)); known != seen_.end()) {
        u16(0xc000u | known->second);
        return;
      }
      if (out.size() < 0x3fff) seen_.emplace(std::string(text), static_cast<unsigned>(out.size()));
      const size_t dot = text.find('.');
      label(text.substr(0, dot));
      text = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
    }
    u8(0);
  }
  // What is written as raw labels can be pointed to by later names as well.
  void remember(std::string_view text, size_t offset) {
    while (!text.empty()) {
      seen_.emplace(std::string(text), static_cast<unsigned>(offset));
      const size_t dot = text.find('.');
      if (dot == std::string_view::npos) return;
      offset += 1u + static_cast<uint8_t>(out[offset]);
      text = text.substr(dot + 1);
    }
  }
  void patch16(size_t at, unsigned v) {
    out[at] = static_cast<char>(v >> 8 & 0xff);
    out[at + 1] = static_cast<char>(v & 0xff);
  }
  // Names first seen behind `size` are forgotten with the bytes.
  void truncate(size_t size) {
    out.resize(size);
    std::erase_if(seen_, [&](const auto& entry) { return entry.second >= size; });
  }

 private:
  void label(std::string_view text) {
    std::string raw;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 3 < text.size()) {
        raw.push_back(static_cast<char>((text[i + 1] - '0') * 100 + (text[i + 2] - '0') * 10 +
                                        (text[i + 3] - '0')));
        i += 3;
      } else {
        raw.push_back(text[i]);
      }
    }
    raw.resize(std::min(raw.size(), kMaxLabelBytes));
    u8(static_cast<unsigned>(raw.size()));
    out += raw;
  }
  std::map<std::string, unsigned, std::less<>> seen_;
};

void writeData(Writer& w, const Record& r) {
  switch (r.type) {
    case Type::kA:
    case Type::kAaaa:
      w.out += r.address;
      break;
    case Type::kSrv:
      w.u16(r.priority);
      w.u16(r.weight);
      w.u16(r.port);
      w.name(r.target);
      break;
    case Type::kTxt: {
      const std::string_view text = std::string_view(r.target).substr(0, 255);
      w.u8(static_cast<unsigned>(text.size()));
      w.out += text;
      break;
    }
    case Type::kSoa:
      w.name(r.target);
      w.name(r.contact);
      for (const uint32_t v : {r.serial, r.refresh, r.retry, r.expire, r.minimum}) w.u32(v);
      break;
    default:
      w.name(r.target);
  }
}

void writeRecord(Writer& w, const Record& r) {
  w.name(r.name);
  w.u16(static_cast<unsigned>(r.type));
  w.u16(1);
  w.u32(r.ttl);
  const size_t length_at = w.out.size();
  w.u16(0);
  writeData(w, r);
  w.patch16(length_at, static_cast<unsigned>(w.out.size() - length_at - 2));
}

// Writes records while they fit below `limit`; the number written. One record never is written in
// part.
size_t writeSection(Writer& w, const std::vector<Record>& records, size_t limit) {
  size_t n = 0;
  for (const Record& r : records) {
    const size_t before = w.out.size();
    writeRecord(w, r);
    if (w.out.size() > limit) {
      w.truncate(before);
      break;
    }
    ++n;
  }
  return n;
}

constexpr unsigned kResponse = 0x8000, kAuthoritative = 0x0400, kTruncated = 0x0200,
                   kRecursionDesired = 0x0100, kRecursionAvailable = 0x0080;
constexpr size_t kOptBytes = 11;

}  // namespace

std::optional<uint16_t> queryId(std::string_view bytes) {
  Reader in(bytes);
  Header h;
  if (!readHeader(in, h) || (h.flags & kResponse) != 0) return std::nullopt;
  return h.id;
}

Result<Query> parseQuery(std::string_view bytes) {
  Reader in(bytes);
  Header h;
  if (!readHeader(in, h)) return fail(Code::kInvalid, "dns message: header is cut off");
  if ((h.flags & kResponse) != 0) return fail(Code::kInvalid, "dns message: not a query");
  if (h.questions != 1) return fail(Code::kInvalid, "dns message: not exactly one question");
  Query q;
  q.id = h.id;
  q.opcode = static_cast<uint8_t>(h.flags >> 11 & 0xf);
  q.recursion_desired = (h.flags & kRecursionDesired) != 0;
  if (!in.name(q.question.name, &q.wire_name) || !in.u16(q.question.type) ||
      !in.u16(q.question.klass)) {
    return fail(Code::kInvalid, "dns message: bad question");
  }
  const size_t records = size_t{h.answers} + h.authority + h.additional;
  for (size_t i = 0; i < records; ++i) {
    std::string name;
    uint16_t type = 0, klass = 0, length = 0;
    uint32_t ttl = 0;
    if (!in.name(name, nullptr) || !in.u16(type) || !in.u16(klass) || !in.u32(ttl) ||
        !in.u16(length) || !in.skip(length)) {
      return fail(Code::kInvalid, "dns message: bad record");
    }
    if (type == static_cast<uint16_t>(Type::kOpt)) {
      if (q.edns) return fail(Code::kInvalid, "dns message: two OPT records");
      q.edns = true;
      q.udp_size = std::max<uint16_t>(klass, kPlainUdpBytes);
    }
  }
  return q;
}

std::string writeAnswer(const Query& query, const Answer& answer, size_t max_bytes) {
  Writer w;
  const unsigned flags = kResponse | static_cast<unsigned>(query.opcode) << 11 |
                         (answer.authoritative ? kAuthoritative : 0) |
                         (query.recursion_desired ? kRecursionDesired : 0) |
                         (answer.recursion_available ? kRecursionAvailable : 0) |
                         static_cast<unsigned>(answer.rcode);
  w.u16(query.id);
  w.u16(flags);
  for (const unsigned count : {1u, 0u, 0u, 0u}) w.u16(count);
  const size_t name_at = w.out.size();
  w.out += query.wire_name;
  w.remember(query.question.name, name_at);
  w.u16(query.question.type);
  w.u16(query.question.klass);
  const size_t limit = max_bytes - (query.edns ? kOptBytes : 0);
  const size_t answers = writeSection(w, answer.answers, limit);
  size_t authority = 0, additional = 0;
  if (answers < answer.answers.size()) {
    w.patch16(2, flags | kTruncated);
  } else {
    authority = writeSection(w, answer.authority, limit);
    if (authority == answer.authority.size())
      additional = writeSection(w, answer.additional, limit);
  }
  if (query.edns) {
    w.u8(0);
    w.u16(static_cast<unsigned>(Type::kOpt));
    w.u16(kMaxUdpBytes);
    w.u32(0);
    w.u16(0);
    ++additional;
  }
  w.patch16(6, static_cast<unsigned>(answers));
  w.patch16(8, static_cast<unsigned>(authority));
  w.patch16(10, static_cast<unsigned>(additional));
  return std::move(w.out);
}

std::string writeError(uint16_t id, Rcode rcode) {
  Writer w;
  w.u16(id);
  w.u16(kResponse | static_cast<unsigned>(rcode));
  for (int i = 0; i < 4; ++i) w.u16(0);
  return std::move(w.out);
}

std::string writeQuery(uint16_t id, const Question& question, bool recursion_desired) {
  Writer w;
  w.u16(id);
  w.u16(recursion_desired ? kRecursionDesired : 0);
  for (const unsigned count : {1u, 0u, 0u, 0u}) w.u16(count);
  w.name(question.name);
  w.u16(question.type);
  w.u16(question.klass);
  return std::move(w.out);
}

Result<Response> parseResponse(std::string_view bytes) {
  Reader in(bytes);
  Header h;
  Response r;
  if (!readHeader(in, h) || (h.flags & kResponse) == 0 || h.questions != 1) {
    return fail(Code::kInvalid, "dns message: not a response to one question");
  }
  r.id = h.id;
  r.rcode = static_cast<Rcode>(h.flags & 0xf);
  r.truncated = (h.flags & kTruncated) != 0;
  if (!in.name(r.question.name, nullptr) || !in.u16(r.question.type) || !in.u16(r.question.klass)) {
    return fail(Code::kInvalid, "dns message: bad question");
  }
  for (size_t i = 0; i < h.answers; ++i) {
    Record record;
    uint16_t type = 0, klass = 0, length = 0;
    if (!in.name(record.name, nullptr) || !in.u16(type) || !in.u16(klass) || !in.u32(record.ttl) ||
        !in.u16(length)) {
      return fail(Code::kInvalid, "dns message: bad record");
    }
    record.type = static_cast<Type>(type);
    const size_t end = in.at() + length;
    bool ok = true;
    if (record.type == Type::kCname) {
      ok = in.name(record.target, nullptr) && in.at() == end;
    } else if (record.type == Type::kA || record.type == Type::kAaaa) {
      ok = length == (record.type == Type::kA ? 4 : 16) && in.take(length, record.address);
    } else {
      ok = in.skip(length);
      if (ok) continue;
    }
    if (!ok) return fail(Code::kInvalid, "dns message: bad record data");
    if (r.answers.size() < kMaxAnswerRecords) r.answers.push_back(std::move(record));
  }
  return r;
}

std::optional<std::string> packAddress(std::string_view text) {
  const std::string zero_terminated(text);
  char packed[16];
  if (inet_pton(AF_INET, zero_terminated.c_str(), packed) == 1) return std::string(packed, 4);
  if (inet_pton(AF_INET6, zero_terminated.c_str(), packed) == 1) return std::string(packed, 16);
  return std::nullopt;
}

std::string addressText(std::string_view packed) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(packed.size() == 4 ? AF_INET : AF_INET6, packed.data(), text, sizeof text);
  return text;
}

std::optional<std::string> addressOfReverseName(std::string_view name) {
  constexpr std::string_view kV4 = ".in-addr.arpa", kV6 = ".ip6.arpa";
  if (name.ends_with(kV4)) {
    name.remove_suffix(kV4.size());
    const auto parts = split(name, '.');
    if (parts.size() != 4) return std::nullopt;
    return packAddress(cat(parts[3], ".", parts[2], ".", parts[1], ".", parts[0]));
  }
  if (!name.ends_with(kV6)) return std::nullopt;
  name.remove_suffix(kV6.size());
  const auto nibbles = split(name, '.');
  if (nibbles.size() != 32) return std::nullopt;
  std::string packed(16, '\0');
  for (size_t i = 0; i < 32; ++i) {
    const std::string_view nibble = nibbles[31 - i];
    const size_t value = std::string_view("0123456789abcdef").find(nibble);
    if (nibble.size() != 1 || value == std::string_view::npos) return std::nullopt;
    packed[i / 2] =
        static_cast<char>(static_cast<uint8_t>(packed[i / 2]) | value << (i % 2 == 0 ? 4 : 0));
  }
  return packed;
}

}  // namespace meshka::dns
