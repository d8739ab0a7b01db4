// proxy-config route and secret, proxy-status, and the columns of all.
#include <algorithm>
#include <set>

#include "base/strings.h"
#include "cli/istioctl/proxy/dump.h"
#include "cli/istioctl/proxy/views.h"
#include "net/pki.h"

namespace meshka::cli::proxy {

using doc::Value;

namespace {

constexpr size_t kShownDomains = 2;

// Without those with a port, and without the longer forms of a name that is there.
std::string describeDomains(Value list) {
  std::vector<std::string> plain;
  std::set<std::string> known;
  for (const Value domain : list.elements()) {
    if (list.size() > 1 && domain.text().find(':') != std::string_view::npos) continue;
    plain.emplace_back(domain.text());
    known.insert(plain.back());
  }
  std::erase_if(plain, [&](const std::string& domain) {
    for (const std::string_view suffix : {".", ".svc.cluster.local", ".svc"}) {
      if (domain.ends_with(suffix) &&
          known.contains(domain.substr(0, domain.size() - suffix.size())))
        return true;
    }
    return false;
  });
  if (plain.size() <= kShownDomains) return join(plain, ", ");
  const size_t more = plain.size() - kShownDomains;
  plain.resize(kShownDomains);
  return cat(join(plain, ", "), " + ", more, " more...");
}

std::string describeRouteMatch(Value match) {
  std::string out;
  if (match["prefix"].exists()) {
    out = cat(match["prefix"].text(), "*");
  } else if (match["path"].exists()) {
    out = match["path"].text();
  } else if (at(match, "safe_regex").exists()) {
    out = at(match, "safe_regex", "regex").text();
  }
  for (const Value header : match["headers"].elements())
    out += cat(out.empty() ? "" : " ", "header:", header["name"].text());
  return out.empty() ? "/*" : out;
}

bool isPassthrough(Value route) {
  return route["route"]["cluster"].text() == "PassthroughCluster";
}

std::string decimal(std::string_view hex) {
  std::string digits = "0";  // lowest digit first
  for (const char c : toLower(hex)) {
    const bool number = c >= '0' && c <= '9';
    if (!number && (c < 'a' || c > 'f')) continue;
    int carry = number ? c - '0' : c - 'a' + 10;
    for (char& digit : digits) {
      const int value = (digit - '0') * 16 + carry;
      digit = static_cast<char>('0' + value % 10);
      carry = value / 10;
    }
    for (; carry > 0; carry /= 10) digits += static_cast<char>('0' + carry % 10);
  }
  return {digits.rbegin(), digits.rend()};
}

std::vector<std::string> secretRow(Value entry, std::string_view status, WallTime now) {
  const Value secret = entry["secret"];
  const Value chain = at(secret, "tls_certificate", "certificate_chain");
  const bool leaf = chain.exists();
  const Value source = leaf ? chain : at(secret, "validation_context", "trusted_ca");
  std::string pem = base64Decode(at(source, "inline_bytes").text()).value_or("");
  if (pem.empty()) pem = at(source, "inline_string").text();
  std::vector<std::string> out = {std::string(entry["name"].text()),
                                  leaf ? "Cert Chain" : "CA",
                                  std::string(status),
                                  "false",
                                  "",
                                  "",
                                  ""};
  const auto certificates = net::parseCertificatesPem(pem);
  if (!certificates || certificates->empty()) return out;
  const net::Certificate& first = certificates->front();
  out[3] = now >= first.not_before && now <= first.not_after ? "true" : "false";
  out[4] = decimal(first.serial_hex);
  out[5] = toRfc3339(first.not_after);
  out[6] = toRfc3339(first.not_before);
  return out;
}

// What istiod's nonces say about one type.
std::string syncState(Value proxy, std::string_view type) {
  const std::string_view sent = proxy[cat(type, "_sent")].text();
  const std::string_view acked = proxy[cat(type, "_acked")].text();
  if (sent.empty()) return "NOT SENT";
  if (sent == acked) return "SYNCED";
  return acked.empty() ? "STALE (Never Acknowledged)" : "STALE";
}

}  // namespace

std::vector<Value> filterRoutes(Value dump, std::string_view name) {
  std::vector<Value> out;
  for (const Value route : routesOf(dump))
    if (name.empty() || route["name"].text() == name) out.push_back(route);
  std::sort(out.begin(), out.end(), [](const Value& a, const Value& b) {
    // Ports in the order of their numbers, names behind them.
    const auto x = parseInt(a["name"].text());
    const auto y = parseInt(b["name"].text());
    if (x && y) return *x < *y;
    if (x.has_value() != y.has_value()) return x.has_value();
    return a["name"].text() < b["name"].text();
  });
  return out;
}

Table routeTable(const std::vector<Value>& routes) {
  Table out = {{"NAME", "DOMAINS", "MATCH", "VIRTUAL SERVICE"}};
  for (const Value config : routes) {
    const std::string name(config["name"].text());
    for (const Value host : at(config, "virtual_hosts").elements()) {
      const std::string domains = describeDomains(host["domains"]);
      if (host["routes"].empty()) out.push_back({name, domains, "/*", "404"});
      for (const Value route : host["routes"].elements()) {
        if (isPassthrough(route)) continue;
        out.push_back(
            {name, domains, describeRouteMatch(route["match"]), managedBy(route["metadata"])});
      }
    }
  }
  return out;
}

Table secretTable(Value dump, WallTime now) {
  Table out = {{"RESOURCE NAME", "TYPE", "STATUS", "VALID CERT", "SERIAL NUMBER", "NOT AFTER",
                "NOT BEFORE"}};
  const Value secrets = section(dump, "SecretsConfigDump");
  for (const Value entry : at(secrets, "dynamic_active_secrets").elements())
    out.push_back(secretRow(entry, "ACTIVE", now));
  for (const Value entry : at(secrets, "dynamic_warming_secrets").elements())
    out.push_back(secretRow(entry, "WARMING", now));
  return out;
}

Table statusTable() {
  return {{"NAME", "CDS", "LDS", "EDS", "RDS", "ISTIOD", "VERSION"}};
}

void appendStatusRows(Table& table, Value proxies, std::string_view istiod) {
  for (const Value proxy : proxies.elements()) {
    const std::string_view version = proxy["istio_version"].text(proxy["proxy_version"].text());
    table.push_back({std::string(proxy["proxy"].text()), syncState(proxy, "cluster"),
                     syncState(proxy, "listener"), syncState(proxy, "endpoint"),
                     syncState(proxy, "route"), std::string(istiod), std::string(version)});
  }
  std::sort(table.begin() + 1, table.end());
}

std::string formatColumns(const Table& table, size_t padding) {
  std::vector<size_t> widths;
  for (const auto& row : table) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : table) {
    for (size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out += std::string(widths[i] - row[i].size() + padding, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace meshka::cli::proxy
