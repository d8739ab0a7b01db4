#include "node/pod/actions.h"

#include <algorithm>

#include "base/strings.h"
#include "node/limits.h"
#include "node/pod/handlers.h"
#include "node/spec/container.h"
#include "node/spec/sandbox.h"
#include "node/spec/security.h"

namespace meshka::node {
namespace {

// Upstream's smallest time between SIGTERM and SIGKILL behind a long preStop hook.
constexpr int64_t kMinGraceS = 2;

ActionResult failed(Action action, std::string reason, std::string message) {
  return {std::move(action), false, std::move(reason), std::move(message)};
}

std::string podIp(const NodeContext& context, doc::Value pod, const cri::Sandbox& sandbox) {
  return hostNetwork(pod) ? context.config.host_ip : sandbox.ip;
}

}  // namespace

std::string normalizedImage(std::string_view image) {
  std::string out(image);
  const size_t slash = out.find('/');
  const std::string first = out.substr(0, slash);
  const bool registry =
      slash != std::string::npos && (first.find('.') != std::string::npos ||
                                     first.find(':') != std::string::npos || first == "localhost");
  if (!registry) out = cat(slash == std::string::npos ? "docker.io/library/" : "docker.io/", out);
  const size_t last = out.find_last_of('/');
  if (out.find('@') == std::string::npos && out.find(':', last) == std::string::npos)
    out += ":latest";
  return out;
}

io::Task<ActionResult> PodActions::run(Action action, doc::Doc pod, RuntimePod runtime,
                                       Callback started) {
  switch (action.kind) {
    case ActionKind::kSetup:
      co_return co_await setup(std::move(action), std::move(pod), std::move(runtime));
    case ActionKind::kStart:
      co_return co_await start(std::move(action), std::move(pod), std::move(runtime),
                               std::move(started));
    case ActionKind::kStop:
      co_return co_await stop(std::move(action), std::move(pod), std::move(runtime));
    case ActionKind::kStopSandbox:
      co_return co_await stopSandbox(std::move(action), std::move(runtime));
    case ActionKind::kTeardown:
      co_return co_await teardown(std::move(action), std::move(pod));
    case ActionKind::kForget:
      break;
  }
  co_return co_await forget(std::move(action), std::move(pod));
}

io::Task<ActionResult> PodActions::setup(Action action, doc::Doc pod, RuntimePod runtime) {
  Gate::Slot slot = co_await context_.starts.enter();
  auto volumes = co_await volumes_.prepare(pod);
  if (!volumes) {
    context_.events.record(pod, {true, "FailedMount", volumes.error().message(), {}});
    co_return failed(std::move(action), "FailedMount", volumes.error().message());
  }
  if (runtime.sandbox) {
    // Names, addresses and processes of the dead sandbox go before the new one comes; its
    // containers stay in the runtime until the pod goes, for `logs --previous`.
    (void)co_await context_.cri.stopSandbox(runtime.sandbox->id, context_.in(kCriTimeout));
  }
  auto config = sandboxConfig(context_.config, pod, action.attempt);
  auto directory = co_await context_.volumes.makeDirectory(config.log_directory);
  if (!directory)
    co_return failed(std::move(action), "FailedCreatePodSandBox", directory.error().message());
  auto made = co_await context_.cri.runSandbox(std::move(config), context_.config.runtime_handler,
                                               context_.in(kCriTimeout));
  if (!made) {
    const std::string message = cat("Failed to create pod sandbox: ", made.error().message());
    context_.events.record(pod, {true, "FailedCreatePodSandBox", message, {}});
    co_return failed(std::move(action), "FailedCreatePodSandBox", message);
  }
  co_return ActionResult{std::move(action), true, {}, {}};
}

io::Task<PodActions::Found> PodActions::findImage(doc::Doc pod, doc::Doc container) {
  Found found;
  const std::string wanted(container["image"].text()), name(container["name"].text());
  std::optional<std::string> mapped;
  if (context_.config.images != nullptr) mapped = context_.config.images->localImage(wanted);
  const std::string image = mapped ? *mapped : wanted;
  auto status = co_await context_.cri.imageStatus(image, context_.in(kCriTimeout));
  if (status && !*status && !mapped) {
    status = co_await context_.cri.imageStatus(normalizedImage(image), context_.in(kCriTimeout));
  }
  const std::string_view policy = pullPolicy(container);
  if (!status) {
    found.problem = "ImageInspectError";
    found.message = cat("Failed to inspect image \"", wanted, "\": ", status.error().message());
  } else if (*status) {
    found.image = std::move(**status);
    const std::string as = mapped ? cat(" (as \"", *mapped, "\")") : std::string();
    context_.events.record(
        pod, {false, "Pulled",
              cat("Container image \"", wanted, "\" already present on machine", as), name});
    co_return found;
  } else if (policy == "Never") {
    found.problem = "ErrImageNeverPull";
    found.message =
        cat("Container image \"", wanted, "\" is not present with pull policy of Never");
  } else {
    found.problem = "ErrImagePull";
    found.message =
        cat("image \"", wanted,
            "\" is not in the local image store, and this node does not pull from registries");
    context_.events.record(
        pod, {true, "Failed", cat("Failed to pull image \"", wanted, "\": ", found.message), name});
  }
  context_.events.record(pod, {true, "Failed", cat("Error: ", found.problem), name});
  co_return found;
}

io::Task<PodActions::Made> PodActions::create(Action action, doc::Doc pod, doc::Doc container,
                                              cri::Sandbox sandbox, cri::Image image) {
  const std::string name = action.container, uid(pod["metadata"]["uid"].text());
  const PodAddresses addresses{podIp(context_, pod, sandbox)};
  const std::vector<doc::Doc> services = context_.cluster.services();
  const auto env = buildEnv({.config = context_.config,
                             .pod = pod,
                             .container = container,
                             .addresses = addresses,
                             .objects = context_.cluster,
                             .services = services});
  if (!env) co_return Made{{}, "CreateContainerConfigError", env.error().message()};
  auto sources = co_await volumes_.mountSources(pod, container, *env);
  if (!sources) co_return Made{{}, "CreateContainerConfigError", sources.error().message()};
  const std::string directory = podDirectory(context_.config, uid);
  const std::string hosts = cat(directory, "/etc-hosts");
  const std::string termination =
      cat(directory, "/containers/", name, "/", action.attempt, ".message");
  auto written = co_await context_.volumes.writeFile(
      hosts, hostsFile(context_.config, pod, addresses.pod_ip), 0644);
  if (written) written = co_await context_.volumes.writeFile(termination, "", 0666);
  if (written) {
    written = co_await context_.volumes.makeDirectory(
        cat(podLogDirectory(context_.config, pod), "/", name));
  }
  if (!written) co_return Made{{}, "CreateContainerError", written.error().message()};
  auto config = containerConfig({.config = context_.config,
                                 .pod = pod,
                                 .container = container,
                                 .attempt = action.attempt,
                                 .image = image,
                                 .addresses = addresses,
                                 .objects = context_.cluster,
                                 .services = services,
                                 .mount_sources = *sources,
                                 .hosts_path = hosts,
                                 .termination_path = termination});
  if (!config) co_return Made{{}, "CreateContainerConfigError", config.error().message()};
  auto id = co_await context_.cri.createContainer(
      sandbox.id, std::move(*config), sandboxConfig(context_.config, pod, sandbox.attempt),
      context_.in(kCriTimeout));
  if (!id) co_return Made{{}, "CreateContainerError", id.error().message()};
  co_return Made{std::move(*id), {}, {}};
}

io::Task<ActionResult> PodActions::start(Action action, doc::Doc pod, RuntimePod runtime,
                                         Callback started) {
  Gate::Slot slot = co_await context_.starts.enter();
  const std::string name = action.container;
  const doc::Doc container = findContainer(pod, name).doc();
  if (!runtime.sandbox)
    co_return failed(std::move(action), "CreateContainerError", "the pod has no sandbox");
  auto found = co_await findImage(pod, container);
  if (!found.problem.empty()) co_return failed(std::move(action), found.problem, found.message);
  auto made = co_await create(action, pod, container, *runtime.sandbox, std::move(found.image));
  if (!made.problem.empty()) {
    context_.events.record(pod, {true, "Failed", cat("Error: ", made.message), name});
    co_return failed(std::move(action), made.problem, made.message);
  }
  context_.events.record(pod, {false, "Created", cat("Created container: ", name), name});
  auto running = co_await context_.cri.startContainer(made.id, context_.in(kCriTimeout));
  if (!running) {
    context_.events.record(pod, {true, "Failed", cat("Error: ", running.error().message()), name});
    co_return failed(std::move(action), "RunContainerError", running.error().message());
  }
  context_.events.record(pod, {false, "Started", cat("Started container ", name), name});
  const doc::Value hook = container["lifecycle"]["postStart"];
  if (!hook.exists()) co_return ActionResult{std::move(action), true, {}, {}};
  // The hook may wait for long: others start meanwhile.
  slot.release();
  started();
  HandlerTarget target{.pod = pod,
                       .container = container,
                       .container_id = made.id,
                       .pod_ip = podIp(context_, pod, *runtime.sandbox)};
  const HandlerResult result =
      co_await runHandler(context_, std::move(target), hook.doc(), context_.in(kHookTimeout));
  if (result.ok) co_return ActionResult{std::move(action), true, {}, {}};
  context_.events.record(
      pod, {true, "FailedPostStartHook", cat("PostStartHook failed: ", result.output), name});
  context_.events.record(pod, {false, "Killing", "FailedPostStartHook", name});
  const int64_t grace = pod["spec"]["terminationGracePeriodSeconds"].integer(30);
  (void)co_await context_.cri.stopContainer(made.id, grace,
                                            context_.in(seconds(grace) + kCriTimeout));
  co_return failed(std::move(action), "PostStartHookError", result.output);
}

io::Task<ActionResult> PodActions::stop(Action action, doc::Doc pod, RuntimePod runtime) {
  const Instant begin = context_.world.clock().now();
  const doc::Doc container = findContainer(pod, action.container).doc();
  int64_t grace = std::max<int64_t>(0, action.grace_s);
  if (const doc::Value hook = container["lifecycle"]["preStop"];
      hook.exists() && grace > 0 && runtime.sandbox) {
    HandlerTarget target{.pod = pod,
                         .container = container,
                         .container_id = action.container_id,
                         .pod_ip = podIp(context_, pod, *runtime.sandbox)};
    const HandlerResult result =
        co_await runHandler(context_, std::move(target), hook.doc(), begin + seconds(grace));
    if (!result.ok) {
      context_.events.record(pod, {true, "FailedPreStopHook",
                                   cat("PreStopHook failed: ", result.output), action.container});
    }
    const int64_t used = (context_.world.clock().now() - begin).ns / 1'000'000'000;
    grace = std::max(kMinGraceS, grace - used);
  }
  auto r = co_await context_.cri.stopContainer(action.container_id, grace,
                                               context_.in(seconds(grace) + kCriTimeout));
  if (!r && r.error().code() != Code::kNotFound)
    co_return failed(std::move(action), "KillContainerError", r.error().message());
  co_return ActionResult{std::move(action), true, {}, {}};
}

io::Task<ActionResult> PodActions::stopSandbox(Action action, RuntimePod runtime) {
  auto r = co_await context_.cri.stopSandbox(runtime.sandbox->id, context_.in(kCriTimeout));
  if (!r) co_return failed(std::move(action), "KillPodSandboxError", r.error().message());
  co_return ActionResult{std::move(action), true, {}, {}};
}

io::Task<ActionResult> PodActions::teardown(Action action, doc::Doc pod) {
  const std::string uid(pod["metadata"]["uid"].text());
  auto sandboxes = co_await context_.cri.listSandboxes(uid, context_.in(kCriListTimeout));
  if (!sandboxes)
    co_return failed(std::move(action), "KillPodSandboxError", sandboxes.error().message());
  for (const cri::Sandbox& s : *sandboxes) {
    auto stopped = co_await context_.cri.stopSandbox(s.id, context_.in(kCriTimeout));
    if (stopped) stopped = co_await context_.cri.removeSandbox(s.id, context_.in(kCriTimeout));
    if (!stopped && stopped.error().code() != Code::kNotFound) {
      context_.events.record(
          pod, {true, "FailedKillPod", cat("error killing pod: ", stopped.error().message()), {}});
      co_return failed(std::move(action), "KillPodSandboxError", stopped.error().message());
    }
  }
  auto removed = co_await context_.volumes.removeTree(podDirectory(context_.config, uid));
  if (removed)
    removed = co_await context_.volumes.removeTree(podLogDirectory(context_.config, pod));
  if (!removed) co_return failed(std::move(action), "FailedRemovePod", removed.error().message());
  if (auto r = co_await context_.volumes.removeCgroup(context_.config.cgroup_mount,
                                                      podCgroup(context_.config, uid));
      !r) {
    context_.world.log.warn("cannot remove the cgroup of a pod",
                            {{"uid", uid}, {"error", r.error().message()}});
  }
  co_return ActionResult{std::move(action), true, {}, {}};
}

io::Task<ActionResult> PodActions::forget(Action action, doc::Doc pod) {
  auto r = co_await context_.api.forget(std::move(pod));
  if (!r) co_return failed(std::move(action), "FailedDelete", r.error().message());
  co_return ActionResult{std::move(action), true, {}, {}};
}

}  // namespace meshka::node
