// The order of the rooms: what is read first, then what later rooms build upon, then what is
// written; the status of everything last.
#include "mgmt/translate/translate.h"

#include <utility>

#include "mgmt/translate/access.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/destination_policies.h"
#include "mgmt/translate/external_services.h"
#include "mgmt/translate/isolation.h"
#include "mgmt/translate/policies.h"
#include "mgmt/translate/route_tables.h"
#include "mgmt/translate/sidecars.h"
#include "mgmt/translate/workspace_status.h"

namespace meshka::mgmt {

TranslateOutput translate(const TranslateInput& input) {
  Context context(input);
  collectFederated(context);
  collectVirtualDestinations(context);
  writeFederation(context);
  writeVirtualDestinations(context);
  writeExternalServices(context);
  writeIsolation(context);
  writeAccessPolicies(context);
  writeDestinationPolicies(context);
  writeVirtualGateways(context);
  writeRouteTables(context);
  writeSidecars(context);
  reportIdlePolicies(context);
  context.passthrough.write(context.world, context.outputs);
  context.rules.write(context.outputs);
  writeWorkspaceStatus(context);

  TranslateOutput output;
  output.objects = context.outputs.take();
  // An empty list says that nothing of ours may be left in the cluster.
  for (const auto& [name, cluster] : input.clusters) output.objects[name];
  output.statuses = context.statuses.finish();
  return output;
}

}  // namespace meshka::mgmt
