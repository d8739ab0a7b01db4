#include "apiserver/objects.h"

#include "api/convert.h"
#include "base/strings.h"
#include "schema/defaulting.h"

namespace meshka::apiserver {

store::Key Objects::key(std::string_view group, std::string_view plural, std::string_view ns,
                        std::string_view name) const {
  return {cluster_, cat(group, "/", plural), std::string(ns), std::string(name)};
}

store::Key Objects::key(const api::Kind& kind, std::string_view ns, std::string_view name) const {
  return key(kind->storage_group, kind->storage_plural, kind.namespaced() ? ns : std::string_view(),
             name);
}

store::Range Objects::range(const api::Kind& kind, std::string_view ns) const {
  store::Range out{cluster_, cat(kind->storage_group, "/", kind->storage_plural), std::nullopt};
  if (!ns.empty()) out.ns = std::string(ns);
  return out;
}

doc::Doc Objects::find(std::string_view group, std::string_view plural, std::string_view ns,
                       std::string_view name) const {
  auto item = store_.get(key(group, plural, ns, name));
  return item ? std::move(item->value) : doc::Doc();
}

std::vector<doc::Doc> Objects::list(std::string_view group, std::string_view plural,
                                    std::string_view ns) const {
  store::Range range{cluster_, cat(group, "/", plural), std::nullopt};
  if (!ns.empty()) range.ns = std::string(ns);
  std::vector<doc::Doc> out;
  auto page = store_.list(range);
  if (!page) return out;
  out.reserve(page->items.size());
  for (store::Item& item : page->items) out.push_back(std::move(item.value));
  return out;
}

Result<doc::Doc> Objects::present(const api::Kind& kind, const doc::Doc& stored) const {
  doc::Doc out = stored;
  const doc::Value stored_version = stored["apiVersion"];
  if (!kind.isHub() || stored_version.text() != kind.apiVersion()) {
    const api::KindRef hub = registry_.hub(kind);
    MESHKA_TRY(out, api::convert(registry_, *hub, kind, stored));
  }
  if (kind.custom() != nullptr) out = schema::applyDefaults(kind.schema(), out);
  return out;
}

Result<doc::Doc> Objects::toHub(const api::Kind& kind, const doc::Doc& object) const {
  if (kind.isHub()) return object;
  const api::KindRef hub = registry_.hub(kind);
  return api::convert(registry_, kind, *hub, object);
}

doc::Doc stampRevision(doc::Value value, store::Revision revision) {
  doc::Draft draft(value);
  draft["metadata"]["resourceVersion"] = cat(revision);
  return draft.finish();
}

store::Revision revisionOf(doc::Value value) {
  const auto n = parseInt(value["metadata"]["resourceVersion"].text());
  return n && *n > 0 ? static_cast<store::Revision>(*n) : 0;
}

}  // namespace meshka::apiserver
