#include "mesh/inject/proxy_config.h"

#include "base/strings.h"
#include "doc/json.h"
#include "doc/merge_patch.h"
#include "doc/yaml.h"

namespace meshka::mesh {
namespace {

// Of 1.11: what a proxy assumes by itself.
constexpr std::string_view kBuiltIn = R"({
  "configPath": "./etc/istio/proxy", "binaryPath": "/usr/local/bin/envoy",
  "serviceCluster": "istio-proxy", "drainDuration": "45s", "parentShutdownDuration": "60s",
  "terminationDrainDuration": "5s", "discoveryAddress": "istiod.istio-system.svc:15012",
  "proxyAdminPort": 15000, "controlPlaneAuthPolicy": "MUTUAL_TLS", "statNameLength": 189,
  "concurrency": 2, "statusPort": 15020,
  "tracing": {"zipkin": {"address": "zipkin.istio-system:9411"}}})";

}  // namespace

Result<doc::Doc> proxyConfigOf(doc::Value mesh, doc::Value pod) {
  doc::Doc merged = mesh["defaultConfig"].isObject() ? mesh["defaultConfig"].doc()
                                                     : doc::Draft::object().finish();
  const doc::Value annotation = pod["metadata"]["annotations"]["proxy.istio.io/config"];
  if (annotation.exists() && !trim(annotation.text()).empty()) {
    auto own = doc::parseYamlDocument(annotation.text());
    if (!own) return fail(own.error().with("annotation proxy.istio.io/config"));
    if (!own->value().isObject()) {
      return fail(Code::kInvalid, "annotation proxy.istio.io/config: expected a mapping");
    }
    merged = doc::applyMergePatch(merged, *own);
  }
  MESHKA_TRY(const doc::Doc built_in, doc::parseJson(kBuiltIn));
  doc::Draft out(merged);
  for (const auto [key, value] : built_in.value().members()) {
    if (merged[key].exists() && merged[key] == value) out.erase(key);
  }
  return out.finish();
}

}  // namespace meshka::mesh
