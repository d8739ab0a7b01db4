// Which roots are trusted and which authority signs, while an authority is replaced by another one.
// A plain state machine: who runs it tells it what came and what time it is. docs/design/xds.md
//
//   steady A --offer(B)--> spreading: A signs, A and B are trusted --spread()--> steady B: B signs,
//   B and A are trusted, until the last certificate under A has ended
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "mesh/ca/material.h"

namespace meshka::mesh {

struct RetiredRoot {
  std::string pem;
  WallTime until;  // the last certificate under it ends by then
  bool operator==(const RetiredRoot&) const = default;
};

class RootRotation {
 public:
  RootRotation(CaMaterial current, std::vector<RetiredRoot> retired, WallTime now);

  const CaMaterial& signer() const { return current_; }
  bool spreading() const { return next_.has_value(); }
  // The bundle that everybody should trust: the signing root first.
  std::string bundle() const;
  const std::vector<RetiredRoot>& retired() const { return retired_; }

  // A certificate was issued; its root stays trusted as long as it lives.
  void noteIssued(WallTime not_after);
  // Another authority shall sign. True: bundle() or signer() changed. An authority under a root
  // that signs already takes over at once.
  bool offer(CaMaterial next, WallTime now);
  // Everybody trusts the new root, or waiting any longer is worse. True: it signs now.
  bool spread(WallTime now);
  // Drops roots whose time is over. True: the bundle changed.
  bool expire(WallTime now);
  std::optional<WallTime> nextExpiry() const;

 private:
  void retire(const CaMaterial& old, WallTime now);

  CaMaterial current_;
  std::optional<CaMaterial> next_;
  std::vector<RetiredRoot> retired_;
  WallTime last_issued_end_;  // of certificates under current_'s root
};

}  // namespace meshka::mesh
