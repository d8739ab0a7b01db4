#include "api/table.h"

#include <algorithm>

#include "base/strings.h"
#include "base/test/test.h"
#include "doc/json.h"

namespace meshka::api {
namespace {

using doc::Value;

const WallTime kNow = *parseRfc3339("2026-11-23T12:00:00Z");

doc::Doc load(const std::string& path) {
  auto doc = doc::parseJson(test::readFileOrDie(path));
  return doc ? *doc : doc::Doc();
}

std::string cellText(Value cell) {
  return cell.isString() ? std::string(cell.text()) : doc::toJson(cell);
}

// As kubectl prints a table with -o wide: upper-case headers, columns three spaces apart.
std::string printed(Value table) {
  std::vector<std::vector<std::string>> lines(1);
  for (Value column : table["columnDefinitions"].elements()) {
    std::string name(column["name"].text());
    for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    lines[0].push_back(cat(name, column["priority"].integer() > 0 ? "+" : ""));
  }
  for (Value row : table["rows"].elements()) {
    auto& line = lines.emplace_back();
    for (Value cell : row["cells"].elements()) line.push_back(cellText(cell));
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (size_t c = 0; c < line.size(); ++c) {
      size_t width = 0;
      for (const auto& other : lines)
        width = std::max(width, c < other.size() ? other[c].size() : 0);
      text += line[c];
      if (c + 1 < line.size()) text.append(width - line[c].size() + 3, ' ');
    }
    while (text.ends_with(' ')) text.pop_back();
    out += text + "\n";
  }
  return out;
}

TEST(Table, podsInEveryState) {
  const doc::Doc pods = load("testdata/table/pods.json");
  const Kind kind(schema::KindEntry{.version = "v1", .kind = "Pod", .plural = "pods"});
  std::vector<Value> objects;
  for (Value pod : pods.value().elements()) objects.push_back(pod);
  ASSERT_TRUE(objects.size() >= 25);
  EXPECT_GOLDEN(printed(TablePrinter(kind).render(objects, {.now = kNow})),
                "testdata/table/pods.txt");
}

TEST(Table, otherKinds) {
  const doc::Doc kinds = load("testdata/table/kinds.json");
  std::string all;
  const Value list = kinds;
  for (size_t i = 0; i < list.size();) {
    const std::string plural(list[i]["plural"].text());
    std::vector<Value> objects;
    for (; i < list.size() && list[i]["plural"].text() == plural; ++i)
      objects.push_back(list[i]["object"]);
    const Kind kind(schema::KindEntry{.plural = plural});
    all +=
        cat("== ", plural, "\n", printed(TablePrinter(kind).render(objects, {.now = kNow})), "\n");
  }
  ASSERT_TRUE(!all.empty());
  EXPECT_GOLDEN(all, "testdata/table/kinds.txt");
}

TEST(Table, olderVersionsShowOlderColumns) {
  const auto headers = [](const char* plural, uint8_t minor) {
    const Kind kind(schema::KindEntry{.plural = plural});
    const auto object = doc::parseJson(R"({"metadata":{"name":"x"},"secrets":[{}]})");
    const std::string text = printed(TablePrinter(kind, minor).render(*object, {.now = kNow}));
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(headers("serviceaccounts", 22), "NAME   SECRETS   AGE");
  EXPECT_EQ(headers("serviceaccounts", 35), "NAME   AGE");
  EXPECT_EQ(headers("resourcequotas", 22), "NAME   AGE         REQUEST   LIMIT");
  EXPECT_EQ(headers("resourcequotas", 33), "NAME   REQUEST   LIMIT   AGE");
  EXPECT_EQ(headers("jobs", 29).find("STATUS"), std::string::npos);
  EXPECT_EQ(headers("cronjobs", 29).find("TIMEZONE"), std::string::npos);
}

TEST(Table, customColumnsFollowTheirPaths) {
  auto custom = std::make_shared<schema::CustomKind>();
  custom->kind = "Widget";
  custom->plural = "widgets";
  custom->group = "example.com";
  schema::CustomVersion version;
  version.name = "v1";
  auto compiled = schema::compileSchema({});
  ASSERT_OK(compiled);
  version.schema = *compiled;
  const auto add = [&](const char* name, const char* type, const char* path, int64_t priority = 0) {
    version.columns.push_back({name, type, "", "", path, priority});
  };
  add("Phase", "string", ".status.phase");
  add("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status");
  add("Size", "integer", ".spec.size");
  add("Share", "number", ".spec.share");
  add("On", "boolean", ".spec.on");
  add("Hosts", "string", ".spec.hosts", 1);
  add("Since", "date", ".status.since");
  add("Bad", "string", ".a[");
  custom->versions.push_back(std::move(version));
  const Kind kind(custom, 0);
  const auto list = doc::parseJson(R"([
    {"metadata":{"name":"full"},"spec":{"size":3,"share":0.5,"on":true,"hosts":["a","b"]},
     "status":{"phase":"Up","since":"2026-11-23T11:00:00Z","conditions":[{"type":"Ready","status":"True"}]}},
    {"metadata":{"name":"odd"},"spec":{"size":"3","share":"x","on":"yes"},"status":{"phase":7,"since":"noon"}},
    {"metadata":{"name":"empty"}}])");
  std::vector<Value> objects;
  for (Value o : list->value().elements()) objects.push_back(o);
  EXPECT_EQ(printed(TablePrinter(kind).render(objects, {.now = kNow})),
            "NAME    PHASE   READY   SIZE   SHARE   ON     HOSTS+      SINCE       BAD\n"
            "full    Up      True    3      0.5     true   [\"a\",\"b\"]   60m         null\n"
            "odd     7       null    null   null    null   null        <invalid>   null\n"
            "empty   null    null    null   null    null   null        null        null\n");
  custom->versions[0].columns.clear();
  EXPECT_EQ(printed(TablePrinter(Kind(custom, 0)).render(objects[0], {.now = kNow})),
            "NAME   AGE\nfull   null\n");
}

TEST(Table, carriesWhatIsAskedFor) {
  const auto pod = doc::parseJson(
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[]}})");
  const auto list =
      doc::parseJson(R"({"resourceVersion":"12","continue":"c","remainingItemCount":3,"other":1})");
  const TablePrinter printer(Kind(schema::KindEntry{.plural = "pods"}));
  const doc::Doc table = printer.render(*pod, {.now = kNow, .list_metadata = *list});
  EXPECT_EQ(doc::toJson(table["metadata"]),
            R"({"continue":"c","remainingItemCount":3,"resourceVersion":"12"})");
  EXPECT_EQ(
      doc::toJson(table.value().atPointer("/rows/0/object")),
      R"({"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadata","metadata":{"name":"p"}})");
  EXPECT_EQ(doc::toJson(table.value().atPointer("/columnDefinitions/5")),
            R"({"description":"","format":"","name":"IP","priority":1,"type":"string"})");
  const doc::Doc whole =
      printer.render(*pod, {.now = kNow, .include = IncludeObject::kObject, .headers = false});
  EXPECT_TRUE(whole.value().atPointer("/rows/0/object") == pod->value());
  EXPECT_EQ(whole["columnDefinitions"].size(), 0u);
  const doc::Doc bare = printer.render(*pod, {.now = kNow, .include = IncludeObject::kNone});
  EXPECT_FALSE(bare.value().atPointer("/rows/0/object").exists());
  EXPECT_EQ(printer.render(std::span<const Value>(), {.now = kNow})["rows"].size(), 0u);
}

TEST(Table, agesReadLikeKubectl) {
  const std::pair<int64_t, const char*> kCases[] = {
      {-2, "<invalid>"},  {-1, "0s"},        {0, "0s"},          {119, "119s"},
      {120, "2m"},        {125, "2m5s"},     {599, "9m59s"},     {600, "10m"},
      {10799, "179m"},    {10800, "3h"},     {10860, "3h1m"},    {28799, "7h59m"},
      {28800, "8h"},      {172799, "47h"},   {172800, "2d"},     {176400, "2d1h"},
      {691199, "7d23h"},  {691200, "8d"},    {63071999, "729d"}, {63072000, "2y"},
      {63158400, "2y1d"}, {252288000, "8y"}, {300000000, "9y"},
  };
  for (const auto& [s, want] : kCases) EXPECT_EQ(humanDuration(seconds(s)), want);
}

}  // namespace
}  // namespace meshka::api
