// Command lines as cobra's users type them: flags anywhere, "--name value", "--name=value", "-n
// value", "-nvalue", bundled switches, "--" ends the flags (alone at the end it means nothing). A
// table describes a command; parsing never guesses: an unknown flag is an error that names it, and
// a value that looks like the next flag is refused, because it nearly always is a shell variable
// that was empty.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace meshka::cli {

enum class FlagKind : unsigned char {
  kSwitch,  // present or not; also --name=true|false
  kText,    // last one wins
  kList,    // every one counts; commas do not split
};

struct Flag {
  std::string name;  // without dashes
  char letter = 0;   // 'n' for -n
  FlagKind kind = FlagKind::kText;
  std::string value_name;  // for help: NAMESPACE
  std::string help;
  std::string default_value;  // shown in help and given by get()
  // The shell variable that usually stands here, or several with commas; named when it was empty.
  std::string variable;
  bool may_be_empty = false;         // --name= and --name "" are fine
  bool hidden = false;               // accepted, not in help
  std::vector<std::string> choices;  // the only values allowed, when not empty
};

struct Command {
  std::string name;       // "vcluster create"
  std::string arguments;  // "NAME [FLAGS]"
  std::string summary;    // one line
  std::string details;    // more lines for --help
  std::vector<Flag> flags;
  size_t min_arguments = 0;
  size_t max_arguments = 0;
};

class Parsed {
 public:
  bool given(std::string_view flag) const;
  bool on(std::string_view flag) const;
  // Last value, else the default, else "".
  std::string get(std::string_view flag) const;
  std::vector<std::string> all(std::string_view flag) const;
  const std::vector<std::string>& arguments() const { return arguments_; }
  bool help() const { return help_; }  // --help or -h was given: nothing else was checked

 private:
  friend Result<Parsed> parse(const Command&, const std::vector<std::string>&);
  std::vector<std::pair<std::string, std::string>> values_;
  std::vector<std::pair<std::string, std::string>> defaults_;
  std::vector<std::string> arguments_;
  bool help_ = false;
};

// Errors: kInvalid, one sentence that names the flag or argument.
Result<Parsed> parse(const Command& command, const std::vector<std::string>& words);

std::string helpText(const Command& command);

// Completion for the shells: a script that offers the commands' names and flags. shell: bash, zsh
// or fish.
Result<std::string> completionScript(std::string_view program, const std::vector<Command>& commands,
                                     std::string_view shell);

}  // namespace meshka::cli
