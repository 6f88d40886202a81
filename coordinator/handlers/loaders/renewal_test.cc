// Certificates that are renewed: over TLS, after a long absence, and never for who was thrown out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/check.h"
#include "base/testing/manual_clock.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/possession.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

class RenewalTest : public ::testing::Test {
 protected:
  RenewalTest() { clock_.Advance(absl::Hours(4)); }

  trust::x509::PrivateKey NewKey() { return trust::x509::PrivateKey::Generate(random_); }
  static std::string CsrOf(const trust::x509::PrivateKey& key) {
    return *trust::x509::CertificateRequest::Make(key, "host");
  }
  absl::StatusOr<v1::RenewCertificateAnswer> Renew(const Peer& peer, absl::string_view csr) {
    v1::RenewCertificateRequest request;
    request.set_csr(std::string(csr));
    return coordinator_.Wait<v1::RenewCertificateAnswer>(
        [&](Done<v1::RenewCertificateAnswer> done) {
          coordinator_.coordinator().loaders().RenewCertificate(peer, request, std::move(done));
        });
  }
  absl::StatusOr<v1::RenewByPossessionAnswer> RenewBy(const trust::x509::PrivateKey& key,
                                                      absl::string_view certificate,
                                                      absl::string_view csr,
                                                      absl::string_view domain = "corp.example") {
    v1::RenewByPossessionRequest request;
    request.set_certificate(std::string(certificate));
    request.set_csr(std::string(csr));
    request.set_proof(trust::x509::ProvePossession(key, domain, csr));
    return coordinator_.Wait<v1::RenewByPossessionAnswer>(
        [&](Done<v1::RenewByPossessionAnswer> done) {
          coordinator_.coordinator().enrollment().RenewByPossession(coordinator_.PeerOf(""),
                                                                    request, std::move(done));
        });
  }
  absl::Status Welcome(const Peer& peer) {
    return coordinator_.coordinator().fleet().hosts().Identify(peer, "corp.example").status();
  }
  void Revoke(const HostId& host) {
    v1::RevokeHostsRequest request;
    request.add_hosts(host.ToHex());
    request.mutable_why()->set_reason("stolen");
    MIG_CHECK_OK(coordinator_.Wait<v1::RevokeHostsAnswer>([&](Done<v1::RevokeHostsAnswer> done) {
      coordinator_.coordinator().hosts().RevokeHosts(coordinator_.admin(), request,
                                                     std::move(done));
    }));
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  base::testing::SeededRandom random_{base::testing::Seed(5)};
  InProcessCoordinator coordinator_{clock_};
};

TEST_F(RenewalTest, ANewKeyAndTheOldOneAreBothGood) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);

  const auto answer = Renew(host.peer, CsrOf(NewKey()));

  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(Welcome(coordinator_.PeerOf(answer->certificate_chain(0))), IsOk());
  EXPECT_THAT(Welcome(host.peer), IsOk());  // the answer may have been lost
}

// R1.
TEST_F(RenewalTest, TheIdStaysWhateverTheKey) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);

  const auto answer = Renew(host.peer, CsrOf(NewKey()));

  EXPECT_EQ(coordinator_.PeerOf(answer->certificate_chain(0)).id->host_id(), host.id);
}

TEST_F(RenewalTest, AfterTheNextRenewalTheFirstKeyIsNoLongerGood) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  const auto second = Renew(host.peer, CsrOf(NewKey()));

  ASSERT_THAT(Renew(coordinator_.PeerOf(second->certificate_chain(0)), CsrOf(NewKey())), IsOk());

  EXPECT_THAT(trust::RefusalOf(Welcome(host.peer)), Optional(Eq(v1::Refusal::UNRECORDED_KEY)));
}

TEST_F(RenewalTest, TheSameRequestAgainChangesNothing) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  const std::string csr = CsrOf(NewKey());
  ASSERT_THAT(Renew(host.peer, csr), IsOk());
  const AllowedKeys before = coordinator_.store().GetHost(host.id)->keys;

  ASSERT_THAT(Renew(host.peer, csr), IsOk());

  EXPECT_EQ(coordinator_.store().GetHost(host.id)->keys, before);
}

TEST_F(RenewalTest, AMalformedRequestIsRefused) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  EXPECT_THAT(trust::RefusalOf(Renew(host.peer, "no request").status()),
              Optional(Eq(v1::Refusal::CSR)));
}

// --- By possession

TEST_F(RenewalTest, SixtyDaysAfterItsCertificateExpiredAHostComesBack) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  clock_.Advance(absl::Hours(24 * 150));

  const auto answer = RenewBy(*host.key, host.certificate_der, CsrOf(*host.key));

  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(Welcome(coordinator_.PeerOf(answer->certificate_chain(0))), IsOk());
}

TEST_F(RenewalTest, TheKeyThatWasIssuedLastIsGoodForPossession) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  const trust::x509::PrivateKey next = NewKey();
  const auto second = Renew(host.peer, CsrOf(next));

  EXPECT_THAT(RenewBy(next, second->certificate_chain(0), CsrOf(next)), IsOk());
}

TEST_F(RenewalTest, AFormerKeyIsNotAndSaysThatThereIsALaterOne) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  const auto second = Renew(host.peer, CsrOf(NewKey()));
  ASSERT_THAT(Renew(coordinator_.PeerOf(second->certificate_chain(0)), CsrOf(NewKey())), IsOk());

  const absl::Status refused = RenewBy(*host.key, host.certificate_der, CsrOf(*host.key)).status();

  EXPECT_THAT(trust::RefusalOf(refused), Optional(Eq(v1::Refusal::UNRECORDED_KEY)));
  EXPECT_THAT(refused.message(), HasSubstr("later one"));
}

TEST_F(RenewalTest, ARevokedHostNever) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  Revoke(host.id);
  EXPECT_THAT(trust::RefusalOf(RenewBy(*host.key, host.certificate_der, CsrOf(*host.key)).status()),
              Optional(Eq(v1::Refusal::REVOKED)));
}

TEST_F(RenewalTest, AStrangersProofIsRefused) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  const trust::x509::PrivateKey stranger = NewKey();
  EXPECT_THAT(trust::RefusalOf(RenewBy(stranger, host.certificate_der, CsrOf(stranger)).status()),
              Optional(Eq(v1::Refusal::POSSESSION)));
}

// R8.
TEST_F(RenewalTest, AProofForAnotherTrustDomainIsRefused) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  EXPECT_THAT(
      trust::RefusalOf(
          RenewBy(*host.key, host.certificate_der, CsrOf(*host.key), "other.example").status()),
      Optional(Eq(v1::Refusal::POSSESSION)));
}

TEST_F(RenewalTest, ACertificateOfAnotherCaIsRefused) {
  base::testing::ManualClock clock{clock_.WallNow()};
  InProcessCoordinator other(clock, {.seed = base::testing::Seed(9)});
  const InProcessCoordinator::EnrolledHost host = other.Enroll(1);
  EXPECT_THAT(trust::RefusalOf(RenewBy(*host.key, host.certificate_der, CsrOf(*host.key)).status()),
              Optional(Eq(v1::Refusal::CERTIFICATE)));
}

}  // namespace
}  // namespace mig::coordinator::testing
