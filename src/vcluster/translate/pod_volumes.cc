#include "vcluster/translate/pod_volumes.h"

#include <algorithm>

#include "base/strings.h"
#include "vcluster/translate/pod_env.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;

namespace {

void note(std::vector<std::string>& list, std::string name) {
  if (!name.empty() && std::find(list.begin(), list.end(), name) == list.end())
    list.push_back(std::move(name));
}

void redirectDownwardItems(Draft& source, const Tenant& tenant) {
  Draft* items = source.find("items");
  for (size_t i = 0; items != nullptr && i < items->size(); ++i) {
    Draft* field = items->at(i).find("fieldRef");
    if (field == nullptr) continue;
    if (std::string path = redirectFieldPath((*field)["fieldPath"].text(), tenant); !path.empty()) {
      (*field)["fieldPath"] = path;
    }
  }
}

// A token source becomes an item of the pod's token Secret, under the same path.
Draft tokenSource(const Draft& source, TranslatedPod& out) {
  const Draft* expiration = source.find("expirationSeconds");
  const Draft* audience = source.find("audience");
  const Draft* path = source.find("path");
  TokenRequest request;
  request.key = cat("token-", out.tokens.size());
  if (audience != nullptr) request.audience = audience->text();
  if (expiration != nullptr) request.expiration_seconds = expiration->integer(3600);
  Draft item = Draft::object(
      {{"key", request.key}, {"path", path != nullptr ? path->text("token") : "token"}});
  out.tokens.push_back(std::move(request));
  return Draft::object({{"secret", Draft::object({{"name", out.token_secret},
                                                  {"items", Draft::array({std::move(item)})}})}});
}

void translateProjected(Draft& projected, std::string_view ns, const Tenant& tenant,
                        TranslatedPod& out) {
  Draft* sources = projected.find("sources");
  for (size_t i = 0; sources != nullptr && i < sources->size(); ++i) {
    Draft& source = sources->at(i);
    if (Draft* config = source.find("configMap")) {
      note(out.config_maps, (*config)["name"].text());
      (*config)["name"] = hostName((*config)["name"].text(), ns, tenant);
    } else if (Draft* secret = source.find("secret")) {
      note(out.secrets, (*secret)["name"].text());
      (*secret)["name"] = hostName((*secret)["name"].text(), ns, tenant);
    } else if (Draft* downward = source.find("downwardAPI")) {
      redirectDownwardItems(*downward, tenant);
    } else if (Draft* token = source.find("serviceAccountToken")) {
      source = tokenSource(Draft(*token), out);
    }
  }
}

}  // namespace

void translateVolumes(Draft& spec, std::string_view ns, const PodContext& context,
                      TranslatedPod& out) {
  Draft* volumes = spec.find("volumes");
  for (size_t i = 0; volumes != nullptr && i < volumes->size(); ++i) {
    Draft& volume = volumes->at(i);
    if (Draft* config = volume.find("configMap")) {
      note(out.config_maps, (*config)["name"].text());
      (*config)["name"] = hostName((*config)["name"].text(), ns, context.tenant);
    } else if (Draft* secret = volume.find("secret")) {
      note(out.secrets, (*secret)["secretName"].text());
      (*secret)["secretName"] = hostName((*secret)["secretName"].text(), ns, context.tenant);
    } else if (Draft* claim = volume.find("persistentVolumeClaim")) {
      (*claim)["claimName"] = hostName((*claim)["claimName"].text(), ns, context.tenant);
    } else if (Draft* downward = volume.find("downwardAPI")) {
      redirectDownwardItems(*downward, context.tenant);
    } else if (Draft* projected = volume.find("projected")) {
      translateProjected(*projected, ns, context.tenant, out);
    }
  }
}

void collectReferences(Value spec, TranslatedPod& out) {
  for (const char* list : {"initContainers", "containers", "ephemeralContainers"}) {
    for (const Value container : spec[list].elements()) {
      for (const Value variable : container["env"].elements()) {
        note(out.config_maps, std::string(variable["valueFrom"]["configMapKeyRef"]["name"].text()));
        note(out.secrets, std::string(variable["valueFrom"]["secretKeyRef"]["name"].text()));
      }
      for (const Value from : container["envFrom"].elements()) {
        note(out.config_maps, std::string(from["configMapRef"]["name"].text()));
        note(out.secrets, std::string(from["secretRef"]["name"].text()));
      }
    }
  }
  for (const Value pull : spec["imagePullSecrets"].elements())
    note(out.secrets, std::string(pull["name"].text()));
}

}  // namespace meshka::vcluster
