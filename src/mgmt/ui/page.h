// The UI's first page: an overview of clusters, meshes and workspaces, what is wrong first. Plain
// HTML without scripts; everything that comes from objects is escaped.
#pragma once

#include <string>
#include <string_view>

#include "doc/doc.h"

namespace meshka::mgmt::ui {

std::string overviewPage(doc::Value overview);
std::string errorPage(std::string_view message);

// For text and for attribute values.
std::string escapeHtml(std::string_view text);

}  // namespace meshka::mgmt::ui
