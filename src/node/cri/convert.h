// Plain structs to protobuf and back. Included by cri/*.cc only.
#pragma once

#include "cri.pb.h"
#include "node/cri/cri.h"

namespace meshka::node::cri {

void fill(runtime::v1::PodSandboxConfig& to, const SandboxConfig& from);
void fill(runtime::v1::ContainerConfig& to, const ContainerConfig& from);
Container containerOf(const runtime::v1::Container& from);
ContainerStatus statusOf(const runtime::v1::ContainerStatus& from);
Sandbox sandboxOf(const runtime::v1::PodSandbox& from);
Sandbox sandboxOf(const runtime::v1::PodSandboxStatus& from);
Image imageOf(const runtime::v1::Image& from);

}  // namespace meshka::node::cri
