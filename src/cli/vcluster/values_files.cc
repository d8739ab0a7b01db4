#include "cli/vcluster/values_files.h"

#include "base/strings.h"
#include "doc/chart_values.h"
#include "doc/yaml.h"
#include "vcluster/chart/chart.h"

namespace meshka::cli {

namespace {
constexpr uint64_t kMaxValuesBytes = 1u << 20;
}

io::Task<Result<vcluster::ParsedValues>> valuesOf(io::Disk& disk, Parsed flags) {
  doc::Doc merged = doc::Draft::object().finish();
  std::vector<std::string> files;
  for (const std::string& given : flags.all("extra-values")) {
    for (const std::string_view file : split(given, ',')) files.emplace_back(file);
  }
  for (const std::string& file : files) {
    if (file.starts_with("http://") || file.starts_with("https://")) {
      co_return fail(Code::kUnsupported,
                     cat("--extra-values ", file,
                         ": values from the network are not supported; save the file first"));
    }
    auto text = co_await disk.readFile(file, kMaxValuesBytes);
    if (!text) co_return fail(text.error().with("--extra-values"));
    auto parsed = doc::parseYamlDocument(*text);
    if (!parsed) co_return fail(parsed.error().with(cat("--extra-values ", file)));
    merged = doc::mergeValues(merged, *parsed);
  }
  doc::Draft typed(merged);
  if (flags.on("isolate") && typed.isObject()) typed["isolation"]["enabled"] = true;
  MESHKA_CO_TRY(vcluster::ParsedValues out, vcluster::parseValues(typed.finish()));
  if (flags.on("expose")) out.values.service_type = "LoadBalancer";
  if (flags.on("isolate") && out.values.run_as_user == 0)
    out.values.run_as_user = vcluster::kIsolatedUid;
  if (flags.given("kubernetes-version")) {
    auto version = vcluster::versionOfImage(cat("kubernetes:", flags.get("kubernetes-version")));
    if (!version)
      co_return fail(Code::kInvalid,
                     cat("--kubernetes-version: \"", flags.get("kubernetes-version"),
                         "\" is not a version such as v1.22"));
    out.values.kubernetes_version = *version;
  }
  if (flags.given("distro") && flags.get("distro") != "k3s") {
    out.warnings.push_back(cat("--distro ", flags.get("distro"),
                               " has no effect: there is one control plane, whatever its name"));
  }
  if (flags.given("create-namespace") && !flags.on("create-namespace")) {
    out.warnings.push_back("--create-namespace=false has no effect: a missing namespace is made");
  }
  for (const char* flag : {"chart-version", "chart-name", "chart-repo"}) {
    if (flags.given(flag))
      out.warnings.push_back(cat("--", flag, " has no effect: meshka brings its own chart"));
  }
  co_return out;
}

std::string formatTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - row[i].size() + 3, ' ');
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace meshka::cli
