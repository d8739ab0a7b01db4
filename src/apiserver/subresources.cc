// scale, binding, eviction, and objects that are answered but never stored.
#include "apiserver/engine.h"
#include "apiserver/selection.h"
#include "apiserver/status.h"
#include "base/strings.h"
#include "schema/defaulting.h"
#include "schema/field_error.h"

namespace meshka::apiserver {

namespace {

// ".spec.replicas" to "/spec/replicas".
std::string pointerOf(std::string_view dotted) {
  std::string out(dotted);
  for (char& c : out) {
    if (c == '.') c = '/';
  }
  if (!out.starts_with('/')) out.insert(out.begin(), '/');
  return out;
}

// A LabelSelector object as text, keys sorted: how Scale shows it.
std::string selectorText(doc::Value selector) {
  if (selector.isString()) return std::string(selector.text());
  std::vector<std::string> terms;
  const bool plain = !selector["matchLabels"].exists() && !selector["matchExpressions"].exists();
  for (auto [k, v] : (plain ? selector : selector["matchLabels"]).members())
    terms.push_back(cat(k, "=", v.text()));
  for (doc::Value e : selector["matchExpressions"].elements()) {
    const std::string_view op = e["operator"].text();
    std::vector<std::string> values;
    for (doc::Value v : e["values"].elements()) values.emplace_back(v.text());
    const std::string set = cat("(", join(values, ","), ")");
    if (op == "In")
      terms.push_back(cat(e["key"].text(), " in ", set));
    else if (op == "NotIn")
      terms.push_back(cat(e["key"].text(), " notin ", set));
    else if (op == "Exists")
      terms.emplace_back(e["key"].text());
    else
      terms.push_back(cat("!", e["key"].text()));
  }
  return join(terms, ",");
}

struct ScalePaths {
  std::string spec, status, selector;
};
ScalePaths pathsOf(const api::Kind& kind) {
  if (kind.customVersion() != nullptr && kind.customVersion()->scale) {
    const schema::ScaleSubresource& s = *kind.customVersion()->scale;
    return {pointerOf(s.spec_replicas_path), pointerOf(s.status_replicas_path),
            s.label_selector_path.empty() ? std::string() : pointerOf(s.label_selector_path)};
  }
  return {"/spec/replicas", "/status/replicas", "/spec/selector"};
}

bool setAt(doc::Draft& root, std::string_view pointer, doc::Draft value) {
  doc::Draft* at = &root;
  for (std::string_view step : split(pointer.substr(1), '/')) {
    if (!at->isObject() && !at->isNull()) return false;
    at = &(*at)[step];
  }
  *at = std::move(value);
  return true;
}

class FieldMutation final : public Mutation {
 public:
  FieldMutation(std::string pointer, doc::Draft value)
      : pointer_(std::move(pointer)), value_(std::move(value)) {}
  Result<doc::Doc> apply(const doc::Doc& current) override {
    doc::Draft draft(current);
    if (!setAt(draft, pointer_, value_))
      return fail(Code::kInvalid, cat("there is no field ", pointer_));
    return draft.finish();
  }

 private:
  std::string pointer_;
  doc::Draft value_;
};

// Puts a pod on a node, once.
class BindMutation final : public Mutation {
 public:
  BindMutation(std::string_view pod, doc::Value binding, WallTime now)
      : pod_(pod), binding_(binding), now_(now) {}
  Result<doc::Doc> apply(const doc::Doc& current) override {
    const std::string_view node = current["spec"]["nodeName"].text();
    if (current["metadata"]["deletionTimestamp"].exists()) {
      return fail(conflict("", "pods/binding", pod_,
                           cat("pod ", pod_, " is being deleted, cannot be assigned to a host")));
    }
    if (!node.empty()) {
      return fail(conflict("", "pods/binding", pod_,
                           cat("pod ", pod_, " is already assigned to node \"", node, "\"")));
    }
    doc::Draft draft(current);
    draft["spec"]["nodeName"] = binding_["target"]["name"].text();
    for (auto [k, v] : binding_["metadata"]["annotations"].members())
      draft["metadata"]["annotations"][k] = v;
    doc::Draft kept = doc::Draft::array();
    for (doc::Value c : current["status"]["conditions"].elements()) {
      if (c["type"].text() != "PodScheduled") kept.push(c);
    }
    doc::Draft scheduled = doc::Draft::object();
    scheduled["type"] = "PodScheduled";
    scheduled["status"] = "True";
    scheduled["lastProbeTime"] = nullptr;
    scheduled["lastTransitionTime"] = toRfc3339(now_);
    kept.push(std::move(scheduled));
    draft["status"]["conditions"] = std::move(kept);
    return draft.finish();
  }

