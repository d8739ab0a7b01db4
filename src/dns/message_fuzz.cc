// Any bytes: parse as a query, answer it, parse the answer; parse as an upstream's response.
#include <cstdint>

#include "base/assert.h"
#include "dns/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace meshka::dns;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto query = parseQuery(bytes)) {
    Answer answer;
    answer.answers.push_back(
        {.name = query->question.name, .type = Type::kCname, .ttl = 5, .target = "x.y"});
    const std::string wire = writeAnswer(*query, answer, 512);
    MESHKA_ASSERT(wire.size() <= 512 && parseResponse(wire));
  }
  (void)queryId(bytes);
  (void)parseResponse(bytes);
  return 0;
}
