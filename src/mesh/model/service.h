// What a client can call: a Kubernetes Service or one host of a ServiceEntry, with its endpoints.
// Values borrow from the Objects of the Model that owns them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"

namespace meshka::mesh {

enum class Protocol : uint8_t { kAuto, kTcp, kTls, kHttps, kHttp, kHttp2, kGrpc, kGrpcWeb, kUdp };

// HTTP in the clear, from the proxy's point of view.
bool isHttp(Protocol protocol);
bool isHttp2(Protocol protocol);
bool isGrpc(Protocol protocol);
bool isTls(Protocol protocol);
// By appProtocol, else the name up to its first '-', else well-known numbers, else kAuto.
Protocol protocolOf(std::string_view transport, std::string_view app_protocol,
                    std::string_view name, int number);
// By the protocol field of Istio's own ports, else the name.
Protocol protocolOfField(std::string_view field, std::string_view name, int number);

struct Port {
  std::string name;
  int number = 0;
  int target = 0;           // 0: see target_name
  std::string target_name;  // a named container port
  Protocol protocol = Protocol::kAuto;
};

enum class Resolution : uint8_t { kEds, kDns, kDnsRoundRobin, kPassthrough };

struct Locality {
  std::string region;
  std::string zone;
  std::string subzone;
  auto operator<=>(const Locality&) const = default;
};
// "region/zone/subzone"
Locality parseLocality(std::string_view text);

struct Endpoint {
  std::string address;
  std::map<std::string, int> ports;  // by the name of the service's port
  doc::Value labels;
  std::string ns;
  std::string service_account;
  std::string pod;  // "" : not a pod of this cluster
  Locality locality;
  uint32_t weight = 1;
  bool mutual_tls = false;  // label security.istio.io/tlsMode
  bool local_pod = false;
};

// Namespaces that may see an object.
struct ExportTo {
  bool all = true;
  std::vector<std::string> namespaces;
  bool sees(std::string_view ns) const;
};
// An absent or empty list exports to all; "." is `own_ns`, "~" nobody.
ExportTo parseExportTo(const std::vector<std::string>& list, std::string_view own_ns);

struct Service {
  std::string host;
  std::string name;  // of the object
  std::string ns;
  bool kubernetes = false;
  bool headless = false;
  bool in_mesh = true;  // MESH_INTERNAL
  Resolution resolution = Resolution::kEds;
  std::vector<std::string> addresses;
  std::string auto_address;  // 240.240.x.y for a ServiceEntry without address
  std::vector<Port> ports;
  std::vector<Endpoint> endpoints;
  std::vector<std::string> identities;  // spiffe://..., sorted
  doc::Value selector;                  // pods of its own namespace; missing: none
  ExportTo export_to;
  std::string created;

  const Port* port(int number) const;
};

}  // namespace meshka::mesh
