// The page of the book as HTML: plain text in, markup out, light and dark by the reader's setting.
#pragma once

#include <string>
#include <string_view>

#include "doc/doc.h"

namespace meshka::bookinfo {

std::string escapeHtml(std::string_view text);

struct PageParts {
  std::string title, description;
  std::string user;           // empty: nobody is signed in
  doc::Doc details, reviews;  // with "error" when the part is not there
};
std::string productPageHtml(const PageParts& parts);
// What stands at "/": the two links into the demo.
std::string indexHtml();

}  // namespace meshka::bookinfo
