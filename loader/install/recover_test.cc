#include "loader/install/recover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/byte_stream.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "loader/install/staged_file.h"
#include "loader/install/testing/invariants.h"
#include "loader/install/testing/test_release.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::loader::testing::BetweenReleases;
using ::mig::loader::testing::CommitRelease;
using ::mig::loader::testing::FileSet;
using ::mig::loader::testing::FinishRecovered;
using ::mig::loader::testing::Invariants;
using ::mig::loader::testing::kKeptCopies;
using ::mig::loader::testing::kState;
using ::mig::loader::testing::NewRelease;
using ::mig::loader::testing::OldRelease;
using ::mig::loader::testing::PlaceOn;
using ::mig::loader::testing::PutFiles;
using ::mig::loader::testing::PutInstalled;
using ::mig::loader::testing::ReadFileSet;
using ::mig::loader::testing::TestRelease;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::string_view kSetAside = "/var/lib/mig-loader/journal.set-aside";

class RecoverTest : public ::testing::Test {
 protected:
  RecoverTest() { PutInstalled(disk_, OldRelease()); }

  std::unique_ptr<base::Directory> Dir(absl::string_view path) { return *disk_.OpenRoot(path); }
  FileSet Files() { return ReadFileSet(disk_, invariants_.paths()); }
  void Commit() { ASSERT_THAT(CommitRelease(disk_, OldRelease(), NewRelease()), IsOk()); }
  Recovery RecoverOk(std::optional<trust::HostId> host = std::nullopt,
                     GoingBack going_back = GoingBack::kAllowed) {
    absl::StatusOr<Recovery> recovery = Recover(PlaceOn(disk_), host, going_back);
    EXPECT_THAT(recovery, IsOk());
    return recovery.ok() ? *std::move(recovery) : Recovery();
  }
  Recovery RecoverForward() { return RecoverOk(std::nullopt, GoingBack::kBelowFloor); }
  // Installed up to the watch, then found unhealthy and put back: REACTIVATING.
  void PutBack() {
    absl::StatusOr<Transaction> transaction = CommitRelease(disk_, OldRelease(), NewRelease());
    ASSERT_THAT(transaction, IsOk());
    ASSERT_THAT(transaction->ReplaceFiles(), IsOk());
    ASSERT_THAT(transaction->KeepNew(NewRelease().files().components), IsOk());
    ASSERT_THAT(transaction->GoBack(testing::Unhealthy(), "it said: no"), IsOk());
  }
  std::string NewStaged(absl::string_view path) {
    const std::string text(path);
    return StagedName(text.substr(text.rfind('/') + 1), invariants_.after().at(text).content());
  }
  void PutJournal(absl::string_view bytes) {
    ASSERT_THAT(base::WriteDurably(*Dir(kState), kJournalName, bytes, 0600), IsOk());
  }
  bool IsSetAside() { return !absl::IsNotFound(Dir(kState)->Stat(kSetAsideName).status()); }

  const Invariants invariants_ = BetweenReleases(OldRelease(), NewRelease());
  base::MemoryFileSystem disk_;
};

TEST_F(RecoverTest, WithoutAJournalNothingIsTouched) {
  const base::DiskImage before = disk_.SeenImage();
  const Recovery recovery = RecoverOk();
  EXPECT_FALSE(recovery.transaction.has_value());
  EXPECT_THAT(recovery.notices, IsEmpty());
  EXPECT_TRUE(Invariants::IsUnchanged(before, disk_.SeenImage()));
}

TEST_F(RecoverTest, CommittedTransactionIsFinished) {
  Commit();
  const Recovery recovery = RecoverOk();
  ASSERT_TRUE(recovery.transaction.has_value());
  EXPECT_EQ(recovery.transaction->phase(), Phase::kActivating);
  EXPECT_EQ(Files(), invariants_.after());
}

