#include "cli/host/containerd.h"

#include "base/test/test.h"

namespace meshka::cli::host {
namespace {

TEST(Catalog, aliases) {
  const auto catalog = parseCatalog(
      R"({"images":[{"name":"m/proxy:1","file":"p.tar","digest":"sha256:1","aliases":["*/proxyv2:*"]},)"
      R"({"name":"m/box:1","file":"b.tar","digest":"sha256:2","aliases":["busybox","busybox:*","rancher/k3s:*"]}]})");
  ASSERT_OK(catalog);
  struct Case {
    std::string_view image, ours;
  };
  const Case cases[] = {{"m/box:1", "m/box:1"},
                        {"busybox", "m/box:1"},
                        {"busybox:1.36", "m/box:1"},
                        {"/proxyv2:1", "m/proxy:1"},
                        {"a/b/proxyv2:1.11", "m/proxy:1"},
                        {"rancher/k3s:v1.22.5-k3s1", "m/box:1"},
                        {"busyboxy", ""},
                        {"proxyv2:1", ""},
                        {"", ""}};
  for (const Case& c : cases) EXPECT_EQ(imageFor(*catalog, c.image), c.ours);
  EXPECT_FALSE(parseCatalog(R"({"images":[{"name":"x"}]})").has_value());
}

TEST(Containerd, configurationNamesTheInstance) {
  const auto a = Instance::named("meshka");
  const auto b = Instance::named("b");
  ASSERT_TRUE(a.has_value() && b.has_value());
  const ContainerdOptions options{
      .runtime = "crun", .runtime_program = "/usr/bin/crun", .cni_programs = "/usr/lib/cni"};
  EXPECT_GOLDEN(containerdConfig(*a, options), "host/testdata/containerd.toml");
  EXPECT_GOLDEN(cniConfig(*a), "host/testdata/cni.conflist");
  EXPECT_TRUE(containerdConfig(*b, options).find("meshka-meshka") == std::string::npos);
}

}  // namespace
}  // namespace meshka::cli::host
