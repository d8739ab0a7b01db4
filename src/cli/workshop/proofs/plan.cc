#include "cli/workshop/proofs/plan.h"

#include "base/strings.h"
#include "doc/yaml.h"

namespace meshka::cli::workshop {
namespace {

Result<std::string> text(doc::Value value, std::string_view where) {
  if (!value.isString() || value.text().empty())
    return fail(Code::kInvalid, cat(where, " must be text"));
  return std::string(value.text());
}

Result<Side> side(doc::Value file, std::string_view which, std::string_view variant) {
  Side out;
  MESHKA_TRY(out.context, text(file[which]["context"], cat(which, ".context")));
  MESHKA_TRY(out.name, text(file[which][variant], cat(which, ".", variant)));
  return out;
}

Result<Values> values(doc::Value file, std::string_view which) {
  Values out;
  for (const auto& [key, value] : file[which].members()) {
    MESHKA_TRY(std::string one, text(value, cat(which, ".", key)));
    out.emplace(key, std::move(one));
  }
  if (out.empty()) return fail(Code::kInvalid, cat(which, " is missing"));
  return out;
}

}  // namespace

Result<Plan> parsePlan(std::string_view yaml, std::string_view variant) {
  MESHKA_TRY(const doc::Doc file, doc::parseYamlDocument(yaml));
  Plan out;
  MESHKA_TRY(out.near, side(file, "near", variant));
  MESHKA_TRY(out.far, side(file, "far", variant));
  MESHKA_TRY(out.management, text(file["management"], "management"));
  for (const doc::Value word : file["client"].elements()) out.client.emplace_back(word.text());
  if (out.client.empty()) return fail(Code::kInvalid, "client is missing");
  MESHKA_TRY(out.first, values(file, "first"));
  MESHKA_TRY(out.manifests, values(file, "manifests"));
  return out;
}

Result<std::string> fill(std::string_view manifest, const Values& values) {
  std::string out;
  size_t at = 0;
  for (;;) {
    const size_t begin = manifest.find("${", at);
    out += manifest.substr(at, begin == manifest.npos ? begin : begin - at);
    if (begin == manifest.npos) return out;
    const size_t end = manifest.find('}', begin);
    if (end == manifest.npos) return fail(Code::kInvalid, "a manifest has ${ without }");
    const std::string_view name = manifest.substr(begin + 2, end - begin - 2);
    const auto value = values.find(name);
    if (value == values.end())
      return fail(Code::kInvalid, cat("a manifest uses ${", name, "}, which has no value"));
    out += value->second;
    at = end + 1;
  }
}

}  // namespace meshka::cli::workshop
