#include "node/cri/fake_cri.h"

#include <algorithm>
#include <deque>

#include "base/strings.h"

namespace meshka::node::cri {

struct FakeCri::Pod {
  Sandbox sandbox;
  SandboxConfig config;
};

struct FakeCri::Instance {
  Instance(FakeCri& fake, ContainerConfig c)
      : config(std::move(c)),
        ended(fake.loop_),
        end(fake.loop_, [this, &fake] { fake.exit(*this, code, {}); }) {}
  ContainerConfig config;
  ContainerStatus status;
  FakeImage image;
  int32_t code = 0;
  io::Event ended;
  io::Timer end;
};

class FakeCri::Stream final : public ExitStream {
 public:
  explicit Stream(FakeCri& fake) : fake_(&fake), arrived_(fake.loop_) {
    fake.streams_.push_back(this);
  }
  ~Stream() override {
    if (fake_ != nullptr) std::erase(fake_->streams_, this);
  }
  io::Task<Result<Exit>> next() override {
    while (queue_.empty()) {
      if (fake_ == nullptr) co_return fail(Code::kUnavailable, "the runtime went away");
      arrived_.reset();
      co_await arrived_.wait();
    }
    Exit out = queue_.front();
    queue_.pop_front();
    co_return out;
  }
  void push(Exit exit) {
    queue_.push_back(std::move(exit));
    arrived_.set();
  }
  void close() {
    fake_ = nullptr;
    arrived_.set();
  }

