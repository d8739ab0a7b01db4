// CRI over gRPC on containerd's Unix socket. CRI's own event stream does not exist in
// containerd 1.6, so exits come from containerd's event service on the same socket.
#pragma once

#include <memory>
#include <string>

#include "io/loop.h"
#include "node/cri/cri.h"

namespace meshka::node::cri {

// Connects on demand and again after a loss; `socket_path` is containerd's grpc address.
std::unique_ptr<CriClient> newGrpcCri(io::World world, std::string socket_path);

}  // namespace meshka::node::cri
