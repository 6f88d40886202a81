#include "loader/state/report_spool.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/memory_file_system.h"
#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using v1::Outcome;
using v1::Refusal;

std::string Attempt(int i) { return absl::StrFormat("attempt %08d", i); }

Outcome Make(int i, Outcome::Kind kind, Refusal::Code code) {
  Outcome outcome;
  outcome.set_attempt(Attempt(i));
  outcome.set_product("agent");
  outcome.set_kind(kind);
  outcome.set_result(Outcome::UNCHANGED);
  outcome.set_stage(Outcome::CHECK_IN);
  outcome.mutable_refusal()->set_code(code);
  outcome.mutable_refusal()->set_text(absl::StrCat("text ", i));
  outcome.set_started_ms(1000 + i);
  outcome.set_ended_ms(2000 + i);
  outcome.set_count(1);
  return outcome;
}
Outcome Install(int i) { return Make(i, Outcome::INSTALL, Refusal::NONE); }
Outcome Offline(int i) { return Make(i, Outcome::REFUSAL, Refusal::UNAVAILABLE); }

ReportSpool Open(base::FileSystem& disk) {
  return ReportSpool::Open(disk.OpenRoot("/").value()).value();
}

v1::ReportAnswer AcknowledgeAll(const v1::ReportRequest& batch) {
  v1::ReportAnswer answer;
  for (const Outcome& outcome : batch.outcomes()) {
    answer.add_acknowledged_attempts(outcome.attempt());
  }
  return answer;
}

TEST(ReportSpoolTest, OutcomesWaitInOrderUntilTheyAreAcknowledged) {
  base::MemoryFileSystem disk;
  for (int i = 1; i <= 3; ++i) ASSERT_THAT(Open(disk).Add(Install(i)), IsOk());
  EXPECT_EQ(disk.PendingChanges(), 0u);

  ReportSpool spool = Open(disk);
  EXPECT_EQ(spool.WaitingOutcomes(), 3u);
  const v1::ReportRequest batch = spool.NextBatch().value();
  ASSERT_EQ(batch.outcomes_size(), 3);
  EXPECT_EQ(disk.PendingChanges(), 0u) << "marked as sent before it is sent";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(batch.outcomes(i).attempt(), Attempt(i + 1));

  v1::ReportAnswer first;
  first.add_acknowledged_attempts(Attempt(1));
  first.add_acknowledged_attempts("someone else's..");
  ASSERT_THAT(spool.Settle(first), IsOk());
  EXPECT_EQ(Open(disk).WaitingOutcomes(), 2u);
  EXPECT_EQ(spool.NextBatch()->outcomes(0).attempt(), Attempt(2)) << "not answered: given again";
  ASSERT_THAT(spool.Settle(AcknowledgeAll(batch)), IsOk());
  EXPECT_EQ(Open(disk).NextBatch()->outcomes_size(), 0);
  EXPECT_EQ(disk.PendingChanges(), 0u);
}

TEST(ReportSpoolTest, TheSameAttemptIsKeptOnce) {
  base::MemoryFileSystem disk;
  for (int i = 0; i < 3; ++i) ASSERT_THAT(Open(disk).Add(Install(1)), IsOk());
  ReportSpool spool = Open(disk);
  ASSERT_EQ(spool.NextBatch()->outcomes_size(), 1);
  ASSERT_THAT(spool.Add(Install(1)), IsOk());
  EXPECT_EQ(Open(disk).WaitingOutcomes(), 1u);
}

TEST(ReportSpoolTest, Adversary136FiveHundredOfflineRunsAreOneRecordWithItsCount) {
  base::MemoryFileSystem disk;
  for (int i = 1; i <= 500; ++i) ASSERT_THAT(Open(disk).Add(Offline(i)), IsOk());
  const v1::ReportRequest batch = Open(disk).NextBatch().value();
  ASSERT_EQ(batch.outcomes_size(), 1);
  EXPECT_EQ(batch.outcomes(0).count(), 500u);
  EXPECT_EQ(batch.outcomes(0).started_ms(), 1001);
  EXPECT_EQ(batch.outcomes(0).ended_ms(), 2500);
  EXPECT_EQ(batch.outcomes(0).refusal().text(), "text 500");
}

