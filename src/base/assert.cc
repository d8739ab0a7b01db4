#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace meshka {
namespace {
bool bugs_are_fatal = false;  // set once by a test's main, before any thread starts
}

void assertFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "meshka: assertion failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

void bugFound(const char* what, const char* file, int line) {
  std::fprintf(stderr, "meshka: bug: %s at %s:%d\n", what, file, line);
  if (bugs_are_fatal) std::abort();
}

void makeBugsFatal() { bugs_are_fatal = true; }
}  // namespace meshka
