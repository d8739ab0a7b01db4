#include "cli/host/network.h"

#include "base/strings.h"
#include "cli/host/limits.h"
#include "cli/host/ranges.h"
#include "doc/json.h"
#include "io/disk.h"

namespace meshka::cli::host {
namespace {

// Worse than any route that people make, better than none.
constexpr std::string_view kLastMetric = "4278198272";

// `ip` in the root namespace, wherever we are.
io::Task<Result<std::string>> rootIp(CommandContext& context, std::string root_network,
                                     std::vector<std::string> args) {
  if (root_network.empty())
    co_return co_await runTool(context, "ip", std::move(args), {}, kToolTimeout);
  args.insert(args.begin(), {"--net=" + root_network, "ip"});
  co_return co_await runTool(context, "nsenter", std::move(args), {}, kToolTimeout);
}

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> out;
  for (const std::string_view word : split(line, ' ')) out.emplace_back(word);
  return out;
}

}  // namespace

io::Task<Result<Record>> chooseRanges(CommandContext& context, Record record,
                                      std::string root_network) {
  MESHKA_CO_TRY(const std::string routes,
                co_await rootIp(context, root_network, words("-j -4 route show table all")));
  MESHKA_CO_TRY(const std::string addresses,
                co_await rootIp(context, root_network, words("-j -4 addr show")));
  MESHKA_CO_TRY(const std::vector<Range> taken, takenRanges(routes, addresses));
  const auto pool = firstFree(kLoadBalancerBase, kLoadBalancerPrefix, kLoadBalancerRanges, taken);
  if (!pool)
    co_return fail(Code::kConflict,
                   "every /20 of 198.18.0.0/15 is routed already (ip route); the node needs one "
                   "for LoadBalancer addresses");
  const auto link = firstFree(kLinkBase, 30, kLinkRanges, taken);
  if (!link)
    co_return fail(Code::kConflict,
                   "every /30 from 100.64.77.0 on is in use (ip addr); the node's link needs one");
  record.load_balancer_range = toString(*pool);
  record.outer_address = addressText(link->base + 1);
  record.node_address = addressText(link->base + 2);
  co_return record;
}

io::Task<Result<void>> makeLinks(CommandContext& context, Instance instance, Record record,
                                 std::string root_network) {
  const std::string outer = instance.outerLink();
  const std::string pool = record.load_balancer_range;
  for (const std::string& line :
       {cat("link add ", outer, " type veth peer name ", node_net::kOuterLink, " netns ", 1),
        cat("addr add ", record.outer_address, "/30 dev ", outer), cat("link set ", outer, " up")})
    MESHKA_CO_CHECK(co_await rootIp(context, root_network, words(line)));
  for (const std::string& line :
       {std::string("link set lo up"),
        cat("addr add ", record.node_address, "/30 dev ", node_net::kOuterLink),
        cat("link set ", node_net::kOuterLink, " up"),
        cat("route add default via ", record.outer_address)})
    MESHKA_CO_CHECK(co_await runTool(context, "ip", words(line), {}, kToolTimeout));
  for (const std::string& line :
       {cat("route add ", pool, " via ", record.node_address, " dev ", outer),
        cat("route add unreachable ", pool, " metric ", kLastMetric)})
    MESHKA_CO_CHECK(co_await rootIp(context, root_network, words(line)));
  co_return Result<void>();
}

io::Task<Result<void>> removeLinks(CommandContext& context, Instance instance, Record record) {
  const std::string outer = instance.outerLink();
  auto links = co_await runTool(context, "ip", words("-j link show"), {}, kToolTimeout);
  if (!links) co_return fail(links.error());
  MESHKA_CO_TRY(const doc::Doc parsed, doc::parseJson(*links));
  for (const doc::Value link : parsed.value().elements())
    if (link["ifname"].text() == outer)
      MESHKA_CO_CHECK(
          co_await runTool(context, "ip", words("link del " + outer), {}, kToolTimeout));
  if (record.load_balancer_range.empty()) co_return Result<void>();
  auto routes =
      co_await runTool(context, "ip", words("-j -4 route show type unreachable"), {}, kToolTimeout);
  if (!routes) co_return fail(routes.error());
  MESHKA_CO_TRY(const doc::Doc list, doc::parseJson(trim(*routes).empty() ? "[]" : *routes));
  for (const doc::Value route : list.value().elements())
    if (route["dst"].text() == record.load_balancer_range)
      MESHKA_CO_CHECK(co_await runTool(
          context, "ip",
          words(cat("route del unreachable ", record.load_balancer_range, " metric ", kLastMetric)),
          {}, kToolTimeout));
  co_return Result<void>();
}

}  // namespace meshka::cli::host
