// What the program can be, by the name it was started under or its first word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meshka::bin {

using Words = std::vector<std::string>;  // behind the command's name

struct Program {
  std::string_view name;     // "up", "apiserver", ...
  std::string_view summary;  // one line of `meshka help`
  int (*run)(const Words& words);
};

// Exit codes, the same for every command (docs/cli.md).
enum Exit : int {
  kOk = 0,
  kFailed = 1,        // it was tried and did not work
  kUsage = 2,         // unknown flag or command, missing or empty value
  kNotReady = 3,      // something the machine must have is missing (privilege, disk, port, program)
  kNotSupported = 4,  // meshka does not have this yet
  kInterrupted = 130,
};

// Prints "PROGRAM: MESSAGE" to standard error.
int complain(std::string_view program, std::string_view message, Exit code);

}  // namespace meshka::bin
