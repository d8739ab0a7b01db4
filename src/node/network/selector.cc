#include "node/network/selector.h"

namespace meshka::node {
namespace {

bool matchesExpression(doc::Value e, doc::Value labels) {
  const std::string_view op = e["operator"].text();
  const doc::Value label = labels[e["key"].text()];
  if (op == "Exists") return label.exists();
  if (op == "DoesNotExist") return !label.exists();
  bool listed = false;
  for (const doc::Value v : e["values"].elements())
    listed = listed || (label.exists() && v.text() == label.text());
  if (op == "In") return listed;
  if (op == "NotIn") return !listed;
  return false;
}

}  // namespace

bool matchesSelector(doc::Value selector, doc::Value labels) {
  if (!selector.isObject()) return false;
  for (const auto [key, value] : selector["matchLabels"].members()) {
    const doc::Value label = labels[key];
    if (!label.exists() || label.text() != value.text()) return false;
  }
  for (const doc::Value e : selector["matchExpressions"].elements()) {
    if (!matchesExpression(e, labels)) return false;
  }
  return true;
}

}  // namespace meshka::node
