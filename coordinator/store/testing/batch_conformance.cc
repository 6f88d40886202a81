// Batches, groups, the queue, and values that look like something else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "coordinator/store/testing/sample_records.h"
#include "coordinator/store/testing/store_conformance.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Writes down what it was told.
class NotedTimer : public CommitTimer {
 public:
  void CommitWithin(absl::Duration delay) override { delays.push_back(delay); }

  std::vector<absl::Duration> delays;
};

WriteBatch Offers(uint64_t first, size_t count) {
  WriteBatch batch;
  for (uint64_t n = first; n < first + count; ++n) batch.push_back(InsertOffer{SomeOffer(n, 1)});
  return batch;
}

TEST_P(StoreConformanceTest, ABatchThatIsRefusedHalfwayWritesNothingAndHarmsNoOther) {
  ASSERT_THAT(Write({InsertHost{SomeHost(1)}}), IsOk());

  const Answer before = Append({InsertHost{SomeHost(2)}});
  const Answer refused =
      Append({InsertHost{SomeHost(3)}, InsertOffer{SomeOffer(3, 1)}, InsertHost{SomeHost(1)}});
  const Answer after = Append({InsertHost{SomeHost(4)}});
  EXPECT_EQ(CommitAll(), 1);

  EXPECT_THAT(**before, IsOk());
  EXPECT_THAT(**refused, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(**after, IsOk());
  EXPECT_THAT(store().GetHost(SomeHostId(2)), IsOk());
  EXPECT_THAT(store().GetHost(SomeHostId(3)), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store().GetOffer(SomeHostId(3), SomeRolloutId(1)),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store().GetHost(SomeHostId(4)), IsOk());
}

TEST_P(StoreConformanceTest, LaterBatchesSeeEarlierOnesOfTheirGroup) {
  HostRecord read = SomeHost(1);
  read.revision = 1;

  const Answer insert = Append({InsertHost{SomeHost(1)}});
  const Answer update = Append({UpdateHost{read}});
  CommitAll();

  EXPECT_THAT(**insert, IsOk());
  EXPECT_THAT(**update, IsOk());
}

TEST_P(StoreConformanceTest, AnswersComeInTheOrderOfTheAppends) {
  std::vector<int> order;
  for (int n = 0; n < 300; ++n) {
    store().Append(Offers(static_cast<uint64_t>(n), 1),
                   [&order, n](absl::StatusOr<Written>) { order.push_back(n); });
  }
  EXPECT_THAT(order, IsEmpty());

  CommitAll();

  ASSERT_THAT(order, SizeIs(300));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_P(StoreConformanceTest, AGroupIsAsManyWholeBatchesAsFit) {
  std::vector<Answer> answers;
  answers.push_back(Append(Offers(0, 100)));
  answers.push_back(Append(Offers(100, 156)));  // 256 with the first
  answers.push_back(Append(Offers(300, 200)));
  answers.push_back(Append(Offers(600, 57)));  // 257 with the one before

  EXPECT_EQ(world().committer().CommitNow(), 256);
  EXPECT_TRUE(answers[1]->has_value());
  EXPECT_FALSE(answers[2]->has_value());
  EXPECT_EQ(world().committer().CommitNow(), 200);
  EXPECT_FALSE(answers[3]->has_value());
  EXPECT_EQ(world().committer().CommitNow(), 57);
  EXPECT_EQ(world().committer().CommitNow(), 0);
  EXPECT_EQ(world().committer().RowsWaiting(), 0);
}

TEST_P(StoreConformanceTest, TheTimerIsToldOfTheFirstRowAndOfAWholeGroup) {
  NotedTimer timer;
  world().committer().SetTimer(&timer);

  Append(Offers(0, 1));
  EXPECT_THAT(timer.delays, ElementsAre(base::kStoreCommitDelay));
  Append(Offers(1, 254));
  EXPECT_THAT(timer.delays, SizeIs(1));
  Append(Offers(300, 1));
  EXPECT_THAT(timer.delays, ElementsAre(base::kStoreCommitDelay, absl::ZeroDuration()));
  Append(Offers(400, 1));
  EXPECT_THAT(timer.delays, SizeIs(2));

  world().committer().CommitNow();
  EXPECT_THAT(timer.delays, SizeIs(3)) << "one row is left, and nobody else would say so";
  EXPECT_EQ(timer.delays.back(), base::kStoreCommitDelay);
  world().committer().CommitNow();
  EXPECT_THAT(timer.delays, SizeIs(3));
  world().committer().SetTimer(nullptr);
}

TEST_P(StoreConformanceTest, WhoIsAnsweredMayAppend) {
  std::optional<absl::StatusOr<Written>> second;
  store().Append(Offers(1, 1), [&](absl::StatusOr<Written> first) {
    ASSERT_THAT(first, IsOk());
    EXPECT_THAT(store().GetOffer(SomeHostId(1), SomeRolloutId(1)), IsOk());
    store().Append(Offers(2, 1), [&](absl::StatusOr<Written> result) { second = result; });
  });

  CommitAll();

  ASSERT_TRUE(second.has_value());
  EXPECT_THAT(*second, IsOk());
}

TEST_P(StoreConformanceTest, AFullQueueRefusesAndGoesOnWhenThereIsRoom) {
  std::vector<Answer> answers;
  for (uint64_t n = 0; n < base::kMaxStoreQueueRows / kMaxBatchRows; ++n) {
    answers.push_back(Append(Offers(n * kMaxBatchRows, kMaxBatchRows)));
  }
  EXPECT_EQ(world().committer().RowsWaiting(), base::kMaxStoreQueueRows);

  const Answer refused = Append(Offers(1'000'000, 1));
  ASSERT_TRUE(refused->has_value());
  EXPECT_THAT(**refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("65536")));

  world().committer().CommitNow();
  const Answer taken = Append(Offers(1'000'000, 1));
  EXPECT_FALSE(taken->has_value());
  CommitAll();
  EXPECT_THAT(**taken, IsOk());
  for (const Answer& answer : answers) EXPECT_THAT(**answer, IsOk());
}

TEST_P(StoreConformanceTest, ABatchHasOneToKMaxBatchRowsRows) {
  EXPECT_THAT(Write({}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Write(Offers(0, kMaxBatchRows + 1)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("257")));
  EXPECT_THAT(Write(Offers(0, kMaxBatchRows)), IsOk());
}

TEST_P(StoreConformanceTest, AValueBeyondItsBoundIsRefusedByName) {
  HostSeenRecord seen = SomeSeen(1);
  seen.environment = std::string(base::kMaxEnvironmentBytes + 1, 'x');
  EXPECT_THAT(Write({RecordSeen{seen}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("RecordSeen"), HasSubstr("environment"), HasSubstr("16385"),
                             HasSubstr("16384"))));
  seen.environment.pop_back();
  EXPECT_THAT(Write({RecordSeen{seen}}), IsOk());

  DocumentRecord document = SomeManifest(1);
  document.sequence = uint64_t{1} << 63;
  EXPECT_THAT(Write({InsertDocument{document}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sequence")));
  --document.sequence;
  EXPECT_THAT(Write({InsertDocument{document}}), IsOk());

  HostRecord host = SomeHost(1);
  host.labels.assign(base::kMaxLabels + 1, Label{"a", "b"});
  EXPECT_THAT(Write({InsertHost{host}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("labels")));
  OfferRecord offer = SomeOffer(1, 1);
  offer.at = absl::InfiniteFuture();
  EXPECT_THAT(Write({InsertOffer{offer}}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(StoreConformanceTest, TextThatIsSqlIsText) {
  const std::string hostile = std::string("'; DROP TABLE host; -- \" \\ % _ ?1 :a @b \0 \xff", 44);
  HostRecord host = SomeHost(1);
  host.name = hostile;
  host.labels = {{hostile, hostile}};
  host.expected_environment = hostile;
  OperatorRecord person = SomeOperator(hostile);
  AuditEntry entry{.at = At(1), .actor = hostile, .action = hostile, .difference = hostile};

  ASSERT_THAT(Write({InsertHost{host}, InsertOperator{person}, AppendAudit{entry}}), IsOk());

  host.revision = 1;
  person.revision = 1;
  EXPECT_THAT(store().GetHost(host.id), IsOkAndHolds(host));
  EXPECT_THAT(store().GetOperator(hostile), IsOkAndHolds(person));
  EXPECT_THAT(store().VerifyAudit(), IsOk());
  EXPECT_EQ(store().ListAudit(0, 1)->front().entry, entry);
}

}  // namespace
}  // namespace mig::coordinator::testing
