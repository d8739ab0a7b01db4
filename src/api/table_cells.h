// How the printers of the built-in kinds write a row. Internal to the table_*.cc files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/meta.h"
#include "base/time.h"
#include "doc/doc.h"

namespace meshka::api {

struct TableColumn {
  std::string_view name;
  std::string_view type = "string";
  int priority = 0;  // 1: only with -o wide
  std::string_view format = "";
  uint8_t since = 0,
          until = 255;  // minor versions that show it; the printer writes its cell in any case
};

// One row under construction; every printer writes exactly one cell per column.
class Row {
 public:
  Row(doc::Value object, WallTime now, uint8_t minor) : object_(object), now_(now), minor_(minor) {}

  Row& text(std::string_view s) { return cells_.push(s), *this; }
  Row& integer(int64_t i) { return cells_.push(i), *this; }
  Row& boolean(bool b) { return cells_.push(b), *this; }
  Row& value(doc::Value v) { return cells_.push(v), *this; }
  Row& orNone(std::string_view s, std::string_view none = "<none>") {
    return text(s.empty() ? none : s);
  }
  Row& name() { return text(Meta(object_).name()); }
  Row& age() { return since(object_["metadata"]["creationTimestamp"]); }
  // Age of a timestamp; "<unknown>" when it is absent.
  Row& since(doc::Value time) { return text(sinceText(time)); }
  // Names, images of a container list.
  Row& containers(doc::Value pod_spec);

  std::string sinceText(doc::Value time) const;
  doc::Value object() const { return object_; }
  WallTime now() const { return now_; }
  // Minor version that is emulated.
  uint8_t minor() const { return minor_; }
  doc::Draft take() { return std::move(cells_); }

 private:
  doc::Value object_;
  WallTime now_;
  uint8_t minor_;
  doc::Draft cells_ = doc::Draft::array();
};

struct TableFormat {
  std::string_view key;  // KindEntry::table, or the plural
  std::span<const TableColumn> columns;
  void (*print)(doc::Value object, Row& row);
};

// The printers, one list per file.
std::span<const TableFormat> workloadTables();
std::span<const TableFormat> podTables();
std::span<const TableFormat> networkTables();
std::span<const TableFormat> coreTables();
std::span<const TableFormat> storageTables();
std::span<const TableFormat> policyTables();

// Elements' texts with a separator; `field` of each element when given.
std::string joinTexts(doc::Value list, std::string_view separator, std::string_view field = {});
// "a=1,b=2", "<none>" when empty.
std::string labelsText(doc::Value labels);
// Of a LabelSelector object; "<none>" when empty.
std::string selectorText(doc::Value selector);
// At most `shown` of them, then " + N more..."; `none` when there are none.
std::string listText(const std::vector<std::string>& list, size_t shown, std::string_view none);
// IntOrString, numbers, texts.
std::string plainText(doc::Value value);

}  // namespace meshka::api
