// Progress of an installation, in upstream's two forms: on a terminal one line that is written
// over, elsewhere a line for each state.
#pragma once

#include <cstddef>

#include "cli/command_context.h"
#include "mesh/install/installer.h"

namespace meshka::cli {

class ConsoleProgress final : public mesh::InstallProgress {
 public:
  // `columns` 0: not a terminal.
  ConsoleProgress(Console& console, size_t columns) : console_(console), columns_(columns) {}

  void begin(const std::string& line) override;
  void waiting(const std::string& line) override;
  void done(const std::string& line) override;
  void failed(const std::string& line) override;
  void note(const std::string& line) override;

 private:
  void state(std::string_view mark, std::string_view colour, const std::string& line, bool last);
  Console& console_;
  size_t columns_;
  std::string current_;     // what was begun and is not done
  bool open_line_ = false;  // the terminal's line has a state that the next one overwrites
};

// Columns of the terminal behind standard error, 0 when it is none.
size_t terminalColumns();

}  // namespace meshka::cli
