#include "coordinator/store/audit_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing/status_matchers.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

AuditEntry SomeEntry(int n) {
  return AuditEntry{.at = absl::FromUnixMillis(1'700'000'000'000 + n),
                    .actor = "spiffe://example.org/operator/ana",
                    .action = "rollout.halt",
                    .subject = "spring",
                    .reason = "bad",
                    .difference = "running -> halted"};
}

std::vector<AuditRecord> Chain(int rows) {
  std::vector<AuditRecord> chain;
  base::Digest prev;
  for (int n = 1; n <= rows; ++n) {
    const uint64_t seq = static_cast<uint64_t>(n);
    chain.push_back(AuditRecord{.seq = seq,
                                .entry = SomeEntry(n),
                                .prev = prev,
                                .hash = AuditHash(seq, prev, SomeEntry(n))});
    prev = chain.back().hash;
  }
  return chain;
}

absl::Status Verify(const std::vector<AuditRecord>& rows, const AuditHead& head) {
  AuditChain chain;
  for (const AuditRecord& row : rows) {
    if (absl::Status status = chain.Add(row); !status.ok()) return status;
  }
  return chain.CheckHead(head);
}

AuditHead HeadOf(const std::vector<AuditRecord>& rows) {
  return AuditHead{.seq = rows.back().seq, .hash = rows.back().hash};
}

// printf 'MIG audit v1\0' and the fields as audit_chain.h says, through sha256sum.
TEST(AuditChainTest, TheHashIsTheOneOfTheStatedBytes) {
  EXPECT_EQ(AuditHash(1, base::Digest(), SomeEntry(0)).ToHex(),
            "5286210de3e32440e45d4968bde8c8302533afa74ce05f6414c3e3591095d633");
}

TEST(AuditChainTest, EveryFieldIsHashed) {
  const base::Digest hash = AuditHash(1, base::Digest(), SomeEntry(0));
  EXPECT_NE(AuditHash(2, base::Digest(), SomeEntry(0)), hash);
  EXPECT_NE(AuditHash(1, hash, SomeEntry(0)), hash);
  AuditEntry entry = SomeEntry(0);
  entry.at += absl::Milliseconds(1);
  EXPECT_NE(AuditHash(1, base::Digest(), entry), hash);
  for (std::string AuditEntry::*field :
       {&AuditEntry::actor, &AuditEntry::action, &AuditEntry::subject, &AuditEntry::reason,
        &AuditEntry::difference}) {
    entry = SomeEntry(0);
    (entry.*field).push_back('x');
    EXPECT_NE(AuditHash(1, base::Digest(), entry), hash);
  }
}

TEST(AuditChainTest, AWholeChainHolds) {
  const std::vector<AuditRecord> rows = Chain(5);
  EXPECT_THAT(Verify(rows, HeadOf(rows)), IsOk());
}

TEST(AuditChainTest, TheFirstChangedRowIsNamed) {
  const AuditHead head = HeadOf(Chain(5));
  for (size_t bad = 0; bad < 5; ++bad) {
    std::vector<AuditRecord> rows = Chain(5);
    rows[bad].entry.actor = "spiffe://example.org/operator/eve";

    EXPECT_THAT(Verify(rows, head),
                StatusIs(absl::StatusCode::kDataLoss,
                         HasSubstr(absl::StrCat("audit row ", bad + 1, " was changed"))));

    rows[bad].hash = AuditHash(rows[bad].seq, rows[bad].prev, rows[bad].entry);
    EXPECT_THAT(Verify(rows, head), StatusIs(absl::StatusCode::kDataLoss))
        << "a new hash does not help";
  }
}

TEST(AuditChainTest, TheFirstRemovedRowIsNamed) {
  const AuditHead head = HeadOf(Chain(5));
  for (size_t gone = 0; gone < 5; ++gone) {
    std::vector<AuditRecord> rows = Chain(5);
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(gone));

    EXPECT_THAT(Verify(rows, head),
                StatusIs(absl::StatusCode::kDataLoss,
                         HasSubstr(absl::StrCat("audit row ", gone + 1, " is missing"))));
  }
}

TEST(AuditChainTest, RowsInEachOthersPlaceAreNamed) {
  std::vector<AuditRecord> rows = Chain(5);
  const AuditHead head = HeadOf(rows);
  std::swap(rows[1], rows[2]);
  std::swap(rows[1].seq, rows[2].seq);

  EXPECT_THAT(Verify(rows, head),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("audit row 2 does not hang")));
}

TEST(AuditChainTest, ARowBeyondTheEndIsNamed) {
  const std::vector<AuditRecord> rows = Chain(5);
  EXPECT_THAT(Verify(rows, HeadOf(Chain(4))),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("audit row 5 was not written")));
}

}  // namespace
}  // namespace mig::coordinator
