// get and list, with continue tokens bound to a revision.
#include "apiserver/engine.h"
#include "apiserver/limits.h"
#include "apiserver/status.h"
#include "base/strings.h"
#include "doc/json.h"

namespace meshka::apiserver {

namespace {

// {"v":"meta.k8s.io/v1","rv":12,"start":["ns","name"]}; rv -1: go on at the newest revision.
std::string continueToken(int64_t revision, const store::Key& last) {
  doc::Draft token = doc::Draft::object();
  token["v"] = "meta.k8s.io/v1";
  token["rv"] = revision;
  token["start"].push(last.ns);
  token["start"].push(last.name);
  return base64UrlEncode(doc::toJson(token.finish()));
}

struct Continue {
  int64_t revision = 0;
  std::string ns;
  std::string name;
};

Result<Continue> parseContinue(std::string_view text) {
  const Error bad(Code::kInvalid, "continue key is not valid");
  const auto bytes = base64UrlDecode(text);
  if (!bytes) return fail(bad);
  const auto token = doc::parseJson(*bytes, {.max_depth = 4, .max_bytes = kMaxContinueBytes});
  if (!token) return fail(bad);
  const doc::Value start = (*token)["start"];
  Continue out;
  out.revision = (*token)["rv"].integer();
  if ((*token)["v"].text() != "meta.k8s.io/v1" || start.size() != 2 || !start[0].isString() ||
      !start[1].isString() || out.revision == 0 || out.revision < -1) {
    return fail(bad);
  }
  out.ns = start[0].text();
  out.name = start[1].text();
  return out;
}

Error tooLargeRevision(store::Revision wanted, store::Revision current) {
  ErrorDetails details;
  details.retry_after_s = 1;
  details.causes.push_back({"", "ResourceVersionTooLarge", "Too large resource version"});
  return Error(Code::kTimeout, cat("Too large resource version: ", wanted, ", current: ", current))
      .withDetails(std::move(details));
}

Result<store::Revision> parseRevision(std::string_view text) {
  const auto n = parseInt(text);
  if (!n || *n < 0) {
    return fail(Error(Code::kInvalid, "Invalid",
                      cat("resourceVersion: Invalid value: \"", text,
                          "\": strconv.ParseUint: parsing \"", text, "\": invalid syntax")));
  }
  return static_cast<store::Revision>(*n);
}

constexpr std::string_view kContinueExpired =
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder "
    "of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were "
    "created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list.";

}  // namespace

Result<store::Item> Engine::stored(const Call& call) const {
  const Attributes& a = call.attributes;
  auto item = objects_.store().get(objects_.key(*call.kind, a.ns, a.name));
  if (!item) {
    if (item.error().code() == Code::kNotFound) return fail(notFound(a.group, a.resource, a.name));
    return fail(item.error());
  }
  return item;
}

Result<Answer> Engine::get(Call& call) const {
  if (!call.options.resource_version.empty()) {
    MESHKA_TRY(const store::Revision wanted, parseRevision(call.options.resource_version));
    const store::Revision current = objects_.store().current();
    if (wanted > current) return fail(tooLargeRevision(wanted, current));
  }
  MESHKA_TRY(const store::Item item, stored(call));
  Answer out;
  MESHKA_TRY(out.object, objects_.present(*call.kind, item.value));
  return out;
}

Result<Engine::ListPlan> Engine::planList(Call& call) const {
  const Attributes& a = call.attributes;
  const Options& o = call.options;
  ListPlan plan;
  MESHKA_TRY(plan.selection, Selection::parse(*call.kind, o.label_selector, o.field_selector));
  plan.range = objects_.range(
      *call.kind, call.kind->namespaced() ? std::string_view(a.ns) : std::string_view());
  if (!o.continue_token.empty()) {
    MESHKA_TRY(const Continue token, parseContinue(o.continue_token));
    plan.after = store::Key{plan.range.cluster, plan.range.resource, token.ns, token.name};
    plan.inconsistent = token.revision < 0;
    plan.at = plan.inconsistent ? 0 : static_cast<store::Revision>(token.revision);
    return plan;
  }
  if (!o.resource_version.empty() && o.resource_version != "0") {
    MESHKA_TRY(const store::Revision wanted, parseRevision(o.resource_version));
    const store::Revision current = objects_.store().current();
    if (wanted > current) return fail(tooLargeRevision(wanted, current));
    const bool exact =
        o.resource_version_match == "Exact" || (o.resource_version_match.empty() && o.limit > 0);
    if (exact) plan.at = wanted;
  }
  return plan;
}

Result<Answer> Engine::list(Call& call) const {
  MESHKA_TRY(ListPlan plan, planList(call));
  const size_t limit = static_cast<size_t>(call.options.limit);
  const bool filtered = !plan.selection.all();
  Answer out;
  ListAnswer& answer = out.list.emplace();
  store::ListOptions options;
  options.at = plan.at;
  options.after = plan.after;
  options.limit = limit == 0 ? 0 : filtered ? std::max(limit, kListPage) : limit;
  while (true) {
    auto page = objects_.store().list(plan.range, options);
    if (!page) {
      if (page.error().code() == Code::kExpired && plan.after) {
        call.fresh_continue = continueToken(-1, *plan.after);
        return fail(Error(Code::kExpired, std::string(kContinueExpired)));
      }
      return fail(page.error());
    }
    answer.revision = page->revision;
    options.at = page->revision;
    for (size_t i = 0; i < page->items.size(); ++i) {
      const store::Item& item = page->items[i];
      if (filtered && !plan.selection.matches(item.value)) continue;
      MESHKA_TRY(doc::Doc object, objects_.present(*call.kind, item.value));
      answer.items.push_back(std::move(object));
      const bool last_of_page = i + 1 == page->items.size();
      if (limit == 0 || answer.items.size() < limit || (last_of_page && !page->more)) continue;
      answer.continue_token = continueToken(static_cast<int64_t>(page->revision), item.key);
      if (!filtered) answer.remaining = page->remaining + (page->items.size() - i - 1);
      return out;
    }
    if (!page->more || page->items.empty()) return out;
    options.after = page->items.back().key;
  }
}

}  // namespace meshka::apiserver
