// The string formats that schemas name, and the syntaxes of Kubernetes' own scalar types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meshka::schema {

// False when the text does not have the format. Formats that are not known here are not checked, as
// in the API server.
bool matchesFormat(std::string_view format, std::string_view text);

bool isDateTime(std::string_view text);  // RFC 3339 section 5.6
bool isQuantity(std::string_view text);  // "1.5Gi", "100m", "1e3"
bool isIpv4(std::string_view text);
bool isIpv6(std::string_view text);
bool isCidr(std::string_view text);

// Seconds and nanoseconds since 1970 of an RFC 3339 text; false when it is none.
bool parseDateTime(std::string_view text, int64_t& seconds, int32_t& nanos);
// "2022-05-01T10:00:00Z"; with micros "2022-05-01T10:00:00.000000Z".
std::string formatDateTime(int64_t seconds, int32_t nanos, bool micros);

}  // namespace meshka::schema
