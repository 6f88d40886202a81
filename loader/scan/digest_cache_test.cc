#include "loader/scan/digest_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

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

class DigestCacheTest : public ::testing::Test {
 protected:
  DigestCacheTest() : root_(*disk_.OpenRoot("/")) {}

  DigestCache Saved() {
    DigestCache cache;
    cache.Add(StatOf(1), base::Sha256Of("one"), kNow);
    cache.Add(StatOf(2), base::Sha256Of("two"), kNow);
    EXPECT_THAT(cache.Save(*root_, kName), IsOk());
    return cache;
  }

  base::MemoryFileSystem disk_;
  std::unique_ptr<base::Directory> root_;
};

TEST_F(DigestCacheTest, FindsWhatItSaved) {
  Saved();
  const DigestCache loaded = DigestCache::Load(*root_, kName);
  ASSERT_NE(loaded.Find(StatOf(2)), nullptr);
  EXPECT_EQ(*loaded.Find(StatOf(2)), base::Sha256Of("two"));
  EXPECT_EQ(loaded.Find(StatOf(3)), nullptr);
}

TEST_F(DigestCacheTest, AnyFieldThatDiffersIsAnotherFile) {  // ADVERSARY 106
  const DigestCache cache = Saved();
  base::FileStat stat = StatOf(1);
  ASSERT_NE(cache.Find(stat), nullptr);
  stat.size_bytes = 6;
  EXPECT_EQ(cache.Find(stat), nullptr);
  stat = StatOf(1);
  stat.modified += absl::Nanoseconds(1);
  EXPECT_EQ(cache.Find(stat), nullptr);
  stat = StatOf(1);
  stat.changed += absl::Nanoseconds(1);  // mtime set back: ctime cannot be
  EXPECT_EQ(cache.Find(stat), nullptr);
  stat = StatOf(1);
  stat.device = 2;  // renumbered by a reboot
  EXPECT_EQ(cache.Find(stat), nullptr);
}

TEST_F(DigestCacheTest, HoldsNothingYoungerThanTwoSecondsOrFromTheFuture) {
  DigestCache cache;
  base::FileStat young = StatOf(1);
  young.changed = kNow - absl::Milliseconds(1999);
  cache.Add(young, base::Sha256Of("x"), kNow);
  base::FileStat future = StatOf(2);
  future.modified = kNow + absl::Hours(1);
  cache.Add(future, base::Sha256Of("x"), kNow);
  EXPECT_EQ(cache.size(), 0u);
  young.changed = kNow - absl::Seconds(2);
  cache.Add(young, base::Sha256Of("x"), kNow);
  EXPECT_EQ(cache.size(), 1u);
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
  ASSERT_NE(same.Find(StatOf(1)), nullptr);
  ASSERT_NE(same.Find(StatOf(2)), nullptr);
  const uint64_t before = disk_.operations();
  EXPECT_THAT(same.Save(*root_, kName), IsOk());
  EXPECT_EQ(disk_.operations(), before);

  DigestCache fewer = DigestCache::Load(*root_, kName);
  ASSERT_NE(fewer.Find(StatOf(1)), nullptr);
  EXPECT_THAT(fewer.Save(*root_, kName), IsOk());
  EXPECT_EQ(DigestCache::Load(*root_, kName).size(), 1u);
}

}  // namespace
}  // namespace mig::loader
