// What must hold for any request line, Accept header and query: the body of the fuzzer, run on its
// seeds by a unit test.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/negotiate.h"
#include "apiserver/request.h"
#include "base/assert.h"
#include "base/strings.h"

namespace meshka::apiserver {

// Asserts when a path has two readings, or a name escapes its segment.
inline void checkRequestBytes(std::string_view bytes) {
  const size_t mark = bytes.find('?');
  const std::string_view path = bytes.substr(0, mark);
  const std::string_view query = mark == std::string_view::npos ? bytes : bytes.substr(mark + 1);
  if (const auto segments = canonicalPath(path)) {
    std::string again;
    for (const std::string& segment : *segments) {
      MESHKA_ASSERT(!segment.empty() && segment != "." && segment != "..");
      MESHKA_ASSERT(segment.find('/') == std::string::npos);
      again += "/" + urlEncode(segment);
    }
    if (again.empty()) again = "/";
    const auto reread = canonicalPath(again);
    // Encoding may lengthen a path beyond its limit; then it is refused, never read otherwise.
    if (reread) MESHKA_ASSERT(*reread == *segments);
  }
  (void)negotiate(bytes);
  (void)aggregatedDiscoveryVersion(bytes);
  (void)bodyFormat(bytes);
  const auto parsed = parseQuery(query);
  if (!parsed) return;
  for (std::string_view method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    const auto info = parseRequest(method, path, *parsed);
    if (!info) continue;
    MESHKA_ASSERT(info->attributes.path.starts_with('/'));
    MESHKA_ASSERT(info->is_resource == info->attributes.isResource());
    (void)parseOptions(*parsed, *info);
    (void)parseDelete(*parsed, {});
  }
}

}  // namespace meshka::apiserver
