#include "node/cri/grpc_cri.h"

#include "base/strings.h"
#include "containerd_events.pb.h"
#include "net/grpc.h"
#include "node/cri/convert.h"

namespace meshka::node::cri {
namespace {

namespace pb = runtime::v1;

constexpr std::string_view kRuntimeService = "/runtime.v1.RuntimeService/";
constexpr std::string_view kImageService = "/runtime.v1.ImageService/";
constexpr std::string_view kSubscribe = "/containerd.services.events.v1.Events/Subscribe";

class GrpcExits final : public ExitStream {
 public:
  explicit GrpcExits(std::unique_ptr<net::GrpcCall> call) : call_(std::move(call)) {}
  io::Task<Result<Exit>> next() override {
    while (true) {
      MESHKA_CO_TRY(auto message, co_await call_->read());
      if (!message) co_return fail(Code::kUnavailable, "containerd ended the event stream");
      meshka::containerd::Envelope envelope;
      if (!envelope.ParseFromString(*message))
        co_return fail(Code::kUnavailable, "containerd sent a broken event");
      if (envelope.topic() == "/tasks/exit") {
        meshka::containerd::TaskExit exit;
        // An exec's exit carries another id than its container's.
        if (!exit.ParseFromString(envelope.event().value()) || exit.id() != exit.container_id())
          continue;
        co_return Exit{exit.container_id(), static_cast<int32_t>(exit.exit_status()), false};
      }
      if (envelope.topic() == "/tasks/oom") {
        meshka::containerd::TaskOom oom;
        if (oom.ParseFromString(envelope.event().value()))
          co_return Exit{oom.container_id(), 137, true};
      }
    }
  }

 private:
  std::unique_ptr<net::GrpcCall> call_;
};

class GrpcCri final : public CriClient {
 public:
  GrpcCri(io::World world, std::string socket_path) {
    net::ClientOptions options;
    options.endpoint = {.host = std::move(socket_path), .port = 0, .unix_socket = true};
    options.http2_prior_knowledge = true;
    options.authority = "localhost";
    channel_ = net::newGrpcChannel(world.loop, world.network, std::move(options));
  }

  io::Task<Result<Version>> version(Instant deadline) override {
    MESHKA_CO_TRY(auto r,
                  co_await call<pb::VersionResponse>("Version", pb::VersionRequest(), deadline));
    co_return Version{r.runtime_name(), r.runtime_version()};
  }

  io::Task<Result<RuntimeStatus>> status(Instant deadline) override {
    MESHKA_CO_TRY(auto r,
                  co_await call<pb::StatusResponse>("Status", pb::StatusRequest(), deadline));
    RuntimeStatus out;
    for (const auto& c : r.status().conditions()) {
      if (c.type() == "RuntimeReady") out.runtime_ready = c.status();
      if (c.type() == "NetworkReady") out.network_ready = c.status();
      if (!c.status())
        out.message += cat(out.message.empty() ? "" : "; ", c.type(), ": ", c.message());
    }
    co_return out;
  }

