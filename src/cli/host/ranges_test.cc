#include "cli/host/ranges.h"

#include "base/instance.h"
#include "base/test/test.h"

namespace meshka::cli::host {
namespace {

constexpr std::string_view kRoutes =
    R"([{"dst":"default","gateway":"10.0.0.1","dev":"eth0"},{"dst":"198.18.0.0/20","dev":"mk-a"},)"
    R"({"type":"unreachable","dst":"198.18.16.0/20"},{"type":"local","dst":"127.0.0.1","dev":"lo"},{"dst":"fe80::/64"}])";
constexpr std::string_view kAddresses =
    R"([{"ifname":"mk-a","addr_info":[{"family":"inet","local":"100.64.77.1","prefixlen":30}]}])";

TEST(Ranges, choosesWhatNobodyRoutes) {
  const auto taken = takenRanges(kRoutes, kAddresses);
  ASSERT_OK(taken);
  EXPECT_EQ(taken->size(), size_t{4});
  const auto pool = firstFree(kLoadBalancerBase, kLoadBalancerPrefix, kLoadBalancerRanges, *taken);
  ASSERT_TRUE(pool.has_value());
  EXPECT_EQ(toString(*pool), "198.18.32.0/20");
  const auto link = firstFree(kLinkBase, 30, kLinkRanges, *taken);
  ASSERT_TRUE(link.has_value());
  EXPECT_EQ(toString(*link), "100.64.77.4/30");
}

TEST(Ranges, everythingTaken) {
  const auto all = parseRange("198.18.0.0/15");
  ASSERT_TRUE(all.has_value());
  EXPECT_FALSE(
      firstFree(kLoadBalancerBase, kLoadBalancerPrefix, kLoadBalancerRanges, {*all}).has_value());
}

TEST(Ranges, parsing) {
  for (const char* bad :
       {"", "default", "1.2.3", "1.2.3.256", "1.2.3.4/33", "fe80::/64", "1.2.3.4/x"})
    EXPECT_FALSE(parseRange(bad).has_value());
  EXPECT_EQ(toString(*parseRange("10.1.2.3/8")), "10.0.0.0/8");
}

}  // namespace
}  // namespace meshka::cli::host
