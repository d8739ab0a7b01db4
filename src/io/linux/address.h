// Endpoint to sockaddr and back. Only for .cc files of io/linux.
#pragma once

#include <sys/socket.h>

#include "io/network.h"

namespace meshka::io {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

// Errors: kInvalid.
Result<Address> toAddress(const Endpoint& endpoint);
Endpoint toEndpoint(const Address& address);
Endpoint localEndpoint(int fd);
Endpoint peerEndpoint(int fd);

}  // namespace meshka::io
