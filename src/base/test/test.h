// The test framework: TEST(suite, name) { EXPECT_EQ(got, want); ... }. Costs hundredths of a second to compile.
// A failed EXPECT goes on, a failed ASSERT leaves the test. `prog FILTER` runs tests whose "suite.name" contains
// FILTER; MESHKA_UPDATE_GOLDEN=1 rewrites golden files.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strings.h"

namespace meshka::test {

struct Registration {
  Registration(const char* suite, const char* name, void (*body)());
};

void report(const char* file, int line, std::string message);

template <class T>
std::string show(const T& value) {
  if constexpr (std::same_as<T, bool>) return value ? "true" : "false";
  else if constexpr (std::convertible_to<T, std::string_view>) return cat("\"", std::string_view(value), "\"");
  else if constexpr (std::integral<T>) return cat(value);
  else if constexpr (std::floating_point<T>) return std::to_string(value);
  else if constexpr (requires { std::string(toString(value)); }) return std::string(toString(value));
  else return "(value)";
}

template <class A, class B>
bool expectEq(const A& got, const B& want, const char* text, const char* file, int line) {
  if (got == want) return true;
  report(file, line, cat(text, "\n    got:  ", show(got), "\n    want: ", show(want)));
  return false;
}
bool expectTrue(bool value, const char* text, const char* file, int line);
bool expectContains(std::string_view text, std::string_view part, const char* file, int line);
template <class T>
bool expectOk(const Result<T>& result, const char* text, const char* file, int line) {
  if (result) return true;
  report(file, line, cat(text, " failed: ", toString(result.error().code()), ": ", result.error().message()));
  return false;
}

// Compares with the file; with MESHKA_UPDATE_GOLDEN=1 writes it instead. Paths are relative to the library's folder.
bool expectGolden(std::string_view got, const std::string& path, const char* file, int line);
std::string readFileOrDie(const std::string& path);

}  // namespace meshka::test

#define TEST(suite, name)                                                                           \
  static void suite##_##name##_body();                                                              \
  static const ::meshka::test::Registration suite##_##name##_registration(#suite, #name,            \
                                                                          suite##_##name##_body);   \
  static void suite##_##name##_body()

#define EXPECT_EQ(got, want) (void)::meshka::test::expectEq((got), (want), #got " == " #want, __FILE__, __LINE__)
#define EXPECT_TRUE(x) (void)::meshka::test::expectTrue(static_cast<bool>(x), #x, __FILE__, __LINE__)
#define EXPECT_FALSE(x) (void)::meshka::test::expectTrue(!static_cast<bool>(x), "!(" #x ")", __FILE__, __LINE__)
#define EXPECT_CONTAINS(text, part) (void)::meshka::test::expectContains((text), (part), __FILE__, __LINE__)
#define EXPECT_OK(x) (void)::meshka::test::expectOk((x), #x, __FILE__, __LINE__)
#define EXPECT_GOLDEN(got, path) (void)::meshka::test::expectGolden((got), (path), __FILE__, __LINE__)
#define ASSERT_EQ(got, want) \
  if (!::meshka::test::expectEq((got), (want), #got " == " #want, __FILE__, __LINE__)) return
#define ASSERT_TRUE(x) \
  if (!::meshka::test::expectTrue(static_cast<bool>(x), #x, __FILE__, __LINE__)) return
#define ASSERT_OK(x) \
  if (!::meshka::test::expectOk((x), #x, __FILE__, __LINE__)) return
