// What a Workspace's status says beyond its state: clusters, namespaces, settings, counts.
#pragma once

namespace meshka::mgmt {

struct Context;

void writeWorkspaceStatus(Context& context);

}  // namespace meshka::mgmt
