// What an outbound connection wears: the rule's tls, else mutual TLS where the endpoint can.
#pragma once

#include <string_view>

#include "mesh/model/model.h"
#include "mesh/translate/envoy/draft.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

void setTls(Draft& cluster, const Model& model, const ProxyIdentity& proxy, const Service& service,
            const Port& port, std::string_view subset, const TrafficPolicy& policy);

}  // namespace meshka::mesh
