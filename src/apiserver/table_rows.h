// Columns and cells of the built-in kinds, one row source per kind (table_rows.cc, table_rows_workloads.cc).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "api/registry.h"
#include "base/time.h"
#include "doc/doc.h"

namespace meshka::apiserver {

struct RowColumn {
  std::string_view name;
  std::string_view type = "string";
  int64_t priority = 0;
};

struct RowSource {
  std::string_view table;  // KindEntry::table, else the plural
  std::span<const RowColumn> columns;
  std::vector<doc::Draft> (*cells)(doc::Value object, WallTime now);
};

// nullptr: no columns of its own.
const RowSource* builtinRows(const api::Kind& kind);
std::span<const RowSource> workloadRows();
std::span<const RowSource> clusterRows();

// "a=b,c=d"; "<none>" when empty.
std::string selectorCell(doc::Value selector);
std::string ageCell(doc::Value object, WallTime now);

}  // namespace meshka::apiserver
