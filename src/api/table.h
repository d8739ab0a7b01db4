// Server-side tables (meta.k8s.io/v1 Table): what `kubectl get` prints. Columns and cells of the
// built-in kinds, of custom kinds by their additionalPrinterColumns, and the generic form for the
// rest.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "api/registry.h"
#include "base/time.h"
#include "doc/doc.h"

namespace meshka::api {

// Which part of each object its row carries (query parameter includeObject).
enum class IncludeObject : uint8_t { kMetadata, kObject, kNone };

struct TableOptions {
  WallTime now;
  IncludeObject include = IncludeObject::kMetadata;
  bool headers = true;       // columnDefinitions; a watch sends them with its first event only
  doc::Value list_metadata;  // of the list: resourceVersion, continue, remainingItemCount
};

// Immutable; made once per kind and kept as long as the kind.
class TablePrinter {
 public:
  // `minor`: the emulated version; older ones show some columns less, or at other places.
  explicit TablePrinter(const Kind& kind, uint8_t minor = 37);
  TablePrinter(TablePrinter&&) noexcept;
  ~TablePrinter();

  // Objects are in the served version of the kind. Columns for -o wide are always there, with
  // priority 1.
  doc::Doc render(std::span<const doc::Value> objects, const TableOptions& options) const;
  doc::Doc render(doc::Value object, const TableOptions& options) const {
    return render(std::span(&object, 1), options);
  }

 private:
  struct Custom;
  uint8_t minor_;
  const struct TableFormat* format_ = nullptr;  // built-in; nullptr: custom or generic
  std::unique_ptr<Custom> custom_;
};

// As kubectl prints ages: "45s", "3m20s", "5h12m", "3d4h", "400d", "2y30d"; "<invalid>" for the
// future.
std::string humanDuration(Duration d);

}  // namespace meshka::api
