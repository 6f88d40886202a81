#include "trust/x509/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "trust/host_id.h"
#include "trust/refusal.h"
#include "trust/testing/test_authority.h"

namespace mig::trust::x509 {
namespace {

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using base::testing::Seed;
using base::testing::SeededRandom;
using base::testing::StatusIs;
using ::mig::trust::testing::TestEpoch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kDay = absl::Hours(24);

class AuthorityTest : public ::testing::Test {
 protected:
  Authority NewAuthority(absl::string_view name = "corp.example loaders") {
    return *Authority::Create(name, TestEpoch(), TestEpoch() + 3650 * kDay, random_);
  }
  CertificateTemplate LoaderTemplate() {
    return {.id = *SpiffeId::Loader("corp.example", host_),
            .not_before = TestEpoch(),
            .not_after = TestEpoch() + 90 * kDay};
  }
  CertificateTemplate ServerTemplate() {
    return {.id = *SpiffeId::Coordinator("corp.example", "c1"),
            .not_before = TestEpoch(),
            .not_after = TestEpoch() + 90 * kDay,
            .dns_names = {"mig.corp.example"},
            .ip_addresses = {"127.0.0.1", "::1"}};
  }
  std::vector<Certificate> LoaderChain() {
    return {*authority_.Issue(key_.spki(), LoaderTemplate(), random_), authority_.certificate()};
  }
  std::vector<base::Digest> Digests() { return {authority_.certificate().spki_digest()}; }

