#include "client/kubeconfig.h"

#include <algorithm>

#include "base/strings.h"
#include "client/limits.h"
#include "doc/yaml.h"
#include "io/async.h"
#include "io/disk.h"

namespace meshka::client {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

// The member of an entry that holds its value: clusters[].cluster.
std::string_view fieldOf(std::string_view list) {
  if (list == "clusters") return "cluster";
  if (list == "users") return "user";
  return "context";
}

std::string directoryOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string(".") : std::string(path.substr(0, slash));
}

Value entryOf(Value config, std::string_view list, std::string_view name) {
  for (const Value entry : config[list].elements()) {
    if (entry["name"].text() == name) return entry;
  }
  return {};
}

}  // namespace

std::vector<std::string> kubeConfigPaths(std::string_view variable, std::string_view home) {
  std::vector<std::string> paths;
  for (const std::string_view part : split(variable, ':')) {
    if (!part.empty()) paths.emplace_back(part);
  }
  if (paths.empty()) paths.push_back(cat(home, "/.kube/config"));
  return paths;
}

std::string KubeConfig::places() const {
  std::vector<std::string> paths;
  for (const File& file : files_) paths.push_back(file.path);
  return join(paths, ", ");
}

std::string KubeConfig::currentContext() const {
  for (const File& file : files_) {
    if (const std::string_view name = file.content["current-context"].text(); !name.empty())
      return std::string(name);
  }
  return {};
}

std::vector<std::string> KubeConfig::contextNames() const {
  std::vector<std::string> names;
  for (const File& file : files_) {
    for (const Value entry : file.content["contexts"].elements()) {
      std::string name(entry["name"].text());
      if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(std::move(name));
    }
  }
  return names;
}

KubeConfig::Found KubeConfig::find(std::string_view list, std::string_view field,
                                   std::string_view name) const {
  for (const File& file : files_) {
    if (const Value entry = entryOf(file.content, list, name); entry.exists())
      return {entry[field], directoryOf(file.path)};
  }
  return {};
}

bool KubeConfig::hasContext(std::string_view name) const {
  return find("contexts", "context", name).entry.exists();
}

Result<Context> KubeConfig::context(std::string_view wanted) const {
  const std::string name = wanted.empty() ? currentContext() : std::string(wanted);
  if (name.empty()) {
    return fail(Code::kNotFound,
                cat("no current context in ", places(), "; name one with --context"));
  }
  const Found context = find("contexts", "context", name);
  if (!context.entry.exists()) {
    return fail(Code::kNotFound, cat("context \"", name, "\" does not exist in ", places(),
                                     "; `kubectl config get-contexts` lists them"));
  }
  const std::string_view cluster_name = context.entry["cluster"].text();
  const std::string_view user_name = context.entry["user"].text();
  const Found cluster = find("clusters", "cluster", cluster_name);
  const Found user = find("users", "user", user_name);
  if (!cluster.entry.isObject()) {
    return fail(Code::kInvalid, cat("context \"", name, "\" names cluster \"", cluster_name,
                                    "\", which is not in ", places()));
  }
  if (!user_name.empty() && !user.entry.isObject()) {
    return fail(Code::kInvalid, cat("context \"", name, "\" names user \"", user_name,
                                    "\", which is not in ", places()));
  }
  return Context{name,
                 std::string(context.entry["namespace"].text("default")),
                 cluster.entry.doc(),
                 user.entry.exists() ? user.entry.doc() : Draft::object().finish(),
                 cluster.directory,
                 user.directory};
}

Task<Result<KubeConfig>> loadKubeConfig(io::Disk& disk, std::vector<std::string> paths) {
  std::vector<KubeConfig::File> files;
  for (std::string& path : paths) {
    auto text = co_await disk.readFile(path, kMaxKubeConfigBytes);
    if (!text && text.error().code() == Code::kNotFound) {
      files.push_back({std::move(path), Draft::object().finish()});
      continue;
    }
    if (!text) co_return fail(text.error());
    auto parsed = doc::parseYamlDocument(*text);
    if (!parsed) co_return fail(parsed.error().with(cat("kubeconfig ", path)));
    if (!parsed->value().isObject() && !parsed->value().isNull()) {
      co_return fail(Code::kInvalid, cat("kubeconfig ", path, ": the file does not hold a map"));
    }
    files.push_back({std::move(path), std::move(*parsed)});
  }
  co_return KubeConfig(std::move(files));
}

namespace {

// "FIELD-data" (base64) wins over "FIELD" (a file).
Task<Result<std::string>> readData(io::Disk& disk, doc::Doc from, std::string field,
                                   std::string directory) {
  const std::string data_field = field + "-data";
  if (const Value data = from[data_field]; data.exists()) {
    auto decoded = base64Decode(data.text());
    if (!decoded) co_return fail(Code::kInvalid, cat("kubeconfig: ", data_field, " is not base64"));
    co_return std::move(*decoded);
  }
  std::string path(from[field].text());
  if (path.empty()) co_return std::string();
  if (!path.starts_with('/')) path = cat(directory, "/", path);
  auto text = co_await disk.readFile(path, kMaxKubeConfigBytes);
  if (!text) co_return fail(text.error().with(cat("kubeconfig: ", field)));
  co_return std::move(*text);
}

}  // namespace

