#include "node/volumes/projection.h"

#include <set>

#include "base/strings.h"
#include "node/limits.h"
#include "node/spec/container.h"

namespace meshka::node {
namespace {

constexpr uint32_t kDefaultMode = 0644;

Result<std::string> safePath(std::string_view path) {
  const auto parts = split(path, '/');
  for (const std::string_view part : parts) {
    if (part.empty() || part == "..")
      return fail(Code::kInvalid, cat("invalid volume path \"", path, "\""));
  }
  // Names that the atomic writer needs for itself.
  if (parts[0].starts_with(".."))
    return fail(Code::kInvalid, cat("invalid volume path \"", path, "\""));
  return std::string(path);
}

uint32_t modeOf(doc::Value item, uint32_t fallback) {
  return item["mode"].isNumber() ? static_cast<uint32_t>(item["mode"].integer()) & 0777 : fallback;
}

Result<void> add(FileTree& tree, std::string_view path, std::string bytes, uint32_t mode) {
  MESHKA_TRY(auto safe, safePath(path));
  if (tree.size() >= kMaxVolumeFiles)
    return fail(Code::kTooLarge, cat("a volume has more than ", kMaxVolumeFiles, " files"));
  tree[std::move(safe)] = {std::move(bytes), mode};
  return {};
}

// All keys of a ConfigMap or Secret as bytes.
std::map<std::string, std::string> contents(doc::Value object, bool secret) {
  std::map<std::string, std::string> out;
  for (const auto [key, value] : object["data"].members()) {
    auto bytes = secret ? base64Decode(value.text()) : std::optional<std::string>(value.text());
    if (bytes) out[std::string(key)] = std::move(*bytes);
  }
  if (!secret) {
    for (const auto [key, value] : object["binaryData"].members()) {
      if (auto bytes = base64Decode(value.text())) out[std::string(key)] = std::move(*bytes);
    }
  }
  return out;
}

Result<void> addObject(FileTree& tree, const ProjectionInputs& in, doc::Value source, bool secret,
                       uint32_t mode) {
  const std::string_view ns = in.pod["metadata"]["namespace"].text();
  // A secret volume says secretName, everything else name.
  const std::string_view name =
      source["secretName"].exists() ? source["secretName"].text() : source["name"].text();
  const doc::Doc* object = secret ? in.objects.secret(ns, name) : in.objects.configMap(ns, name);
  const bool optional = source["optional"].boolean();
  if (object == nullptr) {
    if (optional) return {};
    return fail(Code::kNotFound, cat(secret ? "secret" : "configmap", " \"", name, "\" not found"));
  }
  auto all = contents(*object, secret);
  if (!source["items"].exists()) {
    for (auto& [key, bytes] : all) MESHKA_CHECK(add(tree, key, std::move(bytes), mode));
    return {};
  }
  for (const doc::Value item : source["items"].elements()) {
    const auto at = all.find(std::string(item["key"].text()));
    if (at == all.end()) {
      if (optional) continue;
      return fail(Code::kNotFound, cat("references non-existent ", secret ? "secret" : "config",
                                       " key: ", item["key"].text()));
    }
    MESHKA_CHECK(add(tree, item["path"].text(), at->second, modeOf(item, mode)));
  }
  return {};
}

Result<void> addDownward(FileTree& tree, const ProjectionInputs& in, doc::Value source,
                         uint32_t mode) {
  for (const doc::Value item : source["items"].elements()) {
    std::string text;
    if (item["fieldRef"].exists()) {
      MESHKA_TRY(text,
                 fieldValue(in.config, in.pod, in.addresses, item["fieldRef"]["fieldPath"].text()));
    } else {
      MESHKA_TRY(text, resourceValue(in.config, in.pod, doc::Value(), item["resourceFieldRef"]));
    }
    MESHKA_CHECK(add(tree, item["path"].text(), std::move(text), modeOf(item, mode)));
  }
  return {};
}

uint32_t defaultMode(doc::Value source) {
  return source["defaultMode"].isNumber()
             ? static_cast<uint32_t>(source["defaultMode"].integer()) & 0777
             : kDefaultMode;
}

}  // namespace

bool isProjection(doc::Value v) {
  return v["configMap"].exists() || v["secret"].exists() || v["downwardAPI"].exists() ||
         v["projected"].exists();
}

std::vector<TokenSpec> tokensOf(doc::Value volume) {
  std::vector<TokenSpec> out;
  const doc::Value projected = volume["projected"];
  for (const doc::Value source : projected["sources"].elements()) {
    const doc::Value token = source["serviceAccountToken"];
    if (!token.exists()) continue;
    out.push_back({std::string(token["path"].text()), std::string(token["audience"].text()),
                   token["expirationSeconds"].integer(3600), defaultMode(projected)});
  }
  return out;
}

Result<FileTree> volumeFiles(const ProjectionInputs& in, doc::Value volume) {
  FileTree tree;
  if (const doc::Value v = volume["configMap"]; v.exists()) {
    MESHKA_CHECK(addObject(tree, in, v, false, defaultMode(v)));
  } else if (const doc::Value s = volume["secret"]; s.exists()) {
    MESHKA_CHECK(addObject(tree, in, s, true, defaultMode(s)));
  } else if (const doc::Value d = volume["downwardAPI"]; d.exists()) {
    MESHKA_CHECK(addDownward(tree, in, d, defaultMode(d)));
  } else if (const doc::Value p = volume["projected"]; p.exists()) {
    const uint32_t mode = defaultMode(p);
    for (const doc::Value source : p["sources"].elements()) {
      if (source["configMap"].exists()) {
        MESHKA_CHECK(addObject(tree, in, source["configMap"], false, mode));
      } else if (source["secret"].exists()) {
        MESHKA_CHECK(addObject(tree, in, source["secret"], true, mode));
      } else if (source["downwardAPI"].exists()) {
        MESHKA_CHECK(addDownward(tree, in, source["downwardAPI"], mode));
      } else if (const doc::Value t = source["serviceAccountToken"]; t.exists()) {
        const auto token = in.tokens.find(std::string(t["path"].text()));
        if (token == in.tokens.end())
          return fail(Code::kUnavailable, "the service account token is not there yet");
        MESHKA_CHECK(add(tree, t["path"].text(), token->second, mode));
      } else {
        return fail(Code::kUnsupported,
                    cat("volume ", volume["name"].text(), ": projected source ",
                        source.size() > 0 ? source.keyAt(0) : "", " is not supported yet"));
      }
    }
  } else {
    return fail(Code::kUnsupported, cat("volume ", volume["name"].text(), " has no known source"));
  }
  return tree;
}

std::vector<std::string> referencedObjects(doc::Value pod) {
  std::set<std::string> out;
  const auto note = [&](std::string_view kind, doc::Value ref, std::string_view field = "name") {
    if (ref.exists()) out.insert(cat(kind, "/", ref[field].text()));
  };
  for (const doc::Value v : pod["spec"]["volumes"].elements()) {
    note("configmap", v["configMap"]);
    note("secret", v["secret"], "secretName");
    for (const doc::Value source : v["projected"]["sources"].elements()) {
      note("configmap", source["configMap"]);
      note("secret", source["secret"]);
    }
  }
  for (const std::string_view list : {"containers", "initContainers"}) {
    for (const doc::Value c : pod["spec"][list].elements()) {
      for (const doc::Value e : c["env"].elements()) {
        note("configmap", e["valueFrom"]["configMapKeyRef"]);
        note("secret", e["valueFrom"]["secretKeyRef"]);
      }
      for (const doc::Value e : c["envFrom"].elements()) {
        note("configmap", e["configMapRef"]);
        note("secret", e["secretRef"]);
      }
    }
  }
  return {out.begin(), out.end()};
}

}  // namespace meshka::node