 private:
  std::string_view pod_;
  doc::Value binding_;
  WallTime now_;
};

}  // namespace

Result<doc::Doc> Engine::scaleOf(const Call& call, const doc::Doc& object) const {
  const ScalePaths paths = pathsOf(*call.kind);
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = "autoscaling/v1";
  out["kind"] = "Scale";
  const doc::Value meta = object["metadata"];
  for (std::string_view key :
       {"creationTimestamp", "name", "namespace", "resourceVersion", "uid"}) {
    if (meta[key].exists()) out["metadata"][key] = meta[key];
  }
  out["spec"] = doc::Draft::object();
  out["spec"]["replicas"] = object.value().atPointer(paths.spec).integer(0);
  out["status"]["replicas"] = object.value().atPointer(paths.status).integer(0);
  if (!paths.selector.empty()) {
    const std::string text = selectorText(object.value().atPointer(paths.selector));
    if (!text.empty()) out["status"]["selector"] = text;
  }
  return out.finish();
}

io::Task<Result<Answer>> Engine::scale(Call& call, Body body) {
  const Attributes& a = call.attributes;
  auto item = stored(call);
  if (!item) co_return fail(item.error());
  MESHKA_CO_TRY(const doc::Doc current, objects_.present(*call.kind, item->value));
  MESHKA_CO_TRY(doc::Doc wanted, scaleOf(call, current));
  Answer out;
  out.is_kind = false;
  if (a.verb == "get") {
    out.object = std::move(wanted);
    co_return out;
  }
  if (a.verb == "patch") {
    const api::KindRef known = objects_.registry().findKind("autoscaling", "v1", "Scale");
    MESHKA_CO_TRY(wanted, applyPatch(known ? *known : *call.kind, body.patch, wanted, body.object));
  } else if (a.verb == "update") {
    wanted = body.object;
  } else {
    co_return fail(methodNotAllowed());
  }
  const doc::Value replicas = wanted["spec"]["replicas"];
  if (wanted["kind"].text("Scale") != "Scale")
    co_return fail(Code::kInvalid, "the body must be a Scale");
  if (replicas.exists() && replicas.kind() != doc::Kind::kInt) {
    co_return fail(
        Code::kInvalid,
        "Scale in version \"v1\" cannot be handled as a Scale: spec.replicas must be an integer");
  }
  const int64_t count = replicas.integer(0);
  if (count < 0) {
    co_return fail(schema::invalidObject(
        "autoscaling", "Scale", a.name,
        {{"spec.replicas", "FieldValueInvalid",
          cat("Invalid value: ", count, ": must be greater than or equal to 0")}}));
  }
  const std::string_view revision = wanted["metadata"]["resourceVersion"].text();
  if (!revision.empty() && revision != item->value["metadata"]["resourceVersion"].text()) {
    co_return fail(objectModified(a.group, a.resource, a.name));
  }
  Call main;
  main.user = call.user;
  main.attributes = a;
  main.attributes.subresource.clear();
  main.kind = call.kind;
  main.options = call.options;
  FieldMutation set(pathsOf(*call.kind).spec, doc::Draft(count));
  auto changed = co_await modify(main, set, false);
  if (!changed) co_return fail(changed.error());
  MESHKA_CO_TRY(out.object, scaleOf(call, changed->object));
  co_return out;
}

io::Task<Result<Answer>> Engine::bind(Call& call, Body body) {
  const doc::Value binding = body.object;
  std::string name = call.attributes.name;
  if (name.empty()) name = binding["metadata"]["name"].text();
  const doc::Value target = binding["target"];
  if (target["kind"].text("Node") != "Node" || target["name"].text().empty()) {
    co_return fail(schema::invalidObject(
        "", "Binding", name, {{"target.name", "FieldValueRequired", "Required value"}}));
  }
  Call pod;
  pod.user = call.user;
  pod.attributes = call.attributes;
  pod.attributes.resource = "pods";
  pod.attributes.subresource = "binding";
  pod.attributes.name = name;
  pod.attributes.verb = "patch";
  pod.kind = objects_.registry().find("", "v1", "pods");
  pod.options = call.options;
  if (!pod.kind) co_return fail(unknownResource());
  BindMutation put(name, binding, world_.clock().wall());
  auto changed = co_await modify(pod, put, false);
  if (!changed) co_return fail(changed.error());
  Answer out;
  out.code = 201;
  out.is_kind = false;
  out.object = successStatus("", "", "", "");
  co_return out;
}

io::Task<Result<Answer>> Engine::evict(Call& call, Body body) {
  const Attributes& a = call.attributes;
  auto item = stored(call);
  if (!item) co_return fail(item.error());
  const doc::Value pod = item->value;
  const bool over =
      pod["status"]["phase"].text() == "Succeeded" || pod["status"]["phase"].text() == "Failed";
  for (const doc::Doc& budget : objects_.list("policy", "poddisruptionbudgets", a.ns)) {
    MESHKA_CO_TRY(const api::LabelSelector chosen,
                  api::LabelSelector::fromObject(budget["spec"]["selector"]));
    if (over || !chosen.matches(pod["metadata"]["labels"])) continue;
    if (budget["status"]["disruptionsAllowed"].integer() > 0) continue;
    ErrorDetails details;
    details.causes.push_back(
        {"", "DisruptionBudget",
         cat("The disruption budget ", budget["metadata"]["name"].text(), " needs ",
             budget["status"]["desiredHealthy"].integer(), " healthy pods and has ",
             budget["status"]["currentHealthy"].integer(), " currently")});
    details.retry_after_s = 10;
    co_return fail(
        Error(Code::kTooMany, "Cannot evict pod as it would violate the pod's disruption budget.")
            .withDetails(std::move(details)));
  }
  Call removal;
  removal.user = call.user;
  removal.attributes = a;
  removal.attributes.subresource.clear();
  removal.attributes.verb = "delete";
  removal.kind = call.kind;
  removal.options = call.options;
  MESHKA_CO_TRY(removal.removal, parseDelete({}, body.object["deleteOptions"]));
  removal.removal.dry_run |= call.options.dry_run;
  auto removed = co_await removeItem(removal, std::move(*item));
  if (!removed) co_return fail(removed.error());
  Answer out;
  out.code = 201;
  out.is_kind = false;
  out.object = successStatus("", "", "", "");
  co_return out;
}

Result<Answer> Engine::review(Call& call, Body body) const {
  if (parts_.reviewer == nullptr) {
    return fail(Error(Code::kUnsupported, "MethodNotAllowed",
                      cat(call.attributes.resource, " is not supported yet"))
                    .withDetails({}));
  }
  const Attributes& a = call.attributes;
  Answer out;
  out.code = 201;
  out.is_kind = false;
  if (a.subresource == "token") {
    MESHKA_TRY(out.object, parts_.reviewer->requestToken(call.user, a.ns, a.name, body.object));
    return out;
  }
  MESHKA_TRY(const doc::Doc decoded, decode(call, body.object, body.duplicate_keys));
  MESHKA_TRY(out.object, parts_.reviewer->review(call.user, a.resource, a.ns, decoded));
  return out;
}

}  // namespace meshka::apiserver
