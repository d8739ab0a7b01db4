#include "mesh/ca/rotation.h"

#include <algorithm>

#include "mesh/ca/limits.h"

namespace meshka::mesh {
namespace {

void append(std::vector<std::string>& roots, const std::string& pem) {
  if (pem.empty() || std::ranges::find(roots, pem) != roots.end()) return;
  roots.push_back(pem);
}

}  // namespace

RootRotation::RootRotation(CaMaterial current, std::vector<RetiredRoot> retired, WallTime now)
    : current_(std::move(current)),
      retired_(std::move(retired)),
      // What was issued before this process began is not known.
      last_issued_end_(now + kDefaultCertificateLife) {
  expire(now);
}

std::string RootRotation::bundle() const {
  std::vector<std::string> roots;
  append(roots, current_.root_pem);
  if (next_) append(roots, next_->root_pem);
  for (const std::string& other : current_.other_roots) append(roots, other);
  if (next_) {
    for (const std::string& other : next_->other_roots) append(roots, other);
  }
  for (const RetiredRoot& old : retired_) append(roots, old.pem);
  if (roots.size() > kMaxRoots) roots.resize(kMaxRoots);
  std::string out;
  for (const std::string& root : roots) out += root;
  return out;
}

void RootRotation::noteIssued(WallTime not_after) {
  last_issued_end_ = std::max(last_issued_end_, not_after);
}

bool RootRotation::offer(CaMaterial next, WallTime now) {
  if (next == current_) {  // the old one is back
    const bool changed = next_.has_value();
    next_.reset();
    return changed;
  }
  if (next_ && next == *next_) return false;
  if (next.root_pem == current_.root_pem) {
    next_.reset();
    current_ = std::move(next);
    last_issued_end_ = std::max(last_issued_end_, now + kDefaultCertificateLife);
    return true;
  }
  next_ = std::move(next);
  return true;
}

void RootRotation::retire(const CaMaterial& old, WallTime now) {
  const WallTime until = std::max(last_issued_end_, now + kDefaultCertificateLife);
  std::erase_if(retired_, [&](const RetiredRoot& r) { return r.pem == old.root_pem; });
  retired_.insert(retired_.begin(), {old.root_pem, until});
  for (const std::string& other : old.other_roots) {
    const bool known =
        std::ranges::any_of(retired_, [&](const RetiredRoot& r) { return r.pem == other; });
    if (!known) retired_.push_back({other, until});
  }
}

bool RootRotation::spread(WallTime now) {
  if (!next_) return false;
  retire(current_, now);
  current_ = std::move(*next_);
  next_.reset();
  std::erase_if(retired_, [&](const RetiredRoot& r) { return r.pem == current_.root_pem; });
  if (retired_.size() > kMaxRoots) retired_.resize(kMaxRoots);
  last_issued_end_ = now + kDefaultCertificateLife;
  return true;
}

bool RootRotation::expire(WallTime now) {
  return std::erase_if(retired_, [&](const RetiredRoot& r) { return r.until <= now; }) > 0;
}

std::optional<WallTime> RootRotation::nextExpiry() const {
  std::optional<WallTime> out;
  for (const RetiredRoot& r : retired_) out = out ? std::min(*out, r.until) : r.until;
  return out;
}

}  // namespace meshka::mesh
