#include "loader/install/kept_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;

constexpr absl::string_view kState = "/var/lib/mig-loader";

base::FileDigest DigestOf(absl::string_view bytes) {
  return {.digest = base::Sha256Of(bytes), .size_bytes = bytes.size()};
}

KeptSet SetOf(absl::string_view release, std::vector<absl::string_view> contents) {
  KeptSet set = {.release = trust::Installed{.manifest = base::Sha256Of(release), .variant = 1}};
  for (const absl::string_view bytes : contents) {
    set.files.push_back({.name = std::string(bytes),
                         .facts = {.digest = base::Sha256Of(bytes),
                                   .size_bytes = bytes.size(),
                                   .mode = 04750,
                                   .uid = 7,
                                   .gid = 8}});
  }
  return set;
}

NextSet NextOf(absl::string_view release, std::vector<absl::string_view> contents) {
  return {.transaction = *trust::AttemptId::FromBytes("0123456789abcdef"),
          .set = SetOf(release, std::move(contents))};
}

class KeptSetsTest : public ::testing::Test {
 protected:
  KeptSetsTest() : work_(*base::MakeDirs(disk_, "/work", 0755)) {}

  KeptSets Open() {
    absl::StatusOr<KeptSets> kept =
        KeptSets::Open({.disk = disk_, .state_directory = std::string(kState)}, "agent");
    EXPECT_THAT(kept, IsOk());
    return *std::move(kept);
  }
  absl::Status Copy(KeptSets& kept, absl::string_view bytes) {
    EXPECT_THAT(base::WriteDurably(*work_, "source", bytes, 0644), IsOk());
    return kept.Copy(**work_->OpenRead("source"), DigestOf(bytes));
  }

  base::MemoryFileSystem disk_;
  std::unique_ptr<base::Directory> work_;
};

TEST_F(KeptSetsTest, CopyIsVerifiedAndNotTheSourcesInode) {  // ADVERSARY 109 (R10)
  KeptSets kept = Open();
  ASSERT_THAT(Copy(kept, "agent 1"), IsOk());
  ASSERT_THAT(kept.Sync(), IsOk());
  ASSERT_THAT((*work_->OpenReadWrite("source"))->WriteAt(0, "XXXXX"), IsOk());
  EXPECT_THAT(kept.Verify(DigestOf("agent 1")), IsOkAndHolds(true));
}

// Promise 4.
TEST_F(KeptSetsTest, AnErrorOfTheMomentTakesNoCopyAway) {  // ADVERSARY 117
  KeptSets kept = Open();
  ASSERT_THAT(Copy(kept, "agent 1"), IsOk());
  const uint64_t before = disk_.operations();
  ASSERT_THAT(kept.Verify(DigestOf("agent 1")), IsOkAndHolds(true));
  const uint64_t operations = disk_.operations() - before;
  for (const absl::Status& error : {absl::DataLossError("EIO"), absl::UnavailableError("ENOMEM")}) {
    for (uint64_t n = 1; n <= operations; ++n) {
      SCOPED_TRACE(absl::StrCat(error.message(), " at operation ", n, " of ", operations));
      disk_.FailOperation(disk_.operations() + n, error);
      kept.Verify(DigestOf("agent 1")).IgnoreError();
      EXPECT_THAT(kept.Verify(DigestOf("agent 1")), IsOkAndHolds(true));
    }
  }
}

