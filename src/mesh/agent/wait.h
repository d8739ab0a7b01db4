// `pilot-agent wait`: what the injector runs as postStart hook, so that applications start behind
// their proxy.
#pragma once

#include <string>

#include "io/loop.h"
#include "io/task.h"

namespace meshka::mesh::agent {

struct WaitSpec {
  std::string url = "http://localhost:15021/healthz/ready";
  Duration timeout;          // of all
  Duration request_timeout;  // of one question
  Duration period;           // between two
};

// Ends when the URL answers 200. Errors: kTimeout with what was last seen, kInvalid (the URL).
io::Task<Result<void>> waitUntilReady(io::World world, WaitSpec spec);

}  // namespace meshka::mesh::agent
