#include "mesh/istiod/webhooks.h"

#include "base/strings.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "io/async.h"
#include "mesh/inject/inject.h"
#include "mesh/inject/json_patch.h"
#include "mesh/istiod/limits.h"
#include "mesh/validate/validate.h"

namespace meshka::mesh {
namespace {

using doc::Draft;

Draft denied(std::string message) {
  Draft out = Draft::object({{"allowed", false}});
  out["status"]["message"] = std::move(message);
  return out;
}

// "/inject/cluster/C/net/N" and "/inject/:ENV:cluster=C:ENV:net=N".
void readUrl(std::string_view path, InjectInput& input) {
  constexpr std::string_view kInject = "/inject";
  path.remove_prefix(kInject.size());
  const auto set = [&input](std::string_view key, std::string_view value) {
    if (key == "cluster") input.cluster = urlDecode(value).value_or("");
    if (key == "net") input.network = urlDecode(value).value_or("");
  };
  constexpr std::string_view kEnv = ":ENV:";
  if (path.starts_with("/:ENV:")) {
    path.remove_prefix(1);
    while (path.starts_with(kEnv)) {
      path.remove_prefix(kEnv.size());
      const std::string_view pair = path.substr(0, path.find(kEnv));
      path.remove_prefix(pair.size());
      const size_t equals = pair.find('=');
      if (equals != pair.npos) set(pair.substr(0, equals), pair.substr(equals + 1));
    }
    return;
  }
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto parts = split(path, '/');
  for (size_t i = 0; i + 1 < parts.size(); i += 2) set(parts[i], parts[i + 1]);
}

Result<InjectInput> inputOf(const ConfigSource& source, doc::Value request) {
  InjectInput out;
  out.pod = request["object"].doc();
  out.ns = request["namespace"].text();
  const IstiodOptions& options = source.istiodOptions();
  out.revision = options.revision;
  out.root_namespace = options.root_namespace;
  out.legacy_fs_group = options.legacy_fs_group;
  out.mesh = source.meshDocument();
  const doc::Doc* map = source.injectionConfig();
  if (map == nullptr) {
    return fail(Code::kUnavailable,
                cat("ConfigMap ", options.withRevision("istio-sidecar-injector"), " is missing"));
  }
  auto values = doc::parseJson((*map)["data"]["values"].text());
  if (!values) return fail(values.error().with("ConfigMap istio-sidecar-injector, key values"));
  out.values = std::move(*values);
  auto config = doc::parseYamlDocument((*map)["data"]["config"].text());
  if (!config) return fail(config.error().with("ConfigMap istio-sidecar-injector, key config"));
  out.config = std::move(*config);
  return out;
}

std::string podName(doc::Value pod) {
  const std::string_view name = pod["metadata"]["name"].text();
  return name.empty()
             ? cat(pod["metadata"]["generateName"].text(), "***** (actual name not yet known)")
             : std::string(name);
}

}  // namespace

Draft Webhooks::inject(doc::Value request, std::string_view path) {
  auto input = inputOf(source_, request);
  if (input) readUrl(path, *input);
  const auto done = input ? injectPod(*input) : Result<InjectOutput>(fail(input.error()));
  const std::string name = podName(request["object"]);
  if (!done) {
    ++counters_.injection_failed;
    world_.log.warn("injection failed", {{"namespace", request["namespace"].text()},
                                         {"pod", name},
                                         {"error", done.error().message()}});
    return denied(cat("injection failed: ", done.error().message()));
  }
  Draft out = Draft::object({{"allowed", true}});
  if (!done->injected) {
    ++counters_.injection_skipped;
    world_.log.info(cat("Skipping ", request["namespace"].text(), "/", name),
                    {{"because", done->reason}});
    return out;
  }
  ++counters_.injected;
  world_.log.info(cat("Sidecar injection request for ", request["namespace"].text(), "/", name));
  out["patch"] = base64Encode(doc::toJson(jsonPatchOf(request["object"], done->pod)));
  out["patchType"] = "JSONPatch";
  return out;
}

Draft Webhooks::validate(doc::Value request) {
  const ValidationResult result = validateIstioObject(request["object"]);
  Draft out;
  if (result.errors.empty()) {
    ++counters_.validation_passed;
    out = Draft::object({{"allowed", true}});
  } else {
    ++counters_.validation_failed;
    out = denied(cat("configuration is invalid: ", joinErrors(result.errors)));
    world_.log.info("configuration is invalid", {{"kind", request["object"]["kind"].text()},
                                                 {"namespace", request["namespace"].text()},
                                                 {"name", request["name"].text()}});
  }
  if (!result.warnings.empty()) out["warnings"] = Draft::strings(result.warnings);
  return out;
}

Result<doc::Doc> Webhooks::review(std::string_view path, doc::Value review) {
  const doc::Value request = review["request"];
  if (review["kind"].text() != "AdmissionReview" || request["uid"].text().empty()) {
    return fail(Code::kInvalid, "the body is no AdmissionReview with a request");
  }
  Draft response;
  if (path == "/inject" || path.starts_with("/inject/")) {
    response = inject(request, path);
  } else if (path == "/validate" || path.starts_with("/validate/")) {
    response = validate(request);
  } else {
    return fail(Code::kNotFound, cat("no webhook at ", path));
  }
  response["uid"] = request["uid"];
  Draft out = Draft::object();
  out["apiVersion"] = review["apiVersion"].text("admission.k8s.io/v1");
  out["kind"] = "AdmissionReview";
  out["response"] = std::move(response);
  return out.finish();
}

io::Task<void> Webhooks::serve(net::ServerRequest& request, net::ResponseWriter& response) {
  if (request.method != "POST") co_return net::respond(response, 405, "text/plain", "only POST\n");
  auto body = co_await io::withDeadline(world_.loop, world_.clock().now() + kReviewTimeout,
                                        net::readAll(*request.body, kMaxReviewBytes), "review");
  if (!body) co_return net::respond(response, 400, "text/plain", body.error().message() + "\n");
  const auto parsed = doc::parseJson(*body);
  if (!parsed) co_return net::respond(response, 400, "text/plain", parsed.error().message() + "\n");
  const auto answer = review(request.path, *parsed);
  if (!answer) {
    co_return net::respond(response, answer.error().code() == Code::kNotFound ? 404 : 400,
                           "text/plain", answer.error().message() + "\n");
  }
  net::respond(response, 200, "application/json", doc::toJson(*answer));
}

}  // namespace meshka::mesh
