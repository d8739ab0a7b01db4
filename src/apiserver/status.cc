#include "apiserver/status.h"

#include "base/strings.h"

namespace meshka::apiserver {

namespace {
ErrorDetails about(std::string_view group, std::string_view resource, std::string_view name) {
  ErrorDetails d;
  d.group = group;
  d.kind = resource;
  d.name = name;
  return d;
}
}  // namespace

int httpStatus(const Error& error) {
  const std::string_view reason = error.reason();
  switch (error.code()) {
    case Code::kInvalid:
      return reason == "Invalid" ? 422 : 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kForbidden:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
      return 409;
    case Code::kConflict:
      return 409;
    case Code::kExpired:
      return 410;
    case Code::kTooLarge:
      return 413;
    case Code::kUnsupported:
      return reason == "MethodNotAllowed" ? 405 : reason == "NotAcceptable" ? 406 : 415;
    case Code::kTooMany:
      return 429;
    case Code::kUnavailable:
      return 503;
    case Code::kTimeout:
      return 504;
    case Code::kCancelled:
      return 503;
    case Code::kInternal:
      return 500;
  }
  return 500;
}

doc::Doc statusObject(const Error& error, std::string_view continue_token) {
  doc::Draft out = doc::Draft::object();
  out["kind"] = "Status";
  out["apiVersion"] = "v1";
  out["metadata"] = doc::Draft::object();
  if (!continue_token.empty()) out["metadata"]["continue"] = continue_token;
  out["status"] = "Failure";
  out["message"] = error.message();
  out["reason"] = error.reason();
  out["code"] = httpStatus(error);
  if (const ErrorDetails* d = error.details()) {
    doc::Draft details = doc::Draft::object();
    if (!d->name.empty()) details["name"] = d->name;
    if (!d->group.empty()) details["group"] = d->group;
    if (!d->kind.empty()) details["kind"] = d->kind;
    if (!d->uid.empty()) details["uid"] = d->uid;
    for (const Cause& c : d->causes) {
      doc::Draft cause = doc::Draft::object();
      if (!c.reason.empty()) cause["reason"] = c.reason;
      if (!c.message.empty()) cause["message"] = c.message;
      if (!c.field.empty()) cause["field"] = c.field;
      details["causes"].push(std::move(cause));
    }
    if (d->retry_after_s > 0) details["retryAfterSeconds"] = d->retry_after_s;
    out["details"] = std::move(details);
  }
  return out.finish();
}

doc::Doc successStatus(std::string_view group, std::string_view resource, std::string_view name,
                       std::string_view uid) {
  doc::Draft out = doc::Draft::object();
  out["kind"] = "Status";
  out["apiVersion"] = "v1";
  out["metadata"] = doc::Draft::object();
  out["status"] = "Success";
  if (!resource.empty()) {
    doc::Draft& details = out["details"];
    details["name"] = name;
    if (!group.empty()) details["group"] = group;
    details["kind"] = resource;
    if (!uid.empty()) details["uid"] = uid;
  }
  return out.finish();
}

std::string qualified(std::string_view group, std::string_view resource) {
  return group.empty() ? std::string(resource) : cat(resource, ".", group);
}

Error notFound(std::string_view group, std::string_view resource, std::string_view name) {
  return Error(Code::kNotFound, cat(qualified(group, resource), " \"", name, "\" not found"))
      .withDetails(about(group, resource, name));
}
Error alreadyExists(std::string_view group, std::string_view resource, std::string_view name) {
  return Error(Code::kAlreadyExists,
               cat(qualified(group, resource), " \"", name, "\" already exists"))
      .withDetails(about(group, resource, name));
}
Error conflict(std::string_view group, std::string_view resource, std::string_view name,
               std::string_view message) {
  return Error(Code::kConflict, cat("Operation cannot be fulfilled on ", qualified(group, resource),
                                    " \"", name, "\": ", message))
      .withDetails(about(group, resource, name));
}
Error objectModified(std::string_view group, std::string_view resource, std::string_view name) {
  return conflict(group, resource, name,
                  "the object has been modified; please apply your changes to the latest version "
                  "and try again");
}
Error forbidden(std::string_view group, std::string_view resource, std::string_view name,
                std::string_view message) {
  const std::string object = name.empty() ? qualified(group, resource)
                                          : cat(qualified(group, resource), " \"", name, "\"");
  return Error(Code::kForbidden, cat(object, " is forbidden: ", message))
      .withDetails(about(group, resource, name));
}
Error unknownResource() {
  return Error(Code::kNotFound, "the server could not find the requested resource").withDetails({});
}
Error methodNotAllowed() {
  return Error(Code::kUnsupported, "MethodNotAllowed",
               "the server does not allow this method on the requested resource")
      .withDetails({});
}
Error unsupportedMediaType(std::string_view message) {
  return Error(Code::kUnsupported, "UnsupportedMediaType", std::string(message));
}
Error notAcceptable(std::string_view message) {
  return Error(Code::kUnsupported, "NotAcceptable", std::string(message));
}

}  // namespace meshka::apiserver