// ADVERSARY 119: staged file lost or damaged after the commit point.
TEST_F(RecoverTest, LostOrDamagedStagedFileMeansGoingBack) {
  for (const bool is_lost : {true, false}) {
    SCOPED_TRACE(is_lost);
    Commit();
    auto directory = Dir("/opt/agent");
    const std::string name = NewStaged("/opt/agent/agent");
    if (is_lost) {
      ASSERT_THAT(directory->Unlink(name), IsOk());
    } else {
      ASSERT_THAT((*directory->OpenReadWrite(name))->WriteAt(3, "X"), IsOk());
    }
    Recovery recovery = RecoverOk();
    ASSERT_TRUE(recovery.transaction.has_value());
    EXPECT_EQ(recovery.transaction->phase(), Phase::kReactivating);
    EXPECT_EQ(recovery.transaction->journal().refusal->code(), v1::Refusal::INTERRUPTED);
    ASSERT_THAT(recovery.notices, SizeIs(1));
    EXPECT_EQ(recovery.notices[0].code, v1::Refusal::INTERRUPTED);
    EXPECT_EQ(Files(), invariants_.before());
    ASSERT_THAT(FinishRecovered(*recovery.transaction, NewRelease()), IsOk());
  }
}

TEST_F(RecoverTest, WithoutAnyWayWhatIsMissingIsNamedAndCanBeSupplied) {
  Commit();
  ASSERT_THAT(Dir("/opt/agent")->Unlink(NewStaged("/opt/agent/agent")), IsOk());
  ASSERT_THAT(Dir("/opt/agent")->Unlink("agent"), IsOk());
  const base::Digest old = invariants_.before().at("/opt/agent/agent").digest;
  ASSERT_THAT(Dir(kKeptCopies)->Unlink(old.ToHex()), IsOk());

  // One target is new already, so that the journal is no old one.
  auto etc = Dir("/etc/agent");
  ASSERT_THAT(etc->Rename(NewStaged("/etc/agent/cacert"), *etc, "cacert"), IsOk());
  Recovery recovery = RecoverOk();
  ASSERT_TRUE(recovery.transaction.has_value());
  EXPECT_EQ(recovery.transaction->phase(), Phase::kCommitted);
  ASSERT_THAT(recovery.missing, SizeIs(1));
  EXPECT_EQ(recovery.missing[0].name, "agent");

  const std::string bytes = NewRelease().contents.at("agent");
  base::StringSource source(bytes);
  ASSERT_THAT(recovery.transaction->Supply(recovery.missing[0], source), IsOk());
  recovery = RecoverOk();
  EXPECT_THAT(recovery.missing, IsEmpty());
  EXPECT_EQ(Files(), invariants_.after());
}

// What a halted rollout leaves: the new contents are for nobody any more, the old ones are.
TEST_F(RecoverTest, EitherWayOutOfAMixIsEnough) {
  Commit();
  ASSERT_THAT(Dir("/opt/agent")->Unlink(NewStaged("/opt/agent/agent")), IsOk());
  ASSERT_THAT(Dir("/opt/agent")->Unlink("agent"), IsOk());
  const base::Digest old = invariants_.before().at("/opt/agent/agent").digest;
  ASSERT_THAT(Dir(kKeptCopies)->Unlink(old.ToHex()), IsOk());
  auto etc = Dir("/etc/agent");
  ASSERT_THAT(etc->Rename(NewStaged("/etc/agent/cacert"), *etc, "cacert"), IsOk());

  Recovery recovery = RecoverOk();
  EXPECT_EQ(recovery.missing_side, Side::kAfter);
  ASSERT_THAT(recovery.missing_other, SizeIs(1));
  EXPECT_EQ(recovery.missing_other[0].content.digest, old);

  const std::string bytes = OldRelease().contents.at("agent");
  base::StringSource source(bytes);
  ASSERT_THAT(recovery.transaction->Supply(recovery.missing_other[0], source), IsOk());
  recovery = RecoverOk();
  EXPECT_THAT(recovery.missing, IsEmpty());
  EXPECT_EQ(recovery.transaction->phase(), Phase::kReactivating);
  EXPECT_EQ(Files(), invariants_.before());
  EXPECT_THAT(RecoverForward().missing_other, IsEmpty()) << "below the floor there is one way";
}

