#include "cli/flags.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::cli {
namespace {

constexpr std::string_view kHelp = "help";

const Flag* byName(const Command& command, std::string_view name) {
  for (const Flag& flag : command.flags)
    if (flag.name == name) return &flag;
  return nullptr;
}

const Flag* byLetter(const Command& command, char letter) {
  for (const Flag& flag : command.flags)
    if (flag.letter == letter && letter != 0) return &flag;
  return nullptr;
}

std::string shown(const Flag& flag) {
  return cat("--", flag.name);
}

// "-" is a file name (standard input), "-5" a number; everything else with a dash in front is meant
// as a flag.
bool looksLikeFlag(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  return !(word[1] >= '0' && word[1] <= '9');
}

std::string variableHint(const Flag& flag) {
  if (flag.variable.empty()) return "is a shell variable empty?";
  const size_t comma = flag.variable.find(',');
  if (comma != flag.variable.npos)
    return cat("one of the variables ", flag.variable, " seems to be empty; set it with: export ",
               flag.variable.substr(0, comma), "=...");
  return cat("the variable ", flag.variable, " seems to be empty; set it with: export ",
             flag.variable, "=...");
}

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

Error unknownFlag(const Command& command, std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  std::string message = cat("unknown flag: ", name, " (", command.name, ")");
  size_t best = 3;
  std::string nearest;
  for (const Flag& flag : command.flags) {
    const size_t d = distance(name, shown(flag));
    if (!flag.hidden && d < best) {
      best = d;
      nearest = shown(flag);
    }
  }
  if (!nearest.empty()) message += cat("; did you mean ", nearest, "?");
  return Error(Code::kInvalid, message);
}

Result<void> checkValue(const Flag& flag, std::string_view value) {
  if (value.empty() && !flag.may_be_empty && flag.kind != FlagKind::kSwitch)
    return fail(Code::kInvalid,
                cat("flag ", shown(flag), " has an empty value: ", variableHint(flag)));
  if (flag.kind == FlagKind::kSwitch && value != "true" && value != "false")
    return fail(Code::kInvalid,
                cat("flag ", shown(flag), " takes true or false, not \"", value, "\""));
  if (!flag.choices.empty() && std::ranges::find(flag.choices, value) == flag.choices.end())
    return fail(Code::kInvalid, cat("flag ", shown(flag), ": \"", value, "\" is not one of ",
                                    join(flag.choices, ", ")));
  return {};
}

// The words of one command line, read from left to right.
class Reader {
 public:
  Reader(const Command& command, const std::vector<std::string>& words)
      : command_(command), words_(words) {}

  Result<void> read() {
    for (; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (word == "--") {
        arguments.insert(arguments.end(), words_.begin() + static_cast<ptrdiff_t>(at_) + 1,
                         words_.end());
        break;
      }
      if (word == "--help" || word == "-h") {
        help = true;
        return {};
      }
      if (word.starts_with("--")) {
        MESHKA_CHECK(longFlag(word));
      } else if (word.size() > 1 && word[0] == '-') {
        MESHKA_CHECK(letters(word));
      } else {
        arguments.push_back(word);
      }
    }
    return {};
  }

  std::vector<std::pair<std::string, std::string>> values;
  std::vector<std::string> arguments;
  bool help = false;

 private:
  Result<void> longFlag(const std::string& word) {
    const size_t equals = word.find('=');
    const Flag* flag = byName(
        command_, std::string_view(word).substr(2, equals == word.npos ? equals : equals - 2));
    if (flag == nullptr) return fail(unknownFlag(command_, word));
    if (equals != word.npos) return take(*flag, word.substr(equals + 1));
    if (flag->kind == FlagKind::kSwitch) return take(*flag, "true");
    return takeNext(*flag);
  }

  Result<void> letters(const std::string& word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const Flag* flag = byLetter(command_, word[i]);
      if (flag == nullptr)
        return fail(Code::kInvalid,
                    cat("unknown flag: -", word[i], " in ", word, " (", command_.name, ")"));
      if (flag->kind == FlagKind::kSwitch && (i + 1 == word.size() || word[i + 1] != '=')) {
        MESHKA_CHECK(take(*flag, "true"));
        continue;
      }
      if (i + 1 == word.size()) return takeNext(*flag);
      return take(*flag, word.substr(word[i + 1] == '=' ? i + 2 : i + 1));
    }
    return {};
  }

  Result<void> takeNext(const Flag& flag) {
    if (at_ + 1 >= words_.size())
      return fail(Code::kInvalid,
                  cat("flag ", shown(flag), " needs a value: ", variableHint(flag)));
    const std::string& next = words_[at_ + 1];
    if (looksLikeFlag(next))
      return fail(Code::kInvalid, cat("flag ", shown(flag), " needs a value, but ", next,
                                      " follows: ", variableHint(flag)));
    ++at_;
    return take(flag, next);
  }

  Result<void> take(const Flag& flag, std::string value) {
    MESHKA_CHECK(checkValue(flag, value));
    values.emplace_back(flag.name, std::move(value));
    return {};
  }

  const Command& command_;
  const std::vector<std::string>& words_;
  size_t at_ = 0;
};

std::string_view last(const std::vector<std::pair<std::string, std::string>>& values,
                      std::string_view flag) {
  for (size_t i = values.size(); i-- > 0;)
    if (values[i].first == flag) return values[i].second;
  return {};
}

}  // namespace

