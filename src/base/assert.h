// Three strengths of assertion. None is for input: input errors are Result values.
#pragma once

namespace meshka {
[[noreturn]] void assertFailed(const char* expression, const char* file, int line);
// Counts and logs a broken invariant that can be survived; ends the process in tests.
void bugFound(const char* what, const char* file, int line);
// Tests call this first.
void makeBugsFatal();
}  // namespace meshka

// Always on: cheap invariants whose breach makes going on dangerous.
#define MESHKA_ASSERT(x) ((x) ? (void)0 : ::meshka::assertFailed(#x, __FILE__, __LINE__))
#ifdef NDEBUG
#define MESHKA_DCHECK(x) ((void)0)
#else
#define MESHKA_DCHECK(x) MESHKA_ASSERT(x)
#endif
#define MESHKA_BUG(what) ::meshka::bugFound(what, __FILE__, __LINE__)
