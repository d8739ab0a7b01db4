// Service isolation: pods take requests only by mutual TLS, from their own workspace and from those
// that import the Service.
#pragma once

namespace meshka::mgmt {

struct Context;

void writeIsolation(Context& context);

}  // namespace meshka::mgmt
