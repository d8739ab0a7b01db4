// Child processes: started by vfork and exec, watched by pidfd, reaped on the loop. Only for .cc
// files of io/linux.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "io/linux/fd.h"
#include "io/linux/loop.h"

namespace meshka::io {

struct StartSpec {
  std::string program;  // with a slash, or looked up in PATH
  std::vector<std::string> args;
  std::vector<std::string> env;  // empty: ours
  std::string cwd;               // empty: ours
  int in = -1;                   // -1: inherited
  int out = -1;
  int err = -1;
};

class ExitListener {
 public:
  virtual ~ExitListener() = default;
  virtual void onExit(int exit_code, Duration cpu) = 0;
};

class ProcessTable final {
 public:
  explicit ProcessTable(LinuxLoop& loop);
  ~ProcessTable();  // kills what is left and waits for it

  // The child leads a process group of its own, has default signals, and dies when this thread
  // does. Gives its pid. Errors: kNotFound, kForbidden (no such program, not executable), kTooMany.
  Result<int> start(const StartSpec& spec, ExitListener& listener);
  void signal(int pid, int signal_number);
  // Kills the whole group and reaps in the background; the listener hears nothing any more.
  void abandon(int pid);
  // For a process that is pid 1 or a subreaper: collects exited processes that nobody here started.
  void reapOrphans();

 private:
  struct Entry;
  void onReadable(int pid);
  void deliver(std::unique_ptr<Entry> entry, int status, Duration cpu);
  void sweep();

  LinuxLoop& loop_;
  std::map<int, std::unique_ptr<Entry>> entries_;
  bool reaping_ = false;
};

}  // namespace meshka::io
