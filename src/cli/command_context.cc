#include "cli/command_context.h"

#include "base/strings.h"

namespace meshka::cli {
namespace {

std::string parent(std::string_view path, int levels) {
  for (; levels > 0; --levels) {
    const size_t slash = path.rfind('/');
    if (slash == path.npos || slash == 0) return {};
    path = path.substr(0, slash);
  }
  return std::string(path);
}

}  // namespace

Home homeOf(std::string_view program) {
  Home home;
  home.program = program;
  home.programs = parent(program, 1);
  const std::string build = parent(program, 2);
  if (build.ends_with("/build")) {
    home.root = parent(program, 3);
    home.tools = build + "/tools/bin";
    home.images = build + "/images";
  } else {  // PREFIX/bin/meshka
    home.root = build + "/share/meshka";
    home.tools = build + "/lib/meshka/bin";
    home.images = build + "/lib/meshka/images";
  }
  return home;
}

Exit exitCodeOf(Code code) {
  switch (code) {
    case Code::kInvalid:
      return kUsage;
    case Code::kForbidden:
      return kNotReady;
    case Code::kUnsupported:
      return kNotSupported;
    case Code::kCancelled:
      return kInterrupted;
    default:
      return kFailed;
  }
}

int complain(Console& console, std::string_view program, const Error& error) {
  console.err(cat(program, ": ", error.message(), "\n"));
  return exitCodeOf(error.code());
}

}  // namespace meshka::cli
