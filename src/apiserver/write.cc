// create, update and patch: from the decoded body to one commit.
#include "api/convert.h"
#include "api/validation/validation.h"
#include "apiserver/admission/webhooks.h"
#include "apiserver/engine.h"
#include "apiserver/limits.h"
#include "apiserver/status.h"
#include "apiserver/strategy.h"
#include "base/strings.h"
#include "io/async.h"
#include "schema/defaulting.h"
#include "schema/field_error.h"
#include "schema/prune.h"
#include "schema/tables.h"
#include "schema/validate.h"

namespace meshka::apiserver {

namespace {

constexpr uint8_t kFirstMinorThatWarns = 25;

// Retries wait a little longer each time, so that the commit that won becomes readable.
Duration retryPause(int attempt) {
  return millis(attempt < 5 ? 1 : 5);
}

Result<void> checkIdentity(const api::Kind& kind, doc::Value object) {
  const std::string want = kind.apiVersion();
  const std::string_view version = object["apiVersion"].text(want);
  if (version != want) {
    return fail(Code::kInvalid, cat("the API version in the data (", version,
                                    ") does not match the expected API version (", want, ")"));
  }
  if (object["kind"].text(kind.kind()) != kind.kind()) {
    return fail(Code::kInvalid,
                cat(object["kind"].text(), " in version \"", kind.version(),
                    "\" cannot be handled as a ", kind.kind(),
                    ": the object provided is unrecognized (must be of type ", kind.kind(), ")"));
  }
  return {};
}

}  // namespace

Result<doc::Doc> Engine::decode(Call& call, const doc::Doc& object,
                                const std::vector<std::string>& duplicates) const {
  const api::Kind& kind = *call.kind;
  const std::string_view version = kind.version();
  if (!object.value().isObject())
    return fail(Code::kInvalid, "the request body must be a JSON object");
  MESHKA_CHECK(checkIdentity(kind, object));
  doc::Draft named(object);
  named["apiVersion"] = kind.apiVersion();
  named["kind"] = kind.kind();
  if (!object["metadata"].isObject()) {
    if (object["metadata"].exists() && !object["metadata"].isNull()) {
      return fail(Code::kInvalid,
                  cat(kind.kind(), " in version \"", version, "\" cannot be handled as a ",
                      kind.kind(), ": metadata must be an object"));
    }
    named["metadata"] = doc::Draft::object();
  }
  doc::Doc out = named.finish();

  const uint8_t minor = objects_.registry().emulation().minor;
  const bool custom = kind.custom() != nullptr;
  if (custom) {
    if (const schema::Schema* meta =
            schema::builtinType("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")) {
      MESHKA_CHECK(schema::checkTypes(*meta, out["metadata"], kind.kind(), version));
    }
  } else {
    MESHKA_CHECK(schema::checkTypes(kind.schema(), out, kind.kind(), version));
  }
  const auto fallback = minor >= kFirstMinorThatWarns ? schema::FieldValidation::kWarn
                                                      : schema::FieldValidation::kIgnore;
  MESHKA_TRY(const auto validation,
             schema::parseFieldValidation(call.options.field_validation, fallback));
  if (validation != schema::FieldValidation::kIgnore) {
    const auto messages = schema::fieldMessages(
        schema::unknownFields(kind.schema(), out, custom ? uint8_t{0} : minor), duplicates);
    if (!messages.empty() && validation == schema::FieldValidation::kStrict) {
      return fail(schema::strictDecodingError(kind.kind(), version, messages));
    }
    for (const std::string& message : messages) call.warnings.add(message);
  }
  if (std::string text = kind.deprecationWarning(minor); !text.empty())
    call.warnings.add(std::move(text));
  out = schema::dropNulls(kind.schema(), out);
  out = schema::prune(kind.schema(), out, custom ? uint8_t{0} : minor);
  return custom ? schema::applyDefaults(kind.schema(), out)
                : schema::applyAllDefaults(kind.schema(), out, minor);
}

AdmissionRequest Engine::admissionRequest(Call& call, Operation operation, doc::Doc object,
                                          doc::Doc old) const {
  doc::Draft options = doc::Draft::object();
  options["apiVersion"] = "meta.k8s.io/v1";
  options["kind"] = operation == Operation::kCreate ? "CreateOptions"
                    : operation == Operation::kUpdate
                        ? (call.attributes.verb == "patch" ? "PatchOptions" : "UpdateOptions")
                        : "DeleteOptions";
  const bool dry_run = call.options.dry_run || call.removal.dry_run;
  if (dry_run) options["dryRun"] = doc::Draft::strings({"All"});
  if (!call.options.field_manager.empty()) options["fieldManager"] = call.options.field_manager;
  return AdmissionRequest{operation,
                          call.user,
                          *call.kind,
                          call.attributes.subresource,
                          call.attributes.ns,
                          call.attributes.name,
                          dry_run,
                          std::move(object),
                          std::move(old),
                          options.finish(),
                          call.warnings};
}

Result<doc::Doc> Engine::redefault(const AdmissionRequest& request, const doc::Doc& before) const {
  if (request.object.value() == before.value()) return request.object;
  const api::KindRef hub = objects_.registry().hub(request.kind);
  doc::Doc out = keepServerFields(request.object, before);
  if (hub->custom() == nullptr) {
    MESHKA_CHECK(schema::checkTypes(hub->schema(), out, hub->kind(), hub->version()));
  }
  out = schema::dropNulls(hub->schema(), out);
  out = schema::prune(hub->schema(), out);
  out = hub->custom() != nullptr ? schema::applyDefaults(hub->schema(), out)
                                 : schema::applyAllDefaults(hub->schema(), out);
  if (request.old_object.exists())
    return fillUpdated(request.kind, request.subresource, out, request.old_object);
  return out;
}

io::Task<Result<void>> Engine::admit(AdmissionRequest& request) {
  const doc::Doc before = request.object;
  for (auto& plugin : chain_) MESHKA_CO_CHECK(plugin->mutate(request));
  if (parts_.webhooks != nullptr) MESHKA_CO_CHECK(co_await parts_.webhooks->mutate(request));
  if (request.object.exists()) {
    MESHKA_CO_TRY(request.object, redefault(request, before));
    const api::KindRef hub = objects_.registry().hub(request.kind);
    std::vector<Cause> causes = api::validateObject(*hub, request.object, request.old_object);
    if (hub->custom() != nullptr) {
      MESHKA_CO_TRY(const doc::Doc served, objects_.present(request.kind, request.object));
      for (Cause& c : schema::validate(request.kind.schema(), served, {}, request.old_object)) {
        causes.push_back(std::move(c));
      }
    }
    if (!causes.empty()) {
      const std::string_view name = request.object["metadata"]["name"].text();
      co_return fail(schema::invalidObject(request.kind.group(), request.kind.kind(), name,
                                           std::move(causes)));
    }
  }
  for (auto& plugin : chain_) MESHKA_CO_CHECK(plugin->validate(request));
  if (parts_.escalation != nullptr && request.object.exists() &&
      request.kind.group() == "rbac.authorization.k8s.io") {
    MESHKA_CO_CHECK(parts_.escalation->checkWrite(request.user, request.kind.plural(), request.ns,
                                                  request.old_object, request.object));
  }
  if (parts_.webhooks != nullptr) MESHKA_CO_CHECK(co_await parts_.webhooks->validate(request));
  if (parts_.remote != nullptr && request.operation == Operation::kCreate && request.subresource.empty()) {
    MESHKA_CO_TRY(request.object, co_await parts_.remote->admitCreate(request.kind, request.object, request.dry_run));
  }
  co_return Result<void>();
}

Result<void> Engine::reserve(AdmissionRequest& request) {
  for (size_t i = 0; i < chain_.size(); ++i) {
    auto done = chain_[i]->reserve(request);
    if (done) continue;
    for (size_t k = 0; k < i; ++k) chain_[k]->release(request);
    return done;
  }
  return {};
}

void Engine::release(const AdmissionRequest& request) {
  for (auto& plugin : chain_) plugin->release(request);
}

io::Task<Result<doc::Doc>> Engine::commit(AdmissionRequest& request, store::Revision expected) {
  MESHKA_CO_CHECK(reserve(request));
  const std::string_view name = request.object["metadata"]["name"].text();
  if (request.dry_run) {
    release(request);
    co_return request.object;
  }
  std::vector<store::Write> writes(1);
  writes[0].key = objects_.key(request.kind, request.object["metadata"]["namespace"].text(), name);
  writes[0].expected = expected;
  // An update that takes the last finalizer away is the deletion itself.
  const bool vanish =
      request.operation == Operation::kUpdate && readyToVanish(request.kind, request.object);
  if (!vanish) writes[0].value = request.object;
  auto committed = co_await objects_.store().commit(std::move(writes));
  if (!committed) {
    release(request);
    // Without details: that is how modify() knows a lost race from a conflict that the caller has
    // to hear of.
    co_return fail(Error(committed.error().code(), committed.error().message()));
  }
  co_return std::move(committed->values[0]);
}

Result<doc::Doc> Engine::prepareCreate(Call& call, const doc::Doc& decoded,
                                       bool& generated_name) const {
  const Attributes& a = call.attributes;
  const doc::Value meta = decoded["metadata"];
  if (call.kind->namespaced() && !meta["namespace"].text().empty() &&
      meta["namespace"].text() != a.ns) {
    return fail(
        Code::kInvalid,
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  if (!meta["resourceVersion"].text().empty()) {
    return fail(Code::kInvalid, "resourceVersion should not be set on objects to be created");
  }
  MESHKA_TRY(const doc::Doc hub, objects_.toHub(*call.kind, decoded));
  doc::Doc out =
      fillCreated(*call.kind, hub, a.ns, world_.clock().wall(), world_.rng, generated_name);
  if (out["metadata"]["name"].text().empty()) {
    return fail(schema::invalidObject(a.group, call.kind->kind(), "",
                                      {{"metadata.name", "FieldValueRequired",
                                        "Required value: name or generateName is required"}}));
  }
  return out;
}

io::Task<Result<doc::Doc>> Engine::createOnce(Call& call, const doc::Doc& decoded,
                                              bool& generated_name) {
  MESHKA_CO_TRY(const doc::Doc object, prepareCreate(call, decoded, generated_name));
  AdmissionRequest request = admissionRequest(call, Operation::kCreate, object, {});
  const std::string name(object["metadata"]["name"].text());
  request.name = name;
  MESHKA_CO_CHECK(co_await admit(request));
  if (call.options.dry_run) {
    // A dry run says what the commit would say.
    if (objects_.store().get(objects_.key(*call.kind, call.attributes.ns, name))) {
      co_return fail(alreadyExists(call.attributes.group, call.attributes.resource, name));
    }
  }
  auto committed = co_await commit(request, 0);
  if (!committed && committed.error().code() == Code::kAlreadyExists) {
    co_return fail(alreadyExists(call.attributes.group, call.attributes.resource, name));
  }
  if (!committed && committed.error().code() == Code::kConflict) {
    co_return fail(alreadyExists(call.attributes.group, call.attributes.resource, name));
  }
  co_return committed;
}

io::Task<Result<Answer>> Engine::create(Call& call, Body body) {
  MESHKA_CO_TRY(const doc::Doc decoded, decode(call, body.object, body.duplicate_keys));
  for (int attempt = 1;; ++attempt) {
    bool generated_name = false;
    auto created = co_await createOnce(call, decoded, generated_name);
    if (!created) {
      if (generated_name && created.error().code() == Code::kAlreadyExists &&
          attempt < kMaxNameAttempts)
        continue;
      co_return fail(created.error());
    }
    Answer out;
    out.code = 201;
    MESHKA_CO_TRY(out.object, objects_.present(*call.kind, *created));
    co_return out;
  }
}

Result<doc::Doc> Engine::prepareUpdate(Call& call, const doc::Doc& wanted,
                                       const doc::Doc& old) const {
  const Attributes& a = call.attributes;
  const doc::Value meta = wanted["metadata"];
  const std::string_view name = meta["name"].text();
  if (name.empty()) {
    return fail(Code::kInvalid, cat("name must be provided in the object of an update of ",
                                    a.resource, " \"", a.name, "\""));
  }
  if (name != a.name) {
    return fail(Code::kInvalid, cat("the name of the object (", name,
                                    ") does not match the name on the URL (", a.name, ")"));
  }
  if (call.kind->namespaced() && !meta["namespace"].text().empty() &&
      meta["namespace"].text() != a.ns) {
    return fail(Code::kInvalid, cat("the namespace of the object (", meta["namespace"].text(),
                                    ") does not match the namespace on the URL (", a.ns, ")"));
  }
  const std::string_view revision = meta["resourceVersion"].text();
  if (revision.empty() && !call.kind->entry().unconditional_update && a.verb == "update") {
    return fail(schema::invalidObject(a.group, call.kind->kind(), name,
                                      {{"metadata.resourceVersion", "FieldValueInvalid",
                                        "Invalid value: 0: must be specified for an update"}}));
  }
  if (!revision.empty() && revision != old["metadata"]["resourceVersion"].text()) {
    return fail(objectModified(a.group, a.resource, name));
  }
  const std::string_view uid = meta["uid"].text();
  if (!uid.empty() && uid != old["metadata"]["uid"].text()) {
    return fail(conflict(a.group, a.resource, name,
                         cat("Precondition failed: UID in precondition: ", uid,
                             ", UID in object meta: ", old["metadata"]["uid"].text())));
  }
  MESHKA_TRY(const doc::Doc hub, objects_.toHub(*call.kind, wanted));
  return fillUpdated(*call.kind, a.subresource, hub, old);
}

io::Task<Result<doc::Doc>> Engine::modifyOnce(Call& call, const store::Item& item,
                                              Mutation& mutation) {
  MESHKA_CO_TRY(const doc::Doc current, objects_.present(*call.kind, item.value));
  MESHKA_CO_TRY(const doc::Doc wanted, mutation.apply(current));
  MESHKA_CO_TRY(const doc::Doc next, prepareUpdate(call, wanted, item.value));
  AdmissionRequest request = admissionRequest(call, Operation::kUpdate, next, item.value);
  MESHKA_CO_CHECK(co_await admit(request));
  if (request.object.value() == item.value.value()) co_return item.value;
  co_return co_await commit(request, item.modified);
}

io::Task<Result<Answer>> Engine::modify(Call& call, Mutation& mutation, bool create_when_absent) {
  const Attributes& a = call.attributes;
  for (int attempt = 1;; ++attempt) {
    auto item = stored(call);
    if (!item && item.error().code() == Code::kNotFound && create_when_absent) {
      MESHKA_CO_TRY(doc::Doc wanted, mutation.apply({}));
      if (wanted["metadata"]["name"].text() != a.name) {
        co_return fail(Code::kInvalid,
                       cat("the name of the object (", wanted["metadata"]["name"].text(),
                           ") does not match the name on the URL (", a.name, ")"));
      }
      Body body;
      body.object = std::move(wanted);
      co_return co_await create(call, std::move(body));
    }
    if (!item) co_return fail(item.error());
    auto changed = co_await modifyOnce(call, *item, mutation);
    if (changed) {
      Answer out;
      MESHKA_CO_TRY(out.object, objects_.present(*call.kind, *changed));
      co_return out;
    }
    const Error& error = changed.error();
    // A conflict without details is commit()'s: somebody else came between. One that names the
    // object is the caller's own (a resourceVersion that is out of date) and is final.
    const bool raced = (error.code() == Code::kConflict || error.code() == Code::kNotFound) &&
                       error.details() == nullptr;
    if (!raced) co_return fail(error);
    if (attempt >= kMaxPatchAttempts) co_return fail(objectModified(a.group, a.resource, a.name));
    co_await io::sleepFor(world_.loop, retryPause(attempt));
  }
}

}  // namespace meshka::apiserver
