#include "client/http_watch.h"

#include "base/strings.h"
#include "client/limits.h"
#include "client/status_error.h"
#include "doc/json.h"

namespace meshka::client {

Result<WatchEvent> parseWatchEvent(std::string_view line) {
  MESHKA_TRY(const doc::Doc event, doc::parseJson(line, {.max_depth = kMaxAnswerDepth}));
  const std::string_view type = event["type"].text();
  using Type = WatchEvent::Type;
  if (type == "ERROR") {
    const doc::Value status = event["object"];
    return fail(errorFromStatus(status, static_cast<int>(status["code"].integer(500))));
  }
  if (!event["object"].isObject()) return fail(Code::kInvalid, "watch event without object");
  if (type == "ADDED") return WatchEvent{Type::kAdded, event["object"].doc()};
  if (type == "MODIFIED") return WatchEvent{Type::kModified, event["object"].doc()};
  if (type == "DELETED") return WatchEvent{Type::kDeleted, event["object"].doc()};
  if (type == "BOOKMARK") return WatchEvent{Type::kBookmark, event["object"].doc()};
  return fail(Code::kInvalid, cat("watch event of unknown type \"", type, "\""));
}

io::Task<Result<WatchEvent>> HttpWatch::next() {
  for (;;) {
    const size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      const std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      scanned_ = 0;
      if (trim(line).empty()) continue;
      co_return parseWatchEvent(line);
    }
    scanned_ = buffer_.size();
    if (buffer_.size() > kMaxWatchEventBytes) {
      co_return fail(Code::kTooLarge, "watch event over the size limit");
    }
    char chunk[kWatchChunkBytes];
    auto got = co_await body_->read(chunk);
    if (!got) co_return fail(got.error());
    if (*got == 0) co_return fail(Code::kUnavailable, "the watch ended");
    buffer_.append(chunk, *got);
  }
}

}  // namespace meshka::client
