// Who must know when the roots of trust or the signing authority change.
#pragma once

#include <string>

namespace meshka::mesh {

class RootsListener {
 public:
  virtual ~RootsListener() = default;
  // The bundle that everybody shall trust from now on, PEM, the signing root first.
  virtual void onRoots(const std::string& bundle) = 0;
  // Certificates are signed by another authority from now on.
  virtual void onSigner() {}
  // Everybody this listener serves trusts the bundle it was told last.
  virtual bool rootsSettled() const = 0;
};

}  // namespace meshka::mesh
