// Acting as somebody else: Impersonate-User, -Group, -Uid and -Extra-KEY, each allowed by the verb
// `impersonate`.
#include "apiserver/exchange.h"
#include "base/strings.h"

namespace meshka::apiserver {

namespace {

constexpr std::string_view kServiceAccountPrefix = "system:serviceaccount:";
constexpr std::string_view kExtraPrefix = "impersonate-extra-";

Result<void> allowed(const Engine& engine, const User& user, std::string_view group,
                     std::string_view resource, std::string_view subresource, std::string_view ns,
                     std::string_view name) {
  Attributes a;
  a.verb = "impersonate";
  a.group = group;
  a.version = "v1";
  a.resource = resource;
  a.subresource = subresource;
  a.ns = ns;
  a.name = name;
  return engine.authorize(user, a);
}

Result<void> allowUser(const Engine& engine, const User& user, std::string_view name) {
  if (!name.starts_with(kServiceAccountPrefix))
    return allowed(engine, user, "", "users", "", "", name);
  const auto parts = split(name.substr(kServiceAccountPrefix.size()), ':');
  if (parts.size() != 2)
    return fail(Code::kInvalid, cat("the service account \"", name, "\" cannot be impersonated"));
  return allowed(engine, user, "", "serviceaccounts", "", parts[0], parts[1]);
}

}  // namespace

Result<User> impersonate(const Engine& engine, const User& user, const net::Headers& headers) {
  User out;
  bool other_parts = false;
  for (const auto& [name, value] : headers.entries()) {
    const std::string lower = toLower(name);
    if (!lower.starts_with("impersonate-")) continue;
    if (lower == "impersonate-user") {
      if (!out.name.empty()) return fail(Code::kInvalid, "more than one Impersonate-User header");
      out.name = value;
      continue;
    }
    other_parts = true;
    if (lower == "impersonate-group") {
      MESHKA_CHECK(allowed(engine, user, "", "groups", "", "", value));
      out.groups.push_back(value);
    } else if (lower == "impersonate-uid") {
      MESHKA_CHECK(allowed(engine, user, "authentication.k8s.io", "uids", "", "", value));
      out.uid = value;
    } else if (lower.starts_with(kExtraPrefix)) {
      const auto key = urlDecode(std::string_view(lower).substr(kExtraPrefix.size()));
      if (!key || key->empty())
        return fail(Code::kInvalid, cat("the header ", name, " names no extra key"));
      MESHKA_CHECK(allowed(engine, user, "authentication.k8s.io", "userextras", *key, "", value));
      out.extra[*key].push_back(value);
    } else {
      return fail(Code::kInvalid, cat("unknown header ", name));
    }
  }
  if (out.name.empty()) {
    if (other_parts)
      return fail(Code::kInvalid, "requested impersonation without impersonating a user");
    return user;
  }
  MESHKA_CHECK(allowUser(engine, user, out.name));
  if (out.groups.empty() && out.name.starts_with(kServiceAccountPrefix)) {
    const std::string_view rest = std::string_view(out.name).substr(kServiceAccountPrefix.size());
    out.groups = {"system:serviceaccounts",
                  cat("system:serviceaccounts:", rest.substr(0, rest.find(':')))};
  }
  const std::string_view kind =
      out.name == kAnonymousUser ? kGroupUnauthenticated : kGroupAuthenticated;
  if (!out.inGroup(kind)) out.groups.emplace_back(kind);
  return out;
}

}  // namespace meshka::apiserver
