// Offers, outcomes, the rollouts' logs, the audit log, the store's own row.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "coordinator/store/audit_chain.h"
#include "coordinator/store/testing/sample_records.h"
#include "coordinator/store/testing/store_conformance.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

AuditEntry SomeEntry(uint64_t n) {
  return AuditEntry{.at = At(static_cast<int64_t>(n)),
                    .actor = "spiffe://example.org/operator/ana",
                    .action = "host.disable",
                    .subject = absl::StrCat("host-", n),
                    .reason = "lost",
                    .difference = "state: enabled -> disabled"};
}

TEST_P(StoreConformanceTest, TheFirstOfferStays) {
  OfferRecord later = SomeOffer(1, 1);
  later.wave = 5;
  later.at = At(99);
  ASSERT_THAT(Write({InsertOffer{SomeOffer(1, 1)}}), IsOk());

  const absl::StatusOr<Written> second = Write({InsertOffer{later}});

  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->rows[0].effect, RowResult::Effect::kAlreadyThere);
  EXPECT_THAT(store().GetOffer(SomeHostId(1), SomeRolloutId(1)), IsOkAndHolds(SomeOffer(1, 1)));
}

TEST_P(StoreConformanceTest, OffersOfOneRolloutAreVisited) {
  ASSERT_THAT(Write({InsertOffer{SomeOffer(1, 1)}, InsertOffer{SomeOffer(2, 1)},
                     InsertOffer{SomeOffer(1, 2)}}),
              IsOk());

  EXPECT_THAT(Collect<OfferRecord>(
                  [&](auto visit) { return store().ForEachOffer(SomeRolloutId(1), visit); }),
              SizeIs(2));
  EXPECT_THAT(Collect<OfferRecord>(
                  [&](auto visit) { return store().ForEachOffer(SomeRolloutId(2), visit); }),
              ElementsAre(SomeOffer(1, 2)));
}

TEST_P(StoreConformanceTest, AnOutcomeCountsOnceHoweverOftenItArrives) {
  OutcomeRecord again = SomeOutcome(1, 7, 1);
  again.outcome = "something else";
  again.received_at = At(99);

  const Answer first = Append({InsertOutcome{SomeOutcome(1, 7, 1)}});
  const Answer second = Append({InsertOutcome{again}});
  const Answer other_host = Append({InsertOutcome{SomeOutcome(2, 7, 1)}});
  CommitAll();
  const absl::StatusOr<Written> third = Write({InsertOutcome{again}});

  EXPECT_EQ((**first)->rows[0].effect, RowResult::Effect::kWritten);
  EXPECT_EQ((**second)->rows[0].effect, RowResult::Effect::kAlreadyThere);
  EXPECT_EQ((**other_host)->rows[0].effect, RowResult::Effect::kWritten);
  EXPECT_EQ(third->rows[0].effect, RowResult::Effect::kAlreadyThere);
  OutcomeRecord expected = SomeOutcome(1, 7, 1);
  expected.number = (**first)->rows[0].number;
  EXPECT_THAT(store().GetOutcome(SomeHostId(1), SomeAttemptId(7)), IsOkAndHolds(expected));
  EXPECT_THAT(Collect<OutcomeRecord>(
                  [&](auto visit) { return store().ForEachOutcome(SomeRolloutId(1), visit); }),
              SizeIs(2));
}

TEST_P(StoreConformanceTest, OutcomesOfAHostComeNewestFirstPageByPage) {
  for (uint64_t n = 1; n <= 5; ++n) {
    ASSERT_THAT(Write({InsertOutcome{SomeOutcome(1, n, n)}, InsertOutcome{SomeOutcome(2, n, n)}}),
                IsOk());
  }

  const absl::StatusOr<std::vector<OutcomeRecord>> first =
      store().ListOutcomes(SomeHostId(1), 0, 3);
  ASSERT_THAT(first, IsOkAndHolds(SizeIs(3)));
  EXPECT_EQ(first->front().attempt, SomeAttemptId(5));
  const auto rest = store().ListOutcomes(SomeHostId(1), first->back().number, 3);
  ASSERT_THAT(rest, IsOkAndHolds(SizeIs(2)));
  EXPECT_EQ(rest->back().attempt, SomeAttemptId(1));
}

