// Runs the steps one after the other, each in a shell that begins with the variables the one before
// ended with.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/workshop/report.h"
#include "cli/workshop/steps.h"
#include "io/runtime.h"
#include "io/task.h"

namespace meshka::cli::workshop {

struct Options {
  std::string variant = "named";
  std::string instance;    // whose CPU time and memory are measured
  std::string state_path;  // where the shell's variables are kept between the steps
  bool self_test = false;
  bool measure_idle = false;
};

// The text that bash runs for one step: restores the variables, runs `command`, keeps the variables
// (unless `forget`), and ends with the exit code of the last simple command that failed.
std::string shellScript(std::string_view state_path, std::string_view command, bool forget);

class Runner {
 public:
  // `progress` gets a line per step and, on failure, the whole story. All references outlive the
  // run.
  Runner(CommandContext& context, Options options, Console& progress)
      : context_(context), options_(std::move(options)), progress_(progress) {}
  io::Task<Report> run(std::vector<Step> steps);

 private:
  struct Outcome {
    int exit_code = 0;
    bool timed_out = false;
    std::string output;
    Duration cpu;
  };
  io::Task<Outcome> shell(std::string command, bool forget, Instant deadline);
  io::Task<StepResult> runStep(const Step& step);
  // Breaks one thing and wants the check red, then repairs it and wants it green. Empty when that
  // is so.
  io::Task<std::string> selfTest(const Step& step);
  io::Task<Outcome> waitForCheck(const Step& step, Instant deadline);
  io::Task<void> measureIdle(Report& report);
  std::string story(const Step& step, const StepResult& result);

  CommandContext& context_;
  Options options_;
  Console& progress_;
};

}  // namespace meshka::cli::workshop
