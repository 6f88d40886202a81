// Who may call, as the index has it.

#include "coordinator/fleet/host_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "absl/strings/string_view.h"
#include "base/testing/status_matchers.h"
#include "coordinator/store/testing/sample_records.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using testing::At;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;
using testing::SomeDigest;
using testing::SomeHost;
using testing::SomeHostId;

constexpr absl::string_view kDomain = "corp.example";

Peer PeerWith(const HostId& id, const base::Digest& key, absl::string_view domain = kDomain) {
  return {.id = *trust::x509::SpiffeId::Loader(domain, id), .spki_digest = key};
}

class HostIndexTest : public ::testing::Test {
 protected:
  HostIndexTest() {
    host_.keys = {.current = SomeDigest("current", 1),
                  .next = SomeDigest("next", 1),
                  .former = SomeDigest("former", 1)};
    host_.state = HostState::kEnabled;
    index_.Apply(host_);
  }
  std::optional<v1::Refusal::Code> CodeFor(const base::Digest& key) {
    return trust::RefusalOf(index_.Identify(PeerWith(host_.id, key), kDomain).status());
  }

  HostRecord host_ = SomeHost(1);
  HostIndex index_;
};

TEST_F(HostIndexTest, TheCurrentKeyIsGood) {
  EXPECT_THAT(index_.Identify(PeerWith(host_.id, *host_.keys.current), kDomain),
              IsOkAndHolds(host_.id));
}

TEST_F(HostIndexTest, TheNextKeyIsGood) {
  EXPECT_THAT(index_.Identify(PeerWith(host_.id, *host_.keys.next), kDomain), IsOk());
}

TEST_F(HostIndexTest, TheFormerKeyIsGoodForPossessionOnly) {
  EXPECT_THAT(CodeFor(*host_.keys.former), Optional(Eq(v1::Refusal::UNRECORDED_KEY)));
}

TEST_F(HostIndexTest, AMissingKeyIsNotTheDigestOfZeros) {
  host_.keys.next = std::nullopt;
  index_.Apply(host_);
  EXPECT_THAT(CodeFor(base::Digest()), Optional(Eq(v1::Refusal::UNRECORDED_KEY)));
}

TEST_F(HostIndexTest, AnotherTrustDomainIsAnotherWorld) {
  const Peer peer = PeerWith(host_.id, *host_.keys.current, "other.example");
  EXPECT_THAT(trust::RefusalOf(index_.Identify(peer, kDomain).status()),
              Optional(Eq(v1::Refusal::CERTIFICATE)));
}

TEST_F(HostIndexTest, AnUnknownHostIsRefused) {
  const Peer peer = PeerWith(SomeHostId(2), *host_.keys.current);
  EXPECT_THAT(trust::RefusalOf(index_.Identify(peer, kDomain).status()),
              Optional(Eq(v1::Refusal::UNRECORDED_KEY)));
}

TEST_F(HostIndexTest, ARevokedHostIsRefusedWithEveryKey) {
  host_.state = HostState::kRevoked;
  index_.Apply(host_);
  EXPECT_THAT(CodeFor(*host_.keys.current), Optional(Eq(v1::Refusal::REVOKED)));
  EXPECT_THAT(trust::RefusalOf(index_.StillWelcome(host_.id)), Optional(Eq(v1::Refusal::REVOKED)));
}

TEST_F(HostIndexTest, APrefixFindsItsHostsInOrder) {
  EXPECT_THAT(index_.FindByPrefix(host_.id.ToHex().substr(0, 8), 10), ElementsAre(host_.id));
  EXPECT_THAT(index_.FindByPrefix("zzzz", 10), IsEmpty());
}

TEST_F(HostIndexTest, APinThatCannotBeReadMatchesNobody) {
  host_.expected_environment = "a filter of a later version (";
  index_.Apply(host_);
  EXPECT_NE(index_.Find(host_.id)->marks->pin->text(), "");
}

TEST_F(HostIndexTest, TheNewestOutcomeStands) {
  v1::Outcome outcome;
  outcome.set_result(v1::Outcome::WENT_BACK);
  index_.ApplyOutcome(host_.id, At(2'000'000), outcome);
  outcome.set_result(v1::Outcome::HEALTHY);
  index_.ApplyOutcome(host_.id, At(1'000'000), outcome);
  EXPECT_EQ(index_.Find(host_.id)->last_outcome.result, v1::Outcome::WENT_BACK);
}

TEST_F(HostIndexTest, ANoticeIsNoWordOnTheHost) {
  v1::Outcome notice;
  notice.set_kind(v1::Outcome::NOTICE);
  notice.set_result(v1::Outcome::UNCHANGED);
  index_.ApplyOutcome(host_.id, At(2'000'000), notice);
  EXPECT_EQ(index_.Find(host_.id)->last_outcome.result, v1::Outcome::RESULT_UNSPECIFIED);
}

}  // namespace
}  // namespace mig::coordinator
