#include "doc/block.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>

#include "base/assert.h"
#include "base/strings.h"
#include "doc/limits.h"

namespace meshka::doc {

const Block* Block::create(std::string_view bytes) {
  void* memory = std::malloc(sizeof(Block) + bytes.size());
  MESHKA_ASSERT(memory != nullptr);
  Block* block = new (memory) Block;
  block->size = static_cast<uint32_t>(bytes.size());
  std::memcpy(block + 1, bytes.data(), bytes.size());
  return block;
}

void Block::release() const {
  if (references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  this->~Block();
  std::free(const_cast<Block*>(this));
}

std::string_view textOf(const uint8_t* node) {
  const auto* text = reinterpret_cast<const char*>(node);
  if (*node >= kTagText) return {text + 1, static_cast<size_t>(*node - kTagText)};
  if (*node == kTagText16) return {text + 3, load<uint16_t>(node + 1)};
  return {text + 5, load<uint32_t>(node + 1)};
}

const uint8_t* nodeEnd(const uint8_t* node) {
  const uint8_t tag = *node;
  if (isContainerTag(tag)) return Container(node).end();
  if (tag >= kTagText || tag == kTagText16 || tag == kTagText32) {
    const std::string_view text = textOf(node);
    return reinterpret_cast<const uint8_t*>(text.data()) + text.size();
  }
  switch (tag) {
    case kTagInt8:
      return node + 2;
    case kTagInt16:
      return node + 3;
    case kTagInt32:
      return node + 5;
    case kTagInt64:
    case kTagDouble:
      return node + 9;
    default:
      return node + 1;
  }
}

namespace {

constexpr uint8_t kLongKey = 0xff;

// Where the bytes of a subtree begin: at the start of its earliest child.
const uint8_t* subtreeStart(const uint8_t* node) {
  while (isContainerTag(*node)) {
    const Container c(node);
    if (c.count == 0) return node;
    uint32_t furthest = 0;
    for (size_t i = 0; i < c.count; ++i) furthest = std::max(furthest, c.distance(i));
    node -= furthest;
  }
  return node;
}

}  // namespace

std::string_view keyText(const uint8_t* container_node, const Container& c, size_t index) {
  const uint16_t id = c.keyId(index);
  if (id != kNoKey) return commonKeyText(id);
  const uint8_t* at = nodeEnd(container_node - c.distance(index));
  if (*at != kLongKey) return {reinterpret_cast<const char*>(at + 1), *at};
  return {reinterpret_cast<const char*>(at + 5), load<uint32_t>(at + 1)};
}

BlockBuilder::BlockBuilder(size_t expected_bytes) {
  bytes_.reserve(expected_bytes);
  frames_.reserve(16);
  entries_.reserve(64);
}

void BlockBuilder::leaf(uint8_t tag) {
  const size_t node = bytes_.size();
  bytes_.push_back(static_cast<char>(tag));
  finishValue(node);
}

void BlockBuilder::integer(int64_t i) {
  const size_t node = bytes_.size();
  if (i >= 0 && i <= kMaxSmallInt) {
    put(static_cast<uint8_t>(kTagSmallInt + i));
  } else if (i == static_cast<int8_t>(i)) {
    put(kTagInt8);
    put(static_cast<int8_t>(i));
  } else if (i == static_cast<int16_t>(i)) {
    put(kTagInt16);
    put(static_cast<int16_t>(i));
  } else if (i == static_cast<int32_t>(i)) {
    put(kTagInt32);
    put(static_cast<int32_t>(i));
  } else {
    put(kTagInt64);
    put(i);
  }
  finishValue(node);
}

void BlockBuilder::number(double d) {
  if (!std::isfinite(d)) return null();
  if (d == 0) d = 0;  // no negative zero: it would read back as the integer 0
  const size_t node = bytes_.size();
  put(kTagDouble);
  put(d);
  finishValue(node);
}

void BlockBuilder::text(std::string_view s) {
  const size_t node = bytes_.size();
  if (s.size() < 0x100 - kTagText) {
    put(static_cast<uint8_t>(kTagText + s.size()));
  } else if (s.size() <= UINT16_MAX) {
    put(kTagText16);
    put(static_cast<uint16_t>(s.size()));
  } else {
    put(kTagText32);
    put(static_cast<uint32_t>(s.size()));
  }
  bytes_.append(s);
  finishValue(node);
}

void BlockBuilder::copy(Value value) {
  if (!value.exists()) return null();
  const uint8_t* node = value.block_->bytes() + value.node_;
  const uint8_t* start = subtreeStart(node);
  const size_t copied_node = bytes_.size() + static_cast<size_t>(node - start);
  bytes_.append(reinterpret_cast<const char*>(start), static_cast<size_t>(nodeEnd(node) - start));
  finishValue(copied_node);
}

size_t BlockBuilder::sizeOf(Value value) {
  if (!value.exists()) return 1;
  const uint8_t* node = value.block_->bytes() + value.node_;
  return static_cast<size_t>(nodeEnd(node) - subtreeStart(node));
}

void BlockBuilder::begin(bool object) {
  frames_.push_back({entries_.size(), pending_text_.size(), kNoKey, object});
}

void BlockBuilder::key(std::string_view text) {
  Frame& frame = frames_.back();
  frame.pending_id = commonKey(text);
  pending_text_.resize(frame.pending_at);
  if (frame.pending_id == kNoKey) pending_text_.append(text);
}

void BlockBuilder::finishValue(size_t node) {
  MESHKA_ASSERT(bytes_.size() < kMaxBlockBytes);
  if (frames_.empty()) {
    root_ = static_cast<uint32_t>(node);
    return;
  }
  const Frame& frame = frames_.back();
  Entry entry{static_cast<uint32_t>(node), 0, 0, frame.pending_id};
  if (frame.object && frame.pending_id == kNoKey) {
    const std::string_view text = std::string_view(pending_text_).substr(frame.pending_at);
    entry.key_length = static_cast<uint32_t>(text.size());
    if (text.size() < kLongKey) {
      put(static_cast<uint8_t>(text.size()));
    } else {
      put(kLongKey);
      put(entry.key_length);
    }
    entry.key_at = static_cast<uint32_t>(bytes_.size());
    bytes_.append(text);
    pending_text_.resize(frame.pending_at);
  }
  entries_.push_back(entry);
}

std::string_view BlockBuilder::keyOf(const Entry& entry) const {
  if (entry.key_id != kNoKey) return commonKeyText(entry.key_id);
  return std::string_view(bytes_).substr(entry.key_at, entry.key_length);
}

void BlockBuilder::sortMembers(size_t first) {
  const auto less = [this](const Entry& a, const Entry& b) {
    if (a.key_id != kNoKey && b.key_id != kNoKey) return a.key_id < b.key_id;
    return keyOf(a) < keyOf(b);
  };
  const auto begin = entries_.begin() + static_cast<ptrdiff_t>(first);
  bool in_order = true;
  for (size_t i = first + 1; i < entries_.size() && in_order; ++i) {
    in_order = less(entries_[i - 1], entries_[i]);
  }
  if (in_order) return;
  std::sort(begin, entries_.end(), [&](const Entry& a, const Entry& b) {
    if (less(a, b)) return true;
    return !less(b, a) && a.node < b.node;  // equal keys stay in the order of the text
  });
  auto out = begin;
  for (auto it = begin; it != entries_.end(); ++it) {
    const auto next = it + 1;
    if (next != entries_.end() && !less(*it, *next)) {  // equal keys: the later one stays
      reportDuplicate(keyOf(*it));
      continue;
    }
    *out++ = *it;
  }
  entries_.erase(out, entries_.end());
}

void BlockBuilder::reportDuplicate(std::string_view key) {
  if (duplicates_ == nullptr || duplicates_->size() >= kMaxDuplicateKeys) return;
  std::string path;
  for (size_t f = 0; f + 1 < frames_.size(); ++f) {
    const Frame& frame = frames_[f];
    if (!frame.object) {
      path += cat("[", frames_[f + 1].first_entry - frame.first_entry, "]");
      continue;
    }
    if (!path.empty()) path += '.';
    path += frame.pending_id != kNoKey
                ? commonKeyText(frame.pending_id)
                : std::string_view(pending_text_)
                      .substr(frame.pending_at, frames_[f + 1].pending_at - frame.pending_at);
  }
  if (!path.empty()) path += '.';
  path += key;
  if (duplicates_->empty() || duplicates_->back() != path) duplicates_->push_back(std::move(path));
}

void BlockBuilder::end() {
  const Frame frame = frames_.back();
  if (frame.object) sortMembers(frame.first_entry);
  const size_t count = entries_.size() - frame.first_entry;
  const size_t node = bytes_.size();
  uint32_t furthest = 0;
  for (size_t i = frame.first_entry; i < entries_.size(); ++i) {
    furthest = std::max(furthest, static_cast<uint32_t>(node) - entries_[i].node);
  }
  // Every child has a byte of its own, so the count fits wherever the distances do.
  const unsigned code = furthest <= UINT8_MAX ? 0 : furthest <= UINT16_MAX ? 1 : 2;
  const size_t width = 1u << code;
  bytes_.resize(node + 1 + width + count * (width + (frame.object ? 2 : 0)));
  char* at = bytes_.data() + node;
  const auto write = [&at](uint32_t value, size_t size) {
    std::memcpy(at, &value, size);  // little-endian: the low bytes
    at += size;
  };
  write((frame.object ? kTagObject : kTagArray) + code, 1);
  write(static_cast<uint32_t>(count), width);
  const Entry* const entries = entries_.data() + frame.first_entry;
  if (frame.object) {
    for (size_t i = 0; i < count; ++i) write(entries[i].key_id, 2);
  }
  for (size_t i = 0; i < count; ++i) write(static_cast<uint32_t>(node) - entries[i].node, width);
  entries_.resize(frame.first_entry);
  pending_text_.resize(frame.pending_at);
  frames_.pop_back();
  finishValue(node);
}

Doc BlockBuilder::finish() {
  MESHKA_ASSERT(frames_.empty());
  if (bytes_.empty()) null();
  Doc result{Value(Block::create(bytes_), root_)};
  bytes_.clear();
  return result;
}

}  // namespace meshka::doc