TEST_F(KeptSetsTest, SourceThatIsNotTheContentIsRefused) {  // ADVERSARY 107
  KeptSets kept = Open();
  ASSERT_THAT(base::WriteDurably(*work_, "source", "damaged", 0644), IsOk());
  EXPECT_THAT(kept.Copy(**work_->OpenRead("source"), DigestOf("agent 1")),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(kept.Verify(DigestOf("agent 1")), IsOkAndHolds(false));
}

TEST_F(KeptSetsTest, DamagedCopyDoesNotCountAndIsMadeAgain) {
  KeptSets kept = Open();
  ASSERT_THAT(Copy(kept, "agent 1"), IsOk());
  auto store = disk_.OpenRoot("/var/lib/mig-loader/kept/agent");
  ASSERT_THAT(store, IsOk());
  ASSERT_THAT((*(*store)->OpenReadWrite(base::Sha256Of("agent 1").ToHex()))->WriteAt(0, "X"),
              IsOk());
  EXPECT_THAT(kept.Verify(DigestOf("agent 1")), IsOkAndHolds(false));
  ASSERT_THAT(Copy(kept, "agent 1"), IsOk());
  EXPECT_THAT(kept.Verify(DigestOf("agent 1")), IsOkAndHolds(true));
}

TEST_F(KeptSetsTest, SetsAreAsWrittenWhenTheyAreReadAgain) {
  {
    KeptSets kept = Open();
    ASSERT_THAT(kept.SetCurrent(SetOf("1.0", {"a", "b"})), IsOk());
    ASSERT_THAT(kept.BeginNext(NextOf("1.1", {"a", "c"}), {}), IsOk());
  }
  const KeptSets kept = Open();
  EXPECT_EQ(kept.current(), SetOf("1.0", {"a", "b"}));
  EXPECT_EQ(kept.next(), NextOf("1.1", {"a", "c"}));
  EXPECT_EQ(kept.previous(), std::nullopt);
}

TEST_F(KeptSetsTest, NextTakesThePlaceOfCurrentWhichBecomesPrevious) {
  KeptSets kept = Open();
  ASSERT_THAT(kept.SetCurrent(SetOf("1.0", {"a"})), IsOk());
  ASSERT_THAT(kept.BeginNext(NextOf("1.1", {"b"}), {}), IsOk());
  ASSERT_THAT(kept.Promote(), IsOk());
  EXPECT_EQ(kept.current(), SetOf("1.1", {"b"}));
  EXPECT_EQ(kept.previous(), SetOf("1.0", {"a"}));

  ASSERT_THAT(kept.BeginNext(NextOf("1.2", {"c"}), {}), IsOk());
  EXPECT_EQ(kept.previous(), std::nullopt);  // until the next commit point
  ASSERT_THAT(kept.DropNext(), IsOk());
  EXPECT_EQ(kept.current(), SetOf("1.1", {"b"}));
}

TEST_F(KeptSetsTest, RepairLeavesThePreviousSet) {
  KeptSets kept = Open();
  ASSERT_THAT(kept.SetCurrent(SetOf("1.0", {"a"})), IsOk());
  ASSERT_THAT(kept.BeginNext(NextOf("1.1", {"b"}), {}), IsOk());
  ASSERT_THAT(kept.Promote(), IsOk());
  ASSERT_THAT(kept.BeginNext(NextOf("1.1", {"b"}), {}), IsOk());
  ASSERT_THAT(kept.Promote(), IsOk());
  EXPECT_EQ(kept.current(), SetOf("1.1", {"b"}));
  EXPECT_EQ(kept.previous(), SetOf("1.0", {"a"}));
}

TEST_F(KeptSetsTest, CollectLeavesWhatASetHas) {
  KeptSets kept = Open();
  for (const absl::string_view bytes : {"a", "b", "c", "d"}) {
    ASSERT_THAT(Copy(kept, bytes), IsOk());
  }
  ASSERT_THAT(kept.SetCurrent(SetOf("1.0", {"a"})), IsOk());
  ASSERT_THAT(kept.BeginNext(NextOf("1.1", {"b"}), {}), IsOk());
  ASSERT_THAT(kept.Collect({base::Sha256Of("c")}), IsOk());
  EXPECT_THAT(kept.Verify(DigestOf("a")), IsOkAndHolds(true));
  EXPECT_THAT(kept.Verify(DigestOf("b")), IsOkAndHolds(true));
  EXPECT_THAT(kept.Verify(DigestOf("c")), IsOkAndHolds(true));
  EXPECT_THAT(kept.Verify(DigestOf("d")), IsOkAndHolds(false));
  EXPECT_EQ(Open().current(), SetOf("1.0", {"a"}));
}

TEST_F(KeptSetsTest, DamagedListIsAnEmptyOneAndCopiesAreStillFound) {
  {
    KeptSets kept = Open();
    ASSERT_THAT(Copy(kept, "a"), IsOk());
    ASSERT_THAT(kept.SetCurrent(SetOf("1.0", {"a"})), IsOk());
  }
  auto store = disk_.OpenRoot("/var/lib/mig-loader/kept/agent");
  ASSERT_THAT(store, IsOk());
  const std::string good = *base::ReadWhole(**store, "sets", 10'000);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    ASSERT_THAT(base::WriteDurably(**store, "sets", bad, 0600), IsOk());
    KeptSets kept = Open();
    EXPECT_EQ(kept.current(), std::nullopt) << i;
    EXPECT_THAT(kept.Verify(DigestOf("a")), IsOkAndHolds(true));
  }
}

}  // namespace
}  // namespace mig::loader
