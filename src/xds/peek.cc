#include "xds/peek.h"

#include <cstdint>

namespace meshka::xds {
namespace {

// Reads one field after the other (protobuf encoding: varint key, then by wire type).
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}
  // False at the end and for bytes that are no message; ok() tells them apart.
  bool next() {
    if (rest_.empty()) return false;
    uint64_t key = 0;
    if (!varint(key)) return false;
    number = key >> 3;
    text = {};
    is_text = (key & 7) == 2;
    uint64_t size = 0;
    switch (key & 7) {
      case 0:
        return varint(size);
      case 1:
        return take(8);
      case 2:
        return varint(size) && take(size);
      case 5:
        return take(4);
      default:
        return ok_ = false;
    }
  }
  bool ok() const { return ok_; }

  uint64_t number = 0;
  bool is_text = false;
  std::string_view text;  // of length-delimited fields

 private:
  bool varint(uint64_t& out) {
    out = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      out |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return true;
    }
    return ok_ = false;
  }
  bool take(uint64_t size) {
    if (size > rest_.size()) return ok_ = false;
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  std::string_view rest_;
  bool ok_ = true;
};

constexpr uint64_t kVersion = 1, kTypeUrl = 4, kNonce = 5;  // the same in both messages
constexpr uint64_t kErrorDetail = 6;                        // of a request: google.rpc.Status
constexpr uint64_t kStatusMessage = 2;

std::optional<Envelope> peek(std::string_view bytes, bool request) {
  Envelope out;
  Fields fields(bytes);
  while (fields.next()) {
    if (!fields.is_text) continue;
    if (fields.number == kVersion) out.version = fields.text;
    if (fields.number == kTypeUrl) out.type_url = fields.text;
    if (fields.number == kNonce) out.nonce = fields.text;
    if (!request || fields.number != kErrorDetail) continue;
    out.refused = true;
    Fields status(fields.text);
    while (status.next())
      if (status.is_text && status.number == kStatusMessage) out.error = status.text;
  }
  if (!fields.ok()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Envelope> peekRequest(std::string_view bytes) {
  return peek(bytes, true);
}
std::optional<Envelope> peekResponse(std::string_view bytes) {
  return peek(bytes, false);
}

}  // namespace meshka::xds
