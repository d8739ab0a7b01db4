#include "api/table.h"

#include <optional>
#include <vector>

#include "api/selectors.h"
#include "api/table_cells.h"
#include "base/assert.h"
#include "base/strings.h"
#include "doc/json.h"
#include "doc/json_path.h"

namespace meshka::api {

using doc::Draft;
using doc::Value;

std::string humanDuration(Duration d) {
  const int64_t seconds = d.ns / 1'000'000'000;  // towards zero
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return cat(seconds, "s");
  const auto two = [](int64_t a, char a_unit, int64_t b, char b_unit) {
    return b == 0 ? cat(a, a_unit) : cat(a, a_unit, b, b_unit);
  };
  const int64_t minutes = seconds / 60;
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return cat(minutes, "m");
  const int64_t hours = minutes / 60;
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return cat(hours, "h");
  const int64_t days = hours / 24;
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return cat(days, "d");
  if (days < 365 * 8) return two(days / 365, 'y', days % 365, 'd');
  return cat(days / 365, "y");
}

std::string Row::sinceText(Value time) const {
  const auto t = parseRfc3339(time.text());
  return t ? humanDuration(now_ - *t) : "<unknown>";
}

Row& Row::containers(Value pod_spec) {
  text(joinTexts(pod_spec["containers"], ",", "name"));
  return text(joinTexts(pod_spec["containers"], ",", "image"));
}

std::string joinTexts(Value list, std::string_view separator, std::string_view field) {
  std::string out;
  bool first = true;
  for (Value element : list.elements()) {
    if (!first) out += separator;
    first = false;
    out += (field.empty() ? element : element[field]).text();
  }
  return out;
}

std::string labelsText(Value labels) {
  std::string out;
  for (auto [key, value] : labels.members()) {
    out += cat(out.empty() ? "" : ",", key, "=", value.text());
  }
  return out.empty() ? "<none>" : out;
}

std::string selectorText(Value selector) {
  const auto parsed = LabelSelector::fromObject(selector);
  if (!parsed) return "<error>";
  const std::string text = parsed->toString();
  return text.empty() ? "<none>" : text;
}

std::string listText(const std::vector<std::string>& list, size_t shown, std::string_view none) {
  if (list.empty()) return std::string(none);
  const std::vector<std::string> head(
      list.begin(), list.begin() + static_cast<ptrdiff_t>(std::min(shown, list.size())));
  const std::string out = join(head, ",");
  return list.size() > shown ? cat(out, " + ", list.size() - shown, " more...") : out;
}

std::string plainText(Value value) {
  return value.isString() ? std::string(value.text())
         : value.exists() ? doc::toJson(value)
                          : std::string();
}

struct TablePrinter::Custom {
  struct Column {
    schema::PrinterColumn definition;
    std::optional<doc::JsonPath> path;  // unset: it cannot be read, its cells are null
  };
  std::vector<Column> columns;
};

namespace {

const TableFormat* findFormat(std::string_view key) {
  for (const auto formats : {podTables(), workloadTables(), coreTables(), networkTables(),
                             storageTables(), policyTables()}) {
    for (const TableFormat& format : formats) {
      if (format.key == key) return &format;
    }
  }
  return nullptr;
}

Draft column(std::string_view name, std::string_view type, std::string_view format,
             std::string_view description, int64_t priority) {
  return Draft::object({{"name", name},
                        {"type", type},
                        {"format", format},
                        {"description", description},
                        {"priority", priority}});
}

constexpr TableColumn kGeneric[] = {{"Name", "string", 0, "name"}, {"Created At", "date"}};

// Cells of additionalPrinterColumns hold JSON values of the column's type; what does not fit is
// null.
Draft customCell(const schema::PrinterColumn& definition, Value found, WallTime now) {
  if (!found.exists()) return nullptr;
  const std::string_view type = definition.type;
  if (type == "integer") {
    if (!found.isNumber()) return nullptr;
    return found.integer(static_cast<int64_t>(found.number()));
  }
  if (type == "number") return found.isNumber() ? Draft(found) : Draft();
  if (type == "boolean") return found.kind() == doc::Kind::kBool ? Draft(found) : Draft();
  if (type == "date") {
    if (!found.isString()) return nullptr;
    const auto time = parseRfc3339(found.text());
    return time ? humanDuration(now - *time) : std::string("<invalid>");
  }
  return found.isNull() ? Draft() : Draft(plainText(found));
}

Draft objectOf(Value object, IncludeObject include) {
  if (include == IncludeObject::kObject) return object;
  return Draft::object({{"kind", "PartialObjectMetadata"},
                        {"apiVersion", "meta.k8s.io/v1"},
                        {"metadata", object["metadata"]}});
}

}  // namespace

TablePrinter::TablePrinter(const Kind& kind, uint8_t minor) : minor_(minor) {
  if (const schema::CustomVersion* version = kind.customVersion()) {
    custom_ = std::make_unique<Custom>();
    for (const schema::PrinterColumn& definition : version->columns) {
      auto path = doc::JsonPath::parse(definition.json_path);
      custom_->columns.push_back(
          {definition, path ? std::optional(std::move(*path)) : std::nullopt});
    }
    if (version->columns.empty()) {
      schema::PrinterColumn age{
          .name = "Age", .type = "date", .json_path = ".metadata.creationTimestamp"};
      custom_->columns.push_back({age, *doc::JsonPath::parse(age.json_path)});
    }
    return;
  }
  const std::string_view key = kind->table.empty() ? kind.plural() : kind->table;
  format_ = findFormat(key);
}
TablePrinter::TablePrinter(TablePrinter&&) noexcept = default;
TablePrinter::~TablePrinter() = default;

doc::Doc TablePrinter::render(std::span<const Value> objects, const TableOptions& options) const {
  Draft table = Draft::object({{"kind", "Table"}, {"apiVersion", "meta.k8s.io/v1"}});
  Draft& metadata = table["metadata"] = Draft::object();
  for (const std::string_view key : {"resourceVersion", "continue", "remainingItemCount"}) {
    if (const Value v = options.list_metadata[key]; v.exists()) metadata[key] = v;
  }
  const auto shows = [this](const TableColumn& c) {
    return c.since <= minor_ && minor_ <= c.until;
  };
  const std::span<const TableColumn> columns =
      format_ != nullptr ? format_->columns : std::span(kGeneric);
  Draft& definitions = table["columnDefinitions"] = Draft::array();
  if (options.headers && custom_) {
    definitions.push(column("Name", "string", "name", "", 0));
    for (const Custom::Column& c : custom_->columns) {
      const schema::PrinterColumn& d = c.definition;
      definitions.push(column(d.name, d.type, d.format, d.description, d.priority));
    }
  } else if (options.headers) {
    for (const TableColumn& c : columns) {
      if (shows(c)) definitions.push(column(c.name, c.type, c.format, "", c.priority));
    }
  }
  Draft& rows = table["rows"] = Draft::array();
  for (const Value object : objects) {
    Row row(object, options.now, minor_);
    if (custom_) {
      row.name();
    } else if (format_ != nullptr) {
      format_->print(object, row);
    } else {
      row.name().text(Meta(object).creationTimestamp());
    }
    Draft cells = row.take();
    if (custom_) {
      for (const Custom::Column& c : custom_->columns) {
        cells.push(customCell(c.definition, c.path ? c.path->first(object) : Value(), options.now));
      }
    } else {
      MESHKA_DCHECK(cells.size() == columns.size());
      for (size_t c = columns.size(); c-- > 0;) {
        if (!shows(columns[c])) cells.eraseAt(c);
      }
    }
    Draft& out = rows.push(Draft::object({{"cells", std::move(cells)}}));
    if (options.include != IncludeObject::kNone) out["object"] = objectOf(object, options.include);
  }
  return table.finish();
}

}  // namespace meshka::api
