// Container logs as the runtime writes them: one line "TIME STREAM TAG TEXT", where tag P means
// that the line goes on in the next entry. Pure; files are read by log_reader.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace meshka::node {

struct CriLogEntry {
  std::string_view time;
  std::string_view stream;  // stdout, stderr
  bool partial = false;
  std::string_view text;
};
// Without the newline. nullopt: not a line of that form (cut by a crash).
std::optional<CriLogEntry> parseCriLogLine(std::string_view line);

struct LogOptions {
  bool timestamps = false;
  std::optional<WallTime> since;
  std::optional<int64_t> tail_lines;
  std::optional<int64_t> limit_bytes;
};

// Turns file bytes into what the user sees, piece by piece.
class LogFilter {
 public:
  explicit LogFilter(LogOptions options) : options_(std::move(options)) {}
  // Appends the output of the whole lines in `bytes`; keeps the rest for the next call.
  void feed(std::string_view bytes, std::string& out);
  // limit_bytes is reached: nothing more will come.
  bool full() const { return options_.limit_bytes && written_ >= *options_.limit_bytes; }

 private:
  void line(std::string_view text, std::string& out);
  LogOptions options_;
  std::string rest_;
  bool inside_line_ = false;  // the entry before was partial
  bool skipping_ = false;     // ... and too old
  int64_t written_ = 0;
};

// Where the last `lines` lines of `file` begin; partial entries count as one line with their end.
size_t tailOffset(std::string_view file, int64_t lines);

}  // namespace meshka::node
