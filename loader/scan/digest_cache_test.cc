#include "loader/scan/digest_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/memory_file_system.h"
#include "base/sha256.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;

constexpr absl::string_view kName = "digests";
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

base::FileStat StatOf(uint64_t inode) {
  return {.kind = base::FileKind::kFile,
          .size_bytes = 5,
          .modified = kNow - absl::Hours(1),
          .changed = kNow - absl::Hours(1),
          .device = 1,
          .inode = inode};
}

const base::Digest* Find(const DigestCache& cache, const base::FileStat& stat) {
  DigestCache::Cursor cursor;
  return cache.Find(stat, cursor);
}

class DigestCacheTest : public ::testing::Test {
 protected:
  DigestCacheTest() : root_(*disk_.OpenRoot("/")) {}

  DigestCache Saved() {
    DigestCache cache;
    cache.Add({{StatOf(2), base::Sha256Of("two")}, {StatOf(1), base::Sha256Of("one")}}, kNow);
    EXPECT_THAT(cache.Save(*root_, kName), IsOk());
    return cache;
  }

  base::MemoryFileSystem disk_;
  std::unique_ptr<base::Directory> root_;
};

TEST_F(DigestCacheTest, FindsWhatItSaved) {
  Saved();
  const DigestCache loaded = DigestCache::Load(*root_, kName);
  ASSERT_NE(Find(loaded, StatOf(2)), nullptr);
  EXPECT_EQ(*Find(loaded, StatOf(2)), base::Sha256Of("two"));
  EXPECT_EQ(Find(loaded, StatOf(3)), nullptr);
}

TEST_F(DigestCacheTest, AnyFieldThatDiffersIsAnotherFile) {  // ADVERSARY 106
  const DigestCache cache = Saved();
  base::FileStat stat = StatOf(1);
  ASSERT_NE(Find(cache, stat), nullptr);
  stat.size_bytes = 6;
  EXPECT_EQ(Find(cache, stat), nullptr);
  stat = StatOf(1);
  stat.modified += absl::Nanoseconds(1);
  EXPECT_EQ(Find(cache, stat), nullptr);
  stat = StatOf(1);
  stat.changed += absl::Nanoseconds(1);  // mtime set back: ctime cannot be
  EXPECT_EQ(Find(cache, stat), nullptr);
  stat = StatOf(1);
  stat.device = 2;  // renumbered by a reboot
  EXPECT_EQ(Find(cache, stat), nullptr);
}

TEST_F(DigestCacheTest, HoldsNothingYoungerThanTwoSecondsOrFromTheFuture) {
  DigestCache cache;
  base::FileStat young = StatOf(1);
  young.changed = kNow - absl::Milliseconds(1999);
  cache.Add({{young, base::Sha256Of("x")}}, kNow);
  base::FileStat future = StatOf(2);
  future.modified = kNow + absl::Hours(1);
  cache.Add({{future, base::Sha256Of("x")}}, kNow);
  EXPECT_EQ(cache.size(), 0u);
  young.changed = kNow - absl::Seconds(2);
  cache.Add({{young, base::Sha256Of("x")}}, kNow);
  EXPECT_EQ(cache.size(), 1u);
}

TEST_F(DigestCacheTest, AnyCursorFindsTheSame) {
  DigestCache cache;
  std::vector<HashedFile> files;
  for (uint64_t inode : {7, 3, 11, 5}) files.push_back({StatOf(inode), base::Sha256Of("x")});
  for (HashedFile& file : files) file.digest = base::Sha256Of(absl::StrCat(file.stat.inode));
  cache.Add(files, kNow);
  for (size_t next = 0; next <= files.size() + 1; ++next) {
    for (const HashedFile& file : files) {
      DigestCache::Cursor cursor{.next = next};
      const base::Digest* found = cache.Find(file.stat, cursor);
      ASSERT_NE(found, nullptr) << next << " " << file.stat.inode;
      EXPECT_EQ(*found, file.digest) << next << " " << file.stat.inode;
    }
    DigestCache::Cursor cursor{.next = next};
    for (uint64_t inode : {0, 4, 6, 8, 12}) EXPECT_EQ(cache.Find(StatOf(inode), cursor), nullptr);
  }
}

TEST_F(DigestCacheTest, LaterOfTwoAddedCounts) {
  DigestCache cache;
  cache.Add({{StatOf(1), base::Sha256Of("first")}}, kNow);
  cache.Add({{StatOf(2), base::Sha256Of("x")}, {StatOf(1), base::Sha256Of("second")}}, kNow);
  cache.Add({{StatOf(3), base::Sha256Of("a")}, {StatOf(3), base::Sha256Of("b")}}, kNow);
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_EQ(*Find(cache, StatOf(1)), base::Sha256Of("second"));
  EXPECT_EQ(*Find(cache, StatOf(3)), base::Sha256Of("b"));
}

TEST_F(DigestCacheTest, DamagedFileIsJustDropped) {
  Saved();
  const std::string good = *base::ReadWhole(*root_, kName, 10'000);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    ASSERT_THAT(base::WriteDurably(*root_, kName, bad, 0600), IsOk());
    EXPECT_EQ(DigestCache::Load(*root_, kName).size(), 0u) << i;
    ASSERT_THAT(base::WriteDurably(*root_, kName, good.substr(0, i), 0600), IsOk());
    EXPECT_EQ(DigestCache::Load(*root_, kName).size(), 0u) << i;
  }
  ASSERT_THAT(base::WriteDurably(*root_, kName, good, 0600), IsOk());
  EXPECT_EQ(DigestCache::Load(*root_, kName).size(), 2u);
}

TEST_F(DigestCacheTest, WritesOnlyWhatChangedAndForgetsWhatIsGone) {
  Saved();
  DigestCache same = DigestCache::Load(*root_, kName);
  ASSERT_NE(Find(same, StatOf(1)), nullptr);
  ASSERT_NE(Find(same, StatOf(2)), nullptr);
  const uint64_t before = disk_.operations();
  EXPECT_THAT(same.Save(*root_, kName), IsOk());
  EXPECT_EQ(disk_.operations(), before);

  DigestCache fewer = DigestCache::Load(*root_, kName);
  ASSERT_NE(Find(fewer, StatOf(1)), nullptr);
  EXPECT_THAT(fewer.Save(*root_, kName), IsOk());
  EXPECT_EQ(DigestCache::Load(*root_, kName).size(), 1u);
}

}  // namespace
}  // namespace mig::loader
