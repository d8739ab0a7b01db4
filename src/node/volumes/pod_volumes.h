// The volumes of one pod: made before its sandbox, kept current while it runs, removed with it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/pod/context.h"

namespace meshka::node {

class PodVolumes {
 public:
  PodVolumes(const NodeContext& context, std::string uid)
      : context_(context), uid_(std::move(uid)) {}

  // All of the pod's volumes. Errors name the volume: `MountVolume.SetUp failed for volume "x" :
  // ...`.
  io::Task<Result<void>> prepare(doc::Doc pod);
  // Writes what changed in configMap, secret, downwardAPI and projected volumes; renews tokens that
  // are due.
  io::Task<Result<void>> refresh(doc::Doc pod);
  // When a token is due for renewal (80 % of its life, at most a day); kNever without tokens.
  Instant renewAt() const { return renew_at_; }

  // Host paths of a container's volumeMounts, in order, with subPath and subPathExpr resolved.
  io::Task<Result<std::vector<std::string>>> mountSources(doc::Doc pod, doc::Doc container,
                                                          EnvList env);

 private:
  std::string pathOf(doc::Value volume) const;
  io::Task<Result<void>> prepareOne(doc::Doc pod, doc::Doc volume);
  io::Task<Result<void>> writeProjection(doc::Doc pod, doc::Doc volume);

  const NodeContext& context_;
  std::string uid_;
  struct Held {
    std::string token;
    Instant renew_at;
  };
  std::map<std::string, std::map<std::string, Held>> tokens_;  // volume -> path -> token
  Instant renew_at_ = kNever;
};

}  // namespace meshka::node
