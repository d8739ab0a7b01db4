// Rows and columns of meta.k8s.io Table: what `kubectl get` prints. Built-in kinds have functions by the name in
// KindEntry::table; custom kinds have their printer columns; everything else prints NAME and AGE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/registry.h"
#include "base/time.h"
#include "doc/doc.h"

namespace meshka::apiserver {

struct TableColumn {
  std::string name;
  std::string type = "string";
  std::string format;
  std::string description;
  int64_t priority = 0;  // above 0: shown with -o wide only
};

std::vector<TableColumn> tableColumns(const api::Kind& kind);
// One cell per column, of an object in the version of `kind`.
std::vector<doc::Draft> tableCells(const api::Kind& kind, doc::Value object, WallTime now);

// "5s", "3m20s", "4h", "2d": the age column. "<unknown>" without a time.
std::string humanAge(std::string_view since_rfc3339, WallTime now);
std::string humanDuration(Duration d);

}  // namespace meshka::apiserver
