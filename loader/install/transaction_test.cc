// Whole installs on a memory disk: what they leave, what they refuse, what they survive.

#include "loader/install/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "loader/install/adopt.h"
#include "loader/install/component_error.h"
#include "loader/install/recover.h"
#include "loader/install/staging.h"
#include "loader/install/sweep.h"
#include "loader/install/testing/invariants.h"
#include "loader/install/testing/test_release.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::mig::loader::testing::BetweenReleases;
using ::mig::loader::testing::CommitRelease;
using ::mig::loader::testing::DiskWeight;
using ::mig::loader::testing::FactsOf;
using ::mig::loader::testing::FileSet;
using ::mig::loader::testing::FinishRecovered;
using ::mig::loader::testing::InstallAndGoBack;
using ::mig::loader::testing::InstallRelease;
using ::mig::loader::testing::Invariants;
using ::mig::loader::testing::kKeptCopies;
using ::mig::loader::testing::kProduct;
using ::mig::loader::testing::NewRelease;
using ::mig::loader::testing::OldRelease;
using ::mig::loader::testing::PlaceOn;
using ::mig::loader::testing::PutFiles;
using ::mig::loader::testing::PutInstalled;
using ::mig::loader::testing::ReadFileSet;
using ::mig::loader::testing::ScanOf;
using ::mig::loader::testing::StageRelease;
using ::mig::loader::testing::TestRelease;
using ::mig::loader::testing::Unhealthy;
using ::mig::loader::testing::WeightOf;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Refusal::Code CodeOf(const absl::Status& status) {
  return trust::RefusalOf(status).value_or(v1::Refusal::NONE);
}

class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() { PutInstalled(disk_, OldRelease()); }

  FileSet Files() { return ReadFileSet(disk_, invariants_.paths()); }
  std::unique_ptr<base::Directory> Dir(absl::string_view path) { return *disk_.OpenRoot(path); }
  absl::Status Overwrite(absl::string_view directory, absl::string_view name,
                         absl::string_view bytes) {
    auto file = Dir(directory)->OpenReadWrite(name);
    if (!file.ok()) return file.status();
    if (absl::Status cut = (*file)->Truncate(0); !cut.ok()) return cut;
    return (*file)->WriteAt(0, bytes);
  }
  absl::Status Install() { return InstallRelease(disk_, OldRelease(), NewRelease()); }
  KeptSets Kept() { return *KeptSets::Open(PlaceOn(disk_), kProduct); }

  const Invariants invariants_ = BetweenReleases(OldRelease(), NewRelease());
  base::MemoryFileSystem disk_;
};

TEST_F(TransactionTest, InstallLeavesTheNewSetAndNothingElse) {
  ASSERT_THAT(Install(), IsOk());
  EXPECT_EQ(Files(), invariants_.after());
  EXPECT_EQ(Kept().current()->release, NewRelease().id);
  EXPECT_EQ(Kept().previous()->release, OldRelease().id);
  EXPECT_THAT(*PeekPhase(PlaceOn(disk_)), ::testing::Eq(std::nullopt));
  EXPECT_EQ(disk_.PendingChanges(), 0u) << "all of it is durable";
  for (const absl::string_view path : {"/opt/agent", "/etc/agent", "/etc/agent/conf.d"}) {
    const absl::StatusOr<std::vector<base::DirectoryEntry>> entries = Dir(path)->List(100);
    ASSERT_THAT(entries, IsOk());
    for (const base::DirectoryEntry& entry : *entries) {
      EXPECT_THAT(entry.name, ::testing::Not(HasSubstr(".mig-"))) << path;
    }
  }
}

TEST_F(TransactionTest, GoingBackLeavesTheOldSetAndTheOldKeptSet) {
  ASSERT_THAT(InstallAndGoBack(disk_, OldRelease(), NewRelease()), IsOk());
  EXPECT_EQ(Files(), invariants_.before());
  EXPECT_EQ(Kept().current()->release, OldRelease().id);
  EXPECT_EQ(Kept().next(), std::nullopt);
}

