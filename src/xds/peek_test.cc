#include "xds/peek.h"

#include <string>

#include "base/test/test.h"
#include "xds/peek_fuzz.cc"  // the property, driven by what the tests have

namespace meshka::xds {
namespace {

using namespace std::string_literals;

// version "1", one resource of 3 bytes, canary, type "T", nonce "n"
const std::string kResponse =
    "\x0a\x01"
    "1"
    "\x12\x03"
    "abc"
    "\x18\x01"
    "\x22\x01T\x2a\x01n"s;

TEST(Peek, FindsTheEnvelopeAroundTheResources) {
  const auto r = peekResponse(kResponse);
  ASSERT_TRUE(r.has_value());
  EXPECT_EQ(r->version, "1");
  EXPECT_EQ(r->type_url, "T");
  EXPECT_EQ(r->nonce, "n");
  EXPECT_FALSE(r->refused);
}

TEST(Peek, TellsWhyAProxyRefused) {
  const std::string status =
      "\x08\x0d\x12\x03"
      "bad"s;
  const std::string request = "\x22\x01T\x32"s + static_cast<char>(status.size()) + status;
  const auto r = peekRequest(request);  // views into it
  ASSERT_TRUE(r.has_value());
  EXPECT_TRUE(r->refused);
  EXPECT_EQ(r->error, "bad");
  // The same field of a response is the control plane's name.
  EXPECT_FALSE(peekResponse("\x32\x01x"s)->refused);
}

TEST(Peek, RefusesWhatIsNoMessage) {
  EXPECT_TRUE(peekRequest("").has_value());
  EXPECT_FALSE(peekRequest("\x0a\x05"
                           "abc"s)
                   .has_value());                  // longer than what is there
  EXPECT_FALSE(peekRequest("\x0b"s).has_value());  // a group
  EXPECT_FALSE(peekRequest(std::string(11, '\xff')).has_value());
  for (size_t cut = 0; cut <= kResponse.size(); ++cut) {
    const std::string part = kResponse.substr(0, cut);
    (void)LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(part.data()), part.size());
  }
}

}  // namespace
}  // namespace meshka::xds
