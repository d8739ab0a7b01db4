#include "vcluster/translate/status.h"

#include "base/digest.h"
#include "base/strings.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;

namespace {

std::string replaceAll(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  for (;;) {
    const size_t at = what.empty() ? std::string_view::npos : text.find(what);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += with;
    text.remove_prefix(at + what.size());
  }
}

std::string inVirtualWords(std::string_view text, Value host_pod_meta, Value virtual_pod_meta) {
  std::string out = replaceAll(text, host_pod_meta["name"].text(), virtual_pod_meta["name"].text());
  const std::string host_uid(host_pod_meta["uid"].text());
  return replaceAll(out, host_uid, virtual_pod_meta["uid"].text());
}

}  // namespace

doc::Doc adoptPodStatus(Value virtual_pod, Value host_pod) {
  Draft status(host_pod["status"]);
  if (status.isNull()) return {};
  for (const char* list : {"conditions", "containerStatuses", "initContainerStatuses"}) {
    Draft* entries = status.find(list);
    for (size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
      if (Draft* message = entries->at(i).find("message")) {
        *message = inVirtualWords(message->text(), host_pod["metadata"], virtual_pod["metadata"]);
      }
      Draft* state = entries->at(i).find("state");
      Draft* waiting = state == nullptr ? nullptr : state->find("waiting");
      Draft* message = waiting == nullptr ? nullptr : waiting->find("message");
      if (message != nullptr)
        *message = inVirtualWords(message->text(), host_pod["metadata"], virtual_pod["metadata"]);
    }
  }
  const doc::Doc done = status.finish();
  if (done.value() == virtual_pod["status"]) return {};
  Draft out(virtual_pod);
  out["status"] = done;
  return out.finish();
}

namespace {

Draft nodeStatus(Value host_node) {
  Draft status(host_node["status"]);
  status.erase("images");  // a tenant needs no list of what others run
  status.erase("volumesInUse");
  status.erase("volumesAttached");
  return status;
}

}  // namespace

doc::Doc virtualNode(Value host) {
  Draft out = Draft::object({{"apiVersion", "v1"}, {"kind", "Node"}});
  out["metadata"] = Draft::object({{"name", host["metadata"]["name"]}});
  if (host["metadata"]["labels"].exists()) out["metadata"]["labels"] = host["metadata"]["labels"];
  out["spec"] = Draft::object();
  for (const char* field : {"taints", "unschedulable", "providerID"}) {
    if (host["spec"][field].exists()) out["spec"][field] = host["spec"][field];
  }
  out["status"] = nodeStatus(host);
  return out.finish();
}

doc::Doc updateVirtualNode(Value node, Value host) {
  const doc::Doc wanted = virtualNode(host);
  if (node["metadata"]["labels"] == wanted["metadata"]["labels"] &&
      node["spec"]["taints"] == wanted["spec"]["taints"] &&
      node["spec"]["unschedulable"].boolean() == wanted["spec"]["unschedulable"].boolean()) {
    return {};
  }
  Draft out(node);
  out["metadata"]["labels"] = wanted["metadata"]["labels"];
  for (const char* field : {"taints", "unschedulable"}) {
    if (wanted["spec"][field].exists())
      out["spec"][field] = wanted["spec"][field];
    else
      out["spec"].erase(field);
  }
  return out.finish();
}

doc::Doc updateVirtualNodeStatus(Value node, Value host) {
  const doc::Doc wanted = nodeStatus(host).finish();
  if (node["status"] == wanted.value()) return {};
  Draft out(node);
  out["status"] = wanted;
  return out.finish();
}

doc::Doc virtualEvent(Value event, Value pod) {
  Draft out = Draft::object({{"apiVersion", "v1"}, {"kind", "Event"}});
  const Value meta = pod["metadata"];
  // One name for one host event, so that a count going up updates the same virtual event.
  out["metadata"] =
      Draft::object({{"name", cat(meta["name"].text(), ".",
                                  sha256Hex(event["metadata"]["uid"].text()).substr(0, 16))},
                     {"namespace", meta["namespace"]}});
  for (const char* field :
       {"reason", "type", "count", "firstTimestamp", "lastTimestamp", "eventTime", "source",
        "reportingComponent", "reportingInstance", "action", "series"}) {
    if (event[field].exists()) out[field] = event[field];
  }
  out["message"] = replaceAll(event["message"].text(), event["involvedObject"]["name"].text(),
                              meta["name"].text());
  Draft involved = Draft::object({{"apiVersion", "v1"},
                                  {"kind", "Pod"},
                                  {"name", meta["name"]},
                                  {"namespace", meta["namespace"]},
                                  {"uid", meta["uid"]},
                                  {"resourceVersion", meta["resourceVersion"]}});
  if (event["involvedObject"]["fieldPath"].exists())
    involved["fieldPath"] = event["involvedObject"]["fieldPath"];
  out["involvedObject"] = std::move(involved);
  return out.finish();
}

}  // namespace meshka::vcluster
