// The relay's messages: one JSON object with one member, whose name is the message's type, in each
// gRPC message. docs/design/relay.md has the protocol.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::mgmt {

inline constexpr std::string_view kBootstrapMethod = "/relay.mesh.v1.Relay/Bootstrap";
inline constexpr std::string_view kPushMethod = "/relay.mesh.v1.Relay/Push";
inline constexpr std::string_view kPullMethod = "/relay.mesh.v1.Relay/Pull";

// Agent: the first message of a stream.
struct Hello {
  std::string cluster;
  std::string given_name;
  std::string agent_version;
  // Pull: hashes of the outputs that the agent has, by reference.
  std::map<std::string, std::string> have;
};
// Server: the stream is served. Push: what the server has of this cluster (session "": nothing).
struct Welcome {
  std::string server_version;
  std::string session;
  uint64_t version = 0;
};
// Server: the stream is not served yet, and why; Welcome follows when that changes.
struct Wait {
  std::string reason;
};
// Either: nothing to say.
struct Ping {};

// Agent: what changed in its cluster up to `version`.
struct Delta {
  std::string session;
  uint64_t version = 0;
  bool full = false;  // a piece of a whole snapshot, which replaces what the server has ...
  bool last = true;   // ... when its last piece is there
  std::map<std::string, std::vector<doc::Doc>> upserts;     // by resource
  std::map<std::string, std::vector<std::string>> deletes;  // by resource: "ns/name" or "name"
};
// Server: everything up to `version` is part of its picture.
struct Ack {
  uint64_t version = 0;
};
// Server: that delta is not usable; the agent sends a whole snapshot.
struct Nack {
  uint64_t version = 0;
  std::string reason;
};

// Server: objects and statuses that the agent keeps in its cluster. A reference is
// "Kind.group/ns/name"; a status's resource is "plural.group".
struct RelayOutput {
  std::string reference;
  std::string hash;
  doc::Doc object;
};
struct StatusOutput {
  std::string resource;
  std::string ns;
  std::string name;
  doc::Doc status;
};
struct RelayOutputs {
  std::vector<RelayOutput> upserts;
  std::vector<std::string> deletes;  // references
  std::vector<StatusOutput> statuses;
};
// Server: what translation `id` made has been sent. `complete`: nothing else of ours should exist.
struct Barrier {
  uint64_t id = 0;
  bool complete = false;
};
struct RelayResult {
  std::string reference;
  std::string hash;
  std::string error;  // "" : it is in the cluster
};
struct RelayApplied {
  std::vector<RelayResult> results;
};

struct BootstrapRequest {
  std::string cluster;
  std::string token;  // "" : the client certificate speaks for the agent (renewal)
  std::string csr_pem;
};
struct BootstrapReply {
  std::string certificate_pem;
  std::string ca_pem;
};

using AgentMessage = std::variant<Hello, Ping, Delta, RelayApplied>;
using ServerMessage = std::variant<Welcome, Wait, Ping, Ack, Nack, RelayOutputs, Barrier>;

std::string encode(const AgentMessage& message);
std::string encode(const ServerMessage& message);
// Errors: kInvalid naming the field; kTooLarge.
Result<AgentMessage> decodeAgentMessage(std::string_view bytes);
Result<ServerMessage> decodeServerMessage(std::string_view bytes);

std::string encode(const BootstrapRequest& request);
std::string encode(const BootstrapReply& reply);
Result<BootstrapRequest> decodeBootstrapRequest(std::string_view bytes);
Result<BootstrapReply> decodeBootstrapReply(std::string_view bytes);

}  // namespace meshka::mgmt
