#include "mgmt/server/brain.h"

#include "base/strings.h"
#include "mgmt/limits.h"
#include "mgmt/objects/applier.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;
using doc::Draft;
using doc::Value;

namespace {

std::string statusKey(const StatusUpdate& s) {
  return cat(s.resource, " ", s.ns, "/", s.name);
}

// "virtualservices.networking.istio.io" belongs to group "networking.istio.io".
std::string_view groupOf(std::string_view resource) {
  const size_t dot = resource.find('.');
  return dot == resource.npos ? "" : resource.substr(dot + 1);
}

// The resource name of the object that `labels` name as the parent; "" when it is not there.
std::string parentResource(const ObjectsByResource& objects, Value labels) {
  for (const auto& [resource, list] : objects) {
    if (groupOf(resource) != labels["gloo.solo.io/parent_group"].text()) continue;
    for (const Doc& object : list) {
      if (object["kind"].text() != labels["gloo.solo.io/parent_kind"].text()) break;
      if (object["metadata"]["name"].text() == labels["gloo.solo.io/parent_name"].text() &&
          object["metadata"]["namespace"].text() == labels["gloo.solo.io/parent_namespace"].text())
        return resource;
    }
  }
  return {};
}

}  // namespace

Draft outputLabels(std::string_view cluster, std::string_view ns, std::string_view reconciler) {
  return Draft::object({{"agent.gloo.solo.io", "gloo-mesh"},
                        {"owner.gloo.solo.io/name", "gloo-mesh"},
                        {"cluster.multicluster.solo.io", ""},
                        {"relay.solo.io/cluster", cluster},
                        {"context.mesh.gloo.solo.io/cluster", cluster},
                        {"context.mesh.gloo.solo.io/namespace", ns},
                        {kReconcilerLabel, reconciler}});
}

Brain::Brain(io::World world, LiveKinds& admin, Clusters& clusters, StatusWriter& statuses,
             std::string admin_namespace, Translation translation)
    : admin_(admin),
      clusters_(clusters),
      statuses_(statuses),
      admin_namespace_(std::move(admin_namespace)),
      translation_(std::move(translation)),
      timer_(world.loop, [this] { run(); }) {}

void Brain::changed() {
  if (started_ && !timer_.armed()) timer_.armAfter(kTranslateDelay);
}

TranslateInput Brain::gather() const {
  TranslateInput input;
  input.admin_namespace = admin_namespace_;
  admin_.forEachKind([&](const LiveKind& kind, client::Collection&) {
    std::vector<Doc>& list = input.admin[kind.name];
    for (Doc& object : admin_.list(kind.name)) {
      // Copies of what the clusters have are no input.
      if (!object["metadata"]["labels"][kReconcilerLabel].exists())
        list.push_back(std::move(object));
    }
  });
  for (const auto& [name, cluster] : clusters_.all()) {
    if (!cluster->usable()) continue;
    ClusterSnapshot& out = input.clusters[cluster->name];
    out.name = cluster->name;
    out.given_name = cluster->given_name;
    out.cluster_domain = cluster->cluster_domain;
    out.connected = cluster->push_stream != 0;
    for (const auto& [resource, objects] : cluster->snapshot.objects()) {
      std::vector<Doc>& list = out.objects[resource];
      list.reserve(objects.size());
      for (const auto& [key, object] : objects) list.push_back(object);
    }
  }
  return input;
}

void Brain::run() {
  input_ = gather();
  TranslateOutput output = translation_(input_);
  for (OutputSource* source : sources_) source->addOutputs(input_, output);
  ++translations_;
  explainFailures(output);
  spread(std::move(output));
}

void Brain::spread(TranslateOutput output) {
  spreadStatuses(std::move(output.statuses));
  for (const auto& [canonical, cluster] : clusters_.all()) {
    if (!cluster->usable()) continue;
    std::map<std::string, RelayOutput> next;
    for (Doc& object : output.objects[cluster->name]) {
      std::string reference = referenceOf(object);
      const auto known = cluster->outputs.find(reference);
      const bool same = known != cluster->outputs.end() && known->second.object == object;
      std::string hash = same ? known->second.hash : contentHash(object);
      next.insert_or_assign(reference, RelayOutput{reference, std::move(hash), std::move(object)});
    }
    cluster->outputs = std::move(next);
    std::erase_if(cluster->failures, [&](const auto& entry) {
      const auto found = cluster->outputs.find(entry.first);
      return found == cluster->outputs.end() || found->second.hash != entry.second.hash;
    });
    cluster->translation = translations_;
    pulse(cluster->outputs_changed);
  }
}

void Brain::spreadStatuses(std::vector<StatusUpdate> statuses) {
  std::map<std::string, std::map<std::string, StatusOutput>> next;
  for (StatusUpdate& s : statuses) {
    if (s.cluster.empty()) {
      statuses_.set(s.resource, {s.ns, s.name}, std::move(s.status));
      continue;
    }
    std::string key = statusKey(s);
    next[s.cluster].insert_or_assign(std::move(key),
                                     StatusOutput{s.resource, s.ns, s.name, std::move(s.status)});
  }
  for (const auto& [canonical, cluster] : clusters_.all()) {
    if (cluster->usable()) cluster->statuses = std::move(next[cluster->name]);
  }
}

// The status that an object's failure belongs to: its parent's; for what was made from a Service or
// a Deployment, which have none of ours, that of the settings of the workspace.
StatusUpdate* Brain::blamed(Value labels, TranslateOutput& output) const {
  const auto snapshot =
      input_.clusters.find(std::string(labels["gloo.solo.io/parent_cluster"].text()));
  const bool in_cluster = snapshot != input_.clusters.end();
  const std::string resource =
      parentResource(in_cluster ? snapshot->second.objects : input_.admin, labels);
  const StatusUpdate wanted{in_cluster ? snapshot->first : "", resource,
                            std::string(labels["gloo.solo.io/parent_namespace"].text()),
                            std::string(labels["gloo.solo.io/parent_name"].text()), Doc()};
  StatusUpdate* settings = nullptr;
  for (StatusUpdate& status : output.statuses) {
    if (status.cluster == wanted.cluster && statusKey(status) == statusKey(wanted)) return &status;
    if (status.resource == "workspacesettings.admin.gloo.solo.io" &&
        status.status["workspace"].text() == labels["context.mesh.gloo.solo.io/workspace"].text()) {
      settings = &status;
    }
  }
  return settings;
}

void Brain::explainFailures(TranslateOutput& output) const {
  for (const auto& [canonical, cluster] : clusters_.all()) {
    for (const auto& [reference, failure] : cluster->failures) {
      const auto object = cluster->outputs.find(reference);
      if (object == cluster->outputs.end()) continue;
      StatusUpdate* status = blamed(object->second.object["metadata"]["labels"], output);
      if (status == nullptr) continue;
      const std::string text = cat("cluster ", cluster->name, ": ", failure.error);
      Draft next(status->status);
      // The state stands in `generic`, in `global`, or in a few kinds at the top.
      Draft& place = next.contains("global")                               ? next["global"]
                     : next.contains("generic") || !next.contains("state") ? next["generic"]
                                                                           : next;
      const std::string before = place["message"].text();
      place["state"] = "FAILED";
      place["message"] = before.empty() ? text : cat(before, "; ", text);
      status->status = next.finish();
    }
  }
}

}  // namespace meshka::mgmt
