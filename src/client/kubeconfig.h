// kubeconfig files: read by KUBECONFIG's rules, edited entry by entry under kubectl's own lock.
// What we do not understand in a file stays in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/function.h"
#include "doc/doc.h"
#include "io/loop.h"
#include "io/task.h"

namespace meshka::client {

// `variable` is $KUBECONFIG (may be empty: then HOME/.kube/config). Empty parts of the list are
// dropped.
std::vector<std::string> kubeConfigPaths(std::string_view variable, std::string_view home);

struct Context {
  std::string name;
  std::string ns;                 // "default" when the context names none
  doc::Doc cluster;               // {server, certificate-authority-data, ...}
  doc::Doc user;                  // {client-certificate-data, token, ...}
  std::string cluster_directory;  // relative file names in them are relative to this
  std::string user_directory;
};

// The merged view of several files: for each entry the first file that has it counts.
class KubeConfig {
 public:
  struct File {
    std::string path;
    doc::Doc content;
  };
  explicit KubeConfig(std::vector<File> files) : files_(std::move(files)) {}

  std::string currentContext() const;
  std::vector<std::string> contextNames() const;
  bool hasContext(std::string_view name) const;
  // "" takes the current one. Errors: kNotFound naming the context and where it was looked for,
  // kInvalid (its cluster or user is missing).
  Result<Context> context(std::string_view name) const;

 private:
  struct Found {
    doc::Value entry;
    std::string directory;
  };
  Found find(std::string_view list, std::string_view field, std::string_view name) const;
  std::string places() const;
  std::vector<File> files_;
};

// Files that do not exist count as empty. Errors: kInvalid (not YAML, with the path), kForbidden.
io::Task<Result<KubeConfig>> loadKubeConfig(io::Disk& disk, std::vector<std::string> paths);

// What a client needs to connect, with all files read and base64 decoded.
struct Credentials {
  std::string server;  // https://host:port
  std::string ca_pem;
  bool insecure = false;  // insecure-skip-tls-verify
  std::string server_name;
  std::string certificate_pem;
  std::string key_pem;
  std::string token;
  std::string token_file;  // read again for each connection: it rotates
};
// Errors: kInvalid naming the field; kUnsupported for exec and auth-provider plug-ins.
io::Task<Result<Credentials>> readCredentials(io::Disk& disk, Context context);

// Inside a pod: the service account's mounted files and KUBERNETES_SERVICE_HOST/PORT.
io::Task<Result<Credentials>> inClusterCredentials(io::Disk& disk, std::string service_host,
                                                   std::string service_port);

// Reads the file (absent: an empty config), lets `change` edit it, writes it back whole; another
// program that edits it meanwhile waits. The file's mode becomes 0600. Errors: kTimeout (lock file
// left over, named), those of `change`.
io::Task<Result<void>> editKubeConfig(io::World& world, std::string path,
                                      Function<Result<void>(doc::Draft& config)> change);
// Sets or adds the entry `name` of "clusters", "users" or "contexts".
void setEntry(doc::Draft& config, std::string_view list, std::string_view name, doc::Draft value);
// False when there was none.
bool removeEntry(doc::Draft& config, std::string_view list, std::string_view name);

}  // namespace meshka::client
