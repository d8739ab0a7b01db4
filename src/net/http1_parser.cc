#include "net/http1_parser.h"

#include <http_parser.h>

#include "base/strings.h"
#include "net/http1_head.h"
#include "net/limits.h"

namespace meshka::net {
namespace {

// Follows the frames of a chunked body byte by byte. Chunk extensions are refused: nobody we talk
// to sends them, and proxies disagree about them.
class ChunkGuard {
 public:
  // How many of `bytes` belong to this body; done() says whether it ended with the last of them.
  Result<size_t> check(std::string_view bytes) {
    size_t i = 0;
    while (i < bytes.size() && state_ != kDone) {
      if (state_ == kData) {
        const size_t n = std::min<uint64_t>(left_, bytes.size() - i);
        left_ -= n;
        i += n;
        if (left_ == 0) state_ = kDataCr;
        continue;
      }
      MESHKA_CHECK(step(bytes[i++]));
    }
    return i;
  }
  bool done() const { return state_ == kDone; }

 private:
  enum State : uint8_t { kSize, kSizeLf, kData, kDataCr, kDataLf, kTrailer, kTrailerLf, kDone };

  Result<void> step(char c) {
    switch (state_) {
      case kSize:
        return stepSize(c);
      case kSizeLf:
        if (c != '\n') break;
        digits_ = 0;
        state_ = left_ == 0 ? kTrailer : kData;
        return {};
      case kDataCr:
        if (c != '\r') break;
        state_ = kDataLf;
        return {};
      case kDataLf:
        if (c != '\n') break;
        state_ = kSize;
        return {};
      case kTrailer:
        if (c == '\n') break;
        if (c == '\r') {
          state_ = kTrailerLf;
          return {};
        }
        if (++trailer_bytes_ > kMaxTrailerBytes) {
          return fail(Code::kTooLarge, "trailers are too large");
        }
        line_.push_back(c);
        return {};
      case kTrailerLf: {
        if (c != '\n') break;
        const bool last = line_.empty();
        if (!last) MESHKA_CHECK(checkHeaderLine(line_));
        line_.clear();
        state_ = last ? kDone : kTrailer;
        return {};
      }
      case kData:
      case kDone:
        break;
    }
    return fail(Code::kInvalid, "malformed chunk");
  }

  Result<void> stepSize(char c) {
    if (c == '\r') {
      if (digits_ == 0) return fail(Code::kInvalid, "chunk without size");
      state_ = kSizeLf;
      return {};
    }
    int digit = -1;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    if (digit < 0 || digits_ == kMaxChunkSizeDigits) {
      return fail(Code::kInvalid, "malformed chunk size");
    }
    if (digits_++ == 0) left_ = 0;
    left_ = left_ * 16 + static_cast<uint64_t>(digit);
    return {};
  }

  State state_ = kSize;
  uint64_t left_ = 0;
  size_t digits_ = 0;
  size_t trailer_bytes_ = 0;
  std::string line_;
};

}  // namespace

struct Http1Parser::State {
  State(Role r, size_t head_bytes, size_t header_count, Http1Events& e)
      : role(r), max_head_bytes(head_bytes), max_headers(header_count), events(e) {
    http_parser_settings_init(&settings);
    settings.on_url = [](http_parser* p, const char* at, size_t n) { return self(p).onUrl(at, n); };
    settings.on_header_field = [](http_parser* p, const char* at, size_t n) {
      return self(p).onField(at, n);
    };
    settings.on_header_value = [](http_parser* p, const char* at, size_t n) {
      return self(p).onValue(at, n);
    };
    settings.on_headers_complete = [](http_parser* p) { return self(p).onHeaders(); };
    settings.on_body = [](http_parser* p, const char* at, size_t n) {
      self(p).events.onBody({at, n});
      return 0;
    };
    settings.on_message_complete = [](http_parser* p) {
      self(p).complete = true;
      return 0;
    };
    reset();
  }
  static State& self(http_parser* p) { return *static_cast<State*>(p->data); }

  int onUrl(const char* at, size_t n) { return head.target.append(at, n), 0; }
  int onField(const char* at, size_t n) {
    if (in_value) {
      addHeader();
      in_value = false;
    }
    return field.append(at, n), 0;
  }
  int onValue(const char* at, size_t n) {
    in_value = true;
    return value.append(at, n), 0;
  }
  void addHeader() {
    if (!field.empty()) headers.add(std::move(field), std::string(trim(value)));
    field.clear();
    value.clear();
  }

  int onHeaders() {
    addHeader();
    in_value = false;
    head.headers = std::exchange(headers, Headers());
    head.version = parser.http_minor == 0 ? 10 : 11;
    head.chunked = (parser.flags & F_CHUNKED) != 0;
    head.upgrade =
        headerHasToken(head.headers, "connection", "upgrade") && head.headers.get("upgrade");
    head.keep_alive = head.version == 11 ? !headerHasToken(head.headers, "connection", "close")
                                         : headerHasToken(head.headers, "connection", "keep-alive");
    head.content_length = facts.content_length;
    if (role == Role::kRequests) {
      head.method = http_method_str(static_cast<http_method>(parser.method));
      const auto expect = head.headers.get("expect");
      head.expect_continue = expect && equalsIgnoreCase(*expect, "100-continue");
    } else {
      head.status = parser.status_code;
    }
    // The two parsers must have seen the same framing.
    if (head.chunked != facts.chunked) return -1;
    if (facts.content_length && parser.content_length != *facts.content_length) return -1;
    bodyless = role == Role::kResponses &&
               (no_body || head.status / 100 == 1 || head.status == 204 || head.status == 304);
    return bodyless ? 1 : 0;
  }

