// `meshctl check`: what the management plane's own objects say about it.
#include "mgmt/lifecycle/check.h"
#include "base/strings.h"
#include "cli/meshctl/run.h"
#include "cli/vcluster/values_files.h"
#include "doc/json.h"
#include "doc/yaml.h"

namespace meshka::cli::meshctl {

using doc::Draft;
using io::Task;

namespace {

std::string_view mark(mgmt::Grade grade) {
  switch (grade) {
    case mgmt::Grade::kGreen:
      return "\xf0\x9f\x9f\xa2";
    case mgmt::Grade::kYellow:
      return "\xf0\x9f\x9f\xa1";
    case mgmt::Grade::kRed:
      return "\xf0\x9f\x94\xb4";
  }
  return "";
}

std::string_view word(mgmt::Grade grade) {
  switch (grade) {
    case mgmt::Grade::kGreen:
      return "green";
    case mgmt::Grade::kYellow:
      return "yellow";
    case mgmt::Grade::kRed:
      return "red";
  }
  return "";
}

std::string asText(const std::vector<mgmt::Section>& sections) {
  std::string out;
  for (const mgmt::Section& section : sections) {
    out += cat(out.empty() ? "" : "\n", mark(section.grade), " ", section.title, "\n");
    for (const std::string& note : section.notes) out += cat("   INFO  ", note, "\n");
    for (const std::string& hint : section.hints) out += cat("   Hint  ", hint, "\n");
    if (section.rows.size() > 1) out += cat("\n", formatTable(section.rows));
  }
  return out;
}

doc::Doc asDocument(const std::vector<mgmt::Section>& sections) {
  Draft out = Draft::array();
  for (const mgmt::Section& section : sections) {
    Draft rows = Draft::array();
    for (size_t i = 1; i < section.rows.size(); ++i) {
      Draft row = Draft::object();
      for (size_t k = 0; k < section.rows[i].size(); ++k)
        row[section.rows[0][k]] = section.rows[i][k];
      rows.push(std::move(row));
    }
    out.push(Draft::object({{"title", section.title},
                            {"grade", word(section.grade)},
                            {"info", Draft::strings(section.notes)},
                            {"hints", Draft::strings(section.hints)},
                            {"rows", std::move(rows)}}));
  }
  return out.finish();
}

}  // namespace

Task<Result<int>> check(Invocation run) {
  io::World& world = run.context.world;
  MESHKA_CO_TRY(const ClusterAccess access, co_await accessManagement(world, run.flags));
  auto sections = co_await mgmt::checkInstallation(world, *access.api, run.flags.get("namespace"));
  if (!sections) co_return fail(co_await explain(world, {&access}, sections.error()));
  const std::string format = run.flags.get("output");
  if (format == "table")
    run.context.console.out(asText(*sections));
  else
    run.context.console.out(format == "json" ? cat(doc::toPrettyJson(asDocument(*sections)), "\n")
                                             : doc::toYaml(asDocument(*sections)));
  bool red = false;
  for (const mgmt::Section& section : *sections) red = red || section.grade == mgmt::Grade::kRed;
  co_return red ? kFailed : kOk;
}

}  // namespace meshka::cli::meshctl
