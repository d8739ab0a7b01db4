// The system calls behind volumes, in a directory of their own: links that a container plants must
// not lead outside.
#include "node/volumes/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/strings.h"
#include "base/test/test.h"

namespace meshka::node::files {
namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/meshka-files-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { EXPECT_OK(removeTree(path)); }
  std::string path;
};

TEST(files, treesAreReplacedWhole) {
  Folder f;
  const std::string v = f.path + "/v";
  ASSERT_OK(writeTree(v, {{"a", {"1", 0644}}, {"d/e", {"2", 0400}}}, std::nullopt));
  EXPECT_EQ(readTail(v + "/..data/a", 10), "1");
  EXPECT_EQ(readTail(v + "/d/e", 10), "2");
  char link[100] = {};
  EXPECT_TRUE(readlink((v + "/a").c_str(), link, sizeof link - 1) > 0);
  EXPECT_EQ(link, std::string("..data/a"));
  struct stat before, after;
  stat((v + "/..data").c_str(), &before);
  ASSERT_OK(writeTree(v, {{"a", {"1", 0644}}, {"d/e", {"2", 0400}}}, std::nullopt));
  stat((v + "/..data").c_str(), &after);
  EXPECT_EQ(before.st_ino, after.st_ino);  // nothing changed, nothing is written
  ASSERT_OK(writeTree(v, {{"a", {"3", 0644}}}, std::nullopt));
  EXPECT_EQ(readTail(v + "/..data/a", 10), "3");
  EXPECT_TRUE(access((v + "/d").c_str(), F_OK) != 0 && lstat((v + "/d").c_str(), &after) != 0);
}

TEST(files, subPathsStayInside) {
  Folder f;
  ASSERT_OK(writeFile(f.path + "/secret/file", "outside", 0600));
  ASSERT_OK(makeDirectories(f.path + "/v"));
  EXPECT_EQ(symlink("/", (f.path + "/v/root").c_str()), 0);
  EXPECT_EQ(symlink("../secret", (f.path + "/v/up").c_str()), 0);
  EXPECT_EQ(symlink("inner", (f.path + "/v/fine").c_str()), 0);
  EXPECT_EQ(symlink("/proc/self/cwd", (f.path + "/v/magic").c_str()), 0);
  const std::string target = f.path + "/target";
  for (const char* bad :
       {"root", "root/etc", "up", "up/file", "../secret", "a/../../secret", "/etc", "magic"}) {
    EXPECT_EQ(cat(bad, bindSubPath(f.path + "/v", bad, target, false) ? " was bound" : ""), bad);
  }
  EXPECT_FALSE(bindSubPath(f.path + "/v", "not/there", target, true));
  if (geteuid() != 0) return;
  ASSERT_OK(makeDirectories(f.path + "/v/inner"));
  ASSERT_OK(bindSubPath(f.path + "/v", "fine/made/new", target, false));
  ASSERT_OK(writeFile(target + "/x", "y", 0644));
  EXPECT_EQ(readTail(f.path + "/v/inner/made/new/x", 10), "y");
  ASSERT_OK(bindSubPath(f.path + "/v", "inner/made/new/x", target + "2", false));  // a file
  EXPECT_EQ(readTail(target + "2", 10), "y");
}

TEST(files, removalFollowsNoLink) {
  Folder f;
  ASSERT_OK(writeFile(f.path + "/keep/file", "x", 0644));
  ASSERT_OK(makeDirectories(f.path + "/gone/sub"));
  EXPECT_EQ(symlink("../keep", (f.path + "/gone/link").c_str()), 0);
  EXPECT_EQ(symlink((f.path + "/keep").c_str(), (f.path + "/gone/sub/link").c_str()), 0);
  ASSERT_OK(removeTree(f.path + "/gone"));
  EXPECT_TRUE(access((f.path + "/gone").c_str(), F_OK) != 0);
  EXPECT_EQ(readTail(f.path + "/keep/file", 10), "x");
  ASSERT_OK(removeTree(f.path + "/gone"));  // again is fine
}

TEST(files, hostPathTypes) {
  Folder f;
  ASSERT_OK(writeFile(f.path + "/file", "x", 0644));
  EXPECT_OK(checkHostPath(f.path + "/file", "File"));
  EXPECT_OK(checkHostPath(f.path + "/new/dir", "DirectoryOrCreate"));
  EXPECT_OK(checkHostPath(f.path + "/new/dir", "Directory"));
  EXPECT_OK(checkHostPath("/dev/null", "CharDevice"));
  EXPECT_FALSE(checkHostPath(f.path + "/file", "Directory"));
  EXPECT_FALSE(checkHostPath(f.path + "/none", "File"));
  EXPECT_FALSE(checkHostPath(f.path + "/file", "Socket"));
}

TEST(files, tails) {
  Folder f;
  ASSERT_OK(writeFile(f.path + "/file", "0123456789", 0644));
  EXPECT_EQ(readTail(f.path + "/file", 4), "6789");
  EXPECT_EQ(readTail(f.path + "/none", 4), "");
  EXPECT_EQ(symlink("file", (f.path + "/link").c_str()), 0);
  EXPECT_EQ(readTail(f.path + "/link", 4), "");  // a container owns these files: no links
}

}  // namespace
}  // namespace meshka::node::files