TEST_F(TransactionTest, ThousandCyclesDoNotGrowTheDisk) {  // I8
  // Each cycle has contents of its own, of one size.
  auto cycle = [this, last = OldRelease(), number = 0]() mutable {
    TestRelease next = NewRelease();
    next.id.manifest = base::Sha256Of(absl::StrCat("manifest ", ++number));
    next.contents["configuration"] = absl::StrFormat("version = %06d", number);
    ASSERT_THAT(InstallRelease(disk_, last, next), IsOk());
    TestRelease bad = next;
    bad.id.manifest = base::Sha256Of("bad manifest");
    bad.contents["agent"] = absl::StrFormat("bad agent %06d", number);
    ASSERT_THAT(InstallAndGoBack(disk_, next, bad), IsOk());
    last = next;
  };
  cycle();
  cycle();  // from here on there is a previous set of the same size
  const DiskWeight first = WeightOf(disk_.SeenImage());
  for (int i = 0; i < 1000 && !HasFailure(); ++i) cycle();
  EXPECT_TRUE(Invariants::HasNotGrown(first, WeightOf(disk_.SeenImage())));
}

TEST_F(TransactionTest, OperatorsOwnFilesAreNeverTouched) {  // ADVERSARY 113 [fleet #50720]
  for (const absl::string_view path : {"/opt/agent", "/etc/agent", "/etc/agent/conf.d"}) {
    ASSERT_THAT(base::WriteDurably(*Dir(path), "mine", "mine", 0640), IsOk());
  }
  ASSERT_THAT(Install(), IsOk());
  ASSERT_THAT(SweepLeftovers(PlaceOn(disk_), {"/opt/agent", "/etc/agent", "/etc/agent/conf.d"}, {}),
              IsOk());
  for (const absl::string_view path : {"/opt/agent", "/etc/agent", "/etc/agent/conf.d"}) {
    EXPECT_EQ(*base::ReadWhole(*Dir(path), "mine", 100), "mine");
  }
}

// ADVERSARY 102: a target that is no file, a parent that is a link.
TEST_F(TransactionTest, TargetThatIsNoFileIsRefusedAndNothingIsWritten) {
  ASSERT_THAT(Dir("/etc/agent")->Unlink("cacert"), IsOk());
  for (const base::FileKind kind : {base::FileKind::kSymlink, base::FileKind::kOther}) {
    disk_.Plant("/etc/agent/cacert", kind);
    const absl::Status status = Install();
    EXPECT_EQ(CodeOf(status), v1::Refusal::UNSAFE_PATH) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("'cacert'"), HasSubstr("/etc/agent/cacert")));
    ASSERT_THAT(Dir("/etc/agent")->Unlink("cacert"), IsOk());
  }
  ASSERT_THAT(Dir("/etc/agent")->MakeDir("cacert", 0755), IsOk());
  EXPECT_EQ(CodeOf(Install()), v1::Refusal::UNSAFE_PATH);
}

TEST_F(TransactionTest, LinkedOrMissingParentIsRefusedByName) {
  auto etc = Dir("/etc/agent");
  ASSERT_THAT(etc->Rename("conf.d", *etc, "moved"), IsOk());
  EXPECT_THAT(Install(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  AllOf(HasSubstr("'conf/10-site'"), HasSubstr("is missing"))));
  disk_.Plant("/etc/agent/conf.d", base::FileKind::kSymlink);
  EXPECT_THAT(Install(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("/etc/agent/conf.d")));
}

TEST_F(TransactionTest, ParentThatOthersMayWriteToIsRefused) {
  auto root = *disk_.OpenRoot("/opt");
  ASSERT_THAT(root->MakeDir("open", 0777), IsOk());
  EXPECT_THAT(OpenTargetDirectory(PlaceOn(disk_), "/opt/open"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("chmod o-w /opt/open")));
}

