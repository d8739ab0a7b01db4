#include "cli/istioctl/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/strings.h"

namespace meshka::cli {

namespace {

constexpr std::string_view kDone = "\xe2\x9c\x94";
constexpr std::string_view kFailedMark = "\xe2\x9c\x98";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kPlain = "\x1b[0m";

// To the terminal's width: what is too long ends in "...", what is short covers what was there.
// The mark takes one column, whatever its bytes.
std::string fitted(const std::string& line, size_t columns) {
  const size_t room = columns > 2 ? columns - 2 : 1;
  if (line.size() > room)
    return room > 3 ? cat(line.substr(0, room - 3), "...") : line.substr(0, room);
  return cat(line, std::string(room - line.size(), ' '));
}

}  // namespace

void ConsoleProgress::state(std::string_view mark, std::string_view colour, const std::string& line,
                            bool last) {
  if (columns_ == 0) {
    console_.err(cat(mark, " ", line, "\n"));
    return;
  }
  // A message of several lines is not cut.
  const bool whole = line.find('\n') != line.npos;
  console_.err(cat("\r", colour, mark, kPlain, " ", whole ? line : fitted(line, columns_),
                   last ? "\n" : ""));
  open_line_ = !last;
}

void ConsoleProgress::begin(const std::string& line) {
  current_ = line;
  state("-", kYellow, line, false);
}

void ConsoleProgress::waiting(const std::string& line) {
  state("-", kYellow, cat(current_, " ", line), false);
}

void ConsoleProgress::done(const std::string& line) {
  state(kDone, kGreen, line, true);
}

void ConsoleProgress::failed(const std::string& line) {
  state(kFailedMark, kRed, line, true);
}

void ConsoleProgress::note(const std::string& line) {
  console_.err(cat(open_line_ ? "\n" : "", line, "\n"));
  open_line_ = false;
}

size_t terminalColumns() {
  if (isatty(STDERR_FILENO) == 0) return 0;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace meshka::cli
