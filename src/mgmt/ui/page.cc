#include "mgmt/ui/page.h"

#include "base/strings.h"
#include "base/version.h"

namespace meshka::mgmt::ui {

using doc::Value;

namespace {

constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gloo Mesh on meshka</title>
<style>
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5b6875; --page: #f5f7f9; --card: #fff; --line: #dde3e9;
  --good: #16794c; --warn: #8a5a00; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa7b4; --page: #12171d; --card: #1b222a;
  --line: #2d3742; --good: #5ecb95; --warn: #e3b04b; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; min-width: 9rem; }
.card b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.card span, .soft, footer { color: var(--soft); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .5rem .75rem; vertical-align: top; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.good, .warn, .bad { font-weight: 600; white-space: nowrap; }
ul.problems { margin: 0; padding: .5rem 1rem .5rem 2rem; background: var(--card); border: 1px solid var(--line);
  border-left: .3rem solid var(--bad); border-radius: .5rem; }
footer { margin-top: 2rem; font-size: .85rem; }
a { color: inherit; }
</style>
</head>
<body>
<main>
)html";

std::string foot() {
  return cat(
      "<footer>meshka ", escapeHtml(kVersion),
      " \xc2\xb7 the same as JSON: <a href=\"/api/v1/overview\">/api/v1/overview</a></footer>\n"
      "</main>\n</body>\n</html>\n");
}

std::string card(size_t number, std::string_view what) {
  return cat("<div class=\"card\"><b>", number, "</b><span>", what, "</span></div>\n");
}

std::string stateCell(std::string_view state) {
  std::string_view look = "warn";
  if (state == "ACCEPTED" || state == "connected" || state == "ready") look = "good";
  if (state == "INVALID" || state == "FAILED" || state == "not connected" || state == "not ready")
    look = "bad";
  return cat("<td class=\"", look, "\">", escapeHtml(state), "</td>");
}

std::string cell(std::string_view text) {
  return cat("<td>", escapeHtml(text), "</td>");
}

std::string table(std::string_view title, std::vector<std::string_view> heads, std::string rows,
                  std::string_view none) {
  std::string out = cat("<h2>", title, "</h2>\n");
  if (rows.empty()) return cat(out, "<p class=\"soft\">", none, "</p>\n");
  out += "<div class=\"scroll\"><table>\n<tr>";
  for (const std::string_view head : heads) out += cat("<th scope=\"col\">", head, "</th>");
  return cat(out, "</tr>\n", rows, "</table></div>\n");
}

std::string problemList(Value problems) {
  if (problems.empty()) return {};
  std::string out = "<h2>Needs attention</h2>\n<ul class=\"problems\">\n";
  // Errors before warnings.
  for (const std::string_view severity : {"error", "warning"}) {
    for (const Value p : problems.elements()) {
      if (p["severity"].text() != severity) continue;
      out += cat("<li><span class=\"", severity == "error" ? "bad" : "warn", "\">",
                 escapeHtml(p["kind"].text()), " ", escapeHtml(p["name"].text()),
                 "</span>: ", escapeHtml(p["message"].text()), "</li>\n");
    }
  }
  return cat(out, "</ul>\n");
}

std::string joined(Value list) {
  std::string out;
  for (const Value item : list.elements()) {
    const std::string_view text = item.isString() ? item.text() : item["name"].text();
    out += cat(out.empty() ? "" : ", ", text);
  }
  return out;
}

std::string clusterRows(Value clusters) {
  std::string out;
  for (const Value c : clusters.elements()) {
    std::string name = cat(c["name"].text());
    if (c["givenName"].text() != c["name"].text()) name += cat(" (", c["givenName"].text(), ")");
    const bool connected = c["connected"].boolean();
    out += cat("<tr>", cell(name),
               stateCell(!connected                        ? "not connected"
                         : c["state"].text() == "ACCEPTED" ? "connected"
                                                           : "connecting"),
               cell(joined(c["meshes"])), cell(c["message"].text()), "</tr>\n");
  }
  return out;
}

std::string meshRows(Value meshes) {
  std::string out;
  for (const Value m : meshes.elements()) {
    out += cat("<tr>", cell(m["name"].text()), cell(m["cluster"].text()), cell(m["version"].text()),
               cell(m["trustDomain"].text()), cell(m["dnsCapture"].boolean() ? "on" : "off"),
               "</tr>\n");
  }
  return out;
}

std::string workspaceRows(Value workspaces) {
  std::string out;
  for (const Value w : workspaces.elements()) {
    std::string where;
    for (const Value c : w["clusters"].elements()) {
      where += cat(where.empty() ? "" : "; ", c["name"].text(), ": ", joined(c["namespaces"]));
    }
    out += cat("<tr>", cell(w["name"].text()), stateCell(w["state"].text()), cell(where),
               cell(joined(w["imports"])), cell(w["message"].text()), "</tr>\n");
  }
  return out;
}

std::string componentRows(Value components) {
  std::string out;
  for (const Value c : components.elements()) {
    out += cat("<tr>", cell(c["name"].text()),
               stateCell(c["healthy"].boolean() ? "ready" : "not ready"),
               cell(cat(c["ready"].integer(), "/", c["wanted"].integer())), "</tr>\n");
  }
  return out;
}

}  // namespace

std::string escapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string overviewPage(Value overview) {
  const Value clusters = overview["clusters"];
  const Value meshes = overview["meshes"];
  const Value workspaces = overview["workspaces"];
  std::string out =
      cat(kHead, "<h1>Overview</h1>\n<div class=\"cards\">\n", card(clusters.size(), "clusters"),
          card(meshes.size(), "meshes"), card(workspaces.size(), "workspaces"),
          card(overview["problems"].size(), "to look at"), "</div>\n");
  out += problemList(overview["problems"]);
  out += table("Clusters", {"Name", "Agent", "Meshes", "Message"}, clusterRows(clusters),
               "No cluster is registered. meshctl cluster register registers one.");
  out += table("Meshes", {"Name", "Cluster", "Istio", "Trust domain", "DNS capture"},
               meshRows(meshes), "No mesh has been discovered.");
  out += table("Workspaces", {"Name", "State", "Namespaces", "Imports", "Message"},
               workspaceRows(workspaces), "There is no workspace.");
  out += table("Management plane", {"Component", "State", "Pods"},
               componentRows(overview["components"]), "No component is known.");
  return out + foot();
}

std::string errorPage(std::string_view message) {
  return cat(kHead, "<h1>The overview is not available</h1>\n<p class=\"bad\">",
             escapeHtml(message), "</p>\n", foot());
}

}  // namespace meshka::mgmt::ui
