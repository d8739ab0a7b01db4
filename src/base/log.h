// Structured log: a constant message, then key/value pairs. The sink comes in by constructor like everything else;
// library code logs once, where an error is handled.
//
//   log.info("pod bound", {{"pod", key}, {"node", name}});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace meshka {

enum class Level : uint8_t { kError, kWarn, kInfo, kDebug };

struct Field {
  std::string_view key;
  std::string_view value;
};

class Log {
 public:
  virtual ~Log() = default;
  virtual bool enabled(Level level) const = 0;
  virtual void write(Level level, std::string_view message, std::initializer_list<Field> fields) = 0;

  void error(std::string_view m, std::initializer_list<Field> f = {}) { put(Level::kError, m, f); }
  void warn(std::string_view m, std::initializer_list<Field> f = {}) { put(Level::kWarn, m, f); }
  void info(std::string_view m, std::initializer_list<Field> f = {}) { put(Level::kInfo, m, f); }
  void debug(std::string_view m, std::initializer_list<Field> f = {}) { put(Level::kDebug, m, f); }

 private:
  void put(Level level, std::string_view m, std::initializer_list<Field> f) {
    if (enabled(level)) write(level, m, f);
  }
};

class NullLog final : public Log {
 public:
  bool enabled(Level) const override { return false; }
  void write(Level, std::string_view, std::initializer_list<Field>) override {}
};

// One line per entry, "I message key=value ..." or a JSON object.
std::string formatText(Level level, std::string_view message, std::initializer_list<Field> fields);
std::string formatJson(Level level, std::string_view message, std::initializer_list<Field> fields);

}  // namespace meshka
