#include "bin/mgmt_common.h"

#include "base/strings.h"
#include "bin/own_cluster.h"
#include "client/http_api_client.h"
#include "io/disk.h"

namespace meshka::bin {

namespace {
constexpr uint64_t kMaxMountedFile = 64 * 1024;
}  // namespace

cli::Flag textFlag(std::string name, std::string value, std::string help, std::string fallback) {
  return cli::Flag{.name = std::move(name),
                   .value_name = std::move(value),
                   .help = std::move(help),
                   .default_value = std::move(fallback)};
}

io::Task<Result<std::string>> readOptionalFile(io::World& world, std::string path) {
  if (path.empty()) co_return std::string();
  auto bytes = co_await world.disk.readFile(path, kMaxMountedFile);
  if (!bytes && bytes.error().code() == Code::kNotFound) co_return std::string();
  co_return bytes;
}

io::Task<Result<TlsFiles>> readTlsFiles(io::World& world, std::string directory) {
  TlsFiles out;
  if (directory.empty()) co_return out;
  MESHKA_CO_TRY(out.certificate_pem, co_await readOptionalFile(world, directory + "/tls.crt"));
  MESHKA_CO_TRY(out.key_pem, co_await readOptionalFile(world, directory + "/tls.key"));
  MESHKA_CO_TRY(out.ca_pem, co_await readOptionalFile(world, directory + "/ca.crt"));
  co_return out;
}

io::Task<Result<std::unique_ptr<client::ApiClient>>> clusterOf(io::World& world,
                                                               std::string kubeconfig) {
  MESHKA_CO_TRY(client::Credentials credentials, co_await ownCluster(world, std::move(kubeconfig)));
  co_return client::newHttpApiClient(world, std::move(credentials));
}

Result<io::Endpoint> endpointFlag(const cli::Parsed& flags, const char* name) {
  auto out = io::Endpoint::parse(flags.get(name));
  if (!out) return fail(out.error().with(cat("--", name)));
  return out;
}

Result<HostPort> parseHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  const auto port = colon == text.npos ? std::nullopt : parseInt(text.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535 || colon == 0) {
    return fail(Code::kInvalid, cat("\"", text, "\" is no HOST:PORT"));
  }
  return HostPort{std::string(text.substr(0, colon)), static_cast<uint16_t>(*port)};
}

}  // namespace meshka::bin