TEST(ReportSpoolTest, WhatMayHaveBeenCountedDoesNotGrow) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(Open(disk).Add(Offline(1)), IsOk());
  ASSERT_EQ(Open(disk).NextBatch()->outcomes_size(), 1);  // and the answer is lost
  ASSERT_THAT(Open(disk).Add(Offline(2)), IsOk());
  const v1::ReportRequest batch = Open(disk).NextBatch().value();
  ASSERT_EQ(batch.outcomes_size(), 2);
  EXPECT_EQ(batch.outcomes(0).count(), 1u);
  EXPECT_EQ(batch.outcomes(1).attempt(), Attempt(2));
}

TEST(ReportSpoolTest, OnlyTheLastOutcomeOfItsProductGrows) {
  base::MemoryFileSystem disk;
  ReportSpool spool = Open(disk);
  ASSERT_THAT(spool.Add(Offline(1)), IsOk());
  ASSERT_THAT(spool.Add(Install(2)), IsOk());
  ASSERT_THAT(spool.Add(Offline(3)), IsOk());
  ASSERT_THAT(spool.Add(Make(4, Outcome::REFUSAL, Refusal::SLOW)), IsOk());
  ASSERT_THAT(spool.Add(Install(5)), IsOk());
  ASSERT_THAT(spool.Add(Install(6)), IsOk());
  EXPECT_EQ(spool.NextBatch()->outcomes_size(), 6);
}

TEST(ReportSpoolTest, Adversary137WhatIsRejectedIsSetAsideAndOthersFlow) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(Open(disk).Add(Install(1)), IsOk());
  ASSERT_THAT(Open(disk).Add(Install(2)), IsOk());
  ReportSpool spool = Open(disk);
  v1::ReportAnswer answer;
  answer.add_rejected()->set_attempt(Attempt(1));
  ASSERT_THAT(spool.Settle(answer), IsOk());

  spool = Open(disk);
  ASSERT_EQ(spool.NextBatch()->outcomes_size(), 1);
  EXPECT_EQ(spool.NextBatch()->outcomes(0).attempt(), Attempt(2));
  EXPECT_EQ(spool.WaitingOutcomes(), 1u);
  ASSERT_EQ(spool.SetAside().size(), 1u);
  EXPECT_EQ(spool.SetAside()[0].outcome().attempt(), Attempt(1));
}

TEST(ReportSpoolTest, TheNewestOfThoseSetAsideAreKept) {
  base::MemoryFileSystem disk;
  ReportSpool spool = Open(disk);
  for (int i = 0; i < 70; ++i) {
    ASSERT_THAT(spool.Add(Install(i)), IsOk());
    v1::ReportAnswer answer;
    answer.add_rejected()->set_attempt(Attempt(i));
    ASSERT_THAT(spool.Settle(answer), IsOk());
  }
  ASSERT_EQ(spool.SetAside().size(), ReportSpool::kMaxSetAside);
  EXPECT_EQ(spool.SetAside().back().outcome().attempt(), Attempt(69));
}

uint64_t FilesOf(base::FileSystem& disk) { return disk.OpenRoot("/").value()->List(5000)->size(); }

TEST(ReportSpoolTest, Adversary136AFullSpoolLosesNoCount) {
  base::MemoryFileSystem disk;
  ReportSpool spool = Open(disk);
  ASSERT_THAT(spool.Add(Offline(5000)), IsOk());
  ASSERT_THAT(spool.Add(Make(5001, Outcome::NOTICE, Refusal::CLOCK_JUMPED)), IsOk());
  for (int i = 0; i < 1010; ++i) ASSERT_THAT(spool.Add(Install(i)), IsOk());
  EXPECT_EQ(FilesOf(disk), base::kMaxSpooledReports);

  spool = Open(disk);
  EXPECT_EQ(spool.WaitingOutcomes(), 1012u);
  const v1::ReportRequest batch = spool.NextBatch().value();
  EXPECT_EQ(batch.outcomes(0).refusal().code(), Refusal::SPOOL_FULL);
  EXPECT_EQ(batch.outcomes(0).count(), 13u);
  EXPECT_EQ(batch.outcomes(1).attempt(), Attempt(11));
}

