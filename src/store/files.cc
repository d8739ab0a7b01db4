#include "store/files.h"

#include "base/strings.h"

namespace meshka::store {
namespace {

constexpr std::string_view kLog = "log-";
constexpr std::string_view kSnapshot = "snapshot-";
constexpr size_t kDigits = 20;

std::string name(std::string_view prefix, Revision revision) {
  const std::string digits = cat(revision);
  return cat(prefix, std::string(kDigits - digits.size(), '0'), digits);
}

std::optional<Revision> parse(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix) || text.size() != prefix.size() + kDigits) return std::nullopt;
  const auto value = parseInt(text.substr(prefix.size()));
  return value && *value >= 0 ? std::optional(static_cast<Revision>(*value)) : std::nullopt;
}

}  // namespace

std::string logName(Revision first) {
  return name(kLog, first);
}
std::string snapshotName(Revision revision) {
  return name(kSnapshot, revision);
}
std::optional<Revision> parseLogName(std::string_view text) {
  return parse(kLog, text);
}
std::optional<Revision> parseSnapshotName(std::string_view text) {
  return parse(kSnapshot, text);
}

}  // namespace meshka::store