Task<Result<Credentials>> readCredentials(io::Disk& disk, Context context) {
  Credentials out;
  out.server = context.cluster["server"].text();
  if (out.server.empty())
    co_return fail(Code::kInvalid,
                   cat("kubeconfig: cluster of context \"", context.name, "\" has no server"));
  for (const char* plugin : {"exec", "auth-provider"}) {
    if (context.user[plugin].exists()) {
      co_return fail(Code::kUnsupported, cat("kubeconfig: user of context \"", context.name,
                                             "\": ", plugin, " is not supported yet"));
    }
  }
  out.insecure = context.cluster["insecure-skip-tls-verify"].boolean();
  out.server_name = context.cluster["tls-server-name"].text();
  MESHKA_CO_TRY(out.ca_pem, co_await readData(disk, context.cluster, "certificate-authority",
                                              context.cluster_directory));
  MESHKA_CO_TRY(out.certificate_pem, co_await readData(disk, context.user, "client-certificate",
                                                       context.user_directory));
  MESHKA_CO_TRY(out.key_pem,
                co_await readData(disk, context.user, "client-key", context.user_directory));
  out.token = context.user["token"].text();
  out.token_file = context.user["tokenFile"].text();
  co_return out;
}

Task<Result<Credentials>> inClusterCredentials(io::Disk& disk, std::string host, std::string port) {
  if (host.empty() || port.empty()) {
    co_return fail(
        Code::kNotFound,
        "not inside a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  constexpr std::string_view kMount = "/var/run/secrets/kubernetes.io/serviceaccount";
  Credentials out;
  out.server =
      cat("https://", host.find(':') == std::string::npos ? host : cat("[", host, "]"), ":", port);
  out.token_file = cat(kMount, "/token");
  MESHKA_CO_TRY(out.ca_pem, co_await disk.readFile(cat(kMount, "/ca.crt"), kMaxKubeConfigBytes));
  co_return out;
}

void setEntry(Draft& config, std::string_view list, std::string_view name, Draft value) {
  Draft& entries = config[list];
  if (!entries.isArray()) entries = Draft::array();
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries.at(i)["name"].text() != name) continue;
    entries.at(i)[fieldOf(list)] = std::move(value);
    return;
  }
  entries.push(Draft::object({{"name", name}, {std::string(fieldOf(list)), std::move(value)}}));
}

bool removeEntry(Draft& config, std::string_view list, std::string_view name) {
  Draft* entries = config.find(list);
  for (size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    if (entries->at(i)["name"].text() != name) continue;
    entries->eraseAt(i);
    return true;
  }
  return false;
}

namespace {

// kubectl's own protocol: PATH.lock exists while somebody edits PATH.
Task<Result<void>> lockFile(io::World& world, std::string lock) {
  const Instant deadline = world.clock().now() + kKubeConfigLockTimeout;
  for (;;) {
    auto made = co_await world.disk.createExclusive(lock);
    if (made || made.error().code() != Code::kAlreadyExists) co_return made;
    if (world.clock().now() >= deadline) {
      co_return fail(Code::kTimeout,
                     cat("another program holds ", lock, "; remove the file if none is running"));
    }
    co_await io::sleepFor(world.loop, kKubeConfigLockRetry);
  }
}

Task<Result<void>> editLocked(io::World& world, std::string path,
                              Function<Result<void>(Draft&)>& change) {
  auto text = co_await world.disk.readFile(path, kMaxKubeConfigBytes);
  if (!text && text.error().code() != Code::kNotFound) co_return fail(text.error());
  Draft config = Draft::object();
  if (text) {
    auto parsed = doc::parseYamlDocument(*text);
    if (!parsed) co_return fail(parsed.error().with(cat("kubeconfig ", path)));
    if (parsed->value().isObject()) config = Draft(*parsed);
  }
  config["apiVersion"] = "v1";
  config["kind"] = "Config";
  for (const char* list : {"clusters", "contexts", "users"}) {
    if (!config[list].isArray()) config[list] = Draft::array();
  }
  if (!config.contains("current-context")) config["current-context"] = "";
  if (!config.contains("preferences")) config["preferences"] = Draft::object();
  MESHKA_CO_CHECK(change(config));
  co_return co_await world.disk.writeFileAtomic(path, doc::toYaml(config.finish()), 0600);
}

}  // namespace

Task<Result<void>> editKubeConfig(io::World& world, std::string path,
                                  Function<Result<void>(Draft&)> change) {
  MESHKA_CO_CHECK(co_await world.disk.makeDirectories(directoryOf(path), 0700));
  const std::string lock = path + ".lock";
  MESHKA_CO_CHECK(co_await lockFile(world, lock));
  auto edited = co_await editLocked(world, path, change);
  auto unlocked = co_await world.disk.remove(lock);
  if (!edited) co_return edited;
  co_return unlocked;
}

}  // namespace meshka::client
