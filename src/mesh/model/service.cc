// Protocol selection, visibility and the small questions about a service.
#include "mesh/model/service.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

struct NamedProtocol {
  std::string_view name;
  Protocol protocol;
};
constexpr NamedProtocol kProtocols[] = {
    {"http", Protocol::kHttp},
    {"http2", Protocol::kHttp2},
    {"grpc", Protocol::kGrpc},
    {"grpc-web", Protocol::kGrpcWeb},
    {"https", Protocol::kHttps},
    {"tls", Protocol::kTls},
    {"tcp", Protocol::kTcp},
    {"udp", Protocol::kUdp},
    {"mongo", Protocol::kTcp},
    {"redis", Protocol::kTcp},
    {"mysql", Protocol::kTcp},
    {"kubernetes.io/h2c", Protocol::kHttp2},
    {"kubernetes.io/ws", Protocol::kHttp},
    {"kubernetes.io/wss", Protocol::kHttps},
};

Protocol named(std::string_view name, int number) {
  const std::string lower = toLower(name);
  for (const auto& known : kProtocols) {
    if (lower == known.name) return known.protocol;
  }
  if (lower == "grpc-web" || lower.starts_with("grpc-web-")) return Protocol::kGrpcWeb;
  const std::string_view prefix = std::string_view(lower).substr(0, lower.find('-'));
  for (const auto& known : kProtocols) {
    if (prefix == known.name) return known.protocol;
  }
  // Servers that speak first cannot be sniffed.
  if (number == 25 || number == 53 || number == 3306 || number == 27017) return Protocol::kTcp;
  return Protocol::kAuto;
}

}  // namespace

bool isHttp(Protocol p) {
  return p == Protocol::kHttp || p == Protocol::kHttp2 || isGrpc(p);
}
bool isHttp2(Protocol p) {
  return p == Protocol::kHttp2 || p == Protocol::kGrpc;
}
bool isGrpc(Protocol p) {
  return p == Protocol::kGrpc || p == Protocol::kGrpcWeb;
}
bool isTls(Protocol p) {
  return p == Protocol::kTls || p == Protocol::kHttps;
}

Protocol protocolOf(std::string_view transport, std::string_view app_protocol,
                    std::string_view name, int number) {
  if (transport == "UDP") return Protocol::kUdp;
  return named(app_protocol.empty() ? name : app_protocol, number);
}

Protocol protocolOfField(std::string_view field, std::string_view name, int number) {
  return named(field.empty() ? name : field, number);
}

Locality parseLocality(std::string_view text) {
  const auto parts = split(text, '/');
  Locality out;
  out.region = parts[0];
  if (parts.size() > 1) out.zone = parts[1];
  if (parts.size() > 2) out.subzone = parts[2];
  return out;
}

bool ExportTo::sees(std::string_view ns) const {
  return all || std::find(namespaces.begin(), namespaces.end(), ns) != namespaces.end();
}

ExportTo parseExportTo(const std::vector<std::string>& list, std::string_view own_ns) {
  ExportTo out;
  if (list.empty()) return out;
  out.all = false;
  for (const std::string& entry : list) {
    if (entry == "*") {
      out.all = true;
    } else if (entry != "~") {
      out.namespaces.emplace_back(entry == "." ? own_ns : entry);
    }
  }
  return out;
}

const Port* Service::port(int number) const {
  for (const Port& p : ports) {
    if (p.number == number) return &p;
  }
  return nullptr;
}

}  // namespace meshka::mesh