  // Feeds bytes that already passed the check. `pause` is what http_parser reports after an upgrade
  // request.
  Result<void> execute(std::string_view bytes) {
    const size_t n = http_parser_execute(&parser, &settings, bytes.data(), bytes.size());
    const auto code = static_cast<http_errno>(parser.http_errno);
    if (code != HPE_OK) {
      if (code == HPE_INVALID_METHOD) return fail(Code::kUnsupported, "unsupported method");
      return fail(Code::kInvalid, cat("malformed message: ", http_errno_description(code)));
    }
    if (n != bytes.size()) return fail(Code::kInvalid, "malformed message");
    return {};
  }

  Result<size_t> takeHead(std::string_view bytes) {
    const size_t before = raw.size();
    const size_t room = max_head_bytes - before;
    raw.append(bytes.substr(0, std::min(room, bytes.size())));
    const size_t from = before < 3 ? 0 : before - 3;
    const size_t end = raw.find("\r\n\r\n", from);
    // A bare line feed can never become a good head: refuse before more is buffered.
    for (size_t i = raw.find('\n', before); i != std::string::npos && i < end;
         i = raw.find('\n', i + 1)) {
      if (i == 0 || raw[i - 1] != '\r') return fail(Code::kInvalid, "bare LF in head");
    }
    if (end == std::string::npos) {
      if (raw.size() >= max_head_bytes) return fail(Code::kTooLarge, "head is too large");
      return bytes.size();
    }
    raw.resize(end + 4);
    MESHKA_TRY(facts, checkHttp1Head(raw, role == Role::kRequests, max_headers));
    MESHKA_CHECK(execute(raw));
    const size_t used = raw.size() - before;
    raw.clear();
    raw.shrink_to_fit();
    const bool no_more = bodyless || complete;
    body_left = facts.content_length;
    in_body = true;
    guard = ChunkGuard();
    const bool chunks = facts.chunked && !bodyless;
    until_eof = role == Role::kResponses && !bodyless && !chunks && !facts.content_length;
    events.onHead(std::exchange(head, Http1Head()));
    if (no_more || (!chunks && !until_eof && body_left.value_or(0) == 0)) finish();
    return used;
  }

  Result<size_t> takeBody(std::string_view bytes) {
    if (facts.chunked) {
      MESHKA_TRY(const size_t n, guard.check(bytes));
      MESHKA_CHECK(execute(bytes.substr(0, n)));
      if (complete != guard.done()) return fail(Code::kInvalid, "malformed chunk");
      if (complete) finish();
      return n;
    }
    if (until_eof) {
      events.onBody(bytes);
      return bytes.size();
    }
    const size_t n = std::min<uint64_t>(*body_left, bytes.size());
    MESHKA_CHECK(execute(bytes.substr(0, n)));
    *body_left -= n;
    if (complete != (*body_left == 0)) return fail(Code::kInvalid, "malformed body");
    if (complete) finish();
    return n;
  }

  void finish() {
    addHeader();
    Headers trailers = std::exchange(headers, Headers());
    reset();
    events.onMessageEnd(std::move(trailers));
  }

  void reset() {
    http_parser_init(&parser, role == Role::kRequests ? HTTP_REQUEST : HTTP_RESPONSE);
    parser.data = this;
    complete = in_body = in_value = bodyless = until_eof = false;
    facts = {};
    body_left.reset();
    field.clear();
    value.clear();
    headers = Headers();
    head = Http1Head();
  }

  const Role role;
  const size_t max_head_bytes, max_headers;
  Http1Events& events;
  http_parser parser;
  http_parser_settings settings;
  std::string raw;  // the head so far
  Http1Head head;
  Headers headers;
  std::string field, value;
  HeadFacts facts;
  ChunkGuard guard;
  std::optional<uint64_t> body_left;
  bool in_value = false, complete = false, in_body = false, bodyless = false, until_eof = false;
  bool no_body = false, broken = false;
};

Http1Parser::Http1Parser(Role role, size_t max_head_bytes, size_t max_headers, Http1Events& events)
    : state_(std::make_unique<State>(role, max_head_bytes, max_headers, events)) {}
Http1Parser::~Http1Parser() = default;

Result<size_t> Http1Parser::feed(std::string_view bytes) {
  size_t used = 0;
  State& s = *state_;
  if (s.broken) return fail(Code::kInvalid, "message after an error");
  do {
    auto n = s.in_body ? s.takeBody(bytes.substr(used)) : s.takeHead(bytes.substr(used));
    if (!n) {
      s.broken = true;
      return n;
    }
    used += *n;
  } while (used < bytes.size() && s.in_body);
  return used;
}

Result<void> Http1Parser::eof() {
  State& s = *state_;
  if (s.in_body && s.until_eof) {
    s.finish();
    return {};
  }
  if (!idle()) return fail(Code::kUnavailable, "connection was closed within a message");
  return {};
}

void Http1Parser::expectNoBody(bool yes) {
  state_->no_body = yes;
}
bool Http1Parser::idle() const {
  return !state_->in_body && state_->raw.empty();
}
bool Http1Parser::inBody() const {
  return state_->in_body;
}

}  // namespace meshka::net
