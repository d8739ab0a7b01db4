// Values files of `vcluster create`, and the flags that change values.
#pragma once

#include <string>
#include <vector>

#include "cli/flags.h"
#include "io/disk.h"
#include "vcluster/chart/values.h"

namespace meshka::cli {

// Errors: kNotFound and kInvalid with the file's name; those of the values.
io::Task<Result<vcluster::ParsedValues>> valuesOf(io::Disk& disk, Parsed flags);

// Columns padded with spaces, two apart, as kubectl prints tables.
std::string formatTable(const std::vector<std::vector<std::string>>& rows);

}  // namespace meshka::cli
