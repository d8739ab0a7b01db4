// The blocking calls behind LinuxDisk; they run on the pool. Only for .cc files of io/linux.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/linux/fd.h"

namespace meshka::io {

Result<std::string> readWholeFile(const std::string& path, uint64_t max_bytes);
// Temporary file beside, fsync, rename, fsync of the directory. A symbolic link at `path` is
// replaced, not followed.
Result<void> replaceFile(const std::string& path, std::string_view bytes, uint32_t mode);
Result<void> makeDirectoriesNow(const std::string& path, uint32_t mode);
// Recursion follows no symbolic link and does not leave the file system it began in.
Result<void> removeNow(const std::string& path, bool recursive);
Result<std::vector<std::string>> listDirectoryNow(const std::string& path);
// Opened for writing and cut to `size`, its name durable. Errors: kInvalid when the file is
// shorter.
Result<Fd> openForAppend(const std::string& path, uint64_t size);
Result<void> writeAt(int fd, std::string_view bytes, uint64_t offset);

}  // namespace meshka::io
