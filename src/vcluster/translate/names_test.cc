#include "vcluster/translate/names.h"

#include "base/test/test.h"

namespace meshka::vcluster {
namespace {

TEST(Names, ObservedForms) {
  struct Row {
    const char *name, *ns, *vc, *want;
  };
  constexpr Row kRows[] = {
      {"coredns-5d4b8b4d5-abcde", "kube-system", "mgmt",
       "coredns-5d4b8b4d5-abcde-x-kube-system-x-mgmt"},
      {"kube-root-ca.crt", "webshop", "cluster1", "kube-root-ca.crt-x-webshop-x-cluster1"},
      {"a.very-long-configmap-name-that-goes-on-and-on", "some-namespace", "cluster1",
       "a.very-long-configmap-name-that-goes-on-and-on-x-som-b8316d49a0"},
  };
  for (const Row& row : kRows) EXPECT_EQ(hostName(row.name, row.ns, {row.vc, row.vc}), row.want);
  EXPECT_EQ(hostClusterName("standard", {"mgmt", "mgmt"}), "vcluster-standard-x-mgmt-x-mgmt");
}

TEST(Names, LabelKeys) {
  const Tenant tenant{"cluster1", "cluster1"};
  EXPECT_EQ(hostLabelKey("app", tenant), "vcluster.loft.sh/label-cluster1-x-a172cedcae");
  EXPECT_EQ(hostLabelKey("version", tenant), "vcluster.loft.sh/label-cluster1-x-5ca4f3850c");
  EXPECT_EQ(hostLabelKey("pod-template-hash", tenant),
            "vcluster.loft.sh/label-cluster1-x-fdcdfa3fd8");
  EXPECT_EQ(hostLabelKey("app", {"a-rather-long-vcluster-name-here", "x"}),
            "vcluster.loft.sh/label-a-rather-long-vcluster-name-h-77b72a30ee");
}

TEST(Names, NeverOverLongNorDotDash) {
  const std::string name = std::string(51, 'a') + "." + std::string(100, 'b');
  const std::string host = hostName(name, "ns", {"vc", "vc"});
  EXPECT_TRUE(host.size() <= 63);
  EXPECT_EQ(host.find(".-"), std::string::npos);
}

}  // namespace
}  // namespace meshka::vcluster