TEST_F(TransactionTest, StateDirectoryThatOthersMayWriteToIsRefused) {  // ADVERSARY 101
  base::MemoryFileSystem disk;
  ASSERT_THAT(base::MakeDirs(disk, "/var/lib", 0755), IsOk());
  ASSERT_THAT((*disk.OpenRoot("/var/lib"))->MakeDir("mig-loader", 0777), IsOk());
  EXPECT_THAT(OpenStateDirectory(PlaceOn(disk)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("chmod o-w")));
}

// ADVERSARY 107 (R10)
TEST_F(TransactionTest, DamagedOldFileIsKeptFromItsGoodCopy) {
  ASSERT_THAT(Overwrite("/etc/agent", "cacert", "damaged"), IsOk());
  ASSERT_THAT(InstallAndGoBack(disk_, OldRelease(), NewRelease()), IsOk());
  EXPECT_EQ(Files(), invariants_.before());
}

TEST_F(TransactionTest, DamagedOldFileWithoutAGoodCopyIsReportedAsNoWayBack) {
  const base::Digest digest = invariants_.before().at("/etc/agent/cacert").digest;
  ASSERT_THAT(Dir(kKeptCopies)->Unlink(digest.ToHex()), IsOk());
  ASSERT_THAT(Overwrite("/etc/agent", "cacert", "damaged"), IsOk());

  absl::StatusOr<Staging> staging = StageRelease(disk_, OldRelease(), NewRelease());
  ASSERT_THAT(staging, IsOk());
  const absl::StatusOr<Staging::NoWayBack> no_way_back = staging->Keep();
  ASSERT_THAT(no_way_back, IsOk());
  EXPECT_THAT(*no_way_back, ElementsAre("cacert"));

  absl::StatusOr<Transaction> transaction =
      (*std::move(staging)).Commit(FactsOf(OldRelease(), NewRelease()));
  ASSERT_THAT(transaction, IsOk());
  EXPECT_FALSE(transaction->HasWayBack());
  ASSERT_THAT(transaction->ReplaceFiles(), IsOk());
  EXPECT_EQ(CodeOf(transaction->GoBack(Unhealthy(), "")), v1::Refusal::NO_WAY_BACK);
  EXPECT_EQ(Files(), invariants_.after()) << "nothing was renamed";
}

TEST_F(TransactionTest, DamagedKeptSetStopsWhereItIs) {  // ADVERSARY 130
  absl::StatusOr<Transaction> transaction = CommitRelease(disk_, OldRelease(), NewRelease());
  ASSERT_THAT(transaction, IsOk());
  ASSERT_THAT(transaction->ReplaceFiles(), IsOk());
  const base::Digest digest = invariants_.before().at("/etc/agent/cacert").digest;
  ASSERT_THAT(Overwrite(kKeptCopies, digest.ToHex(), "XX 1"), IsOk());

  const absl::Status status = transaction->GoBack(Unhealthy(), "");

  EXPECT_EQ(CodeOf(status), v1::Refusal::KEPT_SET_DAMAGED);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'cacert'"));
  EXPECT_EQ(transaction->phase(), Phase::kActivating);
  EXPECT_EQ(Files(), invariants_.after());
}

// A file that both releases have alike, and that is damaged, is repaired either way.
TEST_F(TransactionTest, GoingBackLeavesARepairedFileRepaired) {
  TestRelease next = NewRelease();
  next.contents["cacert"] = OldRelease().contents["cacert"];
  ASSERT_THAT(Overwrite("/etc/agent", "cacert", "damaged"), IsOk());
  ASSERT_THAT(InstallAndGoBack(disk_, OldRelease(), next), IsOk());
  EXPECT_EQ(Files(), invariants_.before());
}

