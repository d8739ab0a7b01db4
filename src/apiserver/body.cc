#include "apiserver/body.h"

#include "apiserver/limits.h"
#include "apiserver/negotiate.h"
#include "apiserver/status.h"
#include "base/strings.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "schema/proto.h"
#include "schema/tables.h"

namespace meshka::apiserver {

namespace {

Result<PatchType> patchType(std::string_view content_type) {
  const std::string type = parseMediaType(content_type).type;
  if (type == "application/json-patch+json") return PatchType::kJson;
  if (type == "application/merge-patch+json") return PatchType::kMerge;
  if (type == "application/strategic-merge-patch+json") return PatchType::kStrategic;
  if (type.starts_with("application/apply-patch")) {
    return fail(
        unsupportedMediaType("server-side apply is not supported yet; use client-side apply "
                             "(kubectl apply without --server-side, helm with "
                             "--server-side=false)"));
  }
  return fail(unsupportedMediaType(
      "the body of the request was in an unknown format - accepted media types include: "
      "application/json-patch+json, application/merge-patch+json, "
      "application/strategic-merge-patch+json"));
}

// The message type of a body: the kind's own, DeleteOptions, or what a subresource takes
// (TokenRequest, Scale, ...).
const schema::Schema* messageType(const api::Kind& kind, std::string_view method,
                                  const schema::ProtoEnvelope& envelope) {
  if (method == "DELETE")
    return schema::builtinType("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");
  if (kind.custom() != nullptr) return nullptr;
  if (envelope.kind == kind.kind() && envelope.api_version == kind.apiVersion())
    return kind.entry().schema;
  const size_t slash = envelope.api_version.find('/');
  const std::string_view all = envelope.api_version;
  const std::string_view group = slash == std::string_view::npos
                                     ? "core"
                                     : all.substr(0, all.find('.') < slash ? all.find('.') : slash);
  const std::string_view version = slash == std::string_view::npos ? all : all.substr(slash + 1);
  return schema::builtinType(cat("io.k8s.api.", group, ".", version, ".", envelope.kind));
}

Result<doc::Doc> parseProtobuf(const api::Kind& kind, std::string_view method,
                               std::string_view bytes) {
  MESHKA_TRY(const schema::ProtoEnvelope envelope, schema::openEnvelope(bytes));
  const schema::Schema* type = messageType(kind, method, envelope);
  if (type == nullptr) {
    return fail(unsupportedMediaType(
        cat("the body of the request was in an unknown format: ", envelope.kind,
            " has no protobuf form here; application/json is accepted")));
  }
  MESHKA_TRY(const doc::Doc message, schema::decodeMessage(*type, envelope.message));
  doc::Draft out(message);
  if (!envelope.api_version.empty()) out["apiVersion"] = envelope.api_version;
  if (!envelope.kind.empty()) out["kind"] = envelope.kind;
  return out.finish();
}

}  // namespace

Result<Body> parseBody(const api::Kind& kind, std::string_view method,
                       std::string_view content_type, std::string_view bytes) {
  Body body;
  const doc::ParseOptions limits{.max_depth = kMaxBodyDepth,
                                 .max_bytes = kMaxBodyBytes,
                                 .duplicate_keys = &body.duplicate_keys};
  if (method == "PATCH") {
    MESHKA_TRY(body.patch, patchType(content_type));
    auto parsed = doc::parseJson(bytes, limits);
    if (!parsed) return fail(parsed.error().with("error decoding patch"));
    body.object = std::move(*parsed);
    if (body.patch == PatchType::kJson && body.object.value().size() > kMaxPatchOperations) {
      return fail(
          Error(Code::kTooLarge, cat("The allowed maximum operations in a JSON patch is ",
                                     kMaxPatchOperations, ", got ", body.object.value().size())));
    }
    return body;
  }
  MESHKA_TRY(const BodyFormat format, bodyFormat(content_type));
  if (bytes.empty()) {
    if (method == "DELETE") return body;
    return fail(Code::kInvalid, "the request body is empty");
  }
  auto parsed = format == BodyFormat::kJson   ? doc::parseJson(bytes, limits)
                : format == BodyFormat::kYaml ? doc::parseYamlDocument(bytes, limits)
                                              : parseProtobuf(kind, method, bytes);
  if (!parsed) return fail(parsed.error());
  body.object = std::move(*parsed);
  return body;
}

Result<void> readDelete(const Query& query, const Body& body, Call& call) {
  MESHKA_TRY(call.removal, parseDelete(query, body.object));
  call.options.dry_run |= call.removal.dry_run;
  return {};
}

}  // namespace meshka::apiserver
