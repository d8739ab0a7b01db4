#include "api/validation/names.h"

#include "api/names.h"

namespace meshka::api {

std::string dnsLabelProblem(std::string_view text) {
  return joinComplaints(checkDns1123Label(text));
}
std::string dns1035LabelProblem(std::string_view text) {
  return joinComplaints(checkDns1035Label(text));
}
std::string dnsSubdomainProblem(std::string_view text) {
  return joinComplaints(checkDns1123Subdomain(text));
}
std::string pathSegmentProblem(std::string_view text) {
  return joinComplaints(checkPathSegmentName(text));
}
std::string qualifiedNameProblem(std::string_view text) {
  return joinComplaints(checkQualifiedName(text));
}
std::string labelValueProblem(std::string_view text) {
  return joinComplaints(checkLabelValue(text));
}
std::string portNameProblem(std::string_view text) {
  return joinComplaints(checkPortName(text));
}
std::string configKeyProblem(std::string_view text) {
  return joinComplaints(checkConfigMapKey(text));
}

std::string nameProblem(std::string_view rule, std::string_view text) {
  if (rule == "dns-label") return dnsLabelProblem(text);
  if (rule == "dns1035-label") return dns1035LabelProblem(text);
  if (rule == "path-segment") return pathSegmentProblem(text);
  return dnsSubdomainProblem(text);
}

}  // namespace meshka::api