TEST_F(TransactionTest, RepairTakesWhatIsOnTheHostAndKeepsThePreviousSet) {
  ASSERT_THAT(Install(), IsOk());
  ASSERT_THAT(Overwrite("/opt/agent", "agent", "damaged"), IsOk());
  ASSERT_THAT((*Dir("/etc/agent")->OpenReadWrite("agentkey"))->SetMode(0666), IsOk());

  const absl::StatusOr<LocalManifest> local =
      ScanOf(disk_, {"agent", "agentcert", "agentkey", "cacert", "conf/10-site", "configuration"});
  ASSERT_THAT(local, IsOk());
  absl::StatusOr<Comparison> changes =
      Compare(NewRelease().files(), NewRelease().files().components, *local);
  ASSERT_THAT(changes, IsOk());
  ASSERT_EQ(changes->changes.size(), 2u);
  absl::StatusOr<Staging> staging =
      Staging::Begin(PlaceOn(disk_), kProduct, std::move(changes->changes));
  ASSERT_THAT(staging, IsOk());
  for (size_t i = 0; i < 2; ++i) {
    const absl::StatusOr<Staging::Stagable> have = staging->StageFromDisk(i);
    ASSERT_THAT(have, IsOk());
    EXPECT_TRUE(have->is_staged) << "nothing need be fetched";
  }
  ASSERT_THAT(staging->Keep(), IsOk());
  absl::StatusOr<Transaction> transaction =
      (*std::move(staging)).Commit(FactsOf(NewRelease(), NewRelease()));
  ASSERT_THAT(transaction, IsOk());
  ASSERT_THAT(transaction->ReplaceFiles(), IsOk());
  ASSERT_THAT(FinishRecovered(*transaction, NewRelease()), IsOk());
  EXPECT_EQ(Files(), invariants_.after());
  EXPECT_EQ(Kept().previous()->release, OldRelease().id);
}

TEST_F(TransactionTest, StagedFileTouchedBeforeTheCommitPointStopsIt) {  // ADVERSARY 104
  absl::StatusOr<Staging> staging = StageRelease(disk_, OldRelease(), NewRelease());
  ASSERT_THAT(staging, IsOk());
  ASSERT_THAT(staging->Keep(), IsOk());
  const std::string name =
      StagedName("agent", NewRelease().file_set().at("/opt/agent/agent").content());
  ASSERT_THAT(Dir("/opt/agent")->Link(name, *Dir("/opt/agent"), "second"), IsOk());
  EXPECT_THAT((*std::move(staging)).Commit(FactsOf(OldRelease(), NewRelease())),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(Files(), invariants_.before());
  EXPECT_THAT(*PeekPhase(PlaceOn(disk_)), ::testing::Eq(std::nullopt));
}

// One journal at a time: a second install would take the first one's ways forward and back with it.
TEST_F(TransactionTest, SecondInstallIsRefusedWhileOneIsUnfinished) {
  absl::StatusOr<Staging> second = StageRelease(disk_, OldRelease(), NewRelease());
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(second->Keep(), IsOk());
  TransactionFacts facts = FactsOf(OldRelease(), NewRelease());
  const FileFacts after = NewRelease().file_set().at("/opt/agent/agent");
  Journal first = {.facts = facts, .phase = Phase::kReactivating};
  first.facts.product = "other";
  first.files.push_back({.name = "x",
                         .directory = "/opt/agent",
                         .file_name = "x",
                         .staged_name = StagedName("x", after.content()),
                         .after = after});
  ASSERT_THAT(WriteJournal(*Dir(testing::kState), first), IsOk());
  const base::DiskImage before = disk_.SeenImage();
  facts.id = *trust::AttemptId::FromBytes("fedcba9876543210");

  EXPECT_THAT((*std::move(second)).Commit(facts),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("product 'other' is unfinished (REACTIVATING)"),
                             HasSubstr("mig-loader run"))));

  EXPECT_TRUE(Invariants::IsUnchanged(before, disk_.SeenImage()));
}

