#include "mgmt/lifecycle/check.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "mgmt/chart/chart.h"
#include "mgmt/chart/crds.h"
#include "mgmt/lifecycle/limits.h"
#include "mgmt/lifecycle/register.h"
#include "mgmt/lifecycle/resources.h"
#include "mgmt/lifecycle/wait.h"

namespace meshka::mgmt {

using doc::Doc;
using doc::Value;
using io::Task;

namespace {

void worsen(Section& section, Grade grade) {
  section.grade = std::max(section.grade, grade);
}

Section licenseSection(const Result<Doc>& secret) {
  Section out{.title = "License status", .notes = {}, .hints = {}, .rows = {}};
  const bool there = secret && !(*secret)["data"]["key"].text().empty();
  out.notes.emplace_back(there
                             ? "a license key is stored; meshka needs none and does not look at it"
                             : "no license key; meshka needs none");
  return out;
}

Section crdSection(const client::ObjectList& installed) {
  Section out{.title = "CRD version check", .notes = {}, .hints = {}, .rows = {}};
  std::set<std::string> names;
  for (const Doc& crd : installed.items) {
    for (const Value version : crd["spec"]["versions"].elements()) {
      if (version["served"].boolean())
        names.insert(cat(crd["metadata"]["name"].text(), "/", version["name"].text()));
    }
  }
  std::vector<std::string> missing;
  const std::vector<Doc> wanted = crdObjects();
  for (const Doc& crd : wanted) {
    const std::string name(crd["metadata"]["name"].text());
    if (!names.contains(cat(name, "/v2"))) missing.push_back(name);
  }
  if (missing.empty()) {
    out.notes.push_back(cat("all ", wanted.size(), " custom resource definitions serve v2"));
    return out;
  }
  worsen(out, Grade::kRed);
  out.notes.push_back(cat(missing.size(), " of ", wanted.size(),
                          " custom resource definitions are missing or do not serve v2, first ",
                          missing.front()));
  out.hints.emplace_back("run meshctl install again");
  return out;
}

Task<Section> deploymentSection(io::World& world, client::ApiClient& api, std::string ns,
                                client::ObjectList deployments) {
  Section out{.title = "Gloo Mesh deployment status", .notes = {}, .hints = {}, .rows = {}};
  out.rows.push_back({"NAMESPACE", "NAME", "READY", "STATUS"});
  bool server = false;
  for (const Doc& deployment : deployments.items) {
    const Value meta = deployment["metadata"];
    if (meta["labels"][kManagedByLabel].text() != kManagedBy) continue;
    const std::string name(meta["name"].text());
    server = server || name == kServerName;
    const int64_t wanted = deployment["spec"]["replicas"].integer(1);
    const int64_t ready = deployment["status"]["readyReplicas"].integer();
    const bool good = wanted > 0 && isAvailable(deployment);
    out.rows.push_back({ns, name, cat(ready, "/", wanted), good ? "Healthy" : "Not ready"});
    if (good) continue;
    worsen(out, Grade::kRed);
    out.notes.push_back(wanted == 0 ? cat(name, " is scaled to 0")
                                    : cat(name, ": ", co_await whyNotReady(world, api, ns, name)));
  }
  if (!server) {
    worsen(out, Grade::kRed);
    out.notes.push_back(cat("no management server in namespace ", ns));
    out.hints.emplace_back("meshctl install installs it");
  }
  co_return out;
}

Section relaySection(const Result<Doc>& server, const Result<Doc>& service) {
  Section out{.title = "Relay", .notes = {}, .hints = {}, .rows = {}};
  if (server) {
    for (const Value arg :
         (*server)["spec"]["template"]["spec"]["containers"][size_t{0}]["args"].elements()) {
      if (arg.text() != "--insecure") continue;
      worsen(out, Grade::kYellow);
      out.notes.emplace_back("relay insecure: agents and server speak without TLS");
    }
  }
  if (!service) {
    worsen(out, Grade::kRed);
    out.notes.push_back(cat("service ", kServerName, ": ", service.error().message()));
  } else if ((*service)["spec"]["type"].text() == "LoadBalancer" && addressOf(*service).empty()) {
    worsen(out, Grade::kYellow);
    out.notes.push_back(cat("service ", kServerName, " waits for an external address"));
  } else if (const std::string address = addressOf(*service); !address.empty()) {
    out.notes.push_back(cat("address for agents: ", address));
  }
  return out;
}

Section clusterSection(const Result<std::vector<Registered>>& clusters) {
  Section out{.title = "Mgmt server connectivity to workload agents",
              .notes = {},
              .hints = {},
              .rows = {{"CLUSTER", "REGISTERED", "CONNECTED"}}};
  if (!clusters) {
    worsen(out, Grade::kRed);
    out.notes.push_back(clusters.error().message());
    return out;
  }
  if (clusters->empty()) {
    worsen(out, Grade::kYellow);
    out.notes.emplace_back("no cluster is registered");
    out.hints.emplace_back("meshctl cluster register registers one");
  }
  for (const Registered& cluster : *clusters) {
    const bool good = cluster.state == "connected";
    out.rows.push_back({cluster.name, "true", good ? "true" : "false"});
    if (good) continue;
    worsen(out, Grade::kRed);
    out.notes.push_back(cat("cluster ", cluster.name, ": ",
                            cluster.message.empty() ? cluster.state : cluster.message));
  }
  return out;
}

}  // namespace

Task<Result<std::vector<Section>>> checkInstallation(io::World& world, client::ApiClient& api,
                                                     std::string ns) {
  const Instant deadline = world.clock().now() + kObjectTimeout;
  MESHKA_CO_TRY(client::ObjectList deployments,
                co_await api.list(resources::deployments(), ns, {}, deadline));
  MESHKA_CO_TRY(const client::ObjectList crds,
                co_await api.list(resources::crds(), "", {}, deadline));
  const auto license =
      co_await api.get(resources::secrets(), ns, std::string(kLicenseSecret), deadline);
  const auto server =
      co_await api.get(resources::deployments(), ns, std::string(kServerName), deadline);
  const auto service =
      co_await api.get(resources::services(), ns, std::string(kServerName), deadline);
  const auto clusters = co_await registeredClusters(world, api, ns);
  std::vector<Section> out;
  out.push_back(licenseSection(license));
  out.push_back(crdSection(crds));
  out.push_back(co_await deploymentSection(world, api, ns, std::move(deployments)));
  out.push_back(relaySection(server, service));
  out.push_back(clusterSection(clusters));
  co_return out;
}

}  // namespace meshka::mgmt
