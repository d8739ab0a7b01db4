#include "cli/host/ground.h"

#include "base/strings.h"
#include "cli/host/limits.h"
#include "cli/host/network.h"
#include "cli/host/preflight.h"
#include "cli/host/system.h"
#include "io/async.h"
#include "io/disk.h"

namespace meshka::cli::host {
namespace {

std::string rootNetworkPath() {
  return cat("/proc/1/fd/", kRootNetworkFd);
}

}  // namespace

Ground::Ground(CommandContext& context, Instance instance, uint16_t api_port)
    : context_(context), instance_(instance), containerd_(context, instance) {
  record_.api_port = api_port;
}

Ground::~Ground() = default;

io::Task<Result<void>> Ground::phase(std::string text) {
  record_.phase = std::move(text);
  context_.world.log.info("phase", {{"what", record_.phase}});
  co_return co_await writeRecord(context_.world.disk, instance_, record_);
}

io::Task<void> Ground::failed(Error error) {
  record_.error = error.message();
  context_.world.log.error("the node stops", {{"error", record_.error}});
  (void)co_await writeRecord(context_.world.disk, instance_, record_);
}

Result<void> Ground::inRootNetwork(Callback body) {
  return inNetwork(kRootNetworkFd, std::move(body));
}

io::Task<Result<void>> Ground::makeLinks() {
  keepFromChildren(kRootNetworkFd);
  MESHKA_CO_CHECK(co_await phase("making namespaces and links"));
  MESHKA_CO_CHECK(makeNodeMounts({.run_directory = instance_.runDirectory()}));
  MESHKA_CO_CHECK(enterCgroup(instance_.cgroup()));
  MESHKA_CO_CHECK(setSysctl("net/ipv4/ip_forward", "1"));
  // Links take the defaults when they are made.
  for (const char* which : {"all", "default"})
    MESHKA_CO_CHECK(setSysctl(cat("net/ipv4/conf/", which, "/rp_filter"), "0"));
  // Two nodes that start at once must not choose the same ranges.
  const Instant deadline = context_.world.clock().now() + kToolTimeout;
  std::unique_ptr<RangesLock> lock;
  while ((lock = RangesLock::take(kRootNetworkFd)) == nullptr) {
    if (context_.world.clock().now() >= deadline)
      co_return fail(Code::kTimeout,
                     "another node is choosing its address ranges and does not end");
    co_await io::sleepFor(context_.world.loop, kLookAgain);
  }
  MESHKA_CO_TRY(record_, co_await chooseRanges(context_, record_, rootNetworkPath()));
  // On disk before it is made: `down` removes what the record names.
  MESHKA_CO_CHECK(co_await writeRecord(context_.world.disk, instance_, record_));
  co_return co_await host::makeLinks(context_, instance_, record_, rootNetworkPath());
}

io::Task<Result<void>> Ground::startContainerd() {
  MESHKA_CO_CHECK(co_await phase("starting containerd"));
  auto runtime = findRuntime(context_.home);
  if (!runtime) co_return fail(runtime.error().with("not installed"));
  record_.runtime = runtime->runtime;
  MESHKA_CO_CHECK(co_await containerd_.start(*std::move(runtime)));
  MESHKA_CO_CHECK(
      co_await containerd_.waitUntilUp(context_.world.clock().now() + kContainerdTimeout));
  watching_ = std::make_unique<io::Running>(containerd_.watch());
  watching_->start();
  co_return Result<void>();
}

io::Task<Result<void>> Ground::loadImages() {
  MESHKA_CO_CHECK(co_await phase("loading images"));
  MESHKA_CO_TRY(const std::string text,
                co_await context_.world.disk.readFile(context_.home.images + "/catalog.json"));
  auto parsed = parseCatalog(text);
  if (!parsed) co_return fail(parsed.error().with(context_.home.images + "/catalog.json"));
  catalog_ = *std::move(parsed);
  MESHKA_CO_TRY(const auto loaded, co_await importImages(context_, instance_, catalog_));
  for (const std::string& name : loaded) context_.world.log.info("image loaded", {{"image", name}});
  co_return Result<void>();
}

}  // namespace meshka::cli::host
