// The reviews: questions about tokens and rights, answered and never stored (authentication.k8s.io,
// authorization.k8s.io), and TokenRequest.
#pragma once

#include "apiserver/auth/rbac.h"
#include "apiserver/auth/tokens.h"
#include "apiserver/auth_interfaces.h"

namespace meshka::apiserver {

class StandardReviews final : public Reviews {
 public:
  StandardReviews(RbacAuthorizer& rbac, Tokens& tokens, Tokens::Find find)
      : rbac_(rbac), tokens_(tokens), find_(std::move(find)) {}

  Result<doc::Doc> review(const User& user, std::string_view resource, std::string_view ns,
                          doc::Value body) override;
  Result<doc::Doc> requestToken(const User& user, std::string_view ns,
                                std::string_view service_account,
                                doc::Value token_request) override;

 private:
  Result<doc::Doc> tokenReview(doc::Value body);
  Result<doc::Doc> accessReview(const User& who, std::string_view ns, doc::Value body);
  Result<doc::Doc> rulesReview(const User& user, doc::Value body);
  // Fills spec.bound and spec.node. Errors: kInvalid, kNotFound, kConflict (another uid).
  Result<void> bind(TokenSpec& spec, doc::Value reference) const;

  RbacAuthorizer& rbac_;
  Tokens& tokens_;
  mutable Tokens::Find find_;
};

}  // namespace meshka::apiserver
