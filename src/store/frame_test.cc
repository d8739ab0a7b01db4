// Bytes of the log: what is written reads back, a torn end is found, damage is named.
#include "store/frame.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "store/crc32c.h"
#include "store/files.h"
#include "store/recovery.h"

namespace meshka::store {
namespace {

doc::Doc json(std::string_view text) {
  return *doc::parseJson(text);
}

std::string commitFrame(Revision revision, std::string_view name, std::string_view text) {
  std::string payload;
  SequencedCommit commit;
  commit.revision = revision;
  commit.writes.push_back({.key = {"c", "/pods", "ns", std::string(name)},
                           .is_delete = text.empty(),
                           .value = text.empty() ? doc::Doc() : json(text)});
  appendCommit(payload, commit);
  return makeFrame(FrameKind::kCommits, revision, 1, payload);
}

std::string threeFrames() {
  return commitFrame(1, "a", R"({"x":1})") + commitFrame(2, "b", R"({"t":"\u0000MSHK"})") +
         commitFrame(3, "a", "");
}

Result<Revision> replayBytes(std::string bytes, uint64_t& valid) {
  Tables tables{Limits()};
  std::vector<LogSegment> segments;
  segments.push_back({"db/" + logName(1), 1, std::move(bytes)});
  return replay(segments, 0, tables, valid);
}

}  // namespace

TEST(Crc32c, knownValuesAndBothImplementations) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);  // RFC 3720 B.4's check value
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text.push_back(static_cast<char>(i * 37));
    EXPECT_EQ(crc32c(text), detail::crc32cPortable(text));
  }
}

TEST(Frame, readsWhatWasWritten) {
  const std::string bytes = threeFrames() + std::string(100, '\0');  // preallocated space
  const auto scan = scanFrames("f", bytes);
  ASSERT_OK(scan);
  EXPECT_FALSE(scan->torn);
  EXPECT_EQ(scan->valid_bytes, bytes.size() - 100);
  ASSERT_EQ(scan->frames.size(), 3u);
  const auto commits = decodeCommits("f", scan->frames[1]);
  ASSERT_OK(commits);
  EXPECT_EQ((*commits)[0].revision, 2u);
  EXPECT_EQ((*commits)[0].writes[0].key.name, "b");
  EXPECT_EQ(doc::toJson((*commits)[0].writes[0].value), R"({"t":"\u0000MSHK"})");
}

TEST(Frame, aLastFrameCutAnywhereIsTorn) {
  const std::string whole = commitFrame(1, "a", R"({"x":1})");
  const std::string both = whole + commitFrame(2, "b", R"({"x":2})");
  for (size_t cut = whole.size() + 1; cut < both.size(); ++cut) {
    const auto scan = scanFrames("f", both.substr(0, cut));
    ASSERT_OK(scan);
    EXPECT_TRUE(scan->torn);
    EXPECT_EQ(scan->valid_bytes, whole.size());
  }
}

TEST(Frame, aFlippedBitIsTornAtTheEndAndDamageBefore) {
  const std::string good = threeFrames();
  const size_t last = good.size() - commitFrame(3, "a", "").size();
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] ^= 0x10;
    const auto scan = scanFrames("db/log-1", bytes);
    if (at >= last) {
      ASSERT_OK(scan);
      EXPECT_TRUE(scan->torn);
      EXPECT_EQ(scan->valid_bytes, last);
    } else {
      ASSERT_TRUE(!scan.has_value());
      EXPECT_CONTAINS(scan.error().message(), "db/log-1 at offset ");
    }
  }
}

TEST(Frame, anUnknownFormatIsNamed) {
  std::string bytes = commitFrame(1, "a", R"({"x":1})");
  bytes[4] = 9;
  const uint32_t crc = crc32c(std::string_view(bytes).substr(0, 28));
  for (size_t i = 0; i < 4; ++i) bytes[28 + i] = static_cast<char>(crc >> (8 * i));
  const auto scan = scanFrames("db/log-1", bytes);
  ASSERT_TRUE(!scan.has_value());
  EXPECT_CONTAINS(scan.error().message(), "db/log-1 at offset 0: format version 9");
}

TEST(Replay, refusesGapsAndNonsense) {
  uint64_t valid = 0;
  EXPECT_OK(replayBytes(threeFrames(), valid));
  EXPECT_EQ(valid, threeFrames().size());
  const std::string gap = commitFrame(1, "a", R"({"x":1})") + commitFrame(3, "a", R"({"x":1})");
  const auto gapped = replayBytes(gap, valid);
  ASSERT_TRUE(!gapped.has_value());
  EXPECT_CONTAINS(gapped.error().message(), "revision 3 follows revision 1");
  const auto late = replayBytes(commitFrame(2, "a", R"({"x":1})"), valid);
  ASSERT_TRUE(!late.has_value());
  const auto ghost = replayBytes(commitFrame(1, "a", ""), valid);
  ASSERT_TRUE(!ghost.has_value());
  EXPECT_CONTAINS(ghost.error().message(), "deletes pods \"ns/a\", which is not there");
  const auto kind = replayBytes(makeFrame(FrameKind::kItems, 1, 0, {}), valid);
  ASSERT_TRUE(!kind.has_value());
}

TEST(Files, namesSortLikeRevisions) {
  EXPECT_EQ(logName(7), "log-00000000000000000007");
  EXPECT_TRUE(logName(9) < logName(10));
  EXPECT_TRUE(parseLogName(logName(123)) == std::optional<Revision>(123));
  EXPECT_FALSE(parseLogName("log-1").has_value());
  EXPECT_FALSE(parseSnapshotName(logName(5)).has_value());
}

}  // namespace meshka::store