 private:
  FakeCri* fake_;
  io::Event arrived_;
  std::deque<Exit> queue_;
};

FakeCri::FakeCri(io::Loop& loop) : loop_(loop) {}

FakeCri::~FakeCri() {
  for (Stream* s : streams_) s->close();
}

void FakeCri::addImage(std::string name, FakeImage behaviour) {
  images_[std::move(name)] = std::move(behaviour);
}

Result<void> FakeCri::injected(const std::string& call) {
  calls_.push_back(call);
  const std::string verb = call.substr(0, call.find(' '));
  const auto at = failures_.find(failures_.contains(call) ? call : verb);
  if (at == failures_.end()) return {};
  Error error = std::move(at->second);
  failures_.erase(at);
  return fail(std::move(error));
}

FakeCri::Instance* FakeCri::find(const std::string& id) {
  const auto at = std::ranges::find_if(containers_,
                                       [&](const auto& c) { return c->status.container.id == id; });
  return at == containers_.end() ? nullptr : at->get();
}

void FakeCri::exit(Instance& c, int32_t code, std::string reason) {
  if (c.status.container.state != ContainerState::kRunning) return;
  c.end.cancel();
  c.status.container.state = ContainerState::kExited;
  c.status.exit_code = code;
  c.status.finished_at = loop_.clock().wall();
  c.status.reason = !reason.empty() ? reason : code == 0 ? "Completed" : "Error";
  c.ended.set();
  for (Stream* s : streams_) s->push({c.status.container.id, code, c.status.reason == "OOMKilled"});
}

void FakeCri::kill(std::string_view container, int32_t exit_code, bool oom) {
  for (const auto& c : containers_) {
    if (c->config.name == container) exit(*c, exit_code, oom ? "OOMKilled" : "");
  }
}

void FakeCri::loseEverything() {
  for (const auto& p : sandboxes_) p->sandbox.state = SandboxState::kNotReady;
  for (const auto& c : containers_) exit(*c, 255, "Unknown");
  restart();
}

void FakeCri::restart() {
  for (Stream* s : std::exchange(streams_, {})) s->close();
}

size_t FakeCri::runningContainers() const {
  return static_cast<size_t>(std::ranges::count_if(containers_, [](const auto& c) {
    return c->status.container.state == ContainerState::kRunning;
  }));
}

const ContainerConfig& FakeCri::config(std::string_view container) const {
  const Instance* out = nullptr;
  for (const auto& c : containers_) {
    if (c->config.name == container) out = c.get();
  }
  MESHKA_ASSERT(out != nullptr);
  return out->config;
}

const SandboxConfig& FakeCri::sandboxConfig(std::string_view pod) const {
  const Pod* out = nullptr;
  for (const auto& p : sandboxes_) {
    if (p->config.name == pod) out = p.get();
  }
  MESHKA_ASSERT(out != nullptr);
  return out->config;
}

io::Task<Result<Version>> FakeCri::version(Instant) {
  co_return Version{"fake", "1"};
}

io::Task<Result<RuntimeStatus>> FakeCri::status(Instant) {
  co_return RuntimeStatus{true, true, {}};
}

io::Task<Result<std::string>> FakeCri::runSandbox(SandboxConfig config, std::string, Instant) {
  MESHKA_CO_CHECK(injected(cat("runSandbox ", config.name)));
  co_await io::sleepFor(loop_, millis(50));
  for (const auto& p : sandboxes_) {
    if (p->config.uid == config.uid && p->config.attempt == config.attempt) {
      co_return fail(Code::kInternal, cat("failed to reserve sandbox name \"", config.name, "_",
                                          config.ns, "_", config.uid, "_", config.attempt, "\""));
    }
  }
  auto pod = std::make_unique<Pod>();
  Sandbox& s = pod->sandbox;
  s.id = cat("sandbox-", next_id_++);
  s.name = config.name;
  s.ns = config.ns;
  s.uid = config.uid;
  s.attempt = config.attempt;
  s.state = SandboxState::kReady;
  s.created_at = loop_.clock().wall();
  s.labels = config.labels;
  if (config.security.network == NamespaceMode::kPod) s.ip = cat("10.244.0.", next_id_);
  pod->config = std::move(config);
  std::string id = s.id;
  sandboxes_.push_back(std::move(pod));
  co_return id;
}

io::Task<Result<void>> FakeCri::stopSandbox(std::string id, Instant) {
  MESHKA_CO_CHECK(injected(cat("stopSandbox ", id)));
  for (const auto& c : containers_) {
    if (c->status.container.sandbox_id == id) exit(*c, 137, {});
  }
  for (const auto& p : sandboxes_) {
    if (p->sandbox.id == id) p->sandbox.state = SandboxState::kNotReady;
  }
  co_return Result<void>();
}

io::Task<Result<void>> FakeCri::removeSandbox(std::string id, Instant) {
  MESHKA_CO_CHECK(injected(cat("removeSandbox ", id)));
  std::erase_if(containers_, [&](const auto& c) { return c->status.container.sandbox_id == id; });
  std::erase_if(sandboxes_, [&](const auto& p) { return p->sandbox.id == id; });
  co_return Result<void>();
}

io::Task<Result<Sandbox>> FakeCri::sandboxStatus(std::string id, Instant) {
  for (const auto& p : sandboxes_) {
    if (p->sandbox.id == id) co_return p->sandbox;
  }
  co_return fail(Code::kNotFound, cat("sandbox ", id, " not found"));
}

io::Task<Result<std::vector<Sandbox>>> FakeCri::listSandboxes(std::string uid, Instant) {
  std::vector<Sandbox> out;
  for (const auto& p : sandboxes_) {
    if (!uid.empty() && p->sandbox.uid != uid) continue;
    out.push_back(p->sandbox);
    out.back().ip.clear();  // as the real one
  }
  co_return out;
}

io::Task<Result<std::string>> FakeCri::createContainer(std::string sandbox_id,
                                                       ContainerConfig config, SandboxConfig,
                                                       Instant) {
  MESHKA_CO_CHECK(injected(cat("create ", config.name)));
  const auto pod =
      std::ranges::find_if(sandboxes_, [&](const auto& p) { return p->sandbox.id == sandbox_id; });
  if (pod == sandboxes_.end())
    co_return fail(Code::kNotFound, cat("sandbox ", sandbox_id, " not found"));
  for (const auto& c : containers_) {
    if (c->status.container.sandbox_id == sandbox_id && c->config.name == config.name &&
        c->config.attempt == config.attempt) {
      co_return fail(Code::kInternal,
                     cat("failed to reserve container name ", config.name, "_", config.attempt));
    }
  }
  std::string image = config.image;
  if (image.starts_with("sha256:")) image = image.substr(7);
  const auto known = images_.find(image);
  if (known == images_.end())
    co_return fail(Code::kNotFound, cat("image ", config.image, " not found"));
  if (!known->second.create_error.empty())
    co_return fail(Code::kInternal, known->second.create_error);
  auto c = std::make_unique<Instance>(*this, std::move(config));
  c->image = known->second;
  Container& seen = c->status.container;
  seen.id = cat("container-", next_id_++);
  seen.sandbox_id = sandbox_id;
  seen.name = c->config.name;
  seen.attempt = c->config.attempt;
  seen.state = ContainerState::kCreated;
  seen.created_at = loop_.clock().wall();
  seen.image_ref = c->config.image;
  seen.labels = c->config.labels;
  seen.annotations = c->config.annotations;
  c->status.log_path = cat((*pod)->config.log_directory, "/", c->config.log_path);
  std::string id = seen.id;
  containers_.push_back(std::move(c));
  co_return id;
}

io::Task<Result<void>> FakeCri::startContainer(std::string id, Instant) {
  Instance* c = find(id);
  if (c == nullptr) co_return fail(Code::kNotFound, cat("container ", id, " not found"));
  MESHKA_CO_CHECK(injected(cat("start ", c->config.name)));
  co_await io::sleepFor(loop_, c->image.start_takes);
  c = find(id);
  if (c == nullptr) co_return fail(Code::kNotFound, cat("container ", id, " not found"));
  if (!c->image.start_error.empty()) {
    c->status.container.state = ContainerState::kExited;
    c->status.exit_code = 128;
    c->status.reason = "StartError";
    c->status.message = c->image.start_error;
    c->status.finished_at = loop_.clock().wall();
    co_return fail(Code::kInternal, c->image.start_error);
  }
  c->status.container.state = ContainerState::kRunning;
  c->status.started_at = loop_.clock().wall();
  if (c->image.runs_for) {
    c->code = c->image.exit_code;
    c->end.armAfter(*c->image.runs_for);
  }
  co_return Result<void>();
}

io::Task<Result<void>> FakeCri::stopContainer(std::string id, int64_t grace_s, Instant deadline) {
  Instance* c = find(id);
  if (c == nullptr) co_return fail(Code::kNotFound, cat("container ", id, " not found"));
  MESHKA_CO_CHECK(injected(cat("stop ", c->config.name, " ", grace_s)));
  if (c->status.container.state != ContainerState::kRunning) co_return Result<void>();
  if (!c->image.ignores_sigterm && grace_s > 0) {
    exit(*c, 143, {});
    co_return Result<void>();
  }
  co_await io::sleepUntil(loop_, std::min(deadline, loop_.clock().now() + seconds(grace_s)));
  c = find(id);
  if (c != nullptr) exit(*c, 137, {});
  co_return Result<void>();
}

io::Task<Result<void>> FakeCri::removeContainer(std::string id, Instant) {
  std::erase_if(containers_, [&](const auto& c) { return c->status.container.id == id; });
  co_return Result<void>();
}

io::Task<Result<std::vector<Container>>> FakeCri::listContainers(std::string uid, Instant) {
  std::vector<Container> out;
  for (const auto& c : containers_) {
    const auto label = c->config.labels.find(std::string(kPodUidLabel));
    if (uid.empty() || (label != c->config.labels.end() && label->second == uid))
      out.push_back(c->status.container);
  }
  co_return out;
}

io::Task<Result<ContainerStatus>> FakeCri::containerStatus(std::string id, Instant) {
  Instance* c = find(id);
  if (c == nullptr) co_return fail(Code::kNotFound, cat("container ", id, " not found"));
  ContainerStatus out = c->status;
  out.container.sandbox_id.clear();  // CRI's status does not say it
  co_return out;
}

io::Task<Result<ExecResult>> FakeCri::execSync(std::string id, std::vector<std::string> command,
                                               int64_t, Instant) {
  Instance* c = find(id);
  if (c == nullptr || c->status.container.state != ContainerState::kRunning) {
    co_return fail(Code::kNotFound, cat("container ", id, " is not running"));
  }
  MESHKA_CO_CHECK(injected(cat("exec ", c->config.name, " ", join(command, " "))));
  if (!exec_) co_return ExecResult{};
  co_return exec_(c->config, command);
}

io::Task<Result<std::string>> FakeCri::execUrl(std::string, std::vector<std::string>, bool, bool,
                                               bool, bool, Instant) {
  co_return fail(Code::kUnsupported, "the fake runtime has no streaming server");
}

io::Task<Result<std::string>> FakeCri::attachUrl(std::string, bool, bool, bool, bool, Instant) {
  co_return fail(Code::kUnsupported, "the fake runtime has no streaming server");
}

io::Task<Result<std::optional<Image>>> FakeCri::imageStatus(std::string image, Instant) {
  MESHKA_CO_CHECK(injected(cat("imageStatus ", image)));
  const auto at = images_.find(image);
  if (at == images_.end()) co_return std::optional<Image>();
  Image out;
  out.id = cat("sha256:", image);
  out.tags = {image};
  out.uid = at->second.uid;
  out.username = at->second.username;
  co_return std::optional<Image>(std::move(out));
}

io::Task<Result<std::vector<Image>>> FakeCri::listImages(Instant) {
  std::vector<Image> out;
  for (const auto& [name, image] : images_) {
    Image i;
    i.id = cat("sha256:", name);
    i.tags = {name};
    i.size_bytes = 1 << 20;
    out.push_back(std::move(i));
  }
  co_return out;
}

io::Task<Result<std::unique_ptr<ExitStream>>> FakeCri::subscribeExits(Instant) {
  MESHKA_CO_CHECK(injected("subscribe"));
  co_return std::unique_ptr<ExitStream>(std::make_unique<Stream>(*this));
}

}  // namespace meshka::node::cri
