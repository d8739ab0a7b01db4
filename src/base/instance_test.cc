#include "base/instance.h"

#include "base/test/test.h"

namespace meshka {
namespace {

TEST(Instance, namesFitTheirLimits) {
  const auto longest = Instance::named("abcdefghijkl");
  ASSERT_OK(longest);
  EXPECT_TRUE(longest->outerLink().size() <= 15);
  EXPECT_EQ(longest->nodeName(), "meshka-abcdefghijkl");
  // A Unix socket's path has 107 characters; containerd adds ".ttrpc".
  EXPECT_TRUE(longest->containerdSocket().size() + 6 <= 107);
  for (const char* bad : {"", "Abc", "1a", "a_b", "a-", "abcdefghijklm", "../x"})
    EXPECT_FALSE(Instance::named(bad).has_value());
}

TEST(Instance, twoInstancesShareNothing) {
  const auto a = Instance::named(kDefaultInstance);
  const auto b = Instance::named("b");
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_FALSE(a->contextName() == b->contextName());
  EXPECT_FALSE(a->runDirectory() == b->runDirectory());
  EXPECT_FALSE(a->stateDirectory() == b->stateDirectory());
  EXPECT_FALSE(a->cgroup() == b->cgroup());
  EXPECT_FALSE(a->outerLink() == b->outerLink());
}

}  // namespace
}  // namespace meshka
