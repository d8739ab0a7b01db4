#include <algorithm>

#include "base/strings.h"
#include "net/http.h"

namespace meshka::net {

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const Entry& e : entries_) {
    if (equalsIgnoreCase(e.name, name)) return e.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::getAll(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const Entry& e : entries_) {
    if (equalsIgnoreCase(e.name, name)) out.push_back(e.value);
  }
  return out;
}

void Headers::add(std::string name, std::string value) {
  entries_.push_back({std::move(name), std::move(value)});
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  entries_.push_back({std::string(name), std::move(value)});
}

void Headers::remove(std::string_view name) {
  std::erase_if(entries_, [&](const Entry& e) { return equalsIgnoreCase(e.name, name); });
}

bool headerHasToken(const Headers& headers, std::string_view name, std::string_view token) {
  for (const Headers::Entry& e : headers.entries()) {
    if (!equalsIgnoreCase(e.name, name)) continue;
    for (std::string_view part : split(e.value, ',')) {
      if (equalsIgnoreCase(trim(part), token)) return true;
    }
  }
  return false;
}

io::Task<Result<std::string>> readAll(BodyReader& body, size_t max_bytes) {
  std::string out;
  size_t used = 0;
  for (;;) {
    if (out.size() - used < 4096) out.resize(std::min(max_bytes + 1, out.size() * 2 + 8192));
    MESHKA_CO_TRY(const size_t n, co_await body.read(std::span(out).subspan(used)));
    if (n == 0) break;
    used += n;
    if (used > max_bytes) {
      co_return fail(Code::kTooLarge, cat("request body is larger than ", max_bytes, " bytes"));
    }
  }
  out.resize(used);
  co_return out;
}

void respond(ResponseWriter& to, int status, std::string_view content_type, std::string_view body) {
  Headers headers;
  if (!content_type.empty()) headers.add("Content-Type", std::string(content_type));
  headers.add("Content-Length", cat(body.size()));
  to.start(status, std::move(headers));
  if (!body.empty()) to.writeNow(body);
}

std::string_view reasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 413:
      return "Request Entity Too Large";
    case 414:
      return "Request URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

}  // namespace meshka::net