TEST_F(RecoverTest, AnOldFileThatWasDamagedBeforeIsMadeWholeByItsManifest) {
  const base::Digest old = invariants_.before().at("/opt/agent/agent").digest;
  ASSERT_THAT((*Dir("/opt/agent")->OpenReadWrite("agent"))->WriteAt(0, "X"), IsOk());
  ASSERT_THAT(Dir(kKeptCopies)->Unlink(old.ToHex()), IsOk());
  Commit();
  ASSERT_THAT(Dir("/opt/agent")->Unlink(NewStaged("/opt/agent/agent")), IsOk());
  EXPECT_THAT(RecoverOk().missing_other, IsEmpty()) << "nobody knows what it should be";

  const std::vector<Component> release = OldRelease().files().components;
  absl::StatusOr<Recovery> recovery =
      Recover(PlaceOn(disk_), std::nullopt, GoingBack::kAllowed, release);
  ASSERT_THAT(recovery, IsOk());
  ASSERT_THAT(recovery->missing_other, SizeIs(1));
  EXPECT_EQ(recovery->missing_other[0].content.digest, old);

  const std::string bytes = OldRelease().contents.at("agent");
  base::StringSource source(bytes);
  ASSERT_THAT(recovery->transaction->Supply(recovery->missing_other[0], source), IsOk());
  recovery = Recover(PlaceOn(disk_), std::nullopt, GoingBack::kAllowed, release);
  ASSERT_THAT(recovery, IsOk());
  EXPECT_EQ(recovery->transaction->phase(), Phase::kReactivating);
  EXPECT_EQ(Files(), invariants_.before());
  // Also for whoever goes on without the manifest.
  EXPECT_EQ(RecoverOk().transaction->phase(), Phase::kReactivating);
}

TEST_F(RecoverTest, DamagedTargetBesideNewOnesIsRepaired) {
  absl::StatusOr<Transaction> transaction = CommitRelease(disk_, OldRelease(), NewRelease());
  ASSERT_THAT(transaction, IsOk());
  ASSERT_THAT(transaction->ReplaceFiles(), IsOk());
  ASSERT_THAT((*Dir("/etc/agent")->OpenReadWrite("cacert"))->WriteAt(0, "XX"), IsOk());
  // Its new contents are nowhere any more: back.
  EXPECT_EQ(RecoverOk().transaction->phase(), Phase::kReactivating);
  EXPECT_EQ(Files(), invariants_.before());
}

TEST_F(RecoverTest, DamagedTargetIsRepairedFromTheNewKeptSet) {
  absl::StatusOr<Transaction> transaction = CommitRelease(disk_, OldRelease(), NewRelease());
  ASSERT_THAT(transaction, IsOk());
  ASSERT_THAT(transaction->ReplaceFiles(), IsOk());
  ASSERT_THAT(transaction->KeepNew(NewRelease().files().components), IsOk());
  ASSERT_THAT((*Dir("/etc/agent")->OpenReadWrite("cacert"))->WriteAt(0, "XX"), IsOk());
  EXPECT_EQ(RecoverOk().transaction->phase(), Phase::kActivating);
  EXPECT_EQ(Files(), invariants_.after());
}

