// What the fuzzers do with their bytes; fuzz_test.cc does the same with the seeds.
#pragma once

#include "base/assert.h"
#include "base/strings.h"
#include "doc/json.h"
#include "mgmt/relay/messages.h"
#include "mgmt/relay/snapshot.h"
#include "mgmt/server/resp.h"

namespace meshka::mgmt::test {

// A message that is understood is understood again after encoding, and means the same.
inline void fuzzRelay(std::string_view bytes) {
  if (auto m = decodeAgentMessage(bytes)) {
    const std::string again = encode(*m);
    const auto twice = decodeAgentMessage(again);
    MESHKA_ASSERT(twice.has_value() && encode(*twice) == again);
    if (const auto* delta = std::get_if<Delta>(&*m)) {
      Snapshot snapshot;
      std::vector<Snapshot::Change> changes;
      Delta whole = *delta;
      whole.full = true;
      whole.last = true;
      (void)snapshot.apply(whole, changes);
      MESHKA_ASSERT(changes.size() == snapshot.size());
      (void)snapshot.apply(*delta, changes);
    }
  }
  if (auto m = decodeServerMessage(bytes)) {
    const std::string again = encode(*m);
    const auto twice = decodeServerMessage(again);
    MESHKA_ASSERT(twice.has_value() && encode(*twice) == again);
  }
  if (auto m = decodeBootstrapRequest(bytes)) MESHKA_ASSERT(decodeBootstrapRequest(encode(*m)));
  if (auto m = decodeBootstrapReply(bytes)) MESHKA_ASSERT(decodeBootstrapReply(encode(*m)));
}

inline std::string show(const RespValue& v) {
  std::string out = cat(static_cast<int>(v.kind), v.number, "(", v.text, ")");
  for (const RespValue& item : v.items) out += cat("[", show(item), "]");
  return out;
}

// However the bytes are cut, the replies are the same.
inline void fuzzResp(std::string_view bytes) {
  const auto all = [&](size_t step) {
    RespReader reader;
    std::string out;
    for (size_t at = 0; at < bytes.size(); at += step) {
      reader.feed(bytes.substr(at, step));
      for (;;) {
        auto v = reader.next();
        if (!v) return out + "!";
        if (!*v) break;
        out += show(**v);
      }
    }
    return out;
  };
  const std::string whole = all(bytes.size() + 1);
  MESHKA_ASSERT(all(1) == whole);
  if (!bytes.empty()) MESHKA_ASSERT(all(1 + static_cast<unsigned char>(bytes[0]) % 7) == whole);
}

}  // namespace meshka::mgmt::test