TEST_P(StoreConformanceTest, ATrimmedHostKeepsTheNewestOutcomesOfEachRolloutAndOfAllOthers) {
  uint64_t attempt = 0;
  const auto report = [&](uint64_t host, uint64_t rollout, bool counted, uint64_t times) {
    for (uint64_t i = 0; i < times; ++i) {
      OutcomeRecord outcome = SomeOutcome(host, ++attempt, rollout);
      outcome.counted = counted;
      Append({InsertOutcome{std::move(outcome)}});
    }
    CommitAll();
  };
  report(1, 1, true, base::kMaxCountedOutcomes + 3);
  report(1, 2, true, 5);
  report(1, 3, false, base::kMaxOtherOutcomes + 7);
  report(2, 1, true, base::kMaxCountedOutcomes + 1);

  const absl::StatusOr<Written> trimmed = Write({TrimOutcomes{SomeHostId(1)}});

  ASSERT_THAT(trimmed, IsOk());
  EXPECT_EQ(trimmed->rows[0].number, 3 + 7);
  EXPECT_FALSE(store().GetOutcome(SomeHostId(1), SomeAttemptId(3)).ok());
  EXPECT_THAT(store().GetOutcome(SomeHostId(1), SomeAttemptId(4)), IsOk());
  EXPECT_EQ(Write({TrimOutcomes{SomeHostId(1)}})->rows[0].number, 0);
}

TEST_P(StoreConformanceTest, TheBytesOfATrimmedHostAreBoundedToo) {
  constexpr uint64_t kFit = base::kMaxOtherOutcomeBytes / base::kMaxReportBytes;
  for (uint64_t n = 1; n <= kFit + 2; ++n) {
    OutcomeRecord outcome = SomeOutcome(1, n, 1);
    outcome.counted = false;
    outcome.rollout = std::nullopt;
    outcome.outcome = std::string(base::kMaxReportBytes, 'x');
    Append({InsertOutcome{std::move(outcome)}});
  }
  CommitAll();

  EXPECT_EQ(Write({TrimOutcomes{SomeHostId(1)}})->rows[0].number, 2);
  EXPECT_FALSE(store().GetOutcome(SomeHostId(1), SomeAttemptId(2)).ok());
  EXPECT_THAT(store().GetOutcome(SomeHostId(1), SomeAttemptId(3)), IsOk());
}

TEST_P(StoreConformanceTest, AnEventFollowsTheLastOne) {
  EXPECT_THAT(Write({AppendEvent{SomeEvent(1, 2)}}), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Write({AppendEvent{SomeEvent(1, 0)}}), StatusIs(absl::StatusCode::kAborted));
  ASSERT_THAT(Write({AppendEvent{SomeEvent(1, 1)}, AppendEvent{SomeEvent(1, 2)},
                     AppendEvent{SomeEvent(2, 1)}}),
              IsOk());

  EXPECT_THAT(Write({AppendEvent{SomeEvent(1, 2)}}),
              StatusIs(absl::StatusCode::kAborted, HasSubstr("ends with event 2")));
  EXPECT_THAT(Write({AppendEvent{SomeEvent(1, 4)}}), StatusIs(absl::StatusCode::kAborted));
  ASSERT_THAT(Write({AppendEvent{SomeEvent(1, 3)}}), IsOk());
  EXPECT_THAT(store().ListEvents(SomeRolloutId(1), 1, 10),
              IsOkAndHolds(ElementsAre(SomeEvent(1, 2), SomeEvent(1, 3))));
  EXPECT_THAT(Collect<RolloutEvent>([&](auto visit) { return store().ForEachEvent(visit); }),
              SizeIs(4));
}

