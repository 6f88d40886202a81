// Hosts, documents, and pages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sizes.h"
#include "base/testing/status_matchers.h"
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

HostRecord WithRevision(HostRecord host, uint64_t revision) {
  host.revision = revision;
  return host;
}

DocumentRecord WithRevision(DocumentRecord document, uint64_t revision) {
  document.revision = revision;
  return document;
}

TEST_P(StoreConformanceTest, EverythingWrittenIsThereAfterReopening) {
  ASSERT_THAT(Write({InsertHost{SomeHost(1)}, RecordSeen{SomeSeen(1)},
                     InsertCertificate{SomeCertificate(1, 1)}, InsertDocument{SomeManifest(1)},
                     InsertOffer{SomeOffer(1, 1)}, InsertOutcome{SomeOutcome(1, 1, 1)},
                     AppendEvent{SomeEvent(1, 1)}, InsertOperator{SomeOperator("ana")}}),
              IsOk());
  const absl::StatusOr<StoreMeta> before = store().GetMeta();

  if (world().Reopen() == StoreWorld::Memory::kForgotten) GTEST_SKIP() << "forgets by design";

  EXPECT_THAT(store().GetHost(SomeHostId(1)), IsOkAndHolds(WithRevision(SomeHost(1), 1)));
  EXPECT_THAT(store().GetSeen(SomeHostId(1)), IsOkAndHolds(SomeSeen(1)));
  EXPECT_THAT(store().ListCertificates(SomeHostId(1), 10),
              IsOkAndHolds(ElementsAre(SomeCertificate(1, 1))));
  EXPECT_THAT(store().GetDocument(SomeManifest(1).digest),
              IsOkAndHolds(WithRevision(SomeManifest(1), 1)));
  EXPECT_THAT(store().GetOffer(SomeHostId(1), SomeRolloutId(1)), IsOkAndHolds(SomeOffer(1, 1)));
  EXPECT_THAT(store().ListEvents(SomeRolloutId(1), 0, 10),
              IsOkAndHolds(ElementsAre(SomeEvent(1, 1))));
  EXPECT_THAT(store().GetOperator("ana"), IsOk());
  ASSERT_THAT(before, IsOk());
  EXPECT_THAT(store().GetMeta(), IsOkAndHolds(*before));
}