TEST(ReportSpoolTest, BytesAreBoundedToo) {
  base::MemoryFileSystem disk;
  ReportSpool spool = Open(disk);
  Outcome large = Install(0);
  large.set_agent_output(std::string(60'000, 'x'));
  for (int i = 0; i < 100; ++i) {
    large.set_attempt(Attempt(i));
    ASSERT_THAT(spool.Add(large), IsOk());
  }
  const auto root = disk.OpenRoot("/").value();
  uint64_t bytes = 0;
  const std::vector<base::DirectoryEntry> files = root->List(5000).value();
  for (const base::DirectoryEntry& entry : files) {
    bytes += root->Stat(entry.name)->size_bytes;
  }
  EXPECT_LE(bytes, base::kMaxSpoolBytes);
  EXPECT_EQ(Open(disk).WaitingOutcomes(), 100u);
  EXPECT_EQ(Open(disk).NextBatch()->outcomes_size(), 2) << "as many as fit into one report";

  large.set_agent_output(std::string(base::kMaxReportBytes, 'x'));
  large.set_attempt(Attempt(999));
  EXPECT_THAT(spool.Add(large), StatusIs(absl::StatusCode::kResourceExhausted));
}

// Outcomes 1 to `count`, acknowledged one after the other.
void Deliver(base::FileSystem& disk, int count) {
  for (int i = 1; i <= count; ++i) {
    ReportSpool spool = Open(disk);
    ASSERT_THAT(spool.Add(Install(i)), IsOk());
    ASSERT_THAT(spool.Settle(AcknowledgeAll(spool.NextBatch().value())), IsOk());
  }
}

TEST(ReportSpoolTest, WhatIsAcknowledgedIsKeptAndCanBeSentAgain) {
  base::MemoryFileSystem disk;
  Deliver(disk, 3);
  EXPECT_EQ(Open(disk).WaitingOutcomes(), 0u);
  ASSERT_THAT(Open(disk).Add(Install(2)), IsOk());
  EXPECT_EQ(Open(disk).WaitingOutcomes(), 0u) << "a run that was killed adds it again";

  ASSERT_THAT(Open(disk).SendAgain(), IsOk());
  EXPECT_EQ(disk.PendingChanges(), 0u);
  ReportSpool spool = Open(disk);
  EXPECT_EQ(spool.WaitingOutcomes(), 3u);
  const v1::ReportRequest batch = spool.NextBatch().value();
  ASSERT_EQ(batch.outcomes_size(), 3);
  EXPECT_EQ(batch.outcomes(0).attempt(), Attempt(1));
  ASSERT_THAT(spool.Settle(AcknowledgeAll(batch)), IsOk());
  EXPECT_EQ(Open(disk).WaitingOutcomes(), 0u);
}

TEST(ReportSpoolTest, WhatIsSentAgainDoesNotGrow) {
  base::MemoryFileSystem disk;
  ReportSpool spool = Open(disk);
  ASSERT_THAT(spool.Add(Offline(1)), IsOk());
  ASSERT_THAT(spool.Settle(AcknowledgeAll(spool.NextBatch().value())), IsOk());
  ASSERT_THAT(spool.SendAgain(), IsOk());
  ASSERT_THAT(spool.Add(Offline(2)), IsOk());
  EXPECT_EQ(spool.NextBatch()->outcomes(0).count(), 1u);
}

TEST(ReportSpoolTest, OfTheAcknowledgedTheNewestAreKept) {
  base::MemoryFileSystem disk;
  Deliver(disk, 70);
  EXPECT_EQ(FilesOf(disk), ReportSpool::kMaxKept);
  ReportSpool spool = Open(disk);
  ASSERT_THAT(spool.SendAgain(), IsOk());
  EXPECT_EQ(spool.NextBatch()->outcomes(0).attempt(), Attempt(7));
}

TEST(ReportSpoolTest, WhatWaitsNeverYieldsToWhatIsKept) {
  base::MemoryFileSystem disk;
  Deliver(disk, 64);
  ReportSpool spool = Open(disk);
  for (int i = 100; i < 1100; ++i) ASSERT_THAT(spool.Add(Install(i)), IsOk());
  EXPECT_EQ(FilesOf(disk), base::kMaxSpooledReports);
  EXPECT_EQ(spool.WaitingOutcomes(), 1000u);
  EXPECT_EQ(spool.NextBatch()->outcomes(0).attempt(), Attempt(100));
}

TEST(ReportSpoolTest, WhyItIsNeverTakenIsKept) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(Open(disk).Add(Install(1)), IsOk());
  ReportSpool spool = Open(disk);
  v1::ReportAnswer answer;
  v1::RejectedOutcome& rejected = *answer.add_rejected();
  rejected.set_attempt(Attempt(1));
  rejected.mutable_refusal()->set_code(Refusal::MALFORMED);
  rejected.mutable_refusal()->set_text(std::string(1000, 'x') + "\x1b");
  ASSERT_THAT(spool.Settle(answer), IsOk());
  const v1::Refusal why = Open(disk).SetAside().at(0).rejected();
  EXPECT_EQ(why.code(), Refusal::MALFORMED);
  EXPECT_LE(why.text().size(), base::kMaxReportTextBytes);
  ASSERT_THAT(Open(disk).SendAgain(), IsOk());
  EXPECT_EQ(Open(disk).NextBatch()->outcomes_size(), 0) << "it stays aside";
}

TEST(ReportSpoolTest, PowerCutAtAnyStepOfAddSendAndSettleLosesNothing) {
  base::MemoryFileSystem before;
  ASSERT_THAT(Open(before).Add(Install(1)), IsOk());
  const auto act = [](base::FileSystem& disk, bool& added) {
    absl::StatusOr<ReportSpool> spool = ReportSpool::Open(disk.OpenRoot("/").value());
    if (!spool.ok()) return;
    added = spool->Add(Install(2)).ok();
    const absl::StatusOr<v1::ReportRequest> batch = spool->NextBatch();
    if (!batch.ok()) return;
    v1::ReportAnswer answer;
    answer.add_acknowledged_attempts(Attempt(1));
    spool->Settle(answer).IgnoreError();
    spool->SendAgain().IgnoreError();
  };
  base::MemoryFileSystem probe(before.SeenImage(), {});
  bool added = false;
  act(probe, added);
  ASSERT_TRUE(added);

  for (uint64_t step = 1; step <= probe.operations(); ++step) {
    base::MemoryFileSystem disk(before.SeenImage(), {});
    disk.CutPowerAfter(step);
    added = false;
    act(disk, added);
    disk.ForEachDurableImage(1, 200, [&](const base::DiskImage& image) {
      SCOPED_TRACE(absl::StrCat("power cut after step ", step));
      base::MemoryFileSystem after(image, {});
      ReportSpool spool = Open(after);
      EXPECT_EQ(spool.damaged(), 0);
      ASSERT_THAT(spool.Add(Install(2)), IsOk());  // the next run reports it anew
      const v1::ReportRequest batch = spool.NextBatch().value();
      int ones = 0, twos = 0;
      for (const Outcome& outcome : batch.outcomes()) {
        ones += outcome.attempt() == Attempt(1);
        twos += outcome.attempt() == Attempt(2);
      }
      EXPECT_EQ(twos, 1);
      EXPECT_LE(ones, 1);
      EXPECT_TRUE(added || ones == 1) << "nothing was acknowledged yet";
      EXPECT_LE(FilesOf(after), 2u);
    });
  }
}

TEST(ReportSpoolTest, AFileThatIsNoRecordHarmsNothingAndIsCounted) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(Open(disk).Add(Install(1)), IsOk());
  const auto root = disk.OpenRoot("/").value();
  ASSERT_THAT(base::WriteDurably(*root, "00000000000000000007", "garbage", 0600), IsOk());
  ASSERT_THAT(base::WriteDurably(*root, "core", "", 0600), IsOk());
  ASSERT_THAT(root->CreateExclusive(".00000000000000000002.new", 0600), IsOk());

  ReportSpool spool = Open(disk);
  EXPECT_EQ(spool.damaged(), 2);
  ASSERT_THAT(spool.Add(Install(2)), IsOk());
  EXPECT_THAT(root->Stat("00000000000000000008"), IsOk()) << "a burnt number is not used again";
  EXPECT_THAT(root->Stat(".00000000000000000002.new"), StatusIs(absl::StatusCode::kNotFound));
}

TEST(ReportSpoolTest, AnOutcomeWithoutAttemptOrCountIsOurOwnMistake) {
  base::MemoryFileSystem disk;
  Outcome outcome = Install(1);
  outcome.set_count(0);
  EXPECT_THAT(Open(disk).Add(outcome), StatusIs(absl::StatusCode::kInvalidArgument));
  outcome = Install(1);
  outcome.set_attempt("short");
  EXPECT_THAT(Open(disk).Add(outcome), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace mig::loader
