// Watches over HTTP: one line of JSON per event, bookmarks, the end, and the end of those who do
// not read.
#include "apiserver/exchange.h"
#include "apiserver/limits.h"
#include "apiserver/status.h"
#include "apiserver/watch.h"
#include "base/strings.h"
#include "doc/json.h"

namespace meshka::apiserver {

namespace {

class HttpWatchSink final : public WatchSink {
 public:
  HttpWatchSink(io::Loop& loop, Encoder& encoder, const Call& call, const Accepted& form,
                net::ResponseWriter& response, net::Headers headers)
      : wake_(loop),
        encoder_(encoder),
        call_(call),
        form_(form),
        response_(response),
        headers_(std::move(headers)) {}

  void onEvent(WatchType type, const doc::Doc& stored) override {
    if (cut_) return;
    auto bytes = encoder_.watched(*call_.kind, form_, call_.options.include_object, first_, stored);
    if (!bytes) {
      // An object that cannot be shown in this version ends the stream; the client lists again and
      // sees the error.
      line("ERROR", doc::toJson(statusObject(bytes.error())));
      end();
      return;
    }
    first_ = false;
    line(toString(type), **bytes);
    if (!opened_) return;
    if (response_.buffered() > initial_bytes_ + kMaxWatchBufferBytes) end();
  }

  void onInitialEnd(store::Revision revision) override { writeBookmark(revision, true); }

  void writeBookmark(store::Revision revision, bool initial_end) {
    line("BOOKMARK", doc::toJson(encoder_.bookmarkForm(
                         *call_.kind, form_, bookmark(*call_.kind, revision, initial_end))));
  }

  // The initial state was written: from here on unread bytes count against the reader.
  void opened() {
    start();
    opened_ = true;
    initial_bytes_ = response_.buffered();
  }
  bool cut() const { return cut_; }
  io::Event& wake() { return wake_; }

 private:
  void start() {
    if (!response_.started()) response_.start(200, std::move(headers_));
  }
  void line(std::string_view type, std::string_view object) {
    start();
    response_.writeNow(cat("{\"type\":\"", type, "\",\"object\":", object, "}\n"));
  }
  void end() {
    cut_ = true;
    wake_.set();
  }

  io::Event wake_;
  Encoder& encoder_;
  const Call& call_;
  const Accepted& form_;
  net::ResponseWriter& response_;
  net::Headers headers_;
  size_t initial_bytes_ = 0;
  bool opened_ = false;
  bool first_ = true;
  bool cut_ = false;
};

class Counted {
 public:
  explicit Counted(size_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  size_t& count_;
};

Duration lifetime(const Options& options, Rng& rng) {
  if (options.timeout_seconds && *options.timeout_seconds > 0) {
    return seconds(std::min(*options.timeout_seconds, int64_t{24} * 3600));
  }
  return seconds(kMinWatchSeconds +
                 static_cast<int64_t>(rng.below(kMaxWatchSeconds - kMinWatchSeconds)));
}

}  // namespace

io::Task<Result<void>> ApiServer::serveWatch(Exchange& x, Call& call) {
  if (watches_ >= kMaxWatches) {
    co_return fail(Error(Code::kTooMany, "too many watches, please try again later")
                       .withDetails({.retry_after_s = 5}));
  }
  if (x.form.yaml)
    co_return fail(notAcceptable("only the following media types are accepted: application/json"));
  const Counted counted(watches_);
  const Instant end = world_.clock().now() + lifetime(call.options, world_.rng);
  HttpWatchSink sink(world_.loop, encoder_, call, x.form, x.response,
                     x.headers("application/json"));
  MESHKA_CO_TRY(const std::unique_ptr<Watch> watch, Watch::open(engine_, call, sink));
  sink.opened();
  x.status = 200;
  while (true) {
    const Instant now = world_.clock().now();
    const Instant next = call.options.bookmarks ? std::min(end, now + kBookmarkInterval) : end;
    co_await sink.wake().wait(next);
    if (sink.cut()) {
      x.response.abort();
      co_return Result<void>();
    }
    if (call.options.bookmarks) sink.writeBookmark(watch->revision(), false);
    if (world_.clock().now() >= end) co_return Result<void>();
  }
}

}  // namespace meshka::apiserver
