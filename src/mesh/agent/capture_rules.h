// The redirection of a pod's traffic into its proxy, as one nft script. What `pilot-agent
// istio-iptables` is asked for, in upstream's words, becomes a table that replaces the one of an
// earlier run, so it can be applied again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace meshka::mesh::agent {

// "*" stands for all; empty for none. Numbers and addresses as text.
struct CaptureSpec {
  uint16_t proxy_port = 15001;          // -p
  uint16_t inbound_port = 15006;        // -z
  uint16_t tunnel_port = 15008;         // -e
  uint16_t dns_port = 15053;            // where the agent answers
  std::string proxy_uid = "1337";       // -u
  std::string proxy_gid = "1337";       // -g
  std::string mode = "REDIRECT";        // -m
  std::string outbound_cidrs = "*";     // -i
  std::string outbound_cidrs_excluded;  // -x
  std::string outbound_ports;           // -q: captured even where -i does not
  std::string outbound_ports_excluded;  // -o
  std::string inbound_ports = "*";      // -b
  std::string inbound_ports_excluded;   // -d
  std::string virtual_interfaces;       // -k: what comes in there is outbound traffic
  std::string interfaces_excluded;      // -c
  bool dns = false;
  std::vector<std::string> nameservers;  // of the pod's resolv.conf; those of IPv4 are used
};

// Errors: kInvalid naming the flag and the word; kUnsupported (TPROXY).
Result<std::string> captureScript(const CaptureSpec& spec);
// Takes the table away.
std::string captureRemoval();

}  // namespace meshka::mesh::agent
