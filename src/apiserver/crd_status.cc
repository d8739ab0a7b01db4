#include "apiserver/crd_status.h"

#include "base/strings.h"

namespace meshka::apiserver {

namespace {

std::string conflictWith(const api::Registry& registry, doc::Value crd) {
  const doc::Value names = crd["spec"]["names"];
  const std::string_view group = crd["spec"]["group"].text();
  const std::string_view own = crd["metadata"]["name"].text();
  for (const api::KindRef& kind : registry.all()) {
    if (kind->group() != group || (kind->custom() != nullptr && kind->custom()->name == own))
      continue;
    auto taken = [&](std::string_view name) {
      if (name.empty()) return false;
      if (name == kind->plural() || name == kind->entry().singular) return true;
      for (std::string_view s : kind->entry().short_names) {
        if (s == name) return true;
      }
      return false;
    };
    for (std::string_view key : {std::string_view("plural"), std::string_view("singular")}) {
      if (taken(names[key].text())) return cat("\"", names[key].text(), "\" is already in use");
    }
    for (doc::Value s : names["shortNames"].elements()) {
      if (taken(s.text())) return cat("\"", s.text(), "\" is already in use");
    }
    for (std::string_view key : {std::string_view("kind"), std::string_view("listKind")}) {
      const std::string_view name = names[key].text();
      if (!name.empty() && (name == kind->kind() || name == kind->entry().list_kind)) {
        return cat("\"", name, "\" is already in use");
      }
    }
  }
  return {};
}

doc::Draft condition(doc::Value old_conditions, std::string_view type, bool value,
                     std::string_view reason, std::string_view message, WallTime now) {
  doc::Draft out = doc::Draft::object();
  out["type"] = type;
  out["status"] = value ? "True" : "False";
  out["reason"] = reason;
  out["message"] = message;
  out["lastTransitionTime"] = toRfc3339(now);
  for (doc::Value c : old_conditions.elements()) {
    if (c["type"].text() == type && c["status"].text() == (value ? "True" : "False")) {
      out["lastTransitionTime"] = c["lastTransitionTime"];
    }
  }
  return out;
}

}  // namespace

bool established(doc::Value crd) {
  for (doc::Value c : crd["status"]["conditions"].elements()) {
    if (c["type"].text() == "Established") return c["status"].text() == "True";
  }
  return false;
}

bool hasCleanupFinalizer(doc::Value crd) {
  for (doc::Value f : crd["metadata"]["finalizers"].elements()) {
    if (f.text() == kCleanupFinalizer) return true;
  }
  return false;
}

void removeCleanupFinalizer(doc::Draft& crd) {
  const doc::Doc before = crd.finish();
  doc::Draft kept = doc::Draft::array();
  for (doc::Value f : before["metadata"]["finalizers"].elements()) {
    if (f.text() != kCleanupFinalizer) kept.push(f);
  }
  crd["metadata"]["finalizers"] = std::move(kept);
}

std::string servedVersion(doc::Value crd) {
  for (doc::Value v : crd["spec"]["versions"].elements()) {
    if (v["served"].boolean()) return std::string(v["name"].text());
  }
  return {};
}

void completeNames(doc::Draft& crd) {
  const doc::Doc before = crd.finish();
  const doc::Value names = before["spec"]["names"];
  if (!names.isObject() || names["kind"].text().empty()) return;
  doc::Draft& out = crd["spec"]["names"];
  if (names["singular"].text().empty()) out["singular"] = toLower(names["kind"].text());
  if (names["listKind"].text().empty()) out["listKind"] = cat(names["kind"].text(), "List");
}

doc::Doc withCrdStatus(const api::Registry& registry, const doc::Doc& crd, WallTime now) {
  doc::Draft draft(crd);
  completeNames(draft);
  const doc::Value old = crd["status"];
  const std::string conflict = conflictWith(registry, crd);
  const bool accepted = conflict.empty();
  doc::Draft& status = draft["status"];
  doc::Draft conditions = doc::Draft::array();
  conditions.push(condition(old["conditions"], "NamesAccepted", accepted,
                            accepted ? "NoConflicts" : "NamesConflict",
                            accepted ? "no conflicts found" : conflict, now));
  conditions.push(condition(
      old["conditions"], "Established", accepted, accepted ? "InitialNamesAccepted" : "NotAccepted",
      accepted ? "the initial names have been accepted" : "not all names are accepted", now));
  for (doc::Value c : old["conditions"].elements()) {
    const std::string_view type = c["type"].text();
    if (type != "NamesAccepted" && type != "Established") conditions.push(c);
  }
  status["conditions"] = std::move(conditions);
  if (accepted)
    status["acceptedNames"] = draft["spec"]["names"].finish();
  else if (!old["acceptedNames"].exists())
    status["acceptedNames"] = doc::Doc(doc::Draft::object({{"kind", ""}, {"plural", ""}}).finish());
  std::string storage;
  for (doc::Value v : crd["spec"]["versions"].elements()) {
    if (v["storage"].boolean()) storage = v["name"].text();
  }
  bool stored = false;
  doc::Draft versions = doc::Draft::array();
  for (doc::Value v : old["storedVersions"].elements()) {
    versions.push(v);
    stored |= v.text() == storage;
  }
  if (!stored && !storage.empty()) versions.push(storage);
  status["storedVersions"] = std::move(versions);
  return draft.finish();
}

}  // namespace meshka::apiserver
