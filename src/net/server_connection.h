// What server.cc and the two protocol machines agree on. A connection never destroys itself: it
// reports finished(), and the server destroys it in a later turn.
#pragma once

#include <memory>
#include <string>

#include "io/loop.h"
#include "net/http.h"
#include "net/limits.h"

namespace meshka::net {

class ServerConnection {
 public:
  virtual ~ServerConnection() = default;
  // `early`: bytes that were read while the protocol was detected.
  virtual void begin(std::string early) = 0;
  // Finish what runs, take nothing new, then report finished().
  virtual void drain() = 0;
  virtual size_t activeRequests() const = 0;
};

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void finished(ServerConnection& connection) = 0;
};

struct ConnectionContext {
  io::Loop& loop;
  Handler& handler;
  ConnectionOwner& owner;
  const ServerLimits& limits;
  Peer peer;
};

std::unique_ptr<ServerConnection> newHttp1Connection(ConnectionContext context,
                                                     std::unique_ptr<io::Stream> stream);
std::unique_ptr<ServerConnection> newHttp2Connection(ConnectionContext context,
                                                     std::unique_ptr<io::Stream> stream);

// "Tue, 24 Nov 2026 00:08:10 GMT" (RFC 9110 5.6.7).
std::string httpDate(WallTime t);

}  // namespace meshka::net
