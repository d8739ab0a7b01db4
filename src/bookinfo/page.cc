#include "bookinfo/page.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::bookinfo {
namespace {

constexpr int64_t kMaxStars = 5;

constexpr std::string_view kStyle = R"(<style>
:root { color-scheme: light dark; --ink: #1c2430; --paper: #f7f5f0; --card: #fff; --line: #d9d4c8; --link: #1d5c8f }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e6ea; --paper: #14181f; --card: #1d232d; --line: #39414e; --link: #8cc4f0 } }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
header { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; padding: .8rem 1.5rem; border-bottom: 1px solid var(--line) }
header strong { flex: 1 }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.3rem; margin: 1rem 0 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0 }
dt { opacity: .7 } dd { margin: 0 }
blockquote { margin: .8rem 0 .2rem }
a { color: var(--link) }
.by { opacity: .7 }
.stars { letter-spacing: .15em; font-size: 1.2rem }
.stars[data-color=red] { color: #c8322b } .stars[data-color=black] { color: var(--ink) }
.missing { border-left: .3rem solid #c8322b; padding-left: .8rem }
</style>)";

std::string frame(std::string_view title, std::string_view header, std::string_view body) {
  return cat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      escapeHtml(title), "</title>\n", kStyle, "\n</head>\n<body>\n<header>", header,
      "</header>\n<main>\n", body, "</main>\n</body>\n</html>\n");
}

std::string missing(std::string_view what, std::string_view why) {
  return cat("<p class=\"missing\">", what, ": ", escapeHtml(why), "</p>\n");
}

std::string detailsHtml(doc::Value details) {
  if (details["error"].exists())
    return missing("Error fetching product details", details["error"].text());
  std::string rows;
  for (const auto& [key, label] : {std::pair{"author", "Author"},
                                   {"type", "Type"},
                                   {"pages", "Pages"},
                                   {"publisher", "Publisher"},
                                   {"language", "Language"},
                                   {"year", "Year"},
                                   {"ISBN-10", "ISBN-10"},
                                   {"ISBN-13", "ISBN-13"}}) {
    const doc::Value value = details[key];
    const std::string text =
        value.isNumber() ? cat(value.integer()) : std::string(value.text("unknown"));
    rows += cat("<dt>", label, "</dt><dd>", escapeHtml(text), "</dd>\n");
  }
  return cat("<dl>\n", rows, "</dl>\n");
}

std::string starsHtml(doc::Value rating) {
  if (!rating.exists()) return {};
  if (rating["error"].exists()) return missing("Stars", rating["error"].text());
  const int64_t count = std::clamp<int64_t>(rating["stars"].integer(), 0, kMaxStars);
  std::string stars;
  for (int64_t i = 0; i < kMaxStars; ++i) stars += i < count ? "&#9733;" : "&#9734;";
  return cat("<span class=\"stars\" data-color=\"", escapeHtml(rating["color"].text("black")),
             "\" title=\"", count, " of ", kMaxStars, "\">", stars, "</span>\n");
}

std::string reviewsHtml(doc::Value reviews) {
  if (reviews["error"].exists())
    return missing("Error fetching product reviews", reviews["error"].text());
  std::string out;
  for (const doc::Value review : reviews["reviews"].elements()) {
    out += cat("<blockquote>", escapeHtml(review["text"].text()), "</blockquote>\n",
               starsHtml(review["rating"]), "<span class=\"by\">&mdash; ",
               escapeHtml(review["reviewer"].text()), "</span>\n");
  }
  const std::string pod = escapeHtml(reviews["podname"].text("unknown"));
  const std::string cluster = escapeHtml(reviews["clustername"].text("null"));
  return cat(out, "<p class=\"by\" data-podname=\"", pod, "\" data-clustername=\"", cluster,
             "\">Reviews served by ", pod, cluster == "null" ? "" : cat(" in ", cluster), "</p>\n");
}

std::string userHtml(std::string_view user) {
  if (!user.empty())
    return cat("<span>Signed in as ", escapeHtml(user), "</span> <a href=\"/logout\">Sign out</a>");
  return R"(<form method="post" action="/login">
<label>User <input name="username" required></label>
<label>Password <input name="passwd" type="password"></label>
<button>Sign in</button>
</form>)";
}

}  // namespace

std::string escapeHtml(std::string_view text) {
  std::string out;
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

std::string productPageHtml(const PageParts& parts) {
  return frame(parts.title, cat("<strong>A bookshelf with one book</strong>", userHtml(parts.user)),
               cat("<h1>", escapeHtml(parts.title), "</h1>\n<p>", escapeHtml(parts.description),
                   "</p>\n<section>\n<h2>Book Details</h2>\n", detailsHtml(parts.details),
                   "</section>\n<section>\n<h2>Book Reviews</h2>\n", reviewsHtml(parts.reviews),
                   "</section>\n"));
}

std::string indexHtml() {
  return frame("A bookshelf with one book", "<strong>A bookshelf with one book</strong>",
               "<h1>One page, four services</h1>\n<p>The page asks one service for the book's "
               "details and another for reviews; these may ask a third for stars. Every arrow "
               "between them is yours to route.</p>\n<ul>\n"
               "<li><a href=\"/productpage?u=normal\">Normal user</a></li>\n"
               "<li><a href=\"/productpage?u=test\">Test user</a></li>\n</ul>\n");
}

}  // namespace meshka::bookinfo
