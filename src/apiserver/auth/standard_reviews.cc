#include "apiserver/auth/standard_reviews.h"

#include "base/strings.h"
#include "schema/field_error.h"

namespace meshka::apiserver {

using doc::Draft;
using doc::Value;

namespace {

std::vector<std::string> strings(Value list) {
  std::vector<std::string> out;
  for (const Value v : list.elements()) out.emplace_back(v.text());
  return out;
}

Draft userInfo(const User& user) {
  Draft out = Draft::object({{"username", user.name}});
  if (!user.uid.empty()) out["uid"] = user.uid;
  if (!user.groups.empty()) out["groups"] = Draft::strings(user.groups);
  for (const auto& [key, values] : user.extra) out["extra"][key] = Draft::strings(values);
  return out;
}

doc::Doc withStatus(Value body, Draft status) {
  Draft out(body);
  out["status"] = std::move(status);
  return out.finish();
}

Error invalidReview(Value body, Cause cause) {
  const std::string_view version = body["apiVersion"].text("authorization.k8s.io/v1");
  return schema::invalidObject(version.substr(0, version.find('/')),
                               body["kind"].text("SubjectAccessReview"), "", {std::move(cause)});
}

// Errors: kInvalid: exactly one of resourceAttributes and nonResourceAttributes.
Result<Attributes> attributesOf(Value body) {
  const Value spec = body["spec"];
  const Value resource = spec["resourceAttributes"];
  const Value path = spec["nonResourceAttributes"];
  if (resource.isObject() == path.isObject()) {
    return fail(invalidReview(
        body,
        schema::invalidValue("spec.resourceAttributes", resource,
                             "exactly one of nonResourceAttributes or resourceAttributes must "
                             "be specified")));
  }
  Attributes out;
  if (path.isObject()) {
    out.verb = path["verb"].text();
    out.path = path["path"].text();
    return out;
  }
  out.verb = resource["verb"].text();
  out.group = resource["group"].text();
  out.version = resource["version"].text();
  // A question about no resource is not one about a path: only who may everything is told yes.
  out.resource = resource["resource"].text().empty() ? "*" : resource["resource"].text();
  out.subresource = resource["subresource"].text();
  out.ns = resource["namespace"].text();
  out.name = resource["name"].text();
  return out;
}

}  // namespace

Result<doc::Doc> StandardReviews::review(const User& user, std::string_view resource,
                                         std::string_view ns, Value body) {
  if (resource == "tokenreviews") return tokenReview(body);
  if (resource == "selfsubjectaccessreviews") return accessReview(user, {}, body);
  if (resource == "selfsubjectrulesreviews") return rulesReview(user, body);
  if (resource == "selfsubjectreviews")
    return withStatus(body, Draft::object({{"userInfo", userInfo(user)}}));
  if (resource == "subjectaccessreviews" || resource == "localsubjectaccessreviews") {
    const Value spec = body["spec"];
    User who{std::string(spec["user"].text()),
             std::string(spec["uid"].text()),
             strings(spec["groups"]),
             {}};
    for (const auto [key, values] : spec["extra"].members())
      who.extra[std::string(key)] = strings(values);
    if (who.name.empty() && who.groups.empty())
      return fail(invalidReview(
          body, schema::invalidValue("spec.user", spec["user"],
                                     "at least one of user or group must be specified")));
    return accessReview(who, resource.starts_with("local") ? ns : std::string_view(), body);
  }
  return fail(Code::kNotFound, "the server could not find the requested resource");
}

Result<doc::Doc> StandardReviews::tokenReview(Value body) {
  const std::string_view token = body["spec"]["token"].text();
  if (token.empty())
    return fail(Code::kInvalid, "token is required for TokenReview in authentication");
  auto verified = tokens_.verify(token, strings(body["spec"]["audiences"]));
  if (!verified) {
    return withStatus(
        body, Draft::object({{"authenticated", false}, {"error", verified.error().message()}}));
  }
  return withStatus(body, Draft::object({{"authenticated", true},
                                         {"user", userInfo(verified->user)},
                                         {"audiences", Draft::strings(verified->audiences)}}));
}

Result<doc::Doc> StandardReviews::accessReview(const User& who, std::string_view ns, Value body) {
  MESHKA_TRY(Attributes wanted, attributesOf(body));
  if (!ns.empty() && wanted.ns != ns) {
    return fail(
        invalidReview(body, schema::invalidText("spec.resourceAttributes.namespace", wanted.ns,
                                                cat("must match metadata.namespace: ", ns))));
  }
  const Decision decision = rbac_.authorize(who, wanted);
  Draft status = Draft::object({{"allowed", decision.allowed}});
  if (!decision.reason.empty()) status["reason"] = decision.reason;
  return withStatus(body, std::move(status));
}

Result<doc::Doc> StandardReviews::rulesReview(const User& user, Value body) {
  Draft resource_rules = Draft::array();
  Draft path_rules = Draft::array();
  for (const PolicyRule& rule : rbac_.rulesFor(user, body["spec"]["namespace"].text())) {
    if (!rule.urls.empty()) {
      path_rules.push(Draft::object(
          {{"verbs", Draft::strings(rule.verbs)}, {"nonResourceURLs", Draft::strings(rule.urls)}}));
    }
    if (rule.resources.empty()) continue;
    Draft out = Draft::object({{"verbs", Draft::strings(rule.verbs)},
                               {"apiGroups", Draft::strings(rule.groups)},
                               {"resources", Draft::strings(rule.resources)}});
    if (!rule.names.empty()) out["resourceNames"] = Draft::strings(rule.names);
    resource_rules.push(std::move(out));
  }
  return withStatus(body, Draft::object({{"resourceRules", std::move(resource_rules)},
                                         {"nonResourceRules", std::move(path_rules)},
                                         {"incomplete", false}}));
}

Result<void> StandardReviews::bind(TokenSpec& spec, Value reference) const {
  BoundObject out{std::string(reference["kind"].text()), std::string(reference["name"].text()),
                  std::string(reference["uid"].text())};
  if (out.kind != "Pod" && out.kind != "Secret") {
    return fail(Code::kInvalid,
                cat("spec.boundObjectRef.kind: must be Pod or Secret, not \"", out.kind, "\""));
  }
  const std::string_view plural = out.kind == "Pod" ? "pods" : "secrets";
  const doc::Doc found = find_(plural, spec.ns, out.name);
  if (!found.exists()) return fail(Code::kNotFound, cat(plural, " \"", out.name, "\" not found"));
  const std::string_view uid = found["metadata"]["uid"].text();
  if (!out.uid.empty() && out.uid != uid) {
    return fail(Code::kConflict, cat("the UID in the bound object reference (", out.uid,
                                     ") does not match the UID in record (", uid, ")"));
  }
  if (out.kind == "Pod") {
    if (found["spec"]["serviceAccountName"].text("default") != spec.service_account) {
      return fail(Code::kInvalid,
                  cat("cannot bind token for serviceaccount \"", spec.service_account,
                      "\" to pod running with different serviceaccount name."));
    }
    spec.node = found["spec"]["nodeName"].text();
  }
  out.uid = uid;
  spec.bound = std::move(out);
  return {};
}

Result<doc::Doc> StandardReviews::requestToken(const User&, std::string_view ns,
                                               std::string_view account, Value request) {
  const doc::Doc found = find_("serviceaccounts", ns, account);
  if (!found.exists() || found["metadata"]["deletionTimestamp"].exists())
    return fail(Code::kNotFound, cat("serviceaccounts \"", account, "\" not found"));
  TokenSpec spec{std::string(ns),
                 std::string(account),
                 std::string(found["metadata"]["uid"].text()),
                 {},
                 3600,
                 {},
                 {}};
  spec.audiences = strings(request["spec"]["audiences"]);
  if (spec.audiences.empty()) spec.audiences = tokens_.apiAudiences();
  spec.seconds = request["spec"]["expirationSeconds"].integer(3600);
  if (spec.seconds < kMinTokenSeconds || spec.seconds > kMaxTokenSeconds) {
    return fail(schema::invalidObject(
        "authentication.k8s.io", "TokenRequest", account,
        {schema::invalidValue("spec.expirationSeconds", request["spec"]["expirationSeconds"],
                              spec.seconds < kMinTokenSeconds
                                  ? "may not specify a duration less than 10 minutes"
                                  : "may not specify a duration larger than 2^32 seconds")}));
  }
  if (const Value reference = request["spec"]["boundObjectRef"]; reference.isObject()) {
    MESHKA_CHECK(bind(spec, reference));
  }
  MESHKA_TRY(const Tokens::Issued issued, tokens_.issue(spec));
  Draft out(request);
  out["apiVersion"] = "authentication.k8s.io/v1";
  out["kind"] = "TokenRequest";
  out["metadata"] = Draft::object({{"name", account}, {"namespace", ns}});
  out["spec"]["audiences"] = Draft::strings(spec.audiences);
  out["spec"]["expirationSeconds"] = spec.seconds;
  out["status"] =
      Draft::object({{"token", issued.token}, {"expirationTimestamp", toRfc3339(issued.expires)}});
  return out.finish();
}

}  // namespace meshka::apiserver