  SeededRandom random_{Seed(1)};
  Authority authority_ = NewAuthority();
  PrivateKey key_ = PrivateKey::Generate(random_);
  HostId host_ = *HostIdOf(key_.spki());
};

TEST_F(AuthorityTest, ACaIsOneAndMaySignLeavesOnly) {
  const Certificate& ca = authority_.certificate();
  EXPECT_TRUE(ca.is_ca());
  EXPECT_FALSE(ca.for_clients());
  EXPECT_FALSE(ca.for_servers());
  EXPECT_EQ(ca.common_name(), "corp.example loaders");
  EXPECT_THAT(ca.CheckIssuedBy(ca), IsOk());
  EXPECT_LE(ca.der().size(), 2048u);
}

TEST_F(AuthorityTest, ALoadersCertificateIsForClientsAndHasOneUri) {
  const auto leaf = authority_.Issue(key_.spki(), LoaderTemplate(), random_);
  ASSERT_THAT(leaf, IsOk());
  EXPECT_FALSE(leaf->is_ca());
  EXPECT_TRUE(leaf->for_clients());
  EXPECT_FALSE(leaf->for_servers());
  EXPECT_EQ(leaf->spki(), key_.spki());
  EXPECT_THAT(leaf->spiffe_id(), IsOkAndHolds(LoaderTemplate().id));
  EXPECT_THAT(leaf->dns_names(), IsEmpty());
  EXPECT_EQ(leaf->not_before(), TestEpoch());
  EXPECT_EQ(leaf->not_after(), TestEpoch() + 90 * kDay);
  EXPECT_THAT(leaf->CheckIssuedBy(authority_.certificate()), IsOk());
}

TEST_F(AuthorityTest, AServersCertificateHasNamesAndIsNotForClients) {
  const auto leaf = authority_.Issue(key_.spki(), ServerTemplate(), random_);
  ASSERT_THAT(leaf, IsOk());
  EXPECT_TRUE(leaf->for_servers());
  EXPECT_FALSE(leaf->for_clients());
  EXPECT_THAT(leaf->dns_names(), ElementsAre("mig.corp.example"));
  EXPECT_THAT(leaf->ip_addresses(), ElementsAre("127.0.0.1", "::1"));
  EXPECT_THAT(leaf->spiffe_id(), IsOkAndHolds(ServerTemplate().id));
}

TEST_F(AuthorityTest, NamesAreForCoordinatorsAndTheyNeedThem) {
  CertificateTemplate loader = LoaderTemplate();
  loader.dns_names = {"mig.corp.example"};
  EXPECT_THAT(authority_.Issue(key_.spki(), loader, random_),
              StatusIs(absl::StatusCode::kInvalidArgument));
  CertificateTemplate server = ServerTemplate();
  server.dns_names.clear();
  EXPECT_THAT(authority_.Issue(key_.spki(), server, random_), IsOk());
  server.ip_addresses.clear();
  EXPECT_THAT(authority_.Issue(key_.spki(), server, random_),
              StatusIs(absl::StatusCode::kInvalidArgument));
  for (const char* bad : {"", "Mig.corp", "a..b", "-a", "a_b", "*.", "a b", "*"}) {
    server.dns_names = {bad};
    EXPECT_THAT(authority_.Issue(key_.spki(), server, random_),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
  server.dns_names = {"*.corp.example"};
  EXPECT_THAT(authority_.Issue(key_.spki(), server, random_), IsOk());
  server.ip_addresses = {"127.0.0"};
  EXPECT_THAT(authority_.Issue(key_.spki(), server, random_),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(AuthorityTest, TimesAfter2049AreReadBack) {
  CertificateTemplate wanted = LoaderTemplate();
  const absl::Time late =
      absl::FromCivil(absl::CivilSecond(2055, 6, 7, 8, 9, 10), absl::UTCTimeZone());
  Authority long_lived = *Authority::Create("x", TestEpoch(), late + kDay, random_);
  wanted.not_after = late;
  const auto leaf = long_lived.Issue(key_.spki(), wanted, random_);
  ASSERT_THAT(leaf, IsOk());
  EXPECT_EQ(leaf->not_after(), late);
}

TEST_F(AuthorityTest, SerialNumbersDiffer) {
  std::set<std::string> certificates;
  for (int i = 0; i < 20; ++i) {
    certificates.insert(
        authority_.Issue(key_.spki(), LoaderTemplate(), random_)->der().substr(0, 40));
  }
  EXPECT_EQ(certificates.size(), 20u);
}

TEST_F(AuthorityTest, ItDoesNotOutliveItsCaNorEndBeforeItBegins) {
  CertificateTemplate wanted = LoaderTemplate();
  wanted.not_after = TestEpoch() + 3651 * kDay;
  EXPECT_THAT(authority_.Issue(key_.spki(), wanted, random_),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("outlive")));
  wanted.not_after = wanted.not_before;
  EXPECT_THAT(authority_.Issue(key_.spki(), wanted, random_),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(AuthorityTest, AnotherKindOfKeyGetsNoCertificate) {
  EXPECT_EQ(RefusalOf(authority_.Issue("not a key", LoaderTemplate(), random_).status()),
            v1::Refusal::CSR);
}

TEST_F(AuthorityTest, ComesBackFromItsFiles) {
  auto certificate = Certificate::ParsePem(authority_.certificate().ToPem());
  auto key = PrivateKey::FromPem(authority_.key().ToPem());
  ASSERT_THAT(certificate, IsOk());
  ASSERT_THAT(key, IsOk());
  const auto loaded = Authority::Load(*certificate, *std::move(key));
  ASSERT_THAT(loaded, IsOk());
  const auto leaf = loaded->Issue(key_.spki(), LoaderTemplate(), random_);
  EXPECT_THAT(leaf->CheckIssuedBy(authority_.certificate()), IsOk());
  EXPECT_THAT(Authority::Load(*certificate, PrivateKey::Generate(random_)),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(AuthorityTest, ALeafIsNoAuthority) {
  const auto leaf = authority_.Issue(key_.spki(), LoaderTemplate(), random_);
  EXPECT_THAT(Authority::Load(*leaf, std::move(key_)),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(AuthorityTest, AClientChainProvesItsSpiffeId) {
  EXPECT_THAT(CheckClientChain(LoaderChain(), Digests(), "corp.example", SpiffeId::Kind::kLoader),
              IsOkAndHolds(LoaderTemplate().id));
}

TEST_F(AuthorityTest, ChainsThatProveNothingAreRefused) {
  const auto code = [&](const std::vector<Certificate>& chain, SpiffeId::Kind kind,
                        absl::string_view domain = "corp.example") {
    return RefusalOf(CheckClientChain(chain, Digests(), domain, kind).status());
  };
  const auto kLoader = SpiffeId::Kind::kLoader;
  EXPECT_EQ(code(LoaderChain(), kLoader, "other.example"), v1::Refusal::TRUST_DOMAIN);
  EXPECT_EQ(code(LoaderChain(), SpiffeId::Kind::kOperator), v1::Refusal::CERTIFICATE);
  EXPECT_EQ(code({LoaderChain()[0]}, kLoader), v1::Refusal::CERTIFICATE);
  EXPECT_EQ(code({}, kLoader), v1::Refusal::CERTIFICATE);
  EXPECT_EQ(code({authority_.certificate(), authority_.certificate()}, kLoader),
            v1::Refusal::CERTIFICATE)
      << "the CA itself";
  // A stranger's CA of the same name: another key, which no root names.
  const Authority stranger = NewAuthority();
  const Certificate forged = *stranger.Issue(key_.spki(), LoaderTemplate(), random_);
  EXPECT_EQ(code({forged, stranger.certificate()}, kLoader), v1::Refusal::CERTIFICATE);
  EXPECT_EQ(code({forged, authority_.certificate()}, kLoader), v1::Refusal::CERTIFICATE);
  const Certificate server = *authority_.Issue(key_.spki(), ServerTemplate(), random_);
  EXPECT_EQ(code({server, authority_.certificate()}, SpiffeId::Kind::kCoordinator),
            v1::Refusal::CERTIFICATE)
      << "a server's is not for clients";
}

TEST_F(AuthorityTest, ACaOfAnotherNameDidNotIssueItThoughItsKeyIsTheSame) {
  SeededRandom same(Seed(1));  // as authority_ began
  const Authority renamed =
      *Authority::Create("corp.example renamed", TestEpoch(), TestEpoch() + 3650 * kDay, same);
  ASSERT_EQ(renamed.certificate().spki(), authority_.certificate().spki());
  EXPECT_EQ(RefusalOf(LoaderChain()[0].CheckIssuedBy(renamed.certificate())),
            v1::Refusal::CERTIFICATE);
}

TEST_F(AuthorityTest, ALeafCannotIssue) {
  const Certificate leaf = LoaderChain()[0];
  EXPECT_EQ(RefusalOf(leaf.CheckIssuedBy(leaf)), v1::Refusal::CERTIFICATE);
}

TEST_F(AuthorityTest, ACertificateCountsInItsTimeOnly) {
  const Certificate leaf = LoaderChain()[0];
  EXPECT_THAT(leaf.CheckTime(TestEpoch()), IsOk());
  EXPECT_THAT(leaf.CheckTime(TestEpoch() + 90 * kDay), IsOk());
  EXPECT_EQ(RefusalOf(leaf.CheckTime(TestEpoch() - absl::Seconds(1))),
            v1::Refusal::CERTIFICATE_TIME);
  EXPECT_EQ(RefusalOf(leaf.CheckTime(TestEpoch() + 91 * kDay)), v1::Refusal::CERTIFICATE_TIME);
}

TEST_F(AuthorityTest, DamagedCertificatesAreRefusedOrNotIssuedByTheCa) {
  const std::string der = LoaderChain()[0].der();
  for (size_t bit = 0; bit < der.size() * 8; ++bit) {
    std::string changed = der;
    changed[bit / 8] = static_cast<char>(static_cast<uint8_t>(changed[bit / 8]) ^ (1 << (bit % 8)));
    const auto certificate = Certificate::ParseDer(changed);
    if (!certificate.ok()) continue;
    EXPECT_THAT(certificate->CheckIssuedBy(authority_.certificate()), Not(IsOk())) << bit;
  }
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_THAT(Certificate::ParseDer(der.substr(0, size)), Not(IsOk())) << size;
  }
  EXPECT_EQ(RefusalOf(Certificate::ParseDer(der + "x").status()), v1::Refusal::CERTIFICATE);
  EXPECT_EQ(RefusalOf(Certificate::ParseDer(std::string(4097, 'x')).status()), v1::Refusal::BOUND);
}

TEST_F(AuthorityTest, PemChainsKeepTheirOrder) {
  const auto chain = Certificate::ParsePemChain(ChainPem(LoaderChain()));
  ASSERT_THAT(chain, IsOk());
  ASSERT_EQ(chain->size(), 2u);
  EXPECT_FALSE((*chain)[0].is_ca());
  EXPECT_TRUE((*chain)[1].is_ca());
  EXPECT_EQ(RefusalOf(Certificate::ParsePem(ChainPem(LoaderChain())).status()),
            v1::Refusal::CERTIFICATE);
  EXPECT_THAT(Certificate::ParsePem(key_.ToPem()),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("PRIVATE KEY")));
}

}  // namespace
}  // namespace mig::trust::x509
