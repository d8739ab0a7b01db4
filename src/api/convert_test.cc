#include "api/convert.h"

#include "base/test/test.h"
#include "doc/json.h"

namespace meshka::api {
namespace {

struct Case {
  std::string_view group, plural, version, object, hub;
};

const Case kCases[] = {
    {"events.k8s.io", "events", "v1",
     R"({"deprecatedCount":2,"note":"pulled","regarding":{"kind":"Pod","name":"p"},"reportingController":"node","type":"Normal"})",
     R"({"count":2,"involvedObject":{"kind":"Pod","name":"p"},"message":"pulled","reportingComponent":"node","type":"Normal"})"},
    {"policy", "poddisruptionbudgets", "v1beta1", R"({"spec":{"minAvailable":1,"selector":{}}})",
     R"({"spec":{"minAvailable":1,"selector":{"matchExpressions":[{"key":"pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match","operator":"Exists"}]}}})"},
    {"policy", "poddisruptionbudgets", "v1beta1",
     R"({"spec":{"selector":{"matchLabels":{"a":"b"}}}})",
     R"({"spec":{"selector":{"matchLabels":{"a":"b"}}}})"},
    {"discovery.k8s.io", "endpointslices", "v1beta1",
     R"({"endpoints":[{"addresses":["10.0.0.1"],"nodeName":"n1","topology":{"kubernetes.io/hostname":"n1","rack":"r","topology.kubernetes.io/zone":"z"}}]})",
     R"({"endpoints":[{"addresses":["10.0.0.1"],"deprecatedTopology":{"rack":"r"},"nodeName":"n1","zone":"z"}]})"},
    {"autoscaling", "horizontalpodautoscalers", "v1",
     R"({"spec":{"maxReplicas":5,"targetCPUUtilizationPercentage":80}})",
     R"({"spec":{"maxReplicas":5,"metrics":[{"resource":{"name":"cpu","target":{"averageUtilization":80,"type":"Utilization"}},"type":"Resource"}]}})"},
    {"autoscaling", "horizontalpodautoscalers", "v2beta1",
     R"({"spec":{"metrics":[{"resource":{"name":"cpu","targetAverageUtilization":80},"type":"Resource"},{"pods":{"metricName":"rps","targetAverageValue":"10"},"type":"Pods"},{"external":{"metricName":"q","targetValue":"3"},"type":"External"},{"object":{"metricName":"hits","target":{"kind":"Service","name":"s"},"targetValue":"9"},"type":"Object"}]}})",
     R"({"spec":{"metrics":[{"resource":{"name":"cpu","target":{"averageUtilization":80,"type":"Utilization"}},"type":"Resource"},{"pods":{"metric":{"name":"rps"},"target":{"averageValue":"10","type":"AverageValue"}},"type":"Pods"},{"external":{"metric":{"name":"q"},"target":{"type":"Value","value":"3"}},"type":"External"},{"object":{"describedObject":{"kind":"Service","name":"s"},"metric":{"name":"hits"},"target":{"type":"Value","value":"9"}},"type":"Object"}]}})"},
    {"autoscaling", "horizontalpodautoscalers", "v2beta2",
     R"({"spec":{"behavior":{"scaleUp":{"policies":[]}}}})",
     R"({"spec":{"behavior":{"scaleUp":{"policies":[]}}}})"},
    {"flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", "v1beta1",
     R"({"spec":{"limited":{"assuredConcurrencyShares":7}}})",
     R"({"spec":{"limited":{"nominalConcurrencyShares":7}}})"},
};

doc::Doc withVersion(std::string_view json, std::string_view api_version) {
  Result<doc::Doc> parsed = doc::parseJson(json);
  EXPECT_OK(parsed);
  doc::Draft draft(*parsed);
  draft["apiVersion"] = api_version;
  return draft.finish();
}

TEST(convert, to_the_hub_and_back) {
  Registry registry(*parseEmulation("1.22"));
  for (const Case& c : kCases) {
    KindRef kind = registry.find(c.group, c.version, c.plural);
    ASSERT_TRUE(kind != nullptr);
    KindRef hub = registry.hub(*kind);
    doc::Doc object = withVersion(c.object, kind->apiVersion());
    Result<doc::Doc> there = convert(registry, *kind, *hub, object);
    ASSERT_OK(there);
    EXPECT_EQ(doc::toJson(*there), doc::toJson(withVersion(c.hub, hub->apiVersion())));
    Result<doc::Doc> back = convert(registry, *hub, *kind, *there);
    ASSERT_OK(back);
    EXPECT_EQ(doc::toJson(*back), doc::toJson(object));
  }
}

TEST(convert, what_v1_has_no_field_for_survives) {
  Registry registry(*parseEmulation("1.37"));
  KindRef v1 = registry.find("autoscaling", "v1", "horizontalpodautoscalers"),
          v2 = registry.hub(*v1);
  doc::Doc hub = withVersion(
      R"({"metadata":{"name":"h"},"spec":{"behavior":{"scaleDown":{"selectPolicy":"Min"}},"metrics":[{"resource":{"name":"cpu","target":{"averageUtilization":50,"type":"Utilization"}},"type":"Resource"},{"resource":{"name":"memory","target":{"averageValue":"1Gi","type":"AverageValue"}},"type":"Resource"}]}})",
      "autoscaling/v2");
  Result<doc::Doc> old = convert(registry, *v2, *v1, hub);
  ASSERT_OK(old);
  EXPECT_EQ((*old)["spec"]["targetCPUUtilizationPercentage"].integer(), 50);
  EXPECT_CONTAINS(
      (*old)["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"].text(),
      "memory");
  EXPECT_EQ(doc::toJson(*convert(registry, *v1, *v2, *old)), doc::toJson(hub));
}

}  // namespace
}  // namespace meshka::api
