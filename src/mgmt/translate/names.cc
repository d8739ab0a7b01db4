#include "mgmt/translate/names.h"

#include "base/digest.h"
#include "base/strings.h"

namespace meshka::mgmt {

namespace {

constexpr size_t kNameLimit = 63;
constexpr size_t kVisiblePart = 31;  // then '-' and as many digits of the hash

// The product that this imitates takes MD5 here; only the shape of the name is kept.
std::string cut(std::string_view visible, std::string_view whole) {
  return cat(visible.substr(0, kVisiblePart), "-", sha256Hex(whole).substr(0, kVisiblePart));
}

// What Kubernetes takes: lower case letters, digits and dashes, no dash at either end.
std::string dashed(std::string_view text) {
  std::string out = toLower(text);
  for (char& c : out) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) c = '-';
  }
  while (!out.empty() && out.front() == '-') out.erase(0, 1);
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

}  // namespace

std::string canonicalClusterName(std::string_view name) {
  std::string out = toLower(name);
  for (char& c : out) {
    if (c == '_') c = '-';
  }
  return out;
}

std::string sanitizeName(std::string_view name) {
  const std::string out = dashed(name);
  return out.size() <= kNameLimit ? out : cut(out, out);
}

std::string labelValue(std::string_view text) {
  return text.size() <= kNameLimit ? std::string(text) : cut(text, text);
}

std::string hashedName(std::string_view visible, std::string_view whole) {
  return cut(dashed(visible), whole);
}

bool globMatches(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  // What follows a star is tried at its leftmost place; only the last part is anchored at the end.
  while (true) {
    const size_t next = pattern.find('*');
    if (next == std::string_view::npos) return text.ends_with(pattern);
    const size_t found = text.find(pattern.substr(0, next));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + next);
    pattern.remove_prefix(next + 1);
  }
}

bool clusterMatches(std::string_view pattern, const std::string& name, const std::string& given) {
  const std::string wanted = canonicalClusterName(pattern);
  return globMatches(wanted, canonicalClusterName(name)) ||
         (!given.empty() && globMatches(wanted, canonicalClusterName(given)));
}

uint32_t fnv1(std::string_view bytes) {
  uint32_t hash = 2166136261u;
  for (const char c : bytes) {
    hash *= 16777619u;
    hash ^= static_cast<unsigned char>(c);
  }
  return hash;
}

std::string Addresses::of(std::string_view kind, std::string_view host, std::string_view ns,
                          std::string_view cluster) {
  // The first octet is the lowest byte; its upper half is set, which makes it 240 to 255.
  uint32_t hash = fnv1(cat(kind, host, ns, cluster)) | 0xf0u;
  // 255.255.255.255 is the broadcast address.
  while (hash == 0xffffffffu || !taken_.insert(hash).second) hash = (hash + 0x100u) | 0xf0u;
  return cat(hash & 0xffu, ".", (hash >> 8) & 0xffu, ".", (hash >> 16) & 0xffu, ".", hash >> 24);
}

}  // namespace meshka::mgmt
