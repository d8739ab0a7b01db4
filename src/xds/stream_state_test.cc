#include "xds/stream_state.h"

#include "base/test/test.h"
#include "xds/limits.h"
#include "xds/types.h"

namespace meshka::xds {
namespace {

using Reaction = StreamState::Reaction;

DiscoveryRequest request(std::string_view type, std::vector<std::string> names = {},
                         std::string nonce = {}) {
  DiscoveryRequest r;
  r.type_url = type;
  r.names = std::move(names);
  r.nonce = std::move(nonce);
  return r;
}
DiscoveryRequest rejection(std::string_view type, std::vector<std::string> names,
                           std::string nonce) {
  DiscoveryRequest r = request(type, std::move(names), std::move(nonce));
  r.rejected = true;
  r.error = "Error adding/updating listener(s) 0.0.0.0_80: no";
  return r;
}
Resource resource(std::string name) {
  auto made = std::make_shared<Encoded>();
  made->name = std::move(name);
  return made;
}
std::string namesOf(const std::optional<std::vector<Resource>>& planned) {
  if (!planned) return "-";
  std::string out;
  for (const Resource& r : *planned) out += r->name + ";";
  return out;
}
bool is(Reaction a, Reaction b) {
  return a == b;
}

TEST(StreamState, FirstRequestIsAnsweredAndAcknowledged) {
  StreamState state;
  EXPECT_TRUE(is(state.onRequest(request(kCluster)), Reaction::kAnswer));
  const std::vector<Resource> clusters = {resource("a"), resource("b")};
  EXPECT_EQ(namesOf(state.plan(kCluster, clusters, true)), "a;b;");
  state.onSent(kCluster, clusters, "v1", "n1");
  EXPECT_TRUE(is(state.onRequest(request(kCluster, {}, "n1")), Reaction::kAcknowledged));
  EXPECT_EQ(state.find(kCluster)->nonce_acked, "n1");
  // Nothing new: nothing is sent. Something new: a type that comes whole is sent whole.
  EXPECT_EQ(namesOf(state.plan(kCluster, clusters, false)), "-");
  EXPECT_EQ(namesOf(state.plan(kCluster, {clusters[0], resource("b")}, false)), "a;b;");
  EXPECT_EQ(namesOf(state.plan(kCluster, {clusters[0]}, false)), "a;");
}

TEST(StreamState, NothingToSendIsAnAnswerToo) {
  StreamState state;
  (void)state.onRequest(request(kListener));
  EXPECT_EQ(namesOf(state.plan(kListener, {}, true)), "");
  state.onSent(kListener, {}, "v1", "n1");
  EXPECT_EQ(namesOf(state.plan(kListener, {}, false)), "-");
}

TEST(StreamState, StaleAnswersAreIgnored) {
  StreamState state;
  (void)state.onRequest(request(kEndpoints, {"a"}));
  state.onSent(kEndpoints, {resource("a")}, "v1", "n1");
  state.onSent(kEndpoints, {resource("a")}, "v2", "n2");
  EXPECT_TRUE(is(state.onRequest(request(kEndpoints, {"a", "b"}, "n1")), Reaction::kStale));
  EXPECT_EQ(state.find(kEndpoints)->names.size(), size_t{1});
  EXPECT_TRUE(is(state.onRequest(request(kEndpoints, {"a", "b"}, "n2")), Reaction::kAnswer));
}

TEST(StreamState, OnlyChangedEndpointsAreSent) {
  StreamState state;
  (void)state.onRequest(request(kEndpoints, {"a", "b"}));
  const Resource a = resource("a");
  const Resource b = resource("b");
  state.onSent(kEndpoints, {a, b}, "v1", "n1");
  EXPECT_TRUE(is(state.onRequest(request(kEndpoints, {"a", "b"}, "n1")), Reaction::kAcknowledged));
  EXPECT_EQ(namesOf(state.plan(kEndpoints, {a, b}, false)), "-");
  EXPECT_EQ(namesOf(state.plan(kEndpoints, {a, resource("b")}, false)), "b;");
  EXPECT_EQ(namesOf(state.plan(kEndpoints, {a, b}, true)), "a;b;");
}

TEST(StreamState, ANameThatComesBackIsNew) {
  StreamState state;
  const Resource a = resource("a");
  const Resource b = resource("b");
  (void)state.onRequest(request(kRoute, {"a", "b"}));
  state.onSent(kRoute, {a, b}, "v1", "n1");
  EXPECT_TRUE(is(state.onRequest(request(kRoute, {"a"}, "n1")), Reaction::kAnswer));
  EXPECT_FALSE(state.find(kRoute)->sent.contains("b"));
  EXPECT_EQ(namesOf(state.plan(kRoute, {a, b}, false)), "b;");
}

TEST(StreamState, AnEmptyListUnsubscribes) {
  StreamState state;
  (void)state.onRequest(request(kRoute, {"80"}));
  state.onSent(kRoute, {resource("80")}, "v1", "n1");
  EXPECT_TRUE(is(state.onRequest(request(kRoute, {}, "n1")), Reaction::kUnsubscribed));
  EXPECT_TRUE(state.find(kRoute) == nullptr);
  EXPECT_EQ(namesOf(state.plan(kRoute, {resource("80")}, true)), "-");
  EXPECT_TRUE(is(state.onRequest(request(kRoute, {"80"}, "n1")), Reaction::kAnswer));
}

TEST(StreamState, RejectionsAreKeptAndNotAnswered) {
  StreamState state;
  (void)state.onRequest(request(kListener));
  const std::vector<Resource> bad = {resource("0.0.0.0_80")};
  state.onSent(kListener, bad, "v1", "n1");
  EXPECT_TRUE(is(state.onRequest(rejection(kListener, {}, "n1")), Reaction::kRejected));
  EXPECT_CONTAINS(state.find(kListener)->error, "Error adding/updating listener(s)");
  EXPECT_EQ(state.find(kListener)->nonce_acked, "");
  EXPECT_EQ(namesOf(state.plan(kListener, bad, false)), "-");  // the same again is refused again
  state.onSent(kListener, {resource("0.0.0.0_80")}, "v2", "n2");
  (void)state.onRequest(request(kListener, {}, "n2"));
  EXPECT_EQ(state.find(kListener)->error, "");
}

TEST(StreamState, AClientThatWasElsewhereBeforeGetsEverything) {
  StreamState state;
  EXPECT_TRUE(is(state.onRequest(request(kCluster, {}, "of-another-server")), Reaction::kAnswer));
}

TEST(StreamState, EndpointsAreAnsweredAgainAfterClusters) {
  StreamState state;
  (void)state.onRequest(request(kCluster));
  (void)state.onRequest(request(kEndpoints, {"a"}));
  state.onSent(kEndpoints, {resource("a")}, "v1", "e1");
  (void)state.onRequest(request(kEndpoints, {"a"}, "e1"));
  state.onSent(kCluster, {resource("a")}, "v2", "c2");
  EXPECT_TRUE(is(state.onRequest(request(kEndpoints, {"a"}, "e1")), Reaction::kAnswer));
  EXPECT_TRUE(is(state.onRequest(request(kEndpoints, {"a"}, "e1")), Reaction::kAcknowledged));
}

TEST(StreamState, OrderOfTypes) {
  StreamState state;
  for (const std::string_view type :
       {kProxyConfig, kNameTable, kSecret, kRoute, kListener, kEndpoints, kCluster}) {
    (void)state.onRequest(request(type, {"x"}));
  }
  std::string order;
  for (const std::string& type : state.types()) order += shortType(type) + " ";
  EXPECT_EQ(order, "CDS EDS LDS RDS SDS NDS PCDS ");
}

TEST(StreamState, TypesAreLimited) {
  StreamState state;
  for (size_t i = 0; i < kMaxSubscribedTypes; ++i) {
    EXPECT_TRUE(is(state.onRequest(request(cat("t/", i))), Reaction::kAnswer));
  }
  EXPECT_TRUE(is(state.onRequest(request("t/more")), Reaction::kTooMany));
}

}  // namespace
}  // namespace meshka::xds
