#include "xds/resource.h"

#include "base/digest.h"
#include "base/strings.h"
#include "doc/json.h"
#include "xds/codec.h"
#include "xds/types.h"

namespace meshka::xds {
namespace {

constexpr uint8_t kLengthDelimited = 2;

void putVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void putBytes(std::string& out, uint32_t field, std::string_view bytes) {
  putVarint(out, field << 3 | kLengthDelimited);
  putVarint(out, bytes.size());
  out.append(bytes);
}

}  // namespace

Result<Resource> ResourceCache::encode(std::string_view type_url, const NamedConfig& config) {
  std::string key = cat(type_url, "\n", config.name, "\n");
  doc::appendJson(key, config.config);
  std::string hash = sha256(key);
  std::weak_ptr<const Encoded>& entry = entries_[hash];
  if (Resource known = entry.lock()) return known;
  MESHKA_TRY(const std::string bytes, xds::encode(messageOf(type_url), config.config));
  ++encodings_;
  auto made = std::make_shared<Encoded>();
  made->name = config.name;
  made->hash = std::move(hash);
  putBytes(made->any, 1, type_url);
  putBytes(made->any, 2, bytes);
  made->message_at = made->any.size() - bytes.size();
  entry = made;
  if (entries_.size() >= sweep_at_) {
    sweep();
    sweep_at_ = entries_.size() * 2 + 1024;
  }
  return made;
}

void ResourceCache::sweep() {
  std::erase_if(entries_, [](const auto& entry) { return entry.second.expired(); });
}

std::string encodeResponse(std::string_view type_url, std::string_view version,
                           std::string_view nonce, const std::vector<Resource>& resources,
                           std::string_view control_plane) {
  size_t size = 256;
  for (const Resource& r : resources) size += r->any.size() + 12;
  std::string out;
  out.reserve(size);
  putBytes(out, 1, version);
  for (const Resource& r : resources) putBytes(out, 2, r->any);
  putBytes(out, 4, type_url);
  putBytes(out, 5, nonce);
  std::string identifier;
  putBytes(identifier, 1, control_plane);
  putBytes(out, 6, identifier);
  return out;
}

}  // namespace meshka::xds
