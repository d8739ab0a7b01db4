#include "store/log.h"

#include "base/strings.h"
#include "store/files.h"

namespace meshka::store {

io::Task<Result<void>> Log::open(Revision first, uint64_t size) {
  MESHKA_CO_TRY(file_, co_await disk_.openAppend(cat(directory_, "/", logName(first)), size));
  growth_ += size;
  co_return Result<void>();
}

io::Task<Result<void>> Log::append(Revision first, uint32_t commits, std::string payload) {
  const std::string frame = makeFrame(FrameKind::kCommits, first, commits, payload);
  file_->append(frame);
  growth_ += frame.size();
  co_return co_await file_->sync();
}

}  // namespace meshka::store
