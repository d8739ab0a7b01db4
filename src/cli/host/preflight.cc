#include "cli/host/preflight.h"

#include "base/strings.h"
#include "cli/host/limits.h"
#include "cli/host/network.h"
#include "cli/host/system.h"
#include "io/disk.h"
#include "io/network.h"

namespace meshka::cli::host {
namespace {

Finding privilege() {
  Finding f{.check = "privilege"};
  if (!isRoot()) {
    f.text = "not root: namespaces, mounts and links need it; run the command with sudo";
  } else if (!hasCapability(kCapSysAdmin) || !hasCapability(kCapNetAdmin)) {
    f.text =
        "root without CAP_SYS_ADMIN or CAP_NET_ADMIN (a container?): start it with --privileged, "
        "or on the machine itself";
  } else {
    f.good = true;
    f.text =
        hasCapability(kCapSysResource)
            ? "root with all capabilities"
            : "root without CAP_SYS_RESOURCE: containers cannot be protected from the OOM killer";
  }
  return f;
}

Finding programs(const Home& home) {
  Finding f{.check = "programs"};
  std::vector<std::string> missing;
  for (const char* name : {"containerd", "containerd-shim-runc-v2", "ctr", "ip", "nft", "nsenter"})
    if (findProgram(name, programFolders(home)).empty()) missing.emplace_back(name);
  const auto runtime = findRuntime(home);
  if (!runtime) missing.push_back(runtime.error().message());
  f.good = missing.empty();
  f.text = f.good ? cat("all there, containers are started by ", runtime->runtime)
                  : cat("missing: ", join(missing, ", "), "; tools/install installs them");
  return f;
}

Finding disk(const Instance& instance) {
  const uint64_t bytes = freeBytes(instance.stateDirectory());
  Finding f{.check = "disk", .good = bytes >= kMinFreeBytes};
  f.text = cat(bytes >> 20, " MB free for ", instance.stateDirectory());
  if (!f.good)
    f.text += cat("; the node needs ", kMinFreeBytes >> 20,
                  " MB: free some, or mount a larger disk there");
  return f;
}

Finding cgroups() {
  const auto found = cgroupHierarchies();
  Finding f{.check = "cgroups", .good = found && !found->empty()};
  f.text = !f.good
               ? "no cgroups are mounted below /sys/fs/cgroup; mount them, or give the container "
                 "the host's"
               : cat(cgroupIsV2() ? "version 2" : "version 1", ", ", found->size(), " hierarchies");
  return f;
}

class NobodyAnswers final : public io::AcceptHandler {
  void onAccept(std::unique_ptr<io::Stream>) override {}
};

Finding port(CommandContext& context, uint16_t api_port) {
  NobodyAnswers nobody;
  const auto listener =
      context.world.network.listen({.host = "127.0.0.1", .port = api_port}, nobody);
  Finding f{.check = "port", .good = listener.has_value()};
  f.text = f.good ? cat("127.0.0.1:", api_port, " is free")
                  : cat("127.0.0.1:", api_port,
                        " is taken by another program (ss -ltnp shows which); choose another with "
                        "--api-port");
  return f;
}

}  // namespace

Result<ContainerdOptions> findRuntime(const Home& home) {
  ContainerdOptions out;
  for (const char* name : {"crun", "runc"}) {
    out.runtime = name;
    out.runtime_program = findProgram(name, programFolders(home));
    if (!out.runtime_program.empty()) break;
  }
  if (out.runtime_program.empty()) return fail(Code::kForbidden, "crun or runc");
  for (const char* folder : {"/usr/lib/cni", "/opt/cni/bin"})
    if (out.cni_programs.empty() && executable(cat(folder, "/ptp")) &&
        executable(cat(folder, "/host-local")))
      out.cni_programs = folder;
  if (out.cni_programs.empty())
    return fail(Code::kForbidden, "the CNI plug-ins (containernetworking-plugins)");
  out.restrict_oom_score_adj = !hasCapability(kCapSysResource);
  return out;
}

io::Task<std::vector<Finding>> preflight(CommandContext& context, Instance instance,
                                         uint16_t api_port) {
  std::vector<Finding> out = {privilege(), programs(context.home), disk(instance), cgroups()};
  Finding images{.check = "images"};
  const std::string path = context.home.images + "/catalog.json";
  const auto text = co_await context.world.disk.readFile(path);
  const auto catalog =
      text ? parseCatalog(*text) : Result<std::vector<CatalogImage>>(fail(text.error()));
  images.good = catalog.has_value();
  images.text = catalog ? cat(catalog->size(), " images in ", context.home.images)
                        : cat(catalog.error().message(), "; build them with: make images");
  out.push_back(std::move(images));
  if (api_port != 0) out.push_back(port(context, api_port));
  Finding ranges{.check = "ranges"};
  const auto chosen = co_await chooseRanges(context, {}, {});
  ranges.good = chosen.has_value();
  ranges.text = chosen ? cat(chosen->load_balancer_range, " is free for LoadBalancer addresses")
                       : chosen.error().message();
  out.push_back(std::move(ranges));
  co_return out;
}

}  // namespace meshka::cli::host
