// Mutating and validating admission webhooks (admissionregistration.k8s.io/v1): which of them want
// a request, the AdmissionReview that each gets, and what its answer changes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/admission.h"
#include "apiserver/admission/webhook_transport.h"
#include "apiserver/config.h"
#include "io/loop.h"

namespace meshka::apiserver {

class Webhooks {
 public:
  // `transport` null: configurations of webhooks are refused.
  Webhooks(io::World world, const Objects& objects, const Config& config,
           WebhookTransport* transport)
      : world_(world), objects_(objects), config_(config), transport_(transport) {}

  // Calls the mutating webhooks that match, by name of their configurations; patches
  // request.object. Errors: what a webhook denied, with its code; kInternal when one fails and its
  // policy is Fail.
  io::Task<Result<void>> mutate(AdmissionRequest& request);
  // The validating ones; and checks configurations of webhooks themselves when the request writes
  // one.
  io::Task<Result<void>> validate(AdmissionRequest& request);

 private:
  struct Hook {
    doc::Doc configuration;
    doc::Value webhook;  // inside `configuration`
    api::KindRef kind;   // the version in which it wants the object
  };
  struct Reply {
    bool changed = false;
  };

  Result<std::vector<Hook>> matching(const AdmissionRequest& request,
                                     std::string_view plural) const;
  api::KindRef matchRules(doc::Value webhook, const AdmissionRequest& request) const;
  Result<bool> matchSelectors(doc::Value webhook, const AdmissionRequest& request) const;
  io::Task<Result<Reply>> call(const Hook& hook, AdmissionRequest& request, bool mutating);
  io::Task<Result<doc::Doc>> exchange(const Hook& hook, std::string review);
  Result<doc::Doc> review(const Hook& hook, const AdmissionRequest& request,
                          std::string_view uid) const;
  Result<WebhookTarget> resolve(doc::Value client_config) const;
  Result<WebhookTarget> resolveService(doc::Value service) const;
  Result<WebhookTarget> resolveUrl(std::string_view url) const;
  Result<void> checkConfiguration(const AdmissionRequest& request) const;

  io::World world_;
  const Objects& objects_;
  const Config& config_;
  WebhookTransport* transport_;
};

// Loopback, link-local (cloud metadata), unspecified and multicast addresses, and names that mean
// them.
bool isLocalHost(std::string_view host);

}  // namespace meshka::apiserver
