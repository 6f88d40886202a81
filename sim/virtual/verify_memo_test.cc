#include "sim/virtual/verify_memo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "trust/testing/test_authority.h"
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
  EXPECT_EQ(memo.asked(), 2 * asked);
  // Two signatures and ten keys: both are asked here, and not where trust/ left them.
  EXPECT_EQ(judged, 2u + 10u);
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