// CONTRACT 6: no target is new, and one is neither: the state directory was restored.
TEST_F(RecoverTest, JournalOfARestoredStateIsSetAsideAndNothingIsRenamed) {
  Commit();
  const std::string journal = *base::ReadWhole(*Dir(kState), kJournalName, 100'000);
  RecoverOk();
  TestRelease later = NewRelease();
  for (auto& [name, bytes] : later.contents) bytes += " later";
  PutFiles(disk_, later);
  PutJournal(journal);
  const FileSet before = Files();

  const Recovery recovery = RecoverOk();

  EXPECT_FALSE(recovery.transaction.has_value());
  ASSERT_THAT(recovery.notices, SizeIs(1));
  EXPECT_EQ(recovery.notices[0].code, v1::Refusal::JOURNAL_FOREIGN);
  EXPECT_THAT(recovery.notices[0].text, HasSubstr(std::string(kSetAside)));
  EXPECT_TRUE(IsSetAside());
  EXPECT_EQ(Files(), before);
  EXPECT_FALSE(RecoverOk().transaction.has_value());
}

// The old agent runs again and writes its own configuration: the outcome must not be lost.
TEST_F(RecoverTest, AgentThatRewroteItsFileAfterGoingBackDoesNotMakeTheJournalForeign) {
  PutBack();
  ASSERT_THAT((*Dir("/etc/agent")->OpenReadWrite("cacert"))->WriteAt(0, "XX"), IsOk());

  const Recovery recovery = RecoverOk();

  ASSERT_TRUE(recovery.transaction.has_value());
  EXPECT_EQ(recovery.transaction->phase(), Phase::kReactivating);
  EXPECT_EQ(recovery.transaction->journal().refusal->code(), v1::Refusal::PROBE);
  EXPECT_THAT(recovery.notices, IsEmpty());
  EXPECT_EQ(Files(), invariants_.before());
}

// A release of one file that the new agent changed at once: no target is new.
TEST_F(RecoverTest, OnlyFileRewrittenByTheNewAgentDoesNotMakeTheJournalForeign) {
  TestRelease next = OldRelease();
  next.id = NewRelease().id;
  next.contents["cacert"] = "CA 2";
  absl::StatusOr<Transaction> transaction = CommitRelease(disk_, OldRelease(), next);
  ASSERT_THAT(transaction, IsOk());
  ASSERT_THAT(transaction->ReplaceFiles(), IsOk());
  ASSERT_THAT(transaction->KeepNew(next.files().components), IsOk());
  ASSERT_THAT((*Dir("/etc/agent")->OpenReadWrite("cacert"))->WriteAt(0, "XX"), IsOk());

  const Recovery recovery = RecoverOk();

  ASSERT_TRUE(recovery.transaction.has_value());
  EXPECT_EQ(recovery.transaction->phase(), Phase::kActivating);
  EXPECT_EQ(Files(), next.file_set());
}

// docs/protocol.md: going back never goes below the floor.
TEST_F(RecoverTest, BelowTheFloorLostContentsAreFetchedAndNothingIsPutBack) {
  Commit();
  ASSERT_THAT(Dir("/opt/agent")->Unlink(NewStaged("/opt/agent/agent")), IsOk());

  Recovery recovery = RecoverForward();

  ASSERT_TRUE(recovery.transaction.has_value());
  EXPECT_EQ(recovery.transaction->phase(), Phase::kCommitted);
  ASSERT_THAT(recovery.missing, SizeIs(1));
  EXPECT_EQ(recovery.missing[0].name, "agent");
  EXPECT_THAT(recovery.notices, IsEmpty());
  const std::string bytes = NewRelease().contents.at("agent");
  base::StringSource source(bytes);
  ASSERT_THAT(recovery.transaction->Supply(recovery.missing[0], source), IsOk());
  EXPECT_THAT(RecoverForward().missing, IsEmpty());
  EXPECT_EQ(Files(), invariants_.after());
}

TEST_F(RecoverTest, BelowTheFloorTheWayBackIsLeftForwards) {
  PutBack();
  const Recovery recovery = RecoverForward();
  ASSERT_TRUE(recovery.transaction.has_value());
  EXPECT_THAT(recovery.missing, IsEmpty());
  EXPECT_EQ(recovery.transaction->phase(), Phase::kActivating);
  EXPECT_EQ(Files(), invariants_.after());
}

TEST_F(RecoverTest, BelowTheFloorTheWayBackWaitsForLostNewContents) {
  PutBack();
  const base::Digest digest = invariants_.after().at("/opt/agent/agent").digest;
  ASSERT_THAT(Dir(kKeptCopies)->Unlink(digest.ToHex()), IsOk());

  Recovery recovery = RecoverForward();

  ASSERT_TRUE(recovery.transaction.has_value());
  EXPECT_EQ(recovery.transaction->phase(), Phase::kReactivating);
  ASSERT_THAT(recovery.missing, SizeIs(1));
  EXPECT_EQ(Files(), invariants_.before()) << "nothing was renamed";
  const std::string bytes = NewRelease().contents.at("agent");
  base::StringSource source(bytes);
  ASSERT_THAT(recovery.transaction->Supply(recovery.missing[0], source), IsOk());
  EXPECT_EQ(RecoverForward().transaction->phase(), Phase::kActivating);
  EXPECT_EQ(Files(), invariants_.after());
}

TEST_F(RecoverTest, JournalOfAnotherHostIsSetAside) {  // ADVERSARY 120
  Commit();
  const trust::HostId other = *trust::HostId::FromBytes(std::string(32, 'o'));
  const Recovery recovery = RecoverOk(other);
  EXPECT_FALSE(recovery.transaction.has_value());
  EXPECT_EQ(recovery.notices.at(0).code, v1::Refusal::JOURNAL_FOREIGN);
  EXPECT_EQ(Files(), invariants_.before());
}

TEST_F(RecoverTest, DamagedJournalIsSetAside) {  // ADVERSARY 120
  Commit();
  std::string bytes = *base::ReadWhole(*Dir(kState), kJournalName, 100'000);
  for (const std::string& bad : {bytes.substr(0, bytes.size() / 2), std::string(bytes.size(), '\0'),
                                 bytes + bytes, std::string(), std::string(600'000, 'x')}) {
    PutJournal(bad);
    const Recovery recovery = RecoverOk();
    EXPECT_FALSE(recovery.transaction.has_value());
    ASSERT_THAT(recovery.notices, SizeIs(1));
    EXPECT_EQ(recovery.notices[0].code, v1::Refusal::JOURNAL_DAMAGED);
    EXPECT_EQ(Files(), invariants_.before());
  }
}

TEST_F(RecoverTest, JournalThatCannotBeReadNowIsNotSetAside) {  // ADVERSARY 117
  Commit();
  const base::DiskImage image = disk_.SeenImage();
  for (uint64_t n = 1; n <= 60; ++n) {
    base::MemoryFileSystem disk(image);
    disk.FailOperation(disk.operations() + n,
                       absl::ResourceExhaustedError("cannot open it: Too many open files"));
    Recover(PlaceOn(disk), std::nullopt).status().IgnoreError();
    EXPECT_TRUE(absl::IsNotFound((*disk.OpenRoot(kState))->Stat(kSetAsideName).status())) << n;
  }
}

TEST_F(RecoverTest, PlantedJournalIsNotFollowed) {  // ADVERSARY 103
  disk_.Plant("/var/lib/mig-loader/journal", base::FileKind::kSymlink);
  EXPECT_EQ(RecoverOk().notices.at(0).code, v1::Refusal::JOURNAL_DAMAGED);
  EXPECT_FALSE(RecoverOk().transaction.has_value());
}

TEST_F(RecoverTest, NewerLoadersJournalIsRefusedAndStays) {  // ADVERSARY 142
  std::string bytes = "MIGJRNL2";
  bytes.append(4, '\0');
  const base::Digest sum = base::Sha256Of(bytes);
  bytes.append(sum.bytes().data(), sum.bytes().size());
  PutJournal(bytes);
  const absl::Status status = Recover(PlaceOn(disk_), std::nullopt).status();
  EXPECT_EQ(trust::RefusalOf(status), v1::Refusal::UNSUPPORTED);
  EXPECT_FALSE(IsSetAside());
}

TEST_F(RecoverTest, SettledTransactionsAreGivenBackUntilTheyAreClosed) {
  absl::StatusOr<Transaction> transaction = CommitRelease(disk_, OldRelease(), NewRelease());
  ASSERT_THAT(transaction, IsOk());
  ASSERT_THAT(transaction->ReplaceFiles(), IsOk());
  ASSERT_THAT(transaction->Finish(), IsOk());
  for (int i = 0; i < 2; ++i) {
    Recovery recovery = RecoverOk();
    ASSERT_TRUE(recovery.transaction.has_value());
    EXPECT_EQ(recovery.transaction->phase(), Phase::kDone);
    if (i == 1) {
      ASSERT_THAT(recovery.transaction->Close(), IsOk());
    }
  }
  EXPECT_FALSE(RecoverOk().transaction.has_value());
}

TEST_F(RecoverTest, StagedInodeWithASecondLinkIsNotInstalled) {  // ADVERSARY 104
  Commit();
  auto directory = Dir("/opt/agent");
  ASSERT_THAT(directory->Link(NewStaged("/opt/agent/agent"), *directory, "second"), IsOk());
  RecoverOk();
  EXPECT_EQ(Files(), invariants_.after());
  EXPECT_EQ(directory->Stat("agent")->links, 1u);
  EXPECT_NE(directory->Stat("agent")->inode, directory->Stat("second")->inode);
}

TEST_F(RecoverTest, PeekSaysThePhaseWithoutTouchingAnything) {  // ADVERSARY 122
  EXPECT_THAT(*PeekPhase(PlaceOn(disk_)), Eq(std::nullopt));
  Commit();
  const base::DiskImage before = disk_.SeenImage();
  EXPECT_THAT(*PeekPhase(PlaceOn(disk_)), Eq(Phase::kCommitted));
  EXPECT_TRUE(Invariants::IsUnchanged(before, disk_.SeenImage()));
}

}  // namespace
}  // namespace mig::loader
