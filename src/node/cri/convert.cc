#include "node/cri/convert.h"

namespace meshka::node::cri {
namespace {

namespace pb = runtime::v1;

pb::NamespaceMode mode(NamespaceMode m) {
  switch (m) {
    case NamespaceMode::kNode:
      return pb::NODE;
    case NamespaceMode::kContainer:
      return pb::CONTAINER;
    case NamespaceMode::kPod:
      break;
  }
  return pb::POD;
}

void fillLabels(google::protobuf::Map<std::string, std::string>& to, const Labels& from) {
  for (const auto& [key, value] : from) to[key] = value;
}

Labels labelsOf(const google::protobuf::Map<std::string, std::string>& from) {
  return {from.begin(), from.end()};
}

template <class Field, class List>
void addAll(Field& to, const List& from) {
  for (const auto& v : from) *to.Add() = v;
}

pb::SecurityProfile::ProfileType profile(Seccomp s) {
  return s == Seccomp::kRuntimeDefault ? pb::SecurityProfile::RuntimeDefault
                                       : pb::SecurityProfile::Unconfined;
}

ContainerState stateOf(pb::ContainerState s) {
  switch (s) {
    case pb::CONTAINER_CREATED:
      return ContainerState::kCreated;
    case pb::CONTAINER_RUNNING:
      return ContainerState::kRunning;
    case pb::CONTAINER_EXITED:
      return ContainerState::kExited;
    default:
      return ContainerState::kUnknown;
  }
}

}  // namespace

void fill(pb::PodSandboxConfig& to, const SandboxConfig& from) {
  auto& meta = *to.mutable_metadata();
  meta.set_name(from.name);
  meta.set_namespace_(from.ns);
  meta.set_uid(from.uid);
  meta.set_attempt(from.attempt);
  to.set_hostname(from.hostname);
  to.set_log_directory(from.log_directory);
  addAll(*to.mutable_dns_config()->mutable_servers(), from.dns.servers);
  addAll(*to.mutable_dns_config()->mutable_searches(), from.dns.searches);
  addAll(*to.mutable_dns_config()->mutable_options(), from.dns.options);
  fillLabels(*to.mutable_labels(), from.labels);
  fillLabels(*to.mutable_annotations(), from.annotations);
  auto& linux_config = *to.mutable_linux();
  linux_config.set_cgroup_parent(from.cgroup_parent);
  fillLabels(*linux_config.mutable_sysctls(), from.sysctls);
  auto& security = *linux_config.mutable_security_context();
  security.mutable_namespace_options()->set_network(mode(from.security.network));
  security.mutable_namespace_options()->set_pid(mode(from.security.pid));
  security.mutable_namespace_options()->set_ipc(mode(from.security.ipc));
  security.set_privileged(from.security.privileged);
  security.mutable_seccomp()->set_profile_type(profile(from.security.seccomp));
  if (from.security.run_as_user)
    security.mutable_run_as_user()->set_value(*from.security.run_as_user);
  if (from.security.run_as_group)
    security.mutable_run_as_group()->set_value(*from.security.run_as_group);
  addAll(*security.mutable_supplemental_groups(), from.security.supplemental_groups);
}

void fill(pb::ContainerConfig& to, const ContainerConfig& from) {
  to.mutable_metadata()->set_name(from.name);
  to.mutable_metadata()->set_attempt(from.attempt);
  to.mutable_image()->set_image(from.image);
  to.mutable_image()->set_user_specified_image(from.user_image);
  addAll(*to.mutable_command(), from.command);
  addAll(*to.mutable_args(), from.args);
  to.set_working_dir(from.working_dir);
  for (const auto& [key, value] : from.env) {
    auto& env = *to.add_envs();
    env.set_key(key);
    env.set_value(value);
  }
  for (const Mount& m : from.mounts) {
    auto& mount = *to.add_mounts();
    mount.set_container_path(m.container_path);
    mount.set_host_path(m.host_path);
    mount.set_readonly(m.readonly);
    mount.set_propagation(
        m.propagation == Propagation::kBidirectional     ? pb::PROPAGATION_BIDIRECTIONAL
        : m.propagation == Propagation::kHostToContainer ? pb::PROPAGATION_HOST_TO_CONTAINER
                                                         : pb::PROPAGATION_PRIVATE);
  }
  fillLabels(*to.mutable_labels(), from.labels);
  fillLabels(*to.mutable_annotations(), from.annotations);
  to.set_log_path(from.log_path);
  to.set_stdin(from.use_stdin);
  to.set_stdin_once(from.stdin_once);
  to.set_tty(from.tty);
  auto& resources = *to.mutable_linux()->mutable_resources();
  resources.set_cpu_shares(from.resources.cpu_shares);
  resources.set_cpu_period(from.resources.cpu_period_us);
  resources.set_cpu_quota(from.resources.cpu_quota_us);
  resources.set_memory_limit_in_bytes(from.resources.memory_limit_bytes);
  resources.set_oom_score_adj(from.resources.oom_score_adj);
  const ContainerSecurity& s = from.security;
  auto& security = *to.mutable_linux()->mutable_security_context();
  security.set_privileged(s.privileged);
  security.set_readonly_rootfs(s.readonly_rootfs);
  security.set_no_new_privs(s.no_new_privileges);
  if (s.run_as_user) security.mutable_run_as_user()->set_value(*s.run_as_user);
  if (s.run_as_group) security.mutable_run_as_group()->set_value(*s.run_as_group);
  security.set_run_as_username(s.run_as_username);
  addAll(*security.mutable_supplemental_groups(), s.supplemental_groups);
  addAll(*security.mutable_capabilities()->mutable_add_capabilities(), s.add_capabilities);
  addAll(*security.mutable_capabilities()->mutable_drop_capabilities(), s.drop_capabilities);
  security.mutable_seccomp()->set_profile_type(profile(s.seccomp));
  security.mutable_namespace_options()->set_network(mode(s.network));
  security.mutable_namespace_options()->set_pid(mode(s.pid));
  security.mutable_namespace_options()->set_ipc(mode(s.ipc));
  addAll(*security.mutable_masked_paths(), s.masked_paths);
  addAll(*security.mutable_readonly_paths(), s.readonly_paths);
}

Container containerOf(const pb::Container& from) {
  Container c;
  c.id = from.id();
  c.sandbox_id = from.pod_sandbox_id();
  c.name = from.metadata().name();
  c.attempt = from.metadata().attempt();
  c.state = stateOf(from.state());
  c.created_at = {from.created_at()};
  c.image_ref = from.image_ref();
  c.labels = labelsOf(from.labels());
  c.annotations = labelsOf(from.annotations());
  return c;
}

ContainerStatus statusOf(const pb::ContainerStatus& from) {
  ContainerStatus s;
  s.container.id = from.id();
  s.container.name = from.metadata().name();
  s.container.attempt = from.metadata().attempt();
  s.container.state = stateOf(from.state());
  s.container.created_at = {from.created_at()};
  s.container.image_ref = from.image_ref();
  s.container.labels = labelsOf(from.labels());
  s.container.annotations = labelsOf(from.annotations());
  s.started_at = {from.started_at()};
  s.finished_at = {from.finished_at()};
  s.exit_code = from.exit_code();
  s.reason = from.reason();
  s.message = from.message();
  s.log_path = from.log_path();
  return s;
}

Sandbox sandboxOf(const pb::PodSandbox& from) {
  Sandbox s;
  s.id = from.id();
  s.name = from.metadata().name();
  s.ns = from.metadata().namespace_();
  s.uid = from.metadata().uid();
  s.attempt = from.metadata().attempt();
  s.state = from.state() == pb::SANDBOX_READY ? SandboxState::kReady : SandboxState::kNotReady;
  s.created_at = {from.created_at()};
  s.labels = labelsOf(from.labels());
  return s;
}

Sandbox sandboxOf(const pb::PodSandboxStatus& from) {
  Sandbox s;
  s.id = from.id();
  s.name = from.metadata().name();
  s.ns = from.metadata().namespace_();
  s.uid = from.metadata().uid();
  s.attempt = from.metadata().attempt();
  s.state = from.state() == pb::SANDBOX_READY ? SandboxState::kReady : SandboxState::kNotReady;
  s.created_at = {from.created_at()};
  s.labels = labelsOf(from.labels());
  s.ip = from.network().ip();
  return s;
}

Image imageOf(const pb::Image& from) {
  Image i;
  i.id = from.id();
  i.tags = {from.repo_tags().begin(), from.repo_tags().end()};
  i.digests = {from.repo_digests().begin(), from.repo_digests().end()};
  i.size_bytes = from.size();
  if (from.has_uid()) i.uid = from.uid().value();
  i.username = from.username();
  return i;
}

}  // namespace meshka::node::cri
