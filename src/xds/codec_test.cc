// The codec against the protobuf library's own JSON mapping, which is slower and has no
// deterministic bytes, and against what it must refuse.
#include "xds/codec.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <memory>

#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "xds/codec_fuzz.h"
#include "xds/descriptors.h"

namespace meshka::xds {
namespace {

namespace pb = google::protobuf;

doc::Doc yaml(std::string_view text) {
  const auto parsed = doc::parseYaml(text);
  EXPECT_OK(parsed);
  return parsed ? parsed->at(0) : doc::Doc();
}

// What the library makes of the same JSON.
std::unique_ptr<pb::Message> peer(pb::DynamicMessageFactory& factory, std::string_view type,
                                  const doc::Doc& json) {
  const pb::Descriptor* descriptor = findMessage(type);
  std::unique_ptr<pb::util::TypeResolver> resolver(pb::util::NewTypeResolverForDescriptorPool(
      "type.googleapis.com", descriptor->file()->pool()));
  std::string bytes;
  const auto status = pb::util::JsonToBinaryString(
      resolver.get(), cat("type.googleapis.com/", type), doc::toJson(json), &bytes);
  EXPECT_EQ(status.ToString(), "OK");
  std::unique_ptr<pb::Message> out(factory.GetPrototype(descriptor)->New());
  EXPECT_TRUE(out->ParseFromString(bytes));
  return out;
}

void expectAsPeer(std::string_view type, const doc::Doc& json) {
  pb::DynamicMessageFactory factory;
  const auto bytes = encode(type, json);
  ASSERT_OK(bytes);
  const auto theirs = peer(factory, type, json);
  std::unique_ptr<pb::Message> ours(theirs->New());
  ASSERT_TRUE(ours->ParseFromString(*bytes));
  EXPECT_TRUE(pb::util::MessageDifferencer::Equals(*ours, *theirs));
  const auto back = decode(type, *bytes);
  ASSERT_OK(back);
  const auto again = encode(type, *back);
  ASSERT_OK(again);
  EXPECT_EQ(*again, *bytes);
}

constexpr std::string_view kCluster = R"(
name: outbound|80||shop.north.svc.cluster.local
type: EDS
eds_cluster_config: {eds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}}
connect_timeout: 10s
lb_policy: LEAST_REQUEST
circuit_breakers: {thresholds: [{max_connections: 4294967295, max_retries: 4294967295}]}
common_lb_config: {healthy_panic_threshold: {value: 12.5}, locality_weighted_lb_config: {}}
outlier_detection: {consecutive_5xx: 3, interval: 1.5s, enforcing_success_rate: 0}
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: {http2_protocol_options: {max_concurrent_streams: 1073741824}}
metadata: {filter_metadata: {istio: {a: [1, x, null, true], b: {c: 2.5}}}}
transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    sni: outbound_.80_._.shop
    common_tls_context: {alpn_protocols: [istio], tls_params: {tls_minimum_protocol_version: TLSv1_2}}
)";

TEST(codec, a_cluster_as_the_library_encodes_it) {
  expectAsPeer("envoy.config.cluster.v3.Cluster", yaml(kCluster));
}

TEST(codec, lists_maps_bytes_and_enum_numbers) {
  expectAsPeer("envoy.config.route.v3.RetryPolicy",
               yaml("{retry_on: x, num_retries: 2, retriable_status_codes: [503, 504, 70000]}"));
  expectAsPeer("istio.networking.nds.v1.NameTable",
               yaml("{table: {a.b: {ips: [1.2.3.4], registry: External}, c: {}}}"));
  expectAsPeer("envoy.config.core.v3.DataSource", yaml("{inline_bytes: aGVsbG8=}"));
  expectAsPeer("envoy.config.cluster.v3.Cluster", yaml("{name: x, lb_policy: 1}"));
  expectAsPeer("envoy.config.cluster.v3.Cluster", yaml("{name: x, connectTimeout: -0.25s}"));
  expectAsPeer("istio.v1.auth.IstioCertificateRequest",
               yaml("{csr: c, validity_duration: '86400', metadata: {a: {}}}"));
}

TEST(codec, decodes_into_names_of_the_proto_file) {
  const auto bytes = encode("envoy.config.cluster.v3.Cluster",
                            yaml("{name: x, connectTimeout: 90.5s, lbPolicy: RANDOM}"));
  ASSERT_OK(bytes);
  const auto back = decode("envoy.config.cluster.v3.Cluster", *bytes);
  ASSERT_OK(back);
  EXPECT_EQ(doc::toJson(*back), R"({"connect_timeout":"90.5s","lb_policy":"RANDOM","name":"x"})");
}

TEST(codec, equal_documents_give_equal_bytes_whatever_their_spelling) {
  const auto a = encode("envoy.config.cluster.v3.Cluster", yaml("{name: x, connect_timeout: 1s}"));
  const auto b = encode("envoy.config.cluster.v3.Cluster", yaml("{connectTimeout: 1s, name: x}"));
  ASSERT_OK(a);
  ASSERT_OK(b);
  EXPECT_EQ(*a, *b);
}

void expectRefused(std::string_view type, std::string_view text, std::string_view message) {
  const auto bytes = encode(type, yaml(text));
  ASSERT_TRUE(!bytes);
  EXPECT_EQ(bytes.error().message(), message);
}

TEST(codec, names_the_path_of_what_is_wrong) {
  constexpr std::string_view kType = "envoy.config.cluster.v3.Cluster";
  expectRefused(kType, "{circuit_breakers: {thresholds: [{}, {max_conn: 1}]}}",
                "circuit_breakers.thresholds[1]: unknown field \"max_conn\" in "
                "envoy.config.cluster.v3.CircuitBreakers.Thresholds");
  expectRefused(kType, "{connect_timeout: soon}",
                "connect_timeout: expected a duration such as \"2s\"");
  expectRefused(kType, "{type: EDS, cluster_type: {name: x}}",
                "message: more than one of \"cluster_discovery_type\"");
  expectRefused(kType, "{transport_socket: {typed_config: {'@type': t/no.Such}}}",
                "transport_socket.typed_config: unknown type \"no.Such\"");
  expectRefused(kType, "{name: [x]}", "name: expected text, not array");
  expectRefused(kType, "{lb_policy: BEST}",
                "lb_policy: \"BEST\" is none of envoy.config.cluster.v3.Cluster.LbPolicy");
  expectRefused("envoy.config.route.v3.RetryPolicy", "{num_retries: -1}",
                "num_retries: integer out of range: -1");
  expectRefused("no.such.Message", "{}", "unknown message \"no.such.Message\"");
}

TEST(codec, broken_bytes_are_refused) {
  EXPECT_TRUE(!decode("envoy.config.cluster.v3.Cluster", "\x0a\xff"));
  EXPECT_TRUE(!decode("envoy.config.cluster.v3.Cluster", "\x08\x01"));  // name as a varint
  std::string deep;
  for (int i = 0; i < 500; ++i) {
    std::string outer = "\x2a";  // Value.struct_value
    std::string entry = "\x0a\x00\x12";
    deep = deep.substr(0, 100);
    outer += static_cast<char>(deep.size());
    deep = outer + deep;
  }
  fuzzCodec(deep);
}

}  // namespace
}  // namespace meshka::xds
