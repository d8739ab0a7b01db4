#include "mesh/agent/capture_rules.h"

#include "base/test/test.h"

namespace meshka::mesh::agent {
namespace {

// As the injector asks.
CaptureSpec injected() {
  CaptureSpec spec;
  spec.inbound_ports_excluded = "15090,15021,15020";
  return spec;
}

std::string script(const CaptureSpec& spec) {
  const auto out = captureScript(spec);
  return out ? *out : cat("error: ", out.error().message(), "\n");
}

TEST(CaptureRules, AsTheInjectorAsks) {
  EXPECT_GOLDEN(script(injected()), "agent/testdata/capture-default.nft");
}

TEST(CaptureRules, WithDns) {
  CaptureSpec spec = injected();
  spec.dns = true;
  spec.nameservers = {"10.96.0.10", "fd00::10", "10.96.0.11"};
  EXPECT_GOLDEN(script(spec), "agent/testdata/capture-dns.nft");
}

TEST(CaptureRules, WithEveryList) {
  CaptureSpec spec = injected();
  spec.outbound_cidrs = "10.0.0.0/8,192.168.1.1";
  spec.outbound_cidrs_excluded = "10.9.0.0/16";
  spec.outbound_ports = "443,8000-8100";
  spec.outbound_ports_excluded = "3306";
  spec.inbound_ports = "80,8080";
  spec.virtual_interfaces = "virt0";
  spec.interfaces_excluded = "eth9";
  EXPECT_GOLDEN(script(spec), "agent/testdata/capture-lists.nft");
}

TEST(CaptureRules, NothingCaptured) {
  CaptureSpec spec;
  spec.outbound_cidrs = "";
  spec.inbound_ports = "";
  EXPECT_TRUE(script(spec).find(":15001") == std::string::npos);
  EXPECT_TRUE(script(spec).find("redirect to :15006\n }") == std::string::npos);
}

// The words end up in a script that runs as root.
TEST(CaptureRules, RefusesWhatIsNoNumberAddressOrName) {
  CaptureSpec spec = injected();
  spec.inbound_ports_excluded = "15090,80; flush ruleset";
  EXPECT_EQ(script(spec), "error: -d: \"80; flush ruleset\" is not valid\n");
  spec = injected();
  spec.outbound_cidrs = "10.0.0.0/33";
  EXPECT_EQ(script(spec), "error: -i: \"10.0.0.0/33\" is not valid\n");
  spec = injected();
  spec.interfaces_excluded = "eth0\" accept";
  EXPECT_EQ(script(spec), "error: -c: \"eth0\" accept\" is not valid\n");
  spec = injected();
  spec.proxy_uid = "root";
  EXPECT_EQ(script(spec), "error: -u: \"root\" is not valid\n");
  spec = injected();
  spec.mode = "TPROXY";
  EXPECT_TRUE(captureScript(spec).error().code() == Code::kUnsupported);
}

}  // namespace
}  // namespace meshka::mesh::agent
