#include "store/frame.h"

#include <concepts>
#include <optional>

#include "base/strings.h"
#include "doc/json.h"
#include "store/crc32c.h"
#include "store/limits.h"

namespace meshka::store {
namespace {

constexpr std::string_view kMagic = "MSHK";
constexpr char kPut = 1;
constexpr char kErase = 2;

template <std::unsigned_integral T>
void putInt(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}
template <std::unsigned_integral T>
T getInt(std::string_view bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(
        value |
        static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[at + i])) << (8 * i)));
  }
  return value;
}

void putText(std::string& out, std::string_view text) {
  putInt(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}
void putKey(std::string& out, const Key& key) {
  putText(out, key.cluster);
  putText(out, key.resource);
  putText(out, key.ns);
  putText(out, key.name);
}
void putValue(std::string& out, const doc::Doc& value) {
  const size_t length_at = out.size();
  putInt(out, uint32_t{0});
  doc::appendJson(out, value);
  const auto length = static_cast<uint32_t>(out.size() - length_at - 4);
  for (size_t i = 0; i < 4; ++i) out[length_at + i] = static_cast<char>(length >> (8 * i));
}

// Takes a payload apart. After a step beyond the end, ok() is false and everything reads as empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  bool atEnd() const { return rest_.empty(); }

  template <std::unsigned_integral T>
  T integer() {
    if (!need(sizeof(T))) return 0;
    const T value = getInt<T>(rest_, 0);
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string_view text() {
    const auto length = integer<uint32_t>();
    if (!need(length)) return {};
    const std::string_view out = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return out;
  }
  Key key() {
    Key key;
    key.cluster = text();
    key.resource = text();
    key.ns = text();
    key.name = text();
    return key;
  }
  Result<doc::Doc> value() {
    const std::string_view json = text();
    if (!ok_) return fail(Code::kInternal, "the value is cut short");
    doc::ParseOptions options;
    options.max_depth = kMaxValueDepth;
    options.max_bytes = json.size() + 1;
    return doc::parseJson(json, options);
  }

 private:
  bool need(size_t bytes) {
    if (rest_.size() < bytes) {
      ok_ = false;
      rest_ = {};
    }
    return ok_;
  }
  std::string_view rest_;
  bool ok_ = true;
};

std::unexpected<Error> damaged(std::string_view file, size_t offset, std::string_view what) {
  return fail(Code::kInternal,
              cat(file, " at offset ", offset, ": ", what,
                  "; the store does not start, so that nothing that was acknowledged is dropped "
                  "silently: restore the "
                  "file from a backup, or move the directory away to start empty"));
}

enum class FrameState { kWhole, kBroken, kUnknownFormat };

FrameState readFrame(std::string_view bytes, size_t at, Frame& out) {
  if (bytes.size() - at < kFrameHeaderBytes) return FrameState::kBroken;
  const std::string_view header = bytes.substr(at, kFrameHeaderBytes);
  if (header.substr(0, 4) != kMagic) return FrameState::kBroken;
  if (getInt<uint32_t>(header, 28) != crc32c(header.substr(0, 28))) return FrameState::kBroken;
  const auto kind = static_cast<uint8_t>(header[6]);
  if (getInt<uint16_t>(header, 4) != kFormatVersion || kind < 1 || kind > 3)
    return FrameState::kUnknownFormat;
  const auto length = getInt<uint32_t>(header, 20);
  if (bytes.size() - at - kFrameHeaderBytes < length) return FrameState::kBroken;
  out = {.kind = static_cast<FrameKind>(kind),
         .revision = getInt<uint64_t>(header, 8),
         .records = getInt<uint32_t>(header, 16),
         .payload = bytes.substr(at + kFrameHeaderBytes, length),
         .offset = at};
  return getInt<uint32_t>(header, 24) == crc32c(out.payload) ? FrameState::kWhole
                                                             : FrameState::kBroken;
}

}  // namespace

void appendCommit(std::string& payload, const SequencedCommit& commit) {
  putInt(payload, static_cast<uint32_t>(commit.writes.size()));
  for (const SequencedWrite& write : commit.writes) {
    payload.push_back(write.is_delete ? kErase : kPut);
    putKey(payload, write.key);
    if (!write.is_delete) putValue(payload, write.value);
  }
}

