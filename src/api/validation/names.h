// The checks of api/names.h as one text each, which a table of checks can hold; empty: nothing is
// wrong.
#pragma once

#include <string>
#include <string_view>

namespace meshka::api {

std::string dnsLabelProblem(std::string_view text);      // RFC 1123 label
std::string dns1035LabelProblem(std::string_view text);  // starts with a letter
std::string dnsSubdomainProblem(std::string_view text);  // RFC 1123 subdomain
std::string pathSegmentProblem(std::string_view text);
std::string qualifiedNameProblem(std::string_view text);  // label keys: [prefix/]name
std::string labelValueProblem(std::string_view text);
std::string portNameProblem(std::string_view text);   // IANA service name
std::string configKeyProblem(std::string_view text);  // keys of ConfigMaps and Secrets
// By KindEntry::name_rule.
std::string nameProblem(std::string_view rule, std::string_view text);

}  // namespace meshka::api
