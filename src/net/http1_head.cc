#include "net/http1_head.h"

#include <cstring>

#include "base/strings.h"

namespace meshka::net {
namespace {

bool isTokenChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
}

Result<void> checkRequestLine(std::string_view line) {
  const auto parts = split(line, ' ');
  if (parts.size() != 3) return fail(Code::kInvalid, "malformed request line");
  if (!isToken(parts[0])) return fail(Code::kInvalid, "malformed method");
  const std::string_view target = parts[1];
  for (char c : target) {
    if (c <= 0x20 || c == 0x7f) return fail(Code::kInvalid, "control character in request target");
  }
  // Absolute form and CONNECT belong to proxies; we are the origin.
  if (target.empty() || (target[0] != '/' && !(target == "*" && parts[0] == "OPTIONS"))) {
    return fail(Code::kInvalid, "request target must be in origin form");
  }
  if (target.find('#') != std::string_view::npos) {
    return fail(Code::kInvalid, "fragment in request target");
  }
  if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0") {
    return fail(Code::kInvalid, "unsupported HTTP version");
  }
  return {};
}

Result<void> checkStatusLine(std::string_view line) {
  if (!line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.0 ")) {
    return fail(Code::kInvalid, "malformed status line");
  }
  if (line.size() < 12 || (line.size() > 12 && line[12] != ' ')) {
    return fail(Code::kInvalid, "malformed status line");
  }
  for (size_t i = 9; i < 12; ++i) {
    if (line[i] < '0' || line[i] > '9') return fail(Code::kInvalid, "malformed status code");
  }
  return {};
}

Result<uint64_t> parseLength(std::string_view text) {
  if (text.empty() || text.size() > 18) return fail(Code::kInvalid, "bad Content-Length");
  uint64_t n = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return fail(Code::kInvalid, "bad Content-Length");
    n = n * 10 + static_cast<uint64_t>(c - '0');
  }
  return n;
}

}  // namespace

bool isToken(std::string_view text) {
  for (char c : text) {
    if (!isTokenChar(c)) return false;
  }
  return !text.empty();
}

Result<void> checkHeaderLine(std::string_view line) {
  if (line.empty() || line[0] == ' ' || line[0] == '\t') {
    return fail(Code::kInvalid, "folded header line");
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !isToken(line.substr(0, colon))) {
    return fail(Code::kInvalid, "malformed header name");
  }
  for (char c : line.substr(colon + 1)) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) {
      return fail(Code::kInvalid, "control character in header value");
    }
  }
  return {};
}

Result<HeadFacts> checkHttp1Head(std::string_view block, bool request, size_t max_headers) {
  HeadFacts facts;
  size_t count = 0, hosts = 0, lengths = 0, codings = 0;
  bool first = true, http10 = false;
  while (true) {
    const size_t end = block.find("\r\n");
    if (end == std::string_view::npos) return fail(Code::kInvalid, "head without end");
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(end + 2);
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      return fail(Code::kInvalid, "bare CR, LF or NUL in head");
    }
    if (first) {
      MESHKA_CHECK(request ? checkRequestLine(line) : checkStatusLine(line));
      http10 = request ? line.ends_with("HTTP/1.0") : line.starts_with("HTTP/1.0");
      first = false;
      continue;
    }
    if (line.empty()) break;
    if (++count > max_headers) return fail(Code::kTooLarge, "too many headers");
    MESHKA_CHECK(checkHeaderLine(line));
    const size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
    if (equalsIgnoreCase(name, "host")) {
      ++hosts;
      if (value.find_first_of(" \t/\\,@") != std::string_view::npos) {
        return fail(Code::kInvalid, "malformed Host header");
      }
    }
    if (equalsIgnoreCase(name, "content-length")) {
      MESHKA_TRY(facts.content_length, parseLength(value));
      ++lengths;
    }
    if (equalsIgnoreCase(name, "transfer-encoding")) {
      ++codings;
      if (!equalsIgnoreCase(value, "chunked")) {
        return fail(Code::kUnsupported, "unsupported transfer encoding");
      }
      facts.chunked = true;
    }
  }
  if (!block.empty()) return fail(Code::kInternal, "bytes after the head");
  if (lengths > 1) return fail(Code::kInvalid, "duplicate Content-Length");
  if (codings > 1) return fail(Code::kInvalid, "duplicate Transfer-Encoding");
  if (lengths != 0 && codings != 0) {
    return fail(Code::kInvalid, "both Content-Length and Transfer-Encoding");
  }
  if (codings != 0 && http10) return fail(Code::kInvalid, "Transfer-Encoding in HTTP/1.0");
  if (request && (hosts > 1 || (hosts == 0 && !http10))) {
    return fail(Code::kInvalid, hosts > 1 ? "duplicate Host header" : "missing Host header");
  }
  return facts;
}

}  // namespace meshka::net
