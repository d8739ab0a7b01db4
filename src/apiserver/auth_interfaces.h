// Who may do what: the interfaces between the request pipeline and apiserver/auth (certificates,
// tokens, RBAC, reviews). All are plain functions: they look at credentials and at the store's
// newest revision and never wait.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"
#include "net/http.h"

namespace meshka::apiserver {

// authentication.k8s.io UserInfo.
struct User {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>> extra;
  bool inGroup(std::string_view group) const {
    for (const auto& g : groups) {
      if (g == group) return true;
    }
    return false;
  }
};

inline constexpr std::string_view kAnonymousUser = "system:anonymous";
inline constexpr std::string_view kGroupAuthenticated = "system:authenticated";
inline constexpr std::string_view kGroupUnauthenticated = "system:unauthenticated";
inline constexpr std::string_view kGroupMasters = "system:masters";

// What a request wants, in the canonical form that is routed as well (request.h): policy and
// routing never differ.
struct Attributes {
  std::string verb;  // get, list, watch, create, update, patch, delete, deletecollection; for paths
                     // the lower method
  std::string group;
  std::string version;
  std::string resource;  // plural; empty: a non-resource path
  std::string subresource;
  std::string ns;    // empty: cluster scope or all namespaces
  std::string name;  // empty: all
  std::string path;  // canonical, "/version"
  bool isResource() const { return !resource.empty(); }
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // The identity that the request proves. No credentials at all: nullopt (the pipeline makes it
  // anonymous). Credentials that do not hold: kUnauthenticated. Groups include
  // system:authenticated.
  virtual Result<std::optional<User>> authenticate(const net::ServerRequest& request) = 0;
};

struct Decision {
  bool allowed = false;
  std::string reason;  // why, as reviews show it; may be empty
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  virtual Decision authorize(const User& user, const Attributes& wanted) = 0;
};

// Objects that are answered and never stored: TokenReview, SubjectAccessReview and its relatives,
// TokenRequest.
class Reviews {
 public:
  virtual ~Reviews() = default;
  // `resource` is the plural ("tokenreviews", "selfsubjectaccessreviews", ...); `body` is a
  // defaulted, pruned object; the answer is that object with its status filled. Errors: kNotFound
  // when the resource is not one of these.
  virtual Result<doc::Doc> review(const User& user, std::string_view resource, std::string_view ns,
                                  doc::Value body) = 0;
  // POST serviceaccounts/NAME/token. Errors: kNotFound, kInvalid (audiences, bound object,
  // lifetime).
  virtual Result<doc::Doc> requestToken(const User& user, std::string_view ns,
                                        std::string_view service_account,
                                        doc::Value token_request) = 0;
};

// Asked before a write of the kinds of rbac.authorization.k8s.io is committed: nobody grants what
// he lacks.
class EscalationCheck {
 public:
  virtual ~EscalationCheck() = default;
  // `before` is missing on create. Errors: kForbidden, kInvalid.
  virtual Result<void> checkWrite(const User& user, std::string_view resource, std::string_view ns,
                                  doc::Value before, doc::Value after) = 0;
};

}  // namespace meshka::apiserver
