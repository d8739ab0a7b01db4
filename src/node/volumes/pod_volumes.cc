#include "node/volumes/pod_volumes.h"

#include <algorithm>

#include "base/strings.h"
#include "node/spec/quantity.h"
#include "node/spec/sandbox.h"
#include "node/spec/security.h"

namespace meshka::node {
namespace {

constexpr Duration kLongestTokenUse = hours(24);

Error named(const Error& error, doc::Value volume) {
  return error.with(cat("MountVolume.SetUp failed for volume \"", volume["name"].text(), "\" "));
}

std::string_view kindOf(doc::Value volume) {
  for (const auto [key, value] : volume.members()) {
    if (key != "name") return key;
  }
  return "emptyDir";
}

}  // namespace

std::string PodVolumes::pathOf(doc::Value volume) const {
  if (volume["hostPath"].exists()) return std::string(volume["hostPath"]["path"].text());
  return cat(podDirectory(context_.config, uid_), "/volumes/", kindOf(volume), "/",
             volume["name"].text());
}

io::Task<Result<void>> PodVolumes::writeProjection(doc::Doc pod, doc::Doc volume) {
  const Instant now = context_.world.clock().now();
  auto& held = tokens_[std::string(volume["name"].text())];
  std::map<std::string, std::string> tokens;
  for (const TokenSpec& spec : tokensOf(volume)) {
    Held& token = held[spec.path];
    if (token.token.empty() || now >= token.renew_at) {
      auto fresh = co_await context_.api.requestToken(pod, spec.audience, spec.expiration_s);
      if (fresh) {
        const Duration life = fresh->expires - context_.world.clock().wall();
        token = {std::move(fresh->token), now + std::min(life * 8 / 10, kLongestTokenUse)};
      } else if (token.token.empty()) {
        co_return fail(std::move(fresh).error());
      } else {
        token.renew_at = now + minutes(1);  // the old one still serves
      }
    }
    tokens[spec.path] = token.token;
  }
  renew_at_ = kNever;
  for (const auto& [name, by_path] : tokens_) {
    for (const auto& [path, token] : by_path) renew_at_ = std::min(renew_at_, token.renew_at);
  }
  const PodAddresses no_address;
  auto tree = volumeFiles({.config = context_.config,
                           .pod = pod,
                           .addresses = no_address,
                           .objects = context_.cluster,
                           .tokens = tokens},
                          volume);
  if (!tree) co_return fail(std::move(tree).error());
  co_return co_await context_.volumes.writeTree(pathOf(volume), std::move(*tree), fsGroup(pod));
}

io::Task<Result<void>> PodVolumes::prepareOne(doc::Doc pod, doc::Doc volume) {
  if (isProjection(volume)) co_return co_await writeProjection(pod, volume);
  if (const doc::Value v = volume["hostPath"]; v.exists()) {
    co_return co_await context_.volumes.checkHostPath(std::string(v["path"].text()),
                                                      std::string(v["type"].text()));
  }
  if (kindOf(volume) != "emptyDir") {
    co_return fail(Code::kUnsupported, cat(kindOf(volume), " volumes are not supported yet"));
  }
  const doc::Value v = volume["emptyDir"];
  EmptyDirSpec spec;
  spec.memory = v["medium"].text() == "Memory";
  spec.size_limit = parseWhole(v["sizeLimit"].text()).value_or(0);
  spec.fs_group = fsGroup(pod);
  co_return co_await context_.volumes.makeEmptyDir(pathOf(volume), spec);
}

io::Task<Result<void>> PodVolumes::prepare(doc::Doc pod) {
  for (const doc::Value volume : pod["spec"]["volumes"].elements()) {
    auto r = co_await prepareOne(pod, volume.doc());
    if (!r) co_return fail(named(r.error(), volume));
  }
  co_return Result<void>();
}

io::Task<Result<void>> PodVolumes::refresh(doc::Doc pod) {
  Result<void> result;
  for (const doc::Value volume : pod["spec"]["volumes"].elements()) {
    if (!isProjection(volume)) continue;
    auto r = co_await writeProjection(pod, volume.doc());
    if (!r) result = fail(named(r.error(), volume));
  }
  co_return result;
}

io::Task<Result<std::vector<std::string>>> PodVolumes::mountSources(doc::Doc pod,
                                                                    doc::Doc container,
                                                                    EnvList env) {
  std::vector<std::string> out;
  const doc::Value mounts = container["volumeMounts"];
  for (size_t i = 0; i < mounts.size(); ++i) {
    const doc::Value mount = mounts[i];
    doc::Value volume;
    for (const doc::Value v : pod["spec"]["volumes"].elements()) {
      if (v["name"].text() == mount["name"].text()) volume = v;
    }
    if (!volume.exists())
      co_return fail(Code::kInvalid, cat("volume ", mount["name"].text(), " is not in the pod"));
    std::string sub_path(mount["subPath"].text());
    if (const std::string_view expression = mount["subPathExpr"].text(); !expression.empty()) {
      sub_path = expandReferences(expression, env);
    }
    if (sub_path.empty()) {
      out.push_back(pathOf(volume));
      continue;
    }
    std::string target =
        cat(podDirectory(context_.config, uid_), "/subpaths/", container["name"].text(), "/", i);
    auto bound = co_await context_.volumes.bindSubPath(pathOf(volume), sub_path, target,
                                                       isProjection(volume));
    if (!bound) {
      co_return fail(bound.error().with(cat("failed to prepare subPath for volumeMount \"",
                                            mount["name"].text(), "\" of container \"",
                                            container["name"].text(), "\"")));
    }
    out.push_back(std::move(target));
  }
  co_return out;
}

}  // namespace meshka::node