TEST_F(TransactionTest, DroppedStagingLeavesNothing) {
  { ASSERT_THAT(StageRelease(disk_, OldRelease(), NewRelease()), IsOk()); }
  base::MemoryFileSystem fresh;
  PutInstalled(fresh, OldRelease());
  EXPECT_EQ(disk_.SeenImage().Describe(), fresh.SeenImage().Describe());
}

TEST_F(TransactionTest, WhatWasLeftForLaterIsUsedByTheNextRun) {  // ADVERSARY 89, 123
  absl::StatusOr<Staging> staging = StageRelease(disk_, OldRelease(), NewRelease());
  ASSERT_THAT(staging, IsOk());
  const std::vector<FileChange> changes = staging->changes();
  std::move(*staging).LeaveForLater();

  ASSERT_THAT(SweepLeftovers(PlaceOn(disk_), {"/opt/agent", "/etc/agent"}, changes), IsOk());
  absl::StatusOr<Staging> again = Staging::Begin(PlaceOn(disk_), kProduct, changes);
  ASSERT_THAT(again, IsOk());
  for (size_t i = 0; i < changes.size(); ++i) {
    const absl::StatusOr<Staging::Stagable> have = again->StageFromDisk(i);
    ASSERT_THAT(have, IsOk());
    EXPECT_TRUE(have->is_staged) << changes[i].target.name;
  }
}

TEST_F(TransactionTest, AdoptingKeepsACopyAndTouchesNoTarget) {
  base::MemoryFileSystem disk;
  PutFiles(disk, OldRelease());
  const std::unique_ptr<base::Directory> opt = *disk.OpenRoot("/opt/agent");
  const base::FileStat before = *opt->Stat("agent");
  const std::vector<Component> components = OldRelease().files().components;
  absl::StatusOr<Adoption> adoption = Adoption::Begin(PlaceOn(disk), kProduct, components);
  ASSERT_THAT(adoption, IsOk());
  EXPECT_FALSE(KeptSets::Open(PlaceOn(disk), kProduct)->current().has_value()) << "not yet";
  ASSERT_THAT(std::move(*adoption).Commit(OldRelease().id), IsOk());
  EXPECT_EQ(*opt->Stat("agent"), before);
  EXPECT_TRUE(invariants_.HasWayBack(disk, kKeptCopies));
  EXPECT_EQ(KeptSets::Open(PlaceOn(disk), kProduct)->current()->release, OldRelease().id);

  const absl::Status other =
      Adoption::Begin(PlaceOn(disk), kProduct, {NewRelease().files().components.front()}).status();
  EXPECT_THAT(other, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("'agent'")));
  EXPECT_EQ(ComponentOf(other), "agent");
}

TEST_F(TransactionTest, AdoptingLeavesOutWhatAnOperatorMayChange) {
  std::vector<Component> components = OldRelease().files().components;
  components.front().content.digest = base::Sha256Of("as the release has it");
  components.front().target.local_change = LocalChange::kKeep;
  ASSERT_THAT(Adoption::Begin(PlaceOn(disk_), kProduct, components), IsOk());
}

// ADVERSARY 108 [mox #170]: bind mounts and other file systems below the targets' parents.
TEST_F(TransactionTest, EachDirectoryOnAFileSystemOfItsOwn) {
  for (const absl::string_view path :
       {"/opt/agent", "/etc/agent", "/etc/agent/conf.d", "/var/lib/mig-loader"}) {
    disk_.MountAt(path);
  }
  ASSERT_THAT(InstallAndGoBack(disk_, OldRelease(), NewRelease()), IsOk());
  EXPECT_EQ(Files(), invariants_.before());
  ASSERT_THAT(Install(), IsOk());
  EXPECT_EQ(Files(), invariants_.after());
}

}  // namespace
}  // namespace mig::loader
