// Golden bytes of everything that is signed or lies on a host's disk. A change here is a change of
// the contract (docs/protocol.md): after the first release it means a new format, not a new file.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "trust/half_file.h"
#include "trust/key_file.h"
#include "trust/testing/full_documents.h"
#include "trust/testing/test_authority.h"
#include "trust/ticket.h"
#include "trust/trusted_state.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using ::mig::trust::testing::FullPlan;
using ::mig::trust::testing::SignedFull;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TestDigest;
using ::mig::trust::testing::TestEpoch;
using ::mig::trust::testing::TestHostId;
using ::mig::trust::testing::TestKey;
using ::mig::trust::testing::TestRolloutId;

std::string Golden(const std::string& name) {
  std::ifstream file(absl::StrCat("trust/testdata/", name, ".hex"));
  std::stringstream text;
  text << file.rdbuf();
  std::string hex = text.str();
  hex.erase(std::remove(hex.begin(), hex.end(), '\n'), hex.end());
  return hex;
}

void ExpectGolden(const std::string& name, absl::string_view bytes) {
  const std::string hex = absl::BytesToHexString(bytes);
  EXPECT_EQ(hex, Golden(name)) << name;
}

TEST(GoldenTest, EachSignedDocumentIsTheseBytes) {
  const TestAuthority authority;
  for (const DocumentType type : kAllDocumentTypes) {
    const std::string envelope = SignedFull(authority, type);
    ExpectGolden(std::string(RulesOf(type).name), envelope);
    EXPECT_THAT(testing::TryVerify(authority, type, envelope), IsOk());
  }
}

TEST(GoldenTest, ThePlansRolloutBindingIsThisDigest) {
  const TestAuthority authority;
  ExpectGolden("rollout_binding",
               authority.Verified(FullPlan(authority))->RolloutBinding().bytes());
}

TEST(GoldenTest, KeysHaveTheseIds) {
  const PublicKey key = TestKey(1).public_key();
  ExpectGolden("key_id", key.id().bytes());
}

TEST(GoldenTest, TheTicketIsTheseBytes) {
  const TicketKey key = {.id = 7, .secret = *TicketSecret::FromBytes(TestDigest("ticket").bytes())};
  const auto ticket = MintTicket(
      key, {.host = TestHostId(1),
            .expires = TestEpoch(),
            .releases = {{TestDigest("manifest 118"), 1}, {TestDigest("manifest 9"), 0}}});
  ASSERT_THAT(ticket, IsOk());
  ExpectGolden("ticket", *ticket);
}

TrustedState FullState() {
  TrustedState state;
  state.host_id = TestHostId(1);
  state.enrolled = TestEpoch();
  state.machine = MachineDigest("machine");
  state.root_version = 3;
  state.root_digest = TestDigest("root 3");
  TrustedProduct& product = state.products["agent"];
  product.seen = Seen{{1, 118}, TestDigest("manifest 118")};
  product.installed = Installed{TestDigest("manifest 118"), 1};
  product.previous = Installed{TestDigest("manifest 117"), 0};
  MarkBad(product, {TestDigest("manifest 116"), v1::Refusal::EXIT, TestEpoch()});
  product.variant_changed = TestEpoch() + absl::Hours(1);
  state.streams["main"] = {.seen = {{2, 61}, TestDigest("plan 61")},
                           .rollout = TestRolloutId(61),
                           .rollout_binding = TestDigest("binding")};
  state.head = TestDigest("head");
  state.waves_closed_until = TestEpoch() + absl::Hours(24);
  return state;
}

TEST(GoldenTest, TheHostsStateIsTheseBytesInItsHalf) {
  const auto payload = SerializeTrustedState(FullState());
  ASSERT_THAT(payload, IsOk());
  for (const HalfFileKind kind : {HalfFileKind::kTrust, HalfFileKind::kStatus}) {
    const auto half = EncodeHalf(kind, 5, *payload);
    ASSERT_THAT(half, IsOk());
    ASSERT_EQ(half->size(), 8192u);
    // The zeros between are left out of the golden file.
    const std::string shown =
        absl::StrCat(half->substr(0, 20 + payload->size()), half->substr(half->size() - 32));
    ExpectGolden(kind == HalfFileKind::kTrust ? "trust_half" : "status_half", shown);
  }
}

TEST(GoldenTest, AKeyFileWrittenEarlierStillOpens) {
  base::testing::SeededRandom random(base::testing::Seed(1));
  const NamedSigningKey key = {.name = "ana-root", .key = TestKey(1)};
  const auto file = EncodeEncryptedKeyFile(key, "correct horse", random, {.log2_n = 10});
  ASSERT_THAT(file, IsOk());
  ExpectGolden("key_file", *file);
  const auto decoded = DecodeKeyFile(absl::HexStringToBytes(Golden("key_file")), "correct horse");
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->name, "ana-root");
  EXPECT_EQ(decoded->key.public_key(), TestKey(1).public_key());
}

}  // namespace
}  // namespace mig::trust
