#include "bookinfo/settings.h"

#include "base/strings.h"

namespace meshka::bookinfo {
namespace {

std::string get(const Variables& variables, std::string_view name, std::string_view fallback) {
  const auto found = variables.find(name);
  return std::string(found == variables.end() || found->second.empty() ? fallback : found->second);
}

Result<Target> targetOf(const Variables& variables, std::string_view upper,
                        std::string_view lower) {
  Target out;
  out.host = get(variables, cat(upper, "_HOSTNAME"), lower);
  const std::string domain = get(variables, "SERVICES_DOMAIN", "");
  if (!domain.empty()) out.host += cat(".", domain);
  const std::string name = cat(upper, "_SERVICE_PORT");
  const std::string port = get(variables, name, "9080");
  const auto number = parseInt(port);
  if (!number || *number < 1 || *number > 65535)
    return fail(Code::kInvalid, cat("environment variable ", name, ": \"", port, "\" is no port"));
  out.port = static_cast<uint16_t>(*number);
  return out;
}

}  // namespace

const std::vector<std::string>& variableNames() {
  static const std::vector<std::string> kNames = {
      "SERVICE_VERSION",
      "ENABLE_RATINGS",
      "STAR_COLOR",
      "HOSTNAME",
      "CLUSTER_NAME",
      "SERVICES_DOMAIN",
      "DETAILS_HOSTNAME",
      "DETAILS_SERVICE_PORT",
      "REVIEWS_HOSTNAME",
      "REVIEWS_SERVICE_PORT",
      "RATINGS_HOSTNAME",
      "RATINGS_SERVICE_PORT",
      "ENABLE_EXTERNAL_BOOK_SERVICE",
  };
  return kNames;
}

Result<Settings> settingsFrom(const Variables& variables) {
  Settings out;
  out.version = get(variables, "SERVICE_VERSION", "v1");
  out.with_stars = toLower(get(variables, "ENABLE_RATINGS", "false")) == "true";
  out.star_color = get(variables, "STAR_COLOR", "black");
  out.pod = get(variables, "HOSTNAME", "null");
  out.cluster = get(variables, "CLUSTER_NAME", "null");
  MESHKA_TRY(out.details, targetOf(variables, "DETAILS", "details"));
  MESHKA_TRY(out.reviews, targetOf(variables, "REVIEWS", "reviews"));
  MESHKA_TRY(out.ratings, targetOf(variables, "RATINGS", "ratings"));
  if (out.version.starts_with("v-")) {
    out.ignored.push_back(cat("environment variable SERVICE_VERSION: \"", out.version,
                              "\" fails on purpose in the sample, here it does not; a fault "
                              "injected by the mesh does the same"));
  }
  if (toLower(get(variables, "ENABLE_EXTERNAL_BOOK_SERVICE", "false")) == "true") {
    out.ignored.emplace_back(
        "environment variable ENABLE_EXTERNAL_BOOK_SERVICE: nothing outside is asked here");
  }
  return out;
}

}  // namespace meshka::bookinfo
