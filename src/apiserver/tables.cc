#include "apiserver/tables.h"

#include "apiserver/table_rows.h"
#include "base/strings.h"
#include "doc/json.h"
#include "doc/json_path.h"

namespace meshka::apiserver {

namespace {

TableColumn nameColumn() {
  TableColumn c;
  c.name = "Name";
  c.format = "name";
  c.description =
      "Name must be unique within a namespace. Is required when creating resources, although some resources may allow "
      "a client to request the generation of an appropriate name automatically.";
  return c;
}
TableColumn ageColumn() {
  TableColumn c;
  c.name = "Age";
  c.description = "CreationTimestamp is a timestamp representing the server time when this object was created.";
  return c;
}

doc::Draft customCell(const schema::PrinterColumn& column, doc::Value object, WallTime now) {
  const auto path = doc::JsonPath::parse(column.json_path);
  const std::vector<doc::Value> found = path ? path->find(object) : std::vector<doc::Value>();
  if (found.empty()) return column.type == "string" || column.type == "date" ? doc::Draft("") : doc::Draft(nullptr);
  if (column.type == "date") return doc::Draft(humanAge(found[0].text(), now));
  if (column.type == "integer" || column.type == "number" || column.type == "boolean") return doc::Draft(found[0]);
  std::vector<std::string> texts;
  for (doc::Value v : found) texts.push_back(v.isString() ? std::string(v.text()) : doc::toJson(v));
  return doc::Draft(join(texts, ","));
}

std::vector<schema::PrinterColumn> customColumns(const api::Kind& kind) {
  return kind.customVersion() == nullptr ? std::vector<schema::PrinterColumn>() : kind.customVersion()->columns;
}

}  // namespace

std::string humanDuration(Duration d) {
  const int64_t s = d.ns / 1'000'000'000;
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  if (s < 120) return cat(s, "s");
  const int64_t m = s / 60;
  if (m < 10) return s % 60 == 0 ? cat(m, "m") : cat(m, "m", s % 60, "s");
  if (m < 180) return cat(m, "m");
  const int64_t h = m / 60;
  if (h < 8) return m % 60 == 0 ? cat(h, "h") : cat(h, "h", m % 60, "m");
  if (h < 48) return cat(h, "h");
  const int64_t days = h / 24;
  if (h < 192) return h % 24 == 0 ? cat(days, "d") : cat(days, "d", h % 24, "h");
  if (days < 730) return cat(days, "d");
  const int64_t years = days / 365;
  if (days < 2920) return days % 365 == 0 ? cat(years, "y") : cat(years, "y", days % 365, "d");
  return cat(years, "y");
}

std::string humanAge(std::string_view since, WallTime now) {
  if (since.empty()) return "<unknown>";
  const auto at = parseRfc3339(since);
  return at ? humanDuration(now - *at) : "<unknown>";
}

std::vector<TableColumn> tableColumns(const api::Kind& kind) {
  std::vector<TableColumn> out;
  if (const RowSource* rows = builtinRows(kind)) {
    for (const RowColumn& c : rows->columns) {
      TableColumn column;
      column.name = c.name;
      column.type = c.type;
      column.format = c.name == "Name" ? "name" : "";
      column.priority = c.priority;
      out.push_back(std::move(column));
    }
    return out;
  }
  out.push_back(nameColumn());
  const auto columns = customColumns(kind);
  for (const schema::PrinterColumn& c : columns) {
    out.push_back({c.name, c.type, c.format, c.description, c.priority});
  }
  if (columns.empty()) out.push_back(ageColumn());
  return out;
}

std::vector<doc::Draft> tableCells(const api::Kind& kind, doc::Value object, WallTime now) {
  if (const RowSource* rows = builtinRows(kind)) return rows->cells(object, now);
  std::vector<doc::Draft> out;
  out.emplace_back(object["metadata"]["name"].text());
  const auto columns = customColumns(kind);
  for (const schema::PrinterColumn& c : columns) out.push_back(customCell(c, object, now));
  if (columns.empty()) out.emplace_back(humanAge(object["metadata"]["creationTimestamp"].text(), now));
  return out;
}

}  // namespace meshka::apiserver
