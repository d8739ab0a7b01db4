#include "cli/host/containerd.h"

#include <algorithm>

#include "base/strings.h"
#include "cli/host/limits.h"
#include "cli/host/system.h"
#include "doc/json.h"
#include "io/async.h"
#include "io/disk.h"

namespace meshka::cli::host {
namespace {

constexpr std::string_view kNamespace = "k8s.io";  // where CRI looks

std::string configPath(const Instance& instance) {
  return instance.runDirectory() + "/containerd.toml";
}
std::string cniDirectory(const Instance& instance) {
  return instance.runDirectory() + "/cni.d";
}

std::vector<std::string> ctrArgs(const Instance& instance, std::vector<std::string> more) {
  more.insert(more.begin(),
              {"--address", instance.containerdSocket(), "--namespace", std::string(kNamespace)});
  return more;
}

// '*' is any text, also none.
bool matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = pattern.npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

struct Import {
  CommandContext& context;
  const Instance& instance;
  std::vector<std::string> files;
  size_t next = 0;
  Result<void> outcome;
};

io::Task<void> importSome(Import& import) {
  while (import.next < import.files.size() && import.outcome) {
    const std::string path = cat(import.context.home.images, "/", import.files[import.next++]);
    auto done =
        co_await runTool(import.context, "ctr",
                         ctrArgs(import.instance, {"images", "import", "--digests=false", path}),
                         {}, kImportTimeout);
    if (!done) import.outcome = fail(done.error().with(cat("images of ", path)));
  }
}

}  // namespace

std::string containerdConfig(const Instance& instance, const ContainerdOptions& options) {
  const std::string run = instance.runDirectory();
  const std::string cri = "[plugins.\"io.containerd.grpc.v1.cri\"";
  const std::string runtime = cat(cri, ".containerd.runtimes.", options.runtime);
  std::string disabled;
  // The old runtime plug-in stays on: without it the tasks service fails, and with it CRI.
  for (const char* plugin :
       {"snapshotter.v1.aufs", "snapshotter.v1.btrfs", "snapshotter.v1.devmapper",
        "snapshotter.v1.zfs", "snapshotter.v1.native", "internal.v1.restart", "internal.v1.opt",
        "tracing.processor.v1.otlp", "internal.v1.tracing", "monitor.v1.cgroups"})
    disabled += cat(disabled.empty() ? "" : ", ", "\"io.containerd.", plugin, "\"");
  return cat("version = 2\nroot = \"", instance.containerdRoot(), "\"\nstate = \"", run,
             "/state\"\ndisabled_plugins = [", disabled, "]\n[grpc]\naddress = \"",
             instance.containerdSocket(), "\"\n[ttrpc]\naddress = \"", instance.containerdSocket(),
             ".ttrpc\"\n", cri, "]\nsandbox_image = \"meshka.local/pause:1\"\n",
             "stream_server_address = \"127.0.0.1\"\nstream_server_port = \"0\"\ndisable_apparmor "
             "= true\n",
             // Nobody reads them, and by default all snapshots are walked every 10 s.
             "stats_collect_period = 3600\n",
             "disable_tcp_service = true\ndisable_hugetlb_controller = "
             "true\ntolerate_missing_hugetlb_controller = true\n",
             "restrict_oom_score_adj = ", options.restrict_oom_score_adj ? "true" : "false",
             "\nnetns_mounts_under_state_dir = true\n", cri, ".cni]\nbin_dir = \"",
             options.cni_programs, "\"\nconf_dir = \"", cniDirectory(instance), "\"\n", cri,
             ".containerd]\nsnapshotter = \"overlayfs\"\ndefault_runtime_name = \"",
             options.runtime, "\"\n", runtime, "]\nruntime_type = \"io.containerd.runc.v2\"\n",
             runtime, ".options]\nBinaryName = \"", options.runtime_program,
             "\"\nSystemdCgroup = false\nRoot = \"", run, "/", options.runtime, "\"\n");
}

std::string cniConfig(const Instance& instance) {
  // Routed links, no bridge: replies between two pods of a bridge would skip address translation.
  doc::Draft ipam = doc::Draft::object();
  ipam["type"] = "host-local";
  ipam["dataDir"] = instance.runDirectory() + "/ipam";
  doc::Draft range = doc::Draft::object();
  range["subnet"] = node_net::kPodRange;
  ipam["ranges"].push(doc::Draft::array({std::move(range)}));
  doc::Draft route = doc::Draft::object();
  route["dst"] = "0.0.0.0/0";
  ipam["routes"].push(std::move(route));
  doc::Draft plugin = doc::Draft::object();
  plugin["type"] = "ptp";
  plugin["ipMasq"] = false;
  plugin["mtu"] = 1500;
  plugin["ipam"] = std::move(ipam);
  doc::Draft list = doc::Draft::object();
  list["cniVersion"] = "1.0.0";
  list["name"] = "meshka";
  list["plugins"].push(std::move(plugin));
  return doc::toPrettyJson(list.finish(), 1) + "\n";
}

io::Task<Result<void>> Containerd::start(ContainerdOptions options) {
  io::Disk& disk = context_.world.disk;
  MESHKA_CO_CHECK(co_await disk.makeDirectories(cniDirectory(instance_)));
  MESHKA_CO_CHECK(co_await disk.makeDirectories(instance_.containerdRoot(), 0711));
  MESHKA_CO_CHECK(co_await disk.makeDirectories(instance_.logsDirectory()));
  MESHKA_CO_CHECK(co_await disk.writeFileAtomic(cniDirectory(instance_) + "/10-meshka.conflist",
                                                cniConfig(instance_)));
  MESHKA_CO_CHECK(
      co_await disk.writeFileAtomic(configPath(instance_), containerdConfig(instance_, options)));
  co_return spawn();
}

Result<void> Containerd::spawn() {
  const std::string program = findProgram("containerd", programFolders(context_.home));
  if (program.empty())
    return fail(Code::kForbidden, "containerd is not installed; run tools/install");
  std::string path;
  for (const std::string& folder : programFolders(context_.home))
    path += cat(path.empty() ? "" : ":", folder);
  io::SpawnSpec spec{.program = program,
                     .args = {"--config", configPath(instance_), "--log-level", "warn"},
                     .env = {"PATH=" + path, "HOME=/root"},
                     .log_path = instance_.logsDirectory() + "/containerd.log"};
  MESHKA_TRY(child_, context_.world.runtime.spawn(std::move(spec)));
  return {};
}

io::Task<Result<void>> Containerd::waitUntilUp(Instant deadline) {
  for (;;) {
    auto answer =
        co_await runTool(context_, "ctr", ctrArgs(instance_, {"version"}), {}, kToolTimeout);
    if (answer) co_return Result<void>();
    if (context_.world.clock().now() >= deadline)
      co_return fail(Code::kTimeout,
                     cat("containerd does not answer: ", answer.error().message(), "; its log is ",
                         instance_.logsDirectory(), "/containerd.log"));
    co_await io::sleepFor(context_.world.loop, kLookAgain);
  }
}

io::Task<void> Containerd::watch() {
  for (;;) {
    const int code = co_await child_->wait();
    context_.world.log.error("containerd ended and is started again", {{"code", cat(code)}});
    co_await io::sleepFor(context_.world.loop, kContainerdPause);
    const auto spawned = spawn();
    if (!spawned) {
      context_.world.log.error("containerd cannot be started",
                               {{"error", spawned.error().message()}});
      co_return;
    }
  }
}

Result<std::vector<CatalogImage>> parseCatalog(std::string_view json) {
  MESHKA_TRY(const doc::Doc parsed, doc::parseJson(json));
  std::vector<CatalogImage> out;
  for (const doc::Value value : parsed["images"].elements()) {
    CatalogImage image{.name = std::string(value["name"].text()),
                       .file = std::string(value["file"].text()),
                       .digest = std::string(value["digest"].text())};
    if (image.name.empty() || image.file.empty() || image.digest.empty())
      return fail(Code::kInvalid, cat("images[", out.size(), "] needs name, file and digest"));
    for (const doc::Value alias : value["aliases"].elements())
      image.aliases.emplace_back(alias.text());
    out.push_back(std::move(image));
  }
  return out;
}

std::string imageFor(const std::vector<CatalogImage>& catalog, std::string_view image) {
  for (const CatalogImage& candidate : catalog) {
    if (candidate.name == image) return candidate.name;
    for (const std::string& alias : candidate.aliases)
      if (matches(alias, image)) return candidate.name;
  }
  return {};
}

io::Task<Result<std::vector<std::string>>> importImages(CommandContext& context, Instance instance,
                                                        std::vector<CatalogImage> catalog) {
  MESHKA_CO_TRY(
      const std::string listed,
      co_await runTool(context, "ctr", ctrArgs(instance, {"images", "ls"}), {}, kToolTimeout));
  Import import{.context = context, .instance = instance};
  std::vector<std::string> names;
  for (const CatalogImage& image : catalog) {
    bool here = false;
    for (const std::string_view line : split(listed, '\n'))
      here = here || (line.starts_with(image.name + " ") && line.find(image.digest) != line.npos);
    if (here) continue;
    names.push_back(image.name);
    if (std::ranges::find(import.files, image.file) == import.files.end())
      import.files.push_back(image.file);
  }
  {
    io::Group group(context.world.loop, kParallelImports);
    for (size_t i = 0; i < kParallelImports; ++i) MESHKA_ASSERT(group.spawn(importSome(import)));
    co_await group.drain();
  }
  if (!import.outcome) co_return fail(import.outcome.error());
  co_return names;
}

}  // namespace meshka::cli::host
