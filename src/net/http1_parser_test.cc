#include "net/http1_parser.h"

#include "base/test/test.h"

namespace meshka::net {
namespace {

struct Log final : Http1Events {
  void onHead(Http1Head head) override {
    text += cat("H[", head.method, head.status == 0 ? "" : cat(head.status), " ", head.target, "]");
    heads.push_back(std::move(head));
  }
  void onBody(std::string_view bytes) override { body += bytes; }
  void onMessageEnd(Headers trailers) override {
    text += cat("E[", body, "]");
    for (const auto& t : trailers.entries()) text += cat("T[", t.name, "=", t.value, "]");
    body.clear();
  }
  std::string text, body;
  std::vector<Http1Head> heads;
};

// Feeds `bytes` in pieces of `step`; gives the events, or the error after them.
std::string parse(std::string_view bytes, size_t step, Http1Parser::Role role) {
  Log log;
  Http1Parser parser(role, 4096, 16, log);
  std::string pending;
  for (size_t at = 0; at < bytes.size(); at += step) {
    pending += bytes.substr(at, step);
    while (!pending.empty()) {
      auto used = parser.feed(pending);
      if (!used) return cat(log.text, "!", used.error().message());
      pending.erase(0, *used);
    }
  }
  if (role == Http1Parser::Role::kResponses) {
    if (auto ok = parser.eof(); !ok) return cat(log.text, "!", ok.error().message());
  }
  return log.text;
}
std::string requests(std::string_view bytes) {
  const std::string whole = parse(bytes, bytes.size(), Http1Parser::Role::kRequests);
  for (size_t step : {1u, 2u, 7u}) {
    EXPECT_EQ(parse(bytes, step, Http1Parser::Role::kRequests), whole);
  }
  return whole;
}
std::string responses(std::string_view bytes) {
  const std::string whole = parse(bytes, bytes.size(), Http1Parser::Role::kResponses);
  EXPECT_EQ(parse(bytes, 1, Http1Parser::Role::kResponses), whole);
  return whole;
}

struct Case {
  std::string_view what, bytes, want;
};

TEST(Http1Parser, Accepts) {
  const Case cases[] = {
      {"get", "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n", "H[GET /a?b]E[]"},
      {"two", "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
       "H[GET /a]E[]H[GET /b]E[]"},
      {"length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
       "H[POST /]E[hello]"},
      {"zero", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "H[POST /]E[]"},
      {"chunks",
       "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
       "chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n",
       "H[POST /]E[hello0123456789]"},
      {"trailers",
       "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: "
       "b\r\n\r\n",
       "H[POST /]E[x]T[A=b]"},
      {"http10", "GET / HTTP/1.0\r\n\r\n", "H[GET /]E[]"},
      {"options", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "H[OPTIONS *]E[]"},
      {"upgrade and next bytes",
       "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
       "H[GET /]E[]"},
  };
  for (const Case& c : cases) EXPECT_EQ(requests(c.bytes), c.want);
}

TEST(Http1Parser, RefusesWhatSmuggles) {
  const Case cases[] = {
      {"both",
       "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       "!both Content-Length and Transfer-Encoding"},
      {"duplicate length",
       "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
       "!duplicate Content-Length"},
      {"length list", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello",
       "!bad Content-Length"},
      {"signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
       "!bad Content-Length"},
      {"hex length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello",
       "!bad Content-Length"},
      {"huge length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
       "!bad Content-Length"},
      {"fold", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "!folded header line"},
      {"bare LF", "GET / HTTP/1.1\nHost: x\n\n", "!bare LF in head"},
      {"bare LF inside", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", "!bare LF in head"},
      {"bare CR", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", "!bare CR, LF or NUL in head"},
      {"space before colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "!malformed header name"},
      {"coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       "!unsupported transfer encoding"},
      {"coding with tab", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
       "!unsupported transfer encoding"},
      {"two codings",
       "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n",
       "!duplicate Transfer-Encoding"},
      {"coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
       "!Transfer-Encoding in HTTP/1.0"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "!missing Host header"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "!duplicate Host header"},
      {"absolute", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
       "!request target must be in origin form"},
      {"connect", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
       "!request target must be in origin form"},
      {"version", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "!unsupported HTTP version"},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "!malformed request line"},
      {"method", "BLAH / HTTP/1.1\r\nHost: a\r\n\r\n", "!unsupported method"},
  };
  for (const Case& c : cases) EXPECT_EQ(requests(c.bytes), c.want);
  EXPECT_EQ(requests(std::string_view("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 29)),
            "!bare CR, LF or NUL in head");
}

TEST(Http1Parser, RefusesBadChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const Case cases[] = {
      {"no digits", "\r\nhello", "!chunk without size"},
      {"negative", "-1\r\n", "!malformed chunk size"},
      {"extension", "5;a=b\r\nhello\r\n0\r\n\r\n", "!malformed chunk size"},
      {"space", "5 \r\nhello\r\n0\r\n\r\n", "!malformed chunk size"},
      {"0x", "0x5\r\nhello", "!malformed chunk size"},
      {"too long", "100000000\r\n", "!malformed chunk size"},
      {"size without LF", "5\rXhello\r\n0\r\n\r\n",
       "!malformed chunk"},  // http_parser alone takes this
      {"bare LF", "5\nhello\n0\n\n", "!malformed chunk size"},
      {"data overrun", "5\r\nhelloX\r\n0\r\n\r\n", "!malformed chunk"},
      {"trailer bare LF", "0\r\nA: b\n\r\n", "!malformed chunk"},
      {"trailer fold", "0\r\nA: b\r\n c\r\n\r\n", "!folded header line"},
  };
  for (const Case& c : cases) EXPECT_EQ(requests(cat(head, c.bytes)), cat("H[POST /]", c.want));
}

TEST(Http1Parser, Limits) {
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 20; ++i) many += "A: b\r\n";
  EXPECT_EQ(requests(many + "\r\n"), "!too many headers");
  EXPECT_EQ(requests(cat("GET /", std::string(5000, 'a'))), "!head is too large");
  EXPECT_EQ(requests(cat("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ",
                         std::string(9000, 'a'))),
            "H[POST /]!trailers are too large");
}

TEST(Http1Parser, Responses) {
  const Case cases[] = {
      {"length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "H[200 ]E[hi]"},
      {"to the end", "HTTP/1.1 200 OK\r\n\r\nhi there", "H[200 ]E[hi there]"},
      {"no reason", "HTTP/1.1 204\r\n\r\n", "H[204 ]E[]"},
      {"100 first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
       "H[100 ]E[]H[200 ]E[a]"},
      {"304 with length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", "H[304 ]E[]"},
      {"cut", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi",
       "H[200 ]!connection was closed within a message"},
      {"both", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       "!both Content-Length and Transfer-Encoding"},
      {"status", "HTTP/1.1 2000 OK\r\n\r\n", "!malformed status line"},
  };
  for (const Case& c : cases) EXPECT_EQ(responses(c.bytes), c.want);
}

}  // namespace
}  // namespace meshka::net
