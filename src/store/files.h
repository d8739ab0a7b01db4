// Names of the store's files: "log-<first revision>" and "snapshot-<revision>", with 20 digits so
// that names sort like revisions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace meshka::store {

std::string logName(Revision first);
std::string snapshotName(Revision revision);
std::optional<Revision> parseLogName(std::string_view name);
std::optional<Revision> parseSnapshotName(std::string_view name);

}  // namespace meshka::store
