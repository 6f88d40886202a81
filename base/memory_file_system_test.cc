// What only the memory disk can do: count, fail, fill up, and share. Its promises as a disk are in
// file_system_conformance_test, its power cuts in memory_power_test.

#include "base/memory_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/chunk_pool.h"
#include "base/disk_image.h"
#include "base/path.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"

namespace mig::base {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::ManualClock;
using testing::StatusIs;

std::unique_ptr<Directory> RootOf(MemoryFileSystem& disk) { return *disk.OpenRoot("/"); }

TEST(MemoryFileSystemTest, EveryCallIsOneOperation) {
  MemoryFileSystem disk;
  const std::unique_ptr<Directory> root = RootOf(disk);
  EXPECT_EQ(disk.operations(), 1u);
  const std::unique_ptr<File> file = *root->CreateExclusive("f", 0600);
  EXPECT_THAT(file->WriteAt(0, std::string(1'000'000, 'x')), IsOk());
  EXPECT_THAT(file->Sync(), IsOk());
  EXPECT_EQ(disk.operations(), 4u);
  EXPECT_THAT(root->Stat("missing"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(disk.operations(), 5u);
}

TEST(MemoryFileSystemTest, AfterThePowerCutNothingWorksAndNothingChanges) {
  MemoryFileSystem disk;
  const std::unique_ptr<Directory> root = RootOf(disk);
  const std::unique_ptr<File> file = *root->CreateExclusive("f", 0600);
  ASSERT_THAT(file->WriteAt(0, "before"), IsOk());

  disk.CutPowerAfter(disk.operations() + 1);
  EXPECT_THAT(file->WriteAt(0, "BEFORE"), IsOk());
  const auto cut = StatusIs(absl::StatusCode::kAborted, HasSubstr("power cut"));
  EXPECT_THAT(file->WriteAt(0, "after"), cut);
  EXPECT_THAT(root->Unlink("f"), cut);
  EXPECT_THAT(root->Stat("f"), cut);
  EXPECT_THAT(disk.OpenRoot("/"), cut);

  EXPECT_EQ(disk.first_cut_operation(), "write /f");
  MemoryFileSystem seen(disk.SeenImage());
  EXPECT_THAT(ReadWhole(seen, "/f", 100), IsOkAndHolds("BEFORE"));
}

TEST(MemoryFileSystemTest, AnOperationFailsOnceWithTheGivenError) {
  MemoryFileSystem disk;
  const std::unique_ptr<Directory> root = RootOf(disk);
  disk.FailOperation(disk.operations() + 2, absl::ResourceExhaustedError("Disk quota exceeded"));
  const std::unique_ptr<File> file = *root->CreateExclusive("f", 0600);
  EXPECT_THAT(file->WriteAt(0, "x"), StatusIs(absl::StatusCode::kResourceExhausted,
                                              "cannot write /f: Disk quota exceeded"));
  EXPECT_THAT(file->WriteAt(0, "y"), IsOk());
  EXPECT_THAT(ReadWhole(*file, 10), IsOkAndHolds("y"));
}

TEST(MemoryFileSystemTest, AFullDiskRefusesAndGivesSpaceBack) {
  MemoryFileSystem disk({.capacity_bytes = 8192});
  const std::unique_ptr<Directory> root = RootOf(disk);
  const auto full = StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("No space left"));
  std::unique_ptr<File> file = *root->CreateExclusive("f", 0600);
  EXPECT_THAT(file->WriteAt(0, std::string(8193, 'x')), full);
  EXPECT_THAT(file->WriteAt(0, std::string(4097, 'x')), IsOk());
  EXPECT_THAT(file->WriteAt(4097, "x"), IsOk()) << "the same two blocks";
  EXPECT_THAT(root->FreeSpace(), IsOkAndHolds(0u));

  const std::unique_ptr<File> other = *root->CreateExclusive("g", 0600);
  EXPECT_THAT(other->WriteAt(0, "x"), full);
  ASSERT_THAT(root->Unlink("f"), IsOk());
  EXPECT_THAT(other->WriteAt(0, "x"), full) << "the file is still open";
  file.reset();
  EXPECT_THAT(other->WriteAt(0, "x"), IsOk());
  disk.SetCapacity(0);
  EXPECT_THAT(other->WriteAt(0, "y"), IsOk()) << "nothing new is needed";
  EXPECT_THAT(other->WriteAt(4095, "yy"), full);
}

TEST(MemoryFileSystemTest, NothingIsRenamedAcrossAMount) {
  MemoryFileSystem disk;
  ASSERT_THAT(MakeDirs(disk, "/opt/agent", 0755), IsOk());
  disk.MountAt("/opt");
  const std::unique_ptr<Directory> root = RootOf(disk);
  const std::unique_ptr<Directory> agent = *disk.OpenRoot("/opt/agent");
  ASSERT_THAT(root->CreateExclusive("f", 0600), IsOk());
  EXPECT_THAT(root->Rename("f", *agent, "f"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(root->Link("f", *agent, "f"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_NE(root->Identity()->mount, agent->Identity()->mount);
}

TEST(MemoryFileSystemTest, HostsWithOnePoolShareEqualContents) {
  ChunkPool pool;
  const std::string agent(1'000'000, 'a');
  MemoryFileSystem one({.pool = &pool});
  MemoryFileSystem two({.pool = &pool});
  ASSERT_THAT(WriteDurably(*RootOf(one), "agent", agent, 0755), IsOk());
  const size_t chunks = pool.size();
  EXPECT_EQ(chunks, 2u) << "one full chunk, many times, and the rest";
  ASSERT_THAT(WriteDurably(*RootOf(two), "agent", agent, 0755), IsOk());
  EXPECT_EQ(pool.size(), chunks);

  const std::unique_ptr<File> file = *RootOf(two)->OpenReadWrite("agent");
  ASSERT_THAT(file->WriteAt(0, "b"), IsOk());
  ASSERT_THAT(file->Sync(), IsOk());
  EXPECT_TRUE(*ReadWhole(one, "/agent", agent.size()) == agent);
  EXPECT_EQ(pool.size(), chunks + 1);
}

TEST(MemoryFileSystemTest, ZerosAreSharedByTakingNoMemoryAndReadAsTheyWereWritten) {
  ChunkPool pool;
  MemoryFileSystem disk({.pool = &pool});
  std::string sparse(3 * kChunkBytes + 5'000, '\0');
  sparse[7] = 'a';
  sparse[2 * kChunkBytes + 100] = 'b';
  ASSERT_THAT(WriteDurably(*RootOf(disk), "sparse", sparse, 0600), IsOk());

  EXPECT_EQ(pool.size(), 2u) << "chunks of zeros alone are none";
  EXPECT_TRUE(*ReadWhole(disk, "/sparse", sparse.size()) == sparse);
  const std::unique_ptr<File> file = *RootOf(disk)->OpenReadWrite("sparse");
  sparse[60'000] = 'c';
  ASSERT_THAT(file->WriteAt(60'000, "c"), IsOk());
  ASSERT_THAT(file->Sync(), IsOk());
  EXPECT_TRUE(*ReadWhole(disk, "/sparse", sparse.size()) == sparse);
}

TEST(MemoryFileSystemTest, WhatIsGoneAndNotYetDurablyGoneSharesItsContents) {
  ChunkPool pool;
  MemoryFileSystem disk({.pool = &pool});
  const std::string agent(kChunkBytes, 'a');
  ASSERT_THAT(WriteDurably(*RootOf(disk), "agent", agent, 0755), IsOk());
  const size_t chunks = pool.size();
  ASSERT_THAT((*RootOf(disk)->CreateExclusive("download", 0600))->WriteAt(0, agent + "b"), IsOk());
  EXPECT_EQ(pool.size(), chunks) << "nobody synced it";

  ASSERT_THAT(RootOf(disk)->Unlink("download"), IsOk());

  EXPECT_EQ(pool.size(), chunks + 1) << "its last byte";
}

TEST(MemoryFileSystemTest, APoolForgetsWhatNobodyHolds) {
  ChunkPool pool;
  {
    MemoryFileSystem disk({.pool = &pool});
    ASSERT_THAT(WriteDurably(*RootOf(disk), "f", "bytes", 0600), IsOk());
    pool.Sweep();
    EXPECT_EQ(pool.size(), 1u);
  }
  pool.Sweep();
  EXPECT_EQ(pool.size(), 0u);
}

TEST(MemoryFileSystemTest, TimesComeFromTheClock) {
  ManualClock clock;
  MemoryFileSystem disk({.clock = &clock});
  const std::unique_ptr<Directory> root = RootOf(disk);
  const std::unique_ptr<File> file = *root->CreateExclusive("f", 0600);
  const absl::Time made = clock.WallNow();
  clock.Advance(absl::Seconds(5));
  ASSERT_THAT(file->SetMode(0644), IsOk());
  const FileStat stat = *file->Stat();
  EXPECT_EQ(stat.modified, made);
  EXPECT_EQ(stat.changed, made + absl::Seconds(5));
}

TEST(MemoryFileSystemTest, AnImageIsDescribedByPathModeOwnerAndContents) {
  MemoryFileSystem disk({.uid = 7, .gid = 8});
  ASSERT_THAT(MakeDirs(disk, "/etc/agent", 0750), IsOk());
  ASSERT_THAT(WriteDurably(**disk.OpenRoot("/etc/agent"), "conf", "", 0640), IsOk());
  disk.Plant("/etc/link", FileKind::kSymlink);
  const DiskImage image = disk.SeenImage();
  EXPECT_THAT(image.Describe(),
              ElementsAre("/etc d 0750 7:8", "/etc/agent d 0750 7:8",
                          "/etc/agent/conf f 0640 7:8 0 e3b0c442", "/etc/link l 0777 7:8"));
  EXPECT_EQ(image.Find("/etc/none"), nullptr);
  EXPECT_THAT(MemoryFileSystem(image, {.uid = 9}).SeenImage().Describe(), image.Describe());
}

}  // namespace
}  // namespace mig::base
