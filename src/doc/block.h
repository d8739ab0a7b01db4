// The bytes of a Doc, and their builder. Internal to library doc; docs/design/doc.md explains the
// layout.
//
// Values are written in the order in which they are met; a container's node (tag, count, keys,
// distances) comes after its children and finds each by the distance back to its node. So a subtree
// is one contiguous range of bytes that holds no absolute position: copying it into another block
// is a memcpy.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"
#include "doc/keys.h"

namespace meshka::doc {

struct Block {
  // Docs are handed to other threads (Runtime::offload), so the count is atomic.
  mutable std::atomic<uint32_t> references{0};
  uint32_t size = 0;

  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  static const Block* create(std::string_view bytes);
  void retain() const { references.fetch_add(1, std::memory_order_relaxed); }
  void release() const;
};

// First byte of a node. Containers add their width code (0: one byte, 1: two, 2: four) to the tag.
enum Tag : uint8_t {
  kTagNull = 0x00,
  kTagFalse = 0x01,
  kTagTrue = 0x02,
  kTagDouble = 0x03,  // 8 bytes
  kTagInt8 = 0x04,
  kTagInt16 = 0x05,
  kTagInt32 = 0x06,
  kTagInt64 = 0x07,
  kTagText16 = 0x08,  // 2 bytes of length, then the text
  kTagText32 = 0x09,  // 4 bytes of length, then the text
  kTagArray = 0x10,   // count, distances: each of the width
  kTagObject =
      0x14,  // count of the width, common-key ids of 2 bytes, distances of the width; sorted by key
  kTagSmallInt = 0x20,  // 0x20 + 0..63
  kTagText = 0x80,      // 0x80 + length 0..127, then the text
};
constexpr int64_t kMaxSmallInt = 63;

template <class T>
T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
inline uint32_t loadWidth(const uint8_t* at, unsigned width) {
  return width == 1 ? *at : width == 2 ? load<uint16_t>(at) : load<uint32_t>(at);
}

inline bool isContainerTag(uint8_t tag) {
  return (tag & 0xf8) == 0x10;
}
inline bool isObjectTag(uint8_t tag) {
  return (tag & 0xfc) == 0x14;
}

// A container node, taken apart.
struct Container {
  explicit Container(const uint8_t* node)
      : width(1u << (*node & 3)),
        count(loadWidth(node + 1, width)),
        object(isObjectTag(*node)),
        keys(node + 1 + width),
        distances(keys + (object ? 2 * size_t{count} : 0)) {}
  uint16_t keyId(size_t index) const { return load<uint16_t>(keys + 2 * index); }
  uint32_t distance(size_t index) const { return loadWidth(distances + width * index, width); }
  const uint8_t* end() const { return distances + size_t{width} * count; }

  unsigned width;
  uint32_t count;
  bool object;
  const uint8_t* keys;
  const uint8_t* distances;
};

std::string_view textOf(const uint8_t* node);  // of a text node
const uint8_t* nodeEnd(const uint8_t* node);
// The key of a container's member; a key that is not common lies right behind the member's node.
std::string_view keyText(const uint8_t* container_node, const Container& c, size_t index);

// Receives a value as events and makes a Doc. Calls must nest properly; keys may come in any order,
// the last of equal ones wins. Text is taken as it is: the caller has checked that it is UTF-8.
class BlockBuilder {
 public:
  explicit BlockBuilder(size_t expected_bytes = 0);

  void null() { leaf(kTagNull); }
  void boolean(bool b) { leaf(b ? kTagTrue : kTagFalse); }
  void integer(int64_t i);
  void number(double d);
  void text(std::string_view s);
  void copy(Value value);  // a subtree of another block; missing counts as null

  void beginArray() { begin(false); }
  void endArray() { end(); }
  void beginObject() { begin(true); }
  void key(std::string_view text);
  void endObject() { end(); }

  // Bytes that copy(value) adds.
  static size_t sizeOf(Value value);

  // Containers that are open.
  size_t depth() const { return frames_.size(); }
  size_t bytes() const { return bytes_.size(); }
  // Names duplicate keys there, as "spec.containers[0].name"; at most kMaxDuplicateKeys.
  void reportDuplicates(std::vector<std::string>* to) { duplicates_ = to; }

  Doc finish();

 private:
  struct Entry {
    uint32_t node;
    uint32_t key_at;  // of a key that is not common: its text in bytes_
    uint32_t key_length;
    uint16_t key_id;
  };
  struct Frame {
    size_t first_entry;
    size_t pending_at;  // in pending_text_, when pending_id is kNoKey
    uint16_t pending_id;
    bool object;
  };
  void leaf(uint8_t tag);
  void begin(bool object);
  void end();
  void finishValue(size_t node);
  void sortMembers(size_t first);
  std::string_view keyOf(const Entry& entry) const;
  void reportDuplicate(std::string_view key);
  template <class T>
  void put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  std::string bytes_;
  std::vector<Entry> entries_;
  std::vector<Frame> frames_;
  std::string pending_text_;  // keys of open members, outermost first
  std::vector<std::string>* duplicates_ = nullptr;
  uint32_t root_ = 0;
};

}  // namespace meshka::doc
