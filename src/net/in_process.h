// An HttpClient whose server is a Handler in the same process: no bytes are framed, the handler is
// the same. Bodies go through a bounded buffer, cancellation works both ways; upgrade gives a pair
// of streams.
#pragma once

#include <memory>

#include "io/loop.h"
#include "net/http.h"

namespace meshka::net {

// `handler` and `loop` outlive the client. `peer` is what the handler sees (in_process is set).
std::unique_ptr<HttpClient> newInProcessClient(io::Loop& loop, Handler& handler, Peer peer = {});

// Two connected streams in memory, each direction bounded by `buffer_bytes`.
struct StreamPair {
  std::unique_ptr<io::Stream> a;
  std::unique_ptr<io::Stream> b;
};
StreamPair newStreamPair(io::Loop& loop, size_t buffer_bytes);

}  // namespace meshka::net
