// The chart's rooms; each appends to the list of objects.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mgmt/chart/chart.h"

namespace meshka::mgmt::chart {

// What all objects of one installation share.
struct Scope {
  std::string ns;
  std::string version;
};

struct Rule {
  std::vector<std::string> groups, resources, verbs;
};

// An object of a namespace, labelled `app: APP`.
doc::Draft object(const Scope& scope, std::string_view api_version, std::string_view kind,
                  std::string_view name, std::string_view app);
// ServiceAccount, ClusterRole and ClusterRoleBinding of a component, each by its name.
void appendAccount(const Scope& scope, std::string_view name, const std::vector<Rule>& rules,
                   std::vector<doc::Doc>& out);
doc::Draft port(std::string_view name, uint16_t number);
// One port of a Service; the target is a container port's name.
doc::Draft servicePort(std::string_view name, uint16_t number, std::string_view target);
doc::Doc service(const Scope& scope, std::string_view name, std::string_view type,
                 std::vector<doc::Draft> ports);
// A container that runs without privileges and asks the path for readiness ("" : the port by TCP).
doc::Draft container(std::string_view name, const std::string& image,
                     const std::vector<std::string>& args);
doc::Draft readiness(std::string_view path, std::string_view port);
// One Deployment of one pod.
struct Workload {
  std::string_view name;
  int64_t run_as_user = 0;
  std::vector<doc::Draft> containers;
  std::vector<doc::Draft> volumes;
  doc::Draft pod_annotations;  // null: none
};
doc::Doc deployment(const Scope& scope, Workload workload);
doc::Draft secretVolume(std::string_view name, std::string_view secret, bool optional);
doc::Draft configMapVolume(std::string_view name, std::string_view config_map);
doc::Draft emptyVolume(std::string_view name);
doc::Draft mount(std::string_view volume, std::string_view path);

void appendServer(const ServerChart& chart, const Scope& scope, std::vector<doc::Doc>& out);
void appendRedis(const ServerChart& chart, const Scope& scope, std::vector<doc::Doc>& out);
void appendUi(const ServerChart& chart, const Scope& scope, std::vector<doc::Doc>& out);
void appendPrometheus(const ServerChart& chart, const Scope& scope, std::vector<doc::Doc>& out);

}  // namespace meshka::mgmt::chart
