#include "control/cleanup/content.h"

#include <set>

#include "base/strings.h"

namespace meshka::control {

using doc::Value;
using io::Task;

namespace {

bool hasVerb(Value resource, std::string_view verb) {
  for (const Value v : resource["verbs"].elements()) {
    if (v.text() == verb) return true;
  }
  return false;
}

Task<Result<void>> addGroupVersion(Context& context, std::string group, std::string version,
                                   std::set<std::pair<std::string, std::string>>& seen,
                                   std::vector<ServedKind>& out) {
  const std::string path =
      group.empty() ? cat("/api/", version) : cat("/apis/", group, "/", version);
  MESHKA_CO_TRY(const doc::Doc list,
                co_await context.client.raw("GET", path, doc::Doc(), context.deadline()));
  for (const Value resource : list["resources"].elements()) {
    const std::string name(resource["name"].text());
    if (name.find('/') != std::string::npos || !hasVerb(resource, "list") ||
        !hasVerb(resource, "delete"))
      continue;
    // Events are served by two groups and stored once.
    if (group == "events.k8s.io" || !seen.insert({group, name}).second) continue;
    out.push_back({{group, version, name}, resource["namespaced"].boolean()});
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<std::vector<ServedKind>>> discoverKinds(Context& context) {
  std::vector<ServedKind> out;
  std::set<std::pair<std::string, std::string>> seen;
  MESHKA_CO_CHECK(co_await addGroupVersion(context, "", "v1", seen, out));
  MESHKA_CO_TRY(const doc::Doc groups,
                co_await context.client.raw("GET", "/apis", doc::Doc(), context.deadline()));
  for (const Value group : groups["groups"].elements()) {
    for (const Value version : group["versions"].elements()) {
      // A group that went away meanwhile is no failure.
      auto added = co_await addGroupVersion(context, std::string(group["name"].text()),
                                            std::string(version["version"].text()), seen, out);
      if (!added && added.error().code() != Code::kNotFound) co_return fail(added.error());
    }
  }
  co_return out;
}

}  // namespace meshka::control
