#include "node/streams/cri_log.h"

#include <algorithm>

#include "node/limits.h"

namespace meshka::node {

std::optional<CriLogEntry> parseCriLogLine(std::string_view line) {
  CriLogEntry e;
  size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  e.time = line.substr(0, space);
  line.remove_prefix(space + 1);
  space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  e.stream = line.substr(0, space);
  if (e.stream != "stdout" && e.stream != "stderr") return std::nullopt;
  line.remove_prefix(space + 1);
  space = line.find(' ');
  const std::string_view tag = line.substr(0, space);
  // Tags are a colon-separated list whose first says whether the line goes on.
  if (tag.empty() || (tag[0] != 'F' && tag[0] != 'P')) return std::nullopt;
  e.partial = tag[0] == 'P';
  e.text = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  return e;
}

void LogFilter::feed(std::string_view bytes, std::string& out) {
  rest_ += bytes;
  size_t begin = 0;
  for (size_t end = rest_.find('\n'); end != std::string::npos && !full();
       end = rest_.find('\n', begin)) {
    line(std::string_view(rest_).substr(begin, end - begin), out);
    begin = end + 1;
  }
  rest_.erase(0, begin);
  if (rest_.size() > kMaxLogLineBytes) rest_.clear();
}

void LogFilter::line(std::string_view text, std::string& out) {
  const auto e = parseCriLogLine(text);
  if (!e) return;
  const bool first = !inside_line_;
  inside_line_ = e->partial;
  if (first && options_.since) {
    const auto time = parseRfc3339(e->time);
    skipping_ = time && *time < *options_.since;
  }
  if (skipping_) {
    skipping_ = e->partial;
    return;
  }
  const size_t before = out.size();
  if (first && options_.timestamps) {
    out += e->time;
    out += ' ';
  }
  out += e->text;
  if (!e->partial) out += '\n';
  if (options_.limit_bytes) {
    const int64_t left = *options_.limit_bytes - written_;
    out.resize(std::min(out.size(), before + static_cast<size_t>(std::max<int64_t>(left, 0))));
  }
  written_ += static_cast<int64_t>(out.size() - before);
}

size_t tailOffset(std::string_view file, int64_t lines) {
  if (lines <= 0) return file.size();
  size_t end = file.size();
  if (end > 0 && file[end - 1] == '\n') --end;
  size_t start = file.size();
  while (true) {
    const size_t newline = end == 0 ? std::string_view::npos : file.rfind('\n', end - 1);
    const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const auto e = parseCriLogLine(file.substr(begin, end - begin));
    // A partial entry belongs to the line behind it, which was counted already.
    if (e && !e->partial && lines-- == 0) return start;
    start = begin;
    if (begin == 0) return 0;
    end = begin - 1;
  }
}

}  // namespace meshka::node
