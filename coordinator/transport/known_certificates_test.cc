#include "coordinator/transport/known_certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/check.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "trust/host_id.h"
#include "trust/refusal.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate.h"
#include "trust/x509/private_key.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Optional;

class KnownCertificatesTest : public ::testing::Test {
 protected:
  struct Host {
    trust::x509::SpiffeId id;
    base::Digest spki_digest;
    std::string pem;
  };

  Host WithNewKey(const trust::x509::SpiffeId& id) {
    const auto key = trust::x509::PrivateKey::Generate(random_);
    const auto certificate =
        ca_.Issue(key.spki(),
                  {.id = id, .not_before = begin_, .not_after = begin_ + absl::Hours(1)}, random_);
    MIG_CHECK_OK(certificate);
    return {.id = id, .spki_digest = certificate->spki_digest(), .pem = certificate->ToPem()};
  }
  Host NewHost() {
    const auto id = trust::x509::SpiffeId::Loader("corp.example", trust::HostId::Random(random_));
    MIG_CHECK_OK(id);
    return WithNewKey(*id);
  }

  // What is said of `host` is what its certificate says.
  void ExpectRight(KnownCertificates& known, const Host& host) {
    const auto facts = known.Read(host.pem);
    ASSERT_THAT(facts, IsOk());
    EXPECT_EQ(facts->id, host.id);
    EXPECT_EQ(facts->spki_digest, host.spki_digest);
  }

  const absl::Time begin_ = absl::FromUnixSeconds(1'800'000'000);
  base::testing::SeededRandom random_{base::testing::Seed(1)};
  const trust::x509::Authority ca_ =
      *trust::x509::Authority::Create("loaders", begin_, begin_ + absl::Hours(24), random_);
};

TEST_F(KnownCertificatesTest, SaysTheSameOfOneThatItKnows) {
  KnownCertificates known;
  const Host one = NewHost();
  const Host other = NewHost();

  for (int i = 0; i < 3; ++i) {
    ExpectRight(known, one);
    ExpectRight(known, other);
  }

  EXPECT_EQ(known.size(), 2u);
}

// After a renewal: the allow-list of keys needs the new one.
TEST_F(KnownCertificatesTest, AnotherCertificateOfTheSameHostIsReadToo) {
  KnownCertificates known;
  const Host host = NewHost();
  ExpectRight(known, host);

  ExpectRight(known, WithNewKey(host.id));
}

TEST_F(KnownCertificatesTest, WhatIsNoCertificateIsRefusedEachTimeAndNotRemembered) {
  KnownCertificates known;

  for (int i = 0; i < 2; ++i) {
    const auto facts = known.Read("-----BEGIN CERTIFICATE-----\nnonsense\n");
    EXPECT_THAT(trust::RefusalOf(facts.status()), Optional(v1::Refusal::MALFORMED));
  }

  EXPECT_EQ(known.size(), 0u);
}

TEST_F(KnownCertificatesTest, RemembersNoMoreThanTwoGenerationsAndStaysRight) {
  constexpr size_t kMost = 4;
  KnownCertificates known(kMost);
  std::vector<Host> hosts;
  for (size_t i = 0; i < 5 * kMost; ++i) hosts.push_back(NewHost());

  for (int round = 0; round < 2; ++round) {
    for (const Host& host : hosts) {
      ExpectRight(known, host);
      EXPECT_LE(known.size(), 2 * kMost);
    }
  }

  EXPECT_GT(known.size(), kMost);
}

}  // namespace
}  // namespace mig::coordinator
