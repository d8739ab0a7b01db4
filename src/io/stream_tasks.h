// Procedures over a Stream: read, write all, wait. A Stream has one slot for its events; StreamIo
// takes it and serves one reader and one writer at a time from it. The free functions are for
// procedures that do one thing after another.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "io/loop.h"
#include "io/network.h"

namespace meshka::io {

// Owns the stream's events from construction to destruction. The stream outlives it.
class StreamIo final : private StreamEvents {
 public:
  StreamIo(Loop& loop, Stream& stream);
  ~StreamIo();
  StreamIo(const StreamIo&) = delete;
  StreamIo& operator=(const StreamIo&) = delete;

  // At least one byte, or 0 at the end of the stream. Errors: kUnavailable (connection lost),
  // kTimeout.
  Task<Result<size_t>> readSome(std::span<char> into, Instant deadline);
  // Fills `into`. Errors: as readSome; kUnavailable when the stream ends before.
  Task<Result<void>> readExactly(std::span<char> into, Instant deadline);
  // `bytes` outlives the await. Errors: kUnavailable, kTimeout; some of the bytes may then have
  // been written.
  Task<Result<void>> writeAll(std::string_view bytes, Instant deadline);

 private:
  struct Waiter;
  void onReadable() override;
  void onWritable() override;
  Loop& loop_;
  Stream& stream_;
  Waiter* reader_ = nullptr;
  Waiter* writer_ = nullptr;
};

Task<Result<size_t>> readSome(Loop& loop, Stream& stream, std::span<char> into, Instant deadline);
Task<Result<void>> readExactly(Loop& loop, Stream& stream, std::span<char> into, Instant deadline);
Task<Result<void>> writeAll(Loop& loop, Stream& stream, std::string_view bytes, Instant deadline);
// Everything up to the end of the stream. Errors: kTooLarge over `max_bytes`, kUnavailable,
// kTimeout.
Task<Result<std::string>> readToEnd(Loop& loop, Stream& stream, size_t max_bytes, Instant deadline);

}  // namespace meshka::io