void appendItem(std::string& payload, const Item& item) {
  putKey(payload, item.key);
  putInt(payload, item.created);
  putInt(payload, item.modified);
  putValue(payload, item.value);
}

std::string makeFrame(FrameKind kind, Revision revision, uint32_t records,
                      std::string_view payload) {
  std::string out;
  out.reserve(kFrameHeaderBytes + payload.size());
  out.append(kMagic);
  putInt(out, kFormatVersion);
  out.push_back(static_cast<char>(kind));
  out.push_back('\0');
  putInt(out, revision);
  putInt(out, records);
  putInt(out, static_cast<uint32_t>(payload.size()));
  putInt(out, crc32c(payload));
  putInt(out, crc32c(out));
  out.append(payload);
  return out;
}

Result<Scan> scanFrames(std::string_view file, std::string_view bytes) {
  Scan scan;
  while (scan.valid_bytes < bytes.size()) {
    const size_t at = scan.valid_bytes;
    Frame frame;
    const FrameState state = readFrame(bytes, at, frame);
    if (state == FrameState::kUnknownFormat) {
      return damaged(file, at,
                     cat("format version ", getInt<uint16_t>(bytes, at + 4), ", kind ",
                         static_cast<unsigned>(static_cast<uint8_t>(bytes[at + 6])),
                         " is not known to this program (it knows version ", kFormatVersion, ")"));
    }
    if (state == FrameState::kBroken) break;
    scan.frames.push_back(frame);
    scan.valid_bytes = at + kFrameHeaderBytes + frame.payload.size();
  }
  const std::string_view tail = bytes.substr(scan.valid_bytes);
  scan.torn = tail.find_first_not_of('\0') != std::string_view::npos;
  // The next frame is written only after the sync of the one before, so a whole frame behind a
  // broken one means that durable bytes were damaged. Payloads cannot imitate a header: JSON has no
  // zero bytes, every header has.
  for (size_t at = bytes.find(kMagic, scan.valid_bytes + 1); at != std::string_view::npos;
       at = bytes.find(kMagic, at + 1)) {
    Frame later;
    if (readFrame(bytes, at, later) == FrameState::kWhole) {
      return damaged(
          file, scan.valid_bytes,
          cat("the checksum does not match although a whole frame follows at offset ", at));
    }
  }
  return scan;
}

Result<std::vector<SequencedCommit>> decodeCommits(std::string_view file, const Frame& frame) {
  std::vector<SequencedCommit> out;
  Reader reader(frame.payload);
  for (uint32_t i = 0; i < frame.records && reader.ok(); ++i) {
    SequencedCommit& commit = out.emplace_back();
    commit.revision = frame.revision + i;
    const auto writes = reader.integer<uint32_t>();
    for (uint32_t w = 0; w < writes && reader.ok(); ++w) {
      SequencedWrite& write = commit.writes.emplace_back();
      const auto op = static_cast<char>(reader.integer<uint8_t>());
      write.is_delete = op == kErase;
      write.key = reader.key();
      if (write.is_delete) continue;
      if (op != kPut)
        return damaged(file, frame.offset,
                       cat("record ", i, " has unknown operation ", static_cast<int>(op)));
      Result<doc::Doc> value = reader.value();
      if (!value)
        return damaged(file, frame.offset, cat("record ", i, ": ", value.error().message()));
      write.value = std::move(*value);
    }
  }
  if (!reader.ok() || !reader.atEnd())
    return damaged(file, frame.offset, "the records do not fill the frame");
  return out;
}

Result<std::vector<Item>> decodeItems(std::string_view file, const Frame& frame) {
  std::vector<Item> out;
  Reader reader(frame.payload);
  for (uint32_t i = 0; i < frame.records && reader.ok(); ++i) {
    Item& item = out.emplace_back();
    item.key = reader.key();
    item.created = reader.integer<uint64_t>();
    item.modified = reader.integer<uint64_t>();
    Result<doc::Doc> value = reader.value();
    if (!value) return damaged(file, frame.offset, cat("item ", i, ": ", value.error().message()));
    item.value = std::move(*value);
  }
  if (!reader.ok() || !reader.atEnd())
    return damaged(file, frame.offset, "the items do not fill the frame");
  return out;
}

}  // namespace meshka::store