TEST_P(StoreConformanceTest, WhatWasNotCommittedIsNotThereAndIsAnsweredCancelled) {
  const Answer answer = Append({InsertHost{SomeHost(1)}});
  EXPECT_FALSE(answer->has_value());

  if (world().Reopen() == StoreWorld::Memory::kForgotten) GTEST_SKIP() << "forgets by design";

  ASSERT_TRUE(answer->has_value());
  EXPECT_THAT(**answer, StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(store().GetHost(SomeHostId(1)), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreConformanceTest, AHostThatIsThereIsNotInsertedAgain) {
  ASSERT_THAT(Write({InsertHost{SomeHost(1)}}), IsOk());
  HostRecord other = SomeHost(1);
  other.name = "another";

  EXPECT_THAT(Write({InsertHost{other}}),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr(SomeHostId(1).ToHex())));
  EXPECT_THAT(store().GetHost(SomeHostId(1)), IsOkAndHolds(WithRevision(SomeHost(1), 1)));
}

TEST_P(StoreConformanceTest, AHostIsUpdatedOnlyAsItWasRead) {
  ASSERT_THAT(Write({InsertHost{SomeHost(1)}}), IsOk());
  HostRecord disabled = WithRevision(SomeHost(1), 1);
  disabled.state = HostState::kDisabled;
  disabled.keys = {.current = SomeDigest("next key", 1), .former = SomeDigest("key", 1)};
  HostRecord labelled = WithRevision(SomeHost(1), 1);
  labelled.labels.clear();

  const Answer first = Append({UpdateHost{disabled}});
  const Answer second = Append({UpdateHost{labelled}});
  CommitAll();

  ASSERT_THAT(**first, IsOk());
  EXPECT_EQ((**first)->rows[0].number, 2);
  EXPECT_THAT(**second, StatusIs(absl::StatusCode::kAborted, HasSubstr("changed meanwhile")));
  EXPECT_THAT(store().GetHost(SomeHostId(1)), IsOkAndHolds(WithRevision(disabled, 2)));
}

TEST_P(StoreConformanceTest, ACloneIsCountedWithoutReadingAndIsNotUndone) {
  ASSERT_THAT(Write({InsertHost{SomeHost(1)}}), IsOk());
  const HostRecord before = *store().GetHost(SomeHost(1).id);

  ASSERT_THAT(Write({CountClone{before.id}, CountClone{SomeHost(2).id}}), IsOk());

  EXPECT_EQ(store().GetHost(before.id)->clones_seen, before.clones_seen + 1);
  EXPECT_THAT(Write({UpdateHost{before}}), StatusIs(absl::StatusCode::kAborted));
  EXPECT_FALSE(store().GetHost(SomeHost(2).id).ok());
}

TEST_P(StoreConformanceTest, AnUnknownHostIsNotUpdated) {
  EXPECT_THAT(Write({UpdateHost{SomeHost(1)}}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store().GetHost(SomeHostId(1)), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreConformanceTest, ACheckInReplacesTheLastOne) {
  HostSeenRecord later = SomeSeen(1);
  later.last_seen = At(99);
  later.summary = "";
  ASSERT_THAT(Write({RecordSeen{SomeSeen(1)}}), IsOk());
  ASSERT_THAT(Write({RecordSeen{later}, RecordSeen{SomeSeen(2)}}), IsOk());

  EXPECT_THAT(store().GetSeen(SomeHostId(1)), IsOkAndHolds(later));
  EXPECT_THAT(Collect<HostSeenRecord>([&](auto visit) { return store().ForEachSeen(visit); }),
              SizeIs(2));
}

TEST_P(StoreConformanceTest, CertificatesAreListedNewestFirstAndForgottenWhenLongExpired) {
  ASSERT_THAT(
      Write({InsertCertificate{SomeCertificate(1, 1)}, InsertCertificate{SomeCertificate(1, 2)},
             InsertCertificate{SomeCertificate(2, 3)}}),
      IsOk());
  const absl::StatusOr<Written> again = Write({InsertCertificate{SomeCertificate(1, 1)}});
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->rows[0].effect, RowResult::Effect::kAlreadyThere);
  EXPECT_THAT(store().ListCertificates(SomeHostId(1), 10),
              IsOkAndHolds(ElementsAre(SomeCertificate(1, 2), SomeCertificate(1, 1))));

  const absl::StatusOr<Written> forgotten =
      Write({ForgetOld{.certificates_expired_before = At(1002)}});

  ASSERT_THAT(forgotten, IsOk());
  EXPECT_EQ(forgotten->rows[0].number, 1);
  EXPECT_THAT(store().ListCertificates(SomeHostId(1), 10),
              IsOkAndHolds(ElementsAre(SomeCertificate(1, 2))));
}

TEST_P(StoreConformanceTest, HostsComeInOrderPageByPage) {
  std::vector<HostId> ids;
  for (uint64_t n = 0; n < 25; ++n) {
    ASSERT_THAT(Write({InsertHost{SomeHost(n)}}), IsOk());
    ids.push_back(SomeHostId(n));
  }
  std::sort(ids.begin(), ids.end());

  std::vector<HostId> seen;
  std::optional<HostId> after;
  while (true) {
    const absl::StatusOr<std::vector<HostRecord>> page = store().ListHosts(after, 10);
    ASSERT_THAT(page, IsOk());
    for (const HostRecord& host : *page) seen.push_back(host.id);
    if (page->size() < 10) break;
    after = page->back().id;
  }

  EXPECT_EQ(seen, ids);
  std::vector<HostId> visited;
  ASSERT_THAT(store().ForEachHost([&](HostRecord host) { visited.push_back(host.id); }), IsOk());
  EXPECT_EQ(visited, ids);
}

TEST_P(StoreConformanceTest, APageIsBounded) {
  EXPECT_THAT(store().ListHosts(std::nullopt, 0), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(store().ListHosts(std::nullopt, base::kMaxPageRows + 1),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1000")));
  EXPECT_THAT(store().ListHosts(std::nullopt, base::kMaxPageRows), IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreConformanceTest, ADocumentIsStoredOnce) {
  ASSERT_THAT(Write({InsertDocument{SomeManifest(1)}}), IsOk());
  DocumentRecord again = SomeManifest(1);
  again.added_by = "bob";

  const absl::StatusOr<Written> second = Write({InsertDocument{again}});

  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->rows[0].effect, RowResult::Effect::kAlreadyThere);
  EXPECT_THAT(Collect<DocumentRecord>([&](auto visit) { return store().ForEachDocument(visit); }),
              ElementsAre(WithRevision(SomeManifest(1), 1)));
}

TEST_P(StoreConformanceTest, OneNumberOfALineIsOneCompleteDocument) {
  DocumentRecord rival = SomeManifest(1);
  rival.digest = SomeDigest("rival", 1);
  ASSERT_THAT(Write({InsertDocument{SomeManifest(1)}}), IsOk());

  EXPECT_THAT(Write({InsertDocument{rival}}),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("(1, 1)")));

  rival.state = DocumentState::kWaiting;
  ASSERT_THAT(Write({InsertDocument{rival}}), IsOk());
  EXPECT_THAT(Write({ReplaceEnvelope{.digest = rival.digest,
                                     .revision = 1,
                                     .state = DocumentState::kComplete,
                                     .envelope = "signed"}}),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(store().GetDocument(rival.digest), IsOkAndHolds(WithRevision(rival, 1)));
}

TEST_P(StoreConformanceTest, SignaturesAreAddedToWhatWasRead) {
  DocumentRecord waiting = SomeManifest(1);
  waiting.state = DocumentState::kWaiting;
  ASSERT_THAT(Write({InsertDocument{waiting}}), IsOk());

  const Answer first = Append({ReplaceEnvelope{waiting.digest, 1, DocumentState::kWaiting, "1"}});
  const Answer lost = Append({ReplaceEnvelope{waiting.digest, 1, DocumentState::kWaiting, "x"}});
  const Answer second = Append({ReplaceEnvelope{waiting.digest, 2, DocumentState::kComplete, "2"}});
  CommitAll();

  EXPECT_THAT(**first, IsOk());
  EXPECT_THAT(**lost, StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(**second, IsOk());
  waiting.state = DocumentState::kComplete;
  waiting.envelope = "2";
  EXPECT_THAT(store().GetDocument(waiting.digest), IsOkAndHolds(WithRevision(waiting, 3)));
  EXPECT_THAT(Write({ReplaceEnvelope{.digest = SomeDigest("nobody's", 1), .revision = 1}}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreConformanceTest, DocumentsOfALineComeHighestNumberFirst) {
  DocumentRecord older_epoch = SomeManifest(7);
  older_epoch.epoch = 0;
  DocumentRecord other_line = SomeManifest(9);
  other_line.line = "other";
  for (const DocumentRecord& document :
       {SomeManifest(2), older_epoch, other_line, SomeManifest(3), SomeManifest(1)}) {
    ASSERT_THAT(Write({InsertDocument{document}}), IsOk());
  }

  const auto first = store().ListDocuments(DocumentType::kManifest, "agent", std::nullopt, 2);
  ASSERT_THAT(first, IsOkAndHolds(ElementsAre(WithRevision(SomeManifest(3), 1),
                                              WithRevision(SomeManifest(2), 1))));
  const DocumentRecord& last = first->back();
  EXPECT_THAT(
      store().ListDocuments(DocumentType::kManifest, "agent",
                            Store::DocumentNumber{last.epoch, last.sequence, last.digest}, 10),
      IsOkAndHolds(ElementsAre(WithRevision(SomeManifest(1), 1), WithRevision(older_epoch, 1))));
  EXPECT_THAT(store().ListDocuments(DocumentType::kPlan, "agent", std::nullopt, 10),
              IsOkAndHolds(IsEmpty()));
}

}  // namespace
}  // namespace mig::coordinator::testing
