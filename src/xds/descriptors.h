// The compiled descriptors: what each message's fields are called, their numbers and types.
#pragma once

#include <string_view>

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace meshka::xds {

// nullptr when the set has no such message.
const google::protobuf::Descriptor* findMessage(std::string_view full_name);

// Messages with a JSON form of their own.
enum class WellKnown : unsigned char {
  kNone,
  kAny,
  kDuration,
  kTimestamp,
  kStruct,
  kValue,
  kListValue,
  kWrapper,  // BoolValue, UInt32Value, ...: the bare value
};
WellKnown wellKnown(const google::protobuf::Descriptor& message);

// By the .proto file's name or its lowerCamelCase form; nullptr when there is none.
const google::protobuf::FieldDescriptor* findField(const google::protobuf::Descriptor& message,
                                                   std::string_view name);

}  // namespace meshka::xds