  io::Task<Result<std::string>> runSandbox(SandboxConfig config, std::string handler,
                                           Instant deadline) override {
    pb::RunPodSandboxRequest q;
    fill(*q.mutable_config(), config);
    q.set_runtime_handler(handler);
    MESHKA_CO_TRY(auto r, co_await call<pb::RunPodSandboxResponse>("RunPodSandbox", q, deadline));
    co_return r.pod_sandbox_id();
  }
  io::Task<Result<void>> stopSandbox(std::string id, Instant deadline) override {
    pb::StopPodSandboxRequest q;
    q.set_pod_sandbox_id(id);
    co_return co_await send("StopPodSandbox", q.SerializeAsString(), deadline);
  }
  io::Task<Result<void>> removeSandbox(std::string id, Instant deadline) override {
    pb::RemovePodSandboxRequest q;
    q.set_pod_sandbox_id(id);
    co_return co_await send("RemovePodSandbox", q.SerializeAsString(), deadline);
  }
  io::Task<Result<Sandbox>> sandboxStatus(std::string id, Instant deadline) override {
    pb::PodSandboxStatusRequest q;
    q.set_pod_sandbox_id(id);
    MESHKA_CO_TRY(auto r,
                  co_await call<pb::PodSandboxStatusResponse>("PodSandboxStatus", q, deadline));
    co_return sandboxOf(r.status());
  }
  io::Task<Result<std::vector<Sandbox>>> listSandboxes(std::string pod_uid,
                                                       Instant deadline) override {
    pb::ListPodSandboxRequest q;
    if (!pod_uid.empty())
      (*q.mutable_filter()->mutable_label_selector())[std::string(kPodUidLabel)] = pod_uid;
    MESHKA_CO_TRY(auto r, co_await call<pb::ListPodSandboxResponse>("ListPodSandbox", q, deadline));
    std::vector<Sandbox> out;
    for (const auto& s : r.items()) out.push_back(sandboxOf(s));
    co_return out;
  }

  io::Task<Result<std::string>> createContainer(std::string sandbox_id, ContainerConfig config,
                                                SandboxConfig sandbox, Instant deadline) override {
    pb::CreateContainerRequest q;
    q.set_pod_sandbox_id(sandbox_id);
    fill(*q.mutable_config(), config);
    fill(*q.mutable_sandbox_config(), sandbox);
    MESHKA_CO_TRY(auto r,
                  co_await call<pb::CreateContainerResponse>("CreateContainer", q, deadline));
    co_return r.container_id();
  }
  io::Task<Result<void>> startContainer(std::string id, Instant deadline) override {
    pb::StartContainerRequest q;
    q.set_container_id(id);
    co_return co_await send("StartContainer", q.SerializeAsString(), deadline);
  }
  io::Task<Result<void>> stopContainer(std::string id, int64_t grace_s, Instant deadline) override {
    pb::StopContainerRequest q;
    q.set_container_id(id);
    q.set_timeout(grace_s);
    co_return co_await send("StopContainer", q.SerializeAsString(), deadline);
  }
  io::Task<Result<void>> removeContainer(std::string id, Instant deadline) override {
    pb::RemoveContainerRequest q;
    q.set_container_id(id);
    co_return co_await send("RemoveContainer", q.SerializeAsString(), deadline);
  }
  io::Task<Result<std::vector<Container>>> listContainers(std::string pod_uid,
                                                          Instant deadline) override {
    pb::ListContainersRequest q;
    if (!pod_uid.empty())
      (*q.mutable_filter()->mutable_label_selector())[std::string(kPodUidLabel)] = pod_uid;
    MESHKA_CO_TRY(auto r, co_await call<pb::ListContainersResponse>("ListContainers", q, deadline));
    std::vector<Container> out;
    for (const auto& c : r.containers()) out.push_back(containerOf(c));
    co_return out;
  }
  io::Task<Result<ContainerStatus>> containerStatus(std::string id, Instant deadline) override {
    pb::ContainerStatusRequest q;
    q.set_container_id(id);
    MESHKA_CO_TRY(auto r,
                  co_await call<pb::ContainerStatusResponse>("ContainerStatus", q, deadline));
    co_return statusOf(r.status());
  }

