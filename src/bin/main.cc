// Finds the program by argv[0] (vcluster, meshctl, istioctl) or by the first word. Every program is
// a line here.
#include <cstdio>

#include "base/strings.h"
#include "bin/program.h"

namespace meshka::bin {

int complain(std::string_view program, std::string_view message, Exit code) {
  const std::string line = cat(program, ": ", message, "\n");
  (void)fwrite(line.data(), 1, line.size(), stderr);
  return code;
}

namespace {

constexpr std::string_view kVersion = "0.1.0";

int version(const Words& words) {
  if (!words.empty())
    return complain("meshka", cat("unexpected argument: ", words[0], " (meshka version)"), kUsage);
  printf("meshka %s\n", kVersion.data());
  return kOk;
}

constexpr Program kPrograms[] = {
    {"version", "prints the version", version},
};

int help() {
  std::string out =
      "meshka runs a whole multi-cluster service mesh on one machine.\n\nUsage:\n  meshka "
      "COMMAND\n\nCommands:\n";
  for (const Program& program : kPrograms)
    out +=
        cat("  ", program.name, std::string(18 - program.name.size(), ' '), program.summary, "\n");
  printf("%s", out.c_str());
  return kOk;
}

int run(std::string_view name, const Words& words) {
  for (const Program& program : kPrograms)
    if (name == program.name) return program.run(words);
  if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h")
    return help();
  for (const Program& program : kPrograms)
    if (words[0] == program.name) return program.run(Words(words.begin() + 1, words.end()));
  return complain("meshka", cat("unknown command: ", words[0], "; meshka help lists them"), kUsage);
}

}  // namespace
}  // namespace meshka::bin

int main(int argc, char** argv) {
  std::string_view name = argc > 0 ? argv[0] : "meshka";
  if (const size_t slash = name.rfind('/'); slash != name.npos) name.remove_prefix(slash + 1);
  return meshka::bin::run(name, meshka::bin::Words(argv + (argc > 0 ? 1 : 0), argv + argc));
}
