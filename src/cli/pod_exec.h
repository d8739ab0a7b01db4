// A command in a container, through the API server's exec subresource: its output as text.
#pragma once

#include <string>
#include <vector>

#include "client/kubeconfig.h"
#include "io/loop.h"

namespace meshka::cli {

struct PodCommand {
  std::string ns;
  std::string pod;
  std::string container;
  std::vector<std::string> words;
};

// Standard output. Errors: those of the connection; kInternal with what the command said when it
// failed; kTooLarge; kTimeout.
io::Task<Result<std::string>> execInPod(io::World& world, client::Credentials credentials,
                                        PodCommand command, Instant deadline);

// What one message of the protocol v4.channel.k8s.io adds: its first byte is the channel.
struct ExecOutput {
  std::string out;
  std::string err;
  std::string status;  // a Status object, when the command has ended
};
void takeExecMessage(ExecOutput& into, std::string_view message);
// The result when the stream is over.
Result<std::string> execResult(const ExecOutput& output);

}  // namespace meshka::cli
