#include "xds/descriptors.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>

#include "base/assert.h"
#include "xds/codec.h"

namespace meshka::xds {

extern const std::string_view kDescriptorSet;  // generated

namespace {

namespace pb = google::protobuf;

// Builds each file when one of its messages is first asked for: an agent uses few.
struct Pool {
  pb::SimpleDescriptorDatabase database;
  pb::DescriptorPool pool{&database};

  Pool() {
    pb::FileDescriptorSet files;
    MESHKA_ASSERT(
        files.ParseFromArray(kDescriptorSet.data(), static_cast<int>(kDescriptorSet.size())));
    for (const auto& file : files.file()) MESHKA_ASSERT(database.Add(file));
  }
};

const pb::DescriptorPool& pool() {
  static const Pool instance;  // immutable
  return instance.pool;
}

}  // namespace

const pb::Descriptor* findMessage(std::string_view full_name) {
  return pool().FindMessageTypeByName(std::string(full_name));
}

WellKnown wellKnown(const pb::Descriptor& message) {
  std::string_view name = message.full_name();
  constexpr std::string_view kPackage = "google.protobuf.";
  if (!name.starts_with(kPackage)) return WellKnown::kNone;
  name.remove_prefix(kPackage.size());
  if (name == "Any") return WellKnown::kAny;
  if (name == "Duration") return WellKnown::kDuration;
  if (name == "Timestamp") return WellKnown::kTimestamp;
  if (name == "Struct") return WellKnown::kStruct;
  if (name == "Value") return WellKnown::kValue;
  if (name == "ListValue") return WellKnown::kListValue;
  return name.ends_with("Value") ? WellKnown::kWrapper : WellKnown::kNone;
}

const pb::FieldDescriptor* findField(const pb::Descriptor& message, std::string_view name) {
  const std::string key(name);
  const pb::FieldDescriptor* field = message.FindFieldByName(key);
  return field != nullptr ? field : message.FindFieldByCamelcaseName(key);
}

bool knows(std::string_view message) {
  return findMessage(message) != nullptr;
}

}  // namespace meshka::xds
