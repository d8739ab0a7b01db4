#include "mgmt/translate/names.h"

#include "base/test/test.h"

namespace meshka::mgmt {
namespace {

TEST(Names, Canonical) {
  EXPECT_EQ(canonicalClusterName("vcluster_Cluster1_x"), "vcluster-cluster1-x");
  EXPECT_TRUE(clusterMatches("south_*", "south-1", ""));
  EXPECT_TRUE(clusterMatches("South_1", "other", "south_1"));
  EXPECT_FALSE(clusterMatches("south_1", "south-2", ""));
}

TEST(Names, Sanitized) {
  EXPECT_EQ(sanitizeName("vd-A.b/c:d_e f*g"), "vd-a-b-c-d-e-f-g");
  const std::string long_name(80, 'x');
  const std::string cut = sanitizeName(long_name);
  EXPECT_EQ(cut.size(), 63u);
  EXPECT_EQ(cut.substr(0, 32), std::string(31, 'x') + "-");
  EXPECT_TRUE(cut != sanitizeName(long_name + "y"));
  EXPECT_EQ(sanitizeName(std::string(63, 'x')), std::string(63, 'x'));
  EXPECT_EQ(labelValue(long_name).size(), 63u);
  EXPECT_TRUE(hashedName("*.example", "a").starts_with("example-"));
}

TEST(Names, Glob) {
  EXPECT_TRUE(globMatches("*", ""));
  EXPECT_TRUE(globMatches("a*c", "abbc"));
  EXPECT_TRUE(globMatches("*b*", "abc"));
  EXPECT_TRUE(globMatches("a*b*b", "abbb"));
  EXPECT_FALSE(globMatches("a*b", "ab-"));
  EXPECT_FALSE(globMatches("ab", "abc"));
  EXPECT_FALSE(globMatches("ab*ba", "aba"));
}

TEST(Names, Addresses) {
  EXPECT_EQ(fnv1("foobar"), 0x31f0b262u);  // of the authors' test vectors
  Addresses addresses;
  const std::string first = addresses.of("Kind", "a.example", "ns", "north");
  const std::string second = addresses.of("Kind", "a.example", "ns", "north");
  EXPECT_TRUE(first != second);  // taken
  EXPECT_EQ(Addresses().of("Kind", "a.example", "ns", "north"), first);
  const auto octet = parseInt(split(first, '.')[0]);
  EXPECT_TRUE(octet && *octet >= 240 && *octet <= 255);
}

}  // namespace
}  // namespace meshka::mgmt