  io::Task<Result<ExecResult>> execSync(std::string id, std::vector<std::string> command,
                                        int64_t timeout_s, Instant deadline) override {
    pb::ExecSyncRequest q;
    q.set_container_id(id);
    for (const std::string& word : command) q.add_cmd(word);
    q.set_timeout(timeout_s);
    MESHKA_CO_TRY(auto r, co_await call<pb::ExecSyncResponse>("ExecSync", q, deadline));
    co_return ExecResult{r.exit_code(), r.stdout(), r.stderr()};
  }
  io::Task<Result<std::string>> execUrl(std::string id, std::vector<std::string> command,
                                        bool use_stdin, bool use_stdout, bool use_stderr, bool tty,
                                        Instant deadline) override {
    pb::ExecRequest q;
    q.set_container_id(id);
    for (const std::string& word : command) q.add_cmd(word);
    q.set_stdin(use_stdin);
    q.set_stdout(use_stdout);
    q.set_stderr(use_stderr);
    q.set_tty(tty);
    MESHKA_CO_TRY(auto r, co_await call<pb::ExecResponse>("Exec", q, deadline));
    co_return r.url();
  }
  io::Task<Result<std::string>> attachUrl(std::string id, bool use_stdin, bool use_stdout,
                                          bool use_stderr, bool tty, Instant deadline) override {
    pb::AttachRequest q;
    q.set_container_id(id);
    q.set_stdin(use_stdin);
    q.set_stdout(use_stdout);
    q.set_stderr(use_stderr);
    q.set_tty(tty);
    MESHKA_CO_TRY(auto r, co_await call<pb::AttachResponse>("Attach", q, deadline));
    co_return r.url();
  }

  io::Task<Result<std::optional<Image>>> imageStatus(std::string image, Instant deadline) override {
    pb::ImageStatusRequest q;
    q.mutable_image()->set_image(image);
    MESHKA_CO_TRY(auto bytes, co_await channel_->unary(cat(kImageService, "ImageStatus"),
                                                       q.SerializeAsString(), deadline));
    pb::ImageStatusResponse r;
    if (!r.ParseFromString(bytes))
      co_return fail(Code::kInternal, "runtime: ImageStatus: broken answer");
    if (!r.has_image() || r.image().id().empty()) co_return std::optional<Image>();
    co_return std::optional<Image>(imageOf(r.image()));
  }
  io::Task<Result<std::vector<Image>>> listImages(Instant deadline) override {
    MESHKA_CO_TRY(auto bytes, co_await channel_->unary(cat(kImageService, "ListImages"),
                                                       std::string(), deadline));
    pb::ListImagesResponse r;
    if (!r.ParseFromString(bytes))
      co_return fail(Code::kInternal, "runtime: ListImages: broken answer");
    std::vector<Image> out;
    for (const auto& i : r.images()) out.push_back(imageOf(i));
    co_return out;
  }

  io::Task<Result<std::unique_ptr<ExitStream>>> subscribeExits(Instant) override {
    meshka::containerd::SubscribeRequest q;
    q.add_filters("topic==\"/tasks/exit\"");
    q.add_filters("topic==\"/tasks/oom\"");
    MESHKA_CO_TRY(auto stream, co_await channel_->open(std::string(kSubscribe), kNever));
    MESHKA_CO_CHECK(co_await stream->write(q.SerializeAsString()));
    stream->closeWrite();
    co_return std::unique_ptr<ExitStream>(std::make_unique<GrpcExits>(std::move(stream)));
  }

 private:
  template <class Response, class Request>
  io::Task<Result<Response>> call(std::string method, Request request, Instant deadline) {
    MESHKA_CO_TRY(auto bytes, co_await channel_->unary(cat(kRuntimeService, method),
                                                       request.SerializeAsString(), deadline));
    Response response;
    if (!response.ParseFromString(bytes))
      co_return fail(Code::kInternal, cat("runtime: ", method, ": broken answer"));
    co_return std::move(response);
  }
  io::Task<Result<void>> send(std::string method, std::string request, Instant deadline) {
    MESHKA_CO_TRY(auto bytes, co_await channel_->unary(cat(kRuntimeService, method),
                                                       std::move(request), deadline));
    co_return Result<void>();
  }

  std::unique_ptr<net::GrpcChannel> channel_;
};

}  // namespace

std::unique_ptr<CriClient> newGrpcCri(io::World world, std::string socket_path) {
  return std::make_unique<GrpcCri>(world, std::move(socket_path));
}

}  // namespace meshka::node::cri
