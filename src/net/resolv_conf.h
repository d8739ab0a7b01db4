// What resolv.conf(5) says of name servers and search domains.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace meshka::net {

struct ResolvConf {
  std::vector<std::string> servers;  // numeric addresses
  std::vector<std::string> search;
  size_t ndots = 1;
};

// At most kMaxNameServers and kMaxSearchDomains; lines that say nothing known are skipped.
ResolvConf parseResolvConf(std::string_view text);

// The words of one line of resolv.conf or hosts, without its comment.
std::vector<std::string_view> configWords(std::string_view line);

}  // namespace meshka::net
