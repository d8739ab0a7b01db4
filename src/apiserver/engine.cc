#include "apiserver/engine.h"

#include "apiserver/limits.h"
#include "apiserver/status.h"
#include "base/strings.h"

namespace meshka::apiserver {

void Warnings::add(std::string_view text) {
  std::string cut(text.substr(0, kMaxWarningBytes));
  for (const std::string& known : texts_) {
    if (known == cut) return;
  }
  if (texts_.size() < kMaxWarnings) texts_.push_back(std::move(cut));
}

Engine::Engine(io::World world, Objects& objects, const Config& config, EngineParts parts,
               AdmissionChain chain)
    : world_(world), objects_(objects), config_(config), parts_(parts), chain_(std::move(chain)) {}
Engine::~Engine() = default;

Result<void> Engine::authorize(const User& user, const Attributes& wanted) const {
  const Decision decision = parts_.authorizer->authorize(user, wanted);
  if (decision.allowed) return {};
  std::string what;
  if (!wanted.isResource()) {
    what = cat("User \"", user.name, "\" cannot ", wanted.verb, " path \"", wanted.path, "\"");
    if (!decision.reason.empty()) what += cat(": ", decision.reason);
    return fail(Error(Code::kForbidden, cat("forbidden: ", what)).withDetails({}));
  }
  std::string resource = wanted.resource;
  if (!wanted.subresource.empty()) resource += "/" + wanted.subresource;
  what = cat("User \"", user.name, "\" cannot ", wanted.verb, " resource \"", resource,
             "\" in API group \"", wanted.group, "\" ",
             wanted.ns.empty() ? std::string("at the cluster scope")
                               : cat("in the namespace \"", wanted.ns, "\""));
  if (!decision.reason.empty()) what += cat(": ", decision.reason);
  return fail(forbidden(wanted.group, wanted.resource, wanted.name, what));
}

Result<api::KindRef> Engine::route(const Attributes& wanted) const {
  api::KindRef kind = objects_.registry().find(wanted.group, wanted.version, wanted.resource);
  if (!kind) return fail(unknownResource());
  const bool in_namespace = !wanted.ns.empty();
  const bool is_namespace = wanted.group.empty() && wanted.resource == "namespaces";
  if (in_namespace && !kind->namespaced() && !is_namespace) return fail(unknownResource());
  if (!in_namespace && kind->namespaced() && wanted.verb != "list" && wanted.verb != "watch" &&
      !(wanted.verb == "deletecollection") && kind->entry().stored) {
    // Objects of a namespace are reached through it; only lists and watches span all of them.
    return fail(wanted.verb == "create" ? methodNotAllowed() : unknownResource());
  }
  if (!in_namespace && kind->namespaced() && wanted.verb == "deletecollection")
    return fail(methodNotAllowed());
  if (wanted.subresource.empty()) {
    if (!kind->allows(wanted.verb)) return fail(methodNotAllowed());
    return kind;
  }
  const schema::SubresourceEntry* sub = kind->subresource(wanted.subresource);
  if (sub == nullptr) return fail(unknownResource());
  return kind;
}

namespace {
Error notSupportedYet(std::string_view what) {
  return Error(Code::kUnsupported, "MethodNotAllowed", cat(what, " is not supported yet"))
      .withDetails({});
}
}  // namespace

// The object that a PUT brings.
class ReplaceMutation final : public Mutation {
 public:
  ReplaceMutation(const Engine& engine, Call& call, const Body& body)
      : engine_(engine), call_(call), body_(body) {}
  Result<doc::Doc> apply(const doc::Doc&) override {
    return engine_.decode(call_, body_.object, body_.duplicate_keys);
  }

 private:
  const Engine& engine_;
  Call& call_;
  const Body& body_;
};

class PatchMutation final : public Mutation {
 public:
  PatchMutation(const Engine& engine, Call& call, const Body& body)
      : engine_(engine), call_(call), body_(body) {}
  Result<doc::Doc> apply(const doc::Doc& current) override {
    MESHKA_TRY(const doc::Doc patched, applyPatch(*call_.kind, body_.patch, current, body_.object));
    return engine_.decode(call_, patched, body_.duplicate_keys);
  }

 private:
  const Engine& engine_;
  Call& call_;
  const Body& body_;
};

io::Task<Result<Answer>> Engine::handle(Call& call, Body body) {
  const std::string& verb = call.attributes.verb;
  const std::string& sub = call.attributes.subresource;
  if (!call.kind->entry().stored || sub == "token") {
    if (call.attributes.resource == "bindings") co_return co_await bind(call, std::move(body));
    if (verb != "create") co_return fail(methodNotAllowed());
    co_return review(call, std::move(body));
  }
  if (sub == "scale") co_return co_await scale(call, std::move(body));
  if (sub == "binding" && verb == "create") co_return co_await bind(call, std::move(body));
  if (sub == "eviction" && verb == "create") co_return co_await evict(call, std::move(body));
  if (!sub.empty() && sub != "status" && sub != "finalize" && sub != "approval" &&
      sub != "ephemeralcontainers") {
    co_return fail(notSupportedYet(cat(call.attributes.resource, "/", sub)));
  }
  if (verb == "get") co_return get(call);
  if (verb == "update" || verb == "patch") {
    if (verb == "update") {
      const std::string_view name = body.object["metadata"]["name"].text(call.attributes.name);
      if (name != call.attributes.name) {
        co_return fail(Code::kInvalid,
                       cat("the name of the object (", name,
                           ") does not match the name on the URL (", call.attributes.name, ")"));
      }
      ReplaceMutation replace(*this, call, body);
      co_return co_await modify(call, replace, sub.empty() && call.kind->entry().create_on_update);
    }
    PatchMutation patch(*this, call, body);
    co_return co_await modify(call, patch, false);
  }
  if (!sub.empty()) co_return fail(methodNotAllowed());
  if (verb == "list") co_return list(call);
  if (verb == "create") co_return co_await create(call, std::move(body));
  if (verb == "delete") co_return co_await remove(call);
  if (verb == "deletecollection") co_return co_await removeCollection(call);
  co_return fail(methodNotAllowed());
}

}  // namespace meshka::apiserver
