#include "apiserver/encode.h"

#include <span>

#include "api/table.h"
#include "apiserver/limits.h"
#include "base/strings.h"
#include "doc/json.h"
#include "doc/yaml.h"

namespace meshka::apiserver {

namespace {

// A Table of these objects; rows carry what `include` says ("" is Metadata).
doc::Doc tableOf(const api::Kind& kind, const Accepted& form, std::string_view include,
                 bool headers, std::span<const doc::Value> objects, doc::Value list_metadata,
                 WallTime now, uint8_t minor) {
  api::TableOptions options;
  options.now = now;
  options.include = include == "Object" ? api::IncludeObject::kObject
                    : include == "None" ? api::IncludeObject::kNone
                                        : api::IncludeObject::kMetadata;
  options.headers = headers;
  options.list_metadata = list_metadata;
  doc::Doc table = api::TablePrinter(kind, minor).render(objects, options);
  if (form.meta_version == "v1") return table;
  doc::Draft draft(table);
  draft["apiVersion"] = cat("meta.k8s.io/", form.meta_version);
  return draft.finish();
}

doc::Doc tableOfOne(const api::Kind& kind, const Accepted& form, std::string_view include,
                    bool headers, doc::Value object, WallTime now, uint8_t minor) {
  doc::Draft meta = doc::Draft::object();
  if (object["metadata"]["resourceVersion"].exists())
    meta["resourceVersion"] = object["metadata"]["resourceVersion"];
  return tableOf(kind, form, include, headers, std::span(&object, 1), meta.finish(), now, minor);
}

void listMetadata(doc::Draft& meta, const ListAnswer& list) {
  meta["resourceVersion"] = cat(list.revision);
  if (!list.continue_token.empty()) meta["continue"] = list.continue_token;
  if (list.remaining) meta["remainingItemCount"] = static_cast<int64_t>(*list.remaining);
}

std::string written(doc::Value value, bool yaml) {
  return yaml ? doc::toYaml(value) : doc::toJson(value) + "\n";
}

}  // namespace

doc::Doc partialMetadata(doc::Value object, std::string_view meta_version) {
  doc::Draft out = doc::Draft::object();
  out["kind"] = "PartialObjectMetadata";
  out["apiVersion"] = cat("meta.k8s.io/", meta_version);
  out["metadata"] = object["metadata"];
  return out.finish();
}

std::string Encoder::plain(const Accepted& form, doc::Value object, bool pretty) const {
  if (form.yaml) return doc::toYaml(object);
  return pretty ? doc::toPrettyJson(object, 2) + "\n" : doc::toJson(object) + "\n";
}

std::string Encoder::object(const api::Kind& kind, const Accepted& form, std::string_view include,
                            const doc::Doc& object) {
  if (form.form == Form::kTable) {
    return written(tableOfOne(kind, form, include, true, object, clock_.wall(), minor()),
                   form.yaml);
  }
  if (form.form != Form::kObject)
    return written(partialMetadata(object, form.meta_version), form.yaml);
  return written(object, form.yaml);
}

std::string Encoder::list(const api::Kind& kind, const Accepted& form, std::string_view include,
                          const ListAnswer& list) {
  if (form.form == Form::kTable) {
    doc::Draft meta = doc::Draft::object();
    listMetadata(meta, list);
    const std::vector<doc::Value> objects(list.items.begin(), list.items.end());
    return written(
        tableOf(kind, form, include, true, objects, meta.finish(), clock_.wall(), minor()),
        form.yaml);
  }
  const bool partial = form.form != Form::kObject;
  doc::Draft head = doc::Draft::object();
  head["apiVersion"] = partial ? cat("meta.k8s.io/", form.meta_version) : kind.apiVersion();
  head["kind"] = partial ? std::string("PartialObjectMetadataList") : std::string(kind->list_kind);
  listMetadata(head["metadata"], list);
  if (form.yaml) {
    head["items"] = doc::Draft::array();
    for (const doc::Doc& item : list.items) {
      head["items"].push(partial ? doc::Draft(partialMetadata(item, form.meta_version))
                                 : doc::Draft(item));
    }
    return doc::toYaml(head.finish());
  }
  std::string out = doc::toJson(head.finish());
  out.pop_back();  // the closing brace
  out += ",\"items\":[";
  bool first = true;
  for (const doc::Doc& item : list.items) {
    if (!first) out += ',';
    first = false;
    if (partial)
      doc::appendJson(out, partialMetadata(item, form.meta_version));
    else
      doc::appendJson(out, item);
  }
  out += "]}\n";
  return out;
}

Result<Bytes> Encoder::watched(const api::Kind& kind, const Accepted& form,
                               std::string_view include, bool columns, const doc::Doc& stored) {
  const doc::Value meta = stored["metadata"];
  // Ages in tables change by the second; everything else depends on the object's revision alone.
  const int64_t second = form.form == Form::kTable ? clock_.wall().unixSeconds() : 0;
  const std::string key =
      cat(kind.group(), "/", kind.version(), "/", kind.plural(), "|", meta["namespace"].text(), "/",
          meta["name"].text(), "|", meta["resourceVersion"].text(), "|",
          static_cast<int>(form.form), form.meta_version, include, columns ? "c" : "", second);
  if (Bytes known = cached(key)) {
    ++hits_;
    keep(key, known);
    return known;
  }
  MESHKA_TRY(const doc::Doc served, objects_.present(kind, stored));
  std::string out;
  if (form.form == Form::kTable) {
    out = doc::toJson(tableOfOne(kind, form, include, columns, served, clock_.wall(), minor()));
  } else if (form.form == Form::kObject) {
    out = doc::toJson(served);
  } else {
    out = doc::toJson(partialMetadata(served, form.meta_version));
  }
  Bytes bytes = std::make_shared<const std::string>(std::move(out));
  keep(key, bytes);
  return bytes;
}

doc::Doc Encoder::bookmarkForm(const api::Kind& kind, const Accepted& form,
                               const doc::Doc& bookmark) const {
  if (form.form == Form::kTable)
    return tableOfOne(kind, form, "Object", false, bookmark, clock_.wall(), minor());
  if (form.form == Form::kObject) return bookmark;
  return partialMetadata(bookmark, form.meta_version);
}

Bytes Encoder::cached(const std::string& key) const {
  if (auto it = young_.find(key); it != young_.end()) return it->second;
  if (auto it = old_.find(key); it != old_.end()) return it->second;
  return nullptr;
}

void Encoder::keep(const std::string& key, Bytes bytes) {
  const size_t size = bytes->size() + key.size();
  if (!young_.emplace(key, std::move(bytes)).second) return;
  young_bytes_ += size;
  if (young_bytes_ <= kEncodeCacheBytes / 2) return;
  old_ = std::move(young_);
  young_.clear();
  young_bytes_ = 0;
}

}  // namespace meshka::apiserver
