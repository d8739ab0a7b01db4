// Runner of all tests linked into one program. Exit code 1 when a test failed or when the filter matched none.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/assert.h"
#include "base/test/test.h"

namespace meshka::test {
namespace {
struct Case {
  std::string name;
  void (*body)();
};
std::vector<Case>& cases() {
  static std::vector<Case> all;  // filled by static constructors, so it must construct itself on first use
  return all;
}
int failures_of_current = 0;
}  // namespace

Registration::Registration(const char* suite, const char* name, void (*body)()) {
  cases().push_back({cat(suite, ".", name), body});
}

void report(const char* file, int line, std::string message) {
  ++failures_of_current;
  std::fprintf(stderr, "  %s:%d: %s\n", file, line, message.c_str());
}

bool expectTrue(bool value, const char* text, const char* file, int line) {
  if (!value) report(file, line, cat("expected ", text));
  return value;
}

bool expectContains(std::string_view text, std::string_view part, const char* file, int line) {
  if (text.find(part) != std::string_view::npos) return true;
  report(file, line, cat("\"", part, "\" not in:\n", text));
  return false;
}

std::string readFileOrDie(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(2);
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool expectGolden(std::string_view got, const std::string& path, const char* file, int line) {
  if (std::getenv("MESHKA_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << got;
    return true;
  }
  const std::string want = readFileOrDie(path);
  if (got == want) return true;
  const auto got_lines = split(got, '\n');
  const auto want_lines = split(want, '\n');
  size_t at = 0;
  while (at < got_lines.size() && at < want_lines.size() && got_lines[at] == want_lines[at]) ++at;
  report(file, line,
         cat("differs from ", path, " at line ", at + 1, "\n    got:  ", at < got_lines.size() ? got_lines[at] : "(end)",
             "\n    want: ", at < want_lines.size() ? want_lines[at] : "(end)"));
  return false;
}

}  // namespace meshka::test

int main(int argc, char** argv) {
  using namespace meshka::test;
  meshka::makeBugsFatal();
  const std::string_view filter = argc > 1 ? argv[1] : "";
  int passed = 0;
  int failed = 0;
  for (const Case& test : cases()) {
    if (test.name.find(filter) == std::string::npos) continue;
    failures_of_current = 0;
    test.body();
    if (failures_of_current == 0) {
      ++passed;
    } else {
      ++failed;
      std::fprintf(stderr, "FAILED %s\n", test.name.c_str());
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0 ? 1 : 0;
}