bool Parsed::given(std::string_view flag) const {
  return std::ranges::any_of(values_, [&](const auto& v) { return v.first == flag; });
}

bool Parsed::on(std::string_view flag) const {
  return get(flag) == "true";
}

std::string Parsed::get(std::string_view flag) const {
  return std::string(last(given(flag) ? values_ : defaults_, flag));
}

std::vector<std::string> Parsed::all(std::string_view flag) const {
  std::vector<std::string> out;
  for (const auto& [name, value] : given(flag) ? values_ : defaults_)
    if (name == flag) out.push_back(value);
  return out;
}

Result<Parsed> parse(const Command& command, const std::vector<std::string>& words) {
  Reader reader(command, words);
  MESHKA_CHECK(reader.read());
  Parsed parsed;
  parsed.help_ = reader.help;
  parsed.values_ = std::move(reader.values);
  parsed.arguments_ = std::move(reader.arguments);
  for (const Flag& flag : command.flags)
    if (!flag.default_value.empty()) parsed.defaults_.emplace_back(flag.name, flag.default_value);
  if (parsed.help_) return parsed;
  if (parsed.arguments_.size() < command.min_arguments)
    return fail(Code::kInvalid, cat(command.name, " needs ", command.min_arguments,
                                    command.min_arguments == 1 ? " argument" : " arguments", ": ",
                                    command.name, " ", command.arguments));
  if (parsed.arguments_.size() > command.max_arguments)
    return fail(Code::kInvalid,
                cat("unexpected argument: ", parsed.arguments_[command.max_arguments], " (",
                    command.name, ")"));
  return parsed;
}

std::string helpText(const Command& command) {
  std::string out = cat(command.summary, "\n\nUsage:\n  ", command.name);
  if (!command.arguments.empty()) out += cat(" ", command.arguments);
  out += "\n";
  if (!command.details.empty()) out += cat("\n", command.details, "\n");
  out += "\nFlags:\n";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Flag& flag : command.flags) {
    if (flag.hidden) continue;
    std::string left =
        flag.letter != 0 ? cat("  -", flag.letter, ", --", flag.name) : cat("      --", flag.name);
    if (flag.kind != FlagKind::kSwitch)
      left += cat(" ", flag.value_name.empty() ? "VALUE" : flag.value_name);
    std::string right = flag.help;
    if (!flag.choices.empty()) right += cat(" (", join(flag.choices, "|"), ")");
    if (!flag.default_value.empty()) right += cat(" (default ", flag.default_value, ")");
    rows.emplace_back(std::move(left), std::move(right));
  }
  rows.emplace_back("  -h, --help", "this text");
  size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  for (const auto& [left, right] : rows)
    out += cat(left, std::string(width - left.size() + 3, ' '), right, "\n");
  return out;
}

namespace {

std::string flagWords(const Command& command) {
  std::vector<std::string> words;
  for (const Flag& flag : command.flags)
    if (!flag.hidden) words.push_back(shown(flag));
  words.push_back(cat("--", kHelp));
  return join(words, " ");
}

// "meshka images build" of program "meshka" is "images build".
std::string tail(std::string_view program, const Command& command) {
  return command.name.size() > program.size() ? command.name.substr(program.size() + 1)
                                              : std::string();
}

std::string bashScript(std::string_view program, const std::vector<Command>& commands) {
  std::string cases;
  std::vector<std::string> first;
  for (const Command& command : commands) {
    const std::string name = tail(program, command);
    if (name.empty()) continue;
    const std::string head(split(name, ' ')[0]);
    if (std::ranges::find(first, head) == first.end()) first.push_back(head);
    cases += cat("    \"", name, "\"*) words=\"", flagWords(command), "\" ;;\n");
  }
  return cat(
      "_", program, "() {\n  local cur=\"${COMP_WORDS[COMP_CWORD]}\" words=\"", join(first, " "),
      "\"\n  local line=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\"\n  case \"$line\" in\n", cases,
      "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _",
      program, " ", program, "\n");
}

std::string fishScript(std::string_view program, const std::vector<Command>& commands) {
  std::string out;
  for (const Command& command : commands) {
    const std::string name = tail(program, command);
    if (name.empty()) continue;
    const std::string head(split(name, ' ')[0]);
    out += cat("complete -c ", program, " -n __fish_use_subcommand -a ", head, " -d '",
               command.summary, "'\n");
    for (const Flag& flag : command.flags) {
      if (flag.hidden) continue;
      out += cat("complete -c ", program, " -n '__fish_seen_subcommand_from ", head, "' -l ",
                 flag.name);
      if (flag.letter != 0) out += cat(" -s ", flag.letter);
      out += cat(" -d '", flag.help, "'\n");
    }
  }
  return out;
}

}  // namespace

Result<std::string> completionScript(std::string_view program, const std::vector<Command>& commands,
                                     std::string_view shell) {
  if (shell == "bash") return bashScript(program, commands);
  if (shell == "zsh")
    return cat("autoload -U +X bashcompinit && bashcompinit\n", bashScript(program, commands));
  if (shell == "fish") return fishScript(program, commands);
  return fail(Code::kInvalid,
              cat("completion for \"", shell, "\" is not known; one of bash, zsh, fish"));
}

}  // namespace meshka::cli
