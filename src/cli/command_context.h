// What every command of the command line is given: the world, where things are, and where to print.
#pragma once

#include <string>
#include <string_view>

#include "io/async.h"
#include "io/loop.h"

namespace meshka::cli {

// Where a command prints; a test collects it. No colours, no cursor movements: what is printed is
// the same in a pipe.
class Console {
 public:
  virtual ~Console() = default;
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
};

// The places of an installation.
struct Home {
  std::string program;   // this program
  std::string programs;  // folder with the links vcluster, meshctl, istioctl
  std::string root;      // folder with workshop/ and docs/; empty when there is none
  std::string tools;     // kubectl, helm, containerd, ...
  std::string images;    // image archives and catalog.json
};
// From the program's own path: ROOT/build/PRESET/meshka, or a folder with lib/meshka beside bin.
Home homeOf(std::string_view program);

// For commands that serve until they are told to end. Others leave the signals their default action.
class StopSignal {
 public:
  virtual ~StopSignal() = default;
  // From the first call on, SIGINT and SIGTERM set the event instead of ending the process.
  virtual io::Event& catchSignals() = 0;
};

struct CommandContext {
  io::World& world;
  const Home& home;
  Console& console;
  StopSignal& stop;
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

// Prints "PROGRAM: MESSAGE" and gives the exit code that fits the error's code.
int complain(Console& console, std::string_view program, const Error& error);
Exit exitCodeOf(Code code);

}  // namespace meshka::cli