TEST_P(StoreConformanceTest, OfTwoWhoAppendTheSameEventOneWins) {
  ASSERT_THAT(Write({AppendEvent{SomeEvent(1, 1)}}), IsOk());
  RolloutEvent halt = SomeEvent(1, 2);
  halt.kind = RolloutEventKind::kHalted;

  const Answer first = Append({AppendEvent{halt}});
  const Answer second = Append({AppendEvent{SomeEvent(1, 2)}});
  CommitAll();

  EXPECT_THAT(**first, IsOk());
  EXPECT_THAT(**second, StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(store().ListEvents(SomeRolloutId(1), 1, 10), IsOkAndHolds(ElementsAre(halt)));
}

TEST_P(StoreConformanceTest, AuditRowsMakeAChain) {
  EXPECT_THAT(store().VerifyAudit(), IsOkAndHolds(AuditHead{}));
  const absl::StatusOr<Written> written =
      Write({AppendAudit{SomeEntry(1)}, InsertHost{SomeHost(1)}, AppendAudit{SomeEntry(2)}});
  ASSERT_THAT(written, IsOk());
  EXPECT_EQ(written->rows[2].number, 2);
  world().Reopen();
  ASSERT_THAT(Write({AppendAudit{SomeEntry(3)}}), IsOk());

  const absl::StatusOr<std::vector<AuditRecord>> rows = store().ListAudit(0, 10);
  ASSERT_THAT(rows, IsOkAndHolds(SizeIs(::testing::Ge(1))));
  EXPECT_EQ(rows->front().entry, SomeEntry(3));
  const absl::StatusOr<AuditHead> head = store().VerifyAudit();
  ASSERT_THAT(head, IsOk());
  EXPECT_EQ(*head, (AuditHead{.seq = rows->front().seq, .hash = rows->front().hash}));
  EXPECT_EQ(store().GetMeta()->audit, *head);
  EXPECT_THAT(store().ListAudit(1, 10), IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreConformanceTest, ARefusedBatchLeavesNoGapInTheAuditLog) {
  ASSERT_THAT(Write({InsertHost{SomeHost(1)}}), IsOk());

  const Answer before = Append({AppendAudit{SomeEntry(1)}});
  const Answer refused = Append({AppendAudit{SomeEntry(2)}, InsertHost{SomeHost(1)}});
  const Answer after = Append({AppendAudit{SomeEntry(3)}});
  CommitAll();

  EXPECT_THAT(**before, IsOk());
  EXPECT_THAT(**refused, StatusIs(absl::StatusCode::kAlreadyExists));
  ASSERT_THAT(**after, IsOk());
  EXPECT_EQ((**after)->rows[0].number, 2);
  EXPECT_THAT(store().VerifyAudit(), IsOk());
}

TEST_P(StoreConformanceTest, EveryBatchMovesTheChangeCounterButLastSeenTimes) {
  const uint64_t start = store().GetMeta()->change;

  const Answer one = Append({InsertHost{SomeHost(1)}});
  const Answer seen = Append({RecordSeen{SomeSeen(1)}, RecordSeen{SomeSeen(2)}});
  const Answer two = Append({RecordSeen{SomeSeen(1)}, InsertOffer{SomeOffer(1, 1)}});
  const Answer refused = Append({InsertHost{SomeHost(1)}});
  CommitAll();

  EXPECT_EQ((**one)->change, start + 1);
  EXPECT_EQ((**seen)->change, start + 1);
  EXPECT_EQ((**two)->change, start + 2);
  EXPECT_THAT(**refused, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(store().GetMeta()->change, start + 2);
}

TEST_P(StoreConformanceTest, TheGenerationIsRaisedOnce) {
  const StoreId id = store().GetMeta()->store_id;
  EXPECT_EQ(store().GetMeta()->generation, 0);

  const Answer first = Append({RaiseGeneration{.expected = 0}});
  const Answer second = Append({RaiseGeneration{.expected = 0}});
  CommitAll();

  EXPECT_THAT(**first, IsOk());
  EXPECT_THAT(**second, StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(store().GetMeta()->generation, 1);
  if (world().Reopen() == StoreWorld::Memory::kForgotten) return;
  EXPECT_EQ(store().GetMeta()->generation, 1);
  EXPECT_EQ(store().GetMeta()->store_id, id);
}

}  // namespace
}  // namespace mig::coordinator::testing
