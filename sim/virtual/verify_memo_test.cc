#include "sim/virtual/verify_memo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"
#include "base/hash_file.h"
#include "base/memory_file_system.h"
#include "base/sha256.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "trust/testing/test_authority.h"
#include "trust/verified.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate.h"

namespace mig::sim {
namespace {

using base::testing::IsOk;
using ::testing::Not;

TEST(VerifyMemoTest, TheSameDocumentIsJudgedOnce) {
  const trust::testing::TestAuthority authority;
  const std::string envelope = authority.Sign(authority.Root());
  const VerifyMemo memo;
  ASSERT_THAT(trust::VerifyFirstRoot(envelope), IsOk());
  const uint64_t judged = memo.judged();
  const uint64_t asked = memo.asked();

  ASSERT_THAT(trust::VerifyFirstRoot(envelope), IsOk());

  EXPECT_EQ(memo.judged(), judged);
  EXPECT_EQ(memo.asked(), asked + 1);
  // The document, two signatures and ten keys: all are asked here, and not where trust/ left them.
  EXPECT_EQ(judged, 1u + 2u + 10u);
}

template <typename T>
void IsJudgedOnceByEachRoot(const std::string& envelope,
                            const trust::testing::TestAuthority& authority) {
  v1::Root next = authority.Root();
  next.set_version(2);
  const std::string successor = authority.SignSuccessor(next, authority);
  const trust::Verified<trust::Root>& first = authority.VerifiedRoot();
  const auto second = trust::VerifyNextRoot(successor, first);
  ASSERT_THAT(second, IsOk());
  const VerifyMemo memo;
  const auto once = trust::Verify<T>(envelope, first);
  ASSERT_THAT(once, IsOk());
  ASSERT_THAT(trust::Verify<T>(envelope, *second), IsOk());
  const uint64_t judged = memo.judged();

  const auto again = trust::Verify<T>(envelope, first);
  ASSERT_THAT(again, IsOk());
  ASSERT_THAT(trust::Verify<T>(envelope, *second), IsOk());

  EXPECT_EQ(memo.judged(), judged);
  EXPECT_EQ(again->digest(), once->digest());
  EXPECT_EQ(again->envelope(), envelope);
  EXPECT_EQ(again->signers(), once->signers());
}

TEST(VerifyMemoTest, EachKindOfDocumentIsJudgedOnceByEachRoot) {
  const trust::testing::TestAuthority authority;
  const v1::Manifest manifest = authority.Manifest("agent", 1, {{"agent", "bytes"}});
  IsJudgedOnceByEachRoot<trust::Manifest>(authority.Sign(manifest), authority);
  IsJudgedOnceByEachRoot<trust::Plan>(
      authority.Sign(authority.Plan(1, "agent", authority.Verified(manifest).digest())), authority);
  IsJudgedOnceByEachRoot<trust::Head>(
      authority.Sign(authority.Head(0, 1, trust::testing::TestEpoch())), authority);
}

TEST(VerifyMemoTest, ARefusalIsRememberedToo) {
  const trust::testing::TestAuthority authority;
  const trust::testing::TestAuthority stranger({.key_set = 1});
  const std::string envelope = stranger.Sign(stranger.Manifest("agent", 1, {{"agent", "bytes"}}));
  const VerifyMemo memo;
  const absl::Status once =
      trust::Verify<trust::Manifest>(envelope, authority.VerifiedRoot()).status();
  const uint64_t judged = memo.judged();
  EXPECT_THAT(once, Not(IsOk()));
  EXPECT_EQ(trust::Verify<trust::Manifest>(envelope, authority.VerifiedRoot()).status(), once);
  EXPECT_EQ(memo.judged(), judged);
}

TEST(VerifyMemoTest, AChainIsReadOnce) {
  base::testing::SeededRandom random(base::testing::Seed(1));
  const absl::Time now = trust::testing::TestEpoch();
  const auto ca = trust::x509::Authority::Create("ca", now, now + absl::Hours(1), random);
  ASSERT_THAT(ca, IsOk());
  const std::string pem = ca->certificate().ToPem();
  const VerifyMemo memo;
  for (int i = 0; i < 3; ++i) {
    const auto chain = trust::x509::Certificate::ParsePemChain(pem);
    ASSERT_THAT(chain, IsOk());
    EXPECT_EQ(chain->front().der(), ca->certificate().der());
  }
  EXPECT_EQ(memo.judged(), 1u);
  EXPECT_THAT(trust::x509::Certificate::ParsePemChain(pem.substr(1)), Not(IsOk()));
}

absl::StatusOr<base::FileDigest> HashAt(base::MemoryFileSystem& disk, uint64_t max_bytes = 1'000) {
  const auto file = disk.OpenRoot("/").value()->OpenRead("agent");
  return base::HashFile(**file, max_bytes);
}

TEST(VerifyMemoTest, AFileIsHashedOnceWhereverItLies) {
  base::ChunkPool pool;
  base::MemoryFileSystem one({.pool = &pool});
  base::MemoryFileSystem other({.pool = &pool});
  for (base::MemoryFileSystem* disk : {&one, &other}) {
    const auto root = disk->OpenRoot("/").value();
    ASSERT_THAT(base::WriteDurably(*root, "agent", "its bytes", 0644), IsOk());
  }
  const VerifyMemo memo;
  ASSERT_THAT(HashAt(one), IsOk());
  const uint64_t operations = other.operations();

  const auto digest = HashAt(other);

  ASSERT_THAT(digest, IsOk());
  EXPECT_EQ(digest->digest, base::Sha256Of("its bytes"));
  EXPECT_EQ(memo.asked(), 2u);
  EXPECT_EQ(memo.judged(), 1u);
  EXPECT_EQ(other.operations(), operations + 3) << "opened twice and read, as ever";
  EXPECT_THAT(HashAt(other, 3), Not(IsOk())) << "larger than may be read";
  other.FailOperation(other.operations() + 3, absl::DataLossError("EIO"));
  EXPECT_THAT(HashAt(other), Not(IsOk()));
}

TEST(VerifyMemoTest, AFileThatWasChangedIsHashedAgain) {
  base::ChunkPool pool;
  base::MemoryFileSystem disk({.pool = &pool});
  const auto root = disk.OpenRoot("/").value();
  ASSERT_THAT(base::WriteDurably(*root, "agent", "its bytes", 0644), IsOk());
  const VerifyMemo memo;
  ASSERT_THAT(HashAt(disk), IsOk());
  const auto file = root->OpenReadWrite("agent").value();
  ASSERT_THAT(file->WriteAt(0, "I"), IsOk());
  EXPECT_EQ(HashAt(disk)->digest, base::Sha256Of("Its bytes"));
  ASSERT_THAT(file->Sync(), IsOk());
  EXPECT_EQ(HashAt(disk)->digest, base::Sha256Of("Its bytes"));
}

TEST(VerifyMemoTest, OneBitMoreIsAnotherDocument) {
  const trust::testing::TestAuthority authority;
  const std::string envelope = authority.Sign(authority.Root());
  const VerifyMemo memo;
  ASSERT_THAT(trust::VerifyFirstRoot(envelope), IsOk());
  for (size_t i = 1; i < envelope.size(); i += 37) {
    std::string changed = envelope;
    changed[i] ^= 1;
    EXPECT_THAT(trust::VerifyFirstRoot(changed), Not(IsOk())) << i;
  }
}

TEST(VerifyMemoTest, WithoutOneEverythingIsAsItShips) {
  const trust::testing::TestAuthority authority;
  const std::string envelope = authority.Sign(authority.Root());
  uint64_t judged = 0;
  {
    const VerifyMemo memo;
    ASSERT_THAT(trust::VerifyFirstRoot(envelope), IsOk());
    judged = memo.judged();
  }
  ASSERT_THAT(trust::VerifyFirstRoot(envelope), IsOk());
  const VerifyMemo next;
  EXPECT_EQ(next.judged(), 0u);
  ASSERT_THAT(trust::VerifyFirstRoot(envelope), IsOk());
  EXPECT_EQ(next.judged(), judged);
}

}  // namespace
}  // namespace mig::sim
