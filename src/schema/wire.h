// Protobuf's wire format, as much as this library writes and reads: varints, 64-bit doubles,
// length-delimited fields.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace meshka::schema {

class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void varint(uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void number(uint32_t field, int64_t value) {
    varint(uint64_t{field} << 3);
    varint(static_cast<uint64_t>(value));
  }
  void bytes(uint32_t field, std::string_view value) {
    varint(uint64_t{field} << 3 | 2);
    varint(value.size());
    out_.append(value);
  }
  void real(uint32_t field, double value) {
    varint(uint64_t{field} << 3 | 1);
    char raw[8];
    std::memcpy(raw, &value, 8);  // little endian machines only, like the rest of the program
    out_.append(raw, 8);
  }

 private:
  std::string& out_;
};

struct WireField {
  uint32_t number = 0;
  uint8_t type = 0;        // 0 varint, 1 64-bit, 2 bytes, 5 32-bit
  uint64_t value = 0;      // of types 0, 1 and 5
  std::string_view bytes;  // of type 2
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  bool done() const { return rest_.empty(); }

  // False when the bytes are broken.
  bool next(WireField& field) {
    uint64_t tag = 0;
    if (!varint(tag) || tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) return false;
    field.number = static_cast<uint32_t>(tag >> 3);
    field.type = tag & 7;
    switch (field.type) {
      case 0:
        return varint(field.value);
      case 1:
        return fixed(8, field.value);
      case 5:
        return fixed(4, field.value);
      case 2: {
        uint64_t size = 0;
        if (!varint(size) || size > rest_.size()) return false;
        field.bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
      }
      default:
        return false;
    }
  }

 private:
  bool varint(uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      uint8_t byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool fixed(size_t size, uint64_t& value) {
    if (rest_.size() < size) return false;
    value = 0;
    std::memcpy(&value, rest_.data(), size);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
};

}  // namespace meshka::schema
