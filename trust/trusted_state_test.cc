#include "trust/trusted_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "proto/mig/v1/local_state.pb.h"
#include "trust/half_file.h"
#include "trust/refusal.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using ::mig::trust::testing::TestDigest;
using ::mig::trust::testing::TestEpoch;
using ::mig::trust::testing::TestHostId;
using ::mig::trust::testing::TestRolloutId;

BadMark Bad(int i) {
  return {.manifest = TestDigest(absl::StrCat("bad ", i)),
          .code = v1::Refusal::EXIT,
          .plan_issued = TestEpoch() + absl::Hours(i),
          .exit_status = 139};
}

// As large as it may get: 8 products with 4 bad releases each, 16 streams.
TrustedState Largest() {
  TrustedState state;
  state.host_id = TestHostId(1);
  state.enrolled = TestEpoch();
  state.machine = TestDigest("machine");
  state.root_version = UINT64_MAX;
  state.root_digest = TestDigest("root");
  state.head = TestDigest("head");
  state.waves_closed_until = TestEpoch();
  state.streams_forgotten = TestEpoch();
  for (size_t i = 0; i < base::kMaxProducts; ++i) {
    TrustedProduct& product = state.products[absl::StrCat(std::string(31, 'p'), i)];
    product.seen = Seen{{UINT64_MAX, UINT64_MAX}, TestDigest("seen")};
    product.installed = Installed{TestDigest("installed"), 31};
    product.previous = Installed{TestDigest("previous"), 31};
    for (int k = 0; k < 4; ++k) MarkBad(product, Bad(k));
    product.variant_changed = TestEpoch();
  }
  for (size_t i = 0; i < base::kMaxStreams; ++i) {
    state.streams[absl::StrCat(std::string(31, 's'), std::string(1, static_cast<char>('a' + i)))] =
        {.seen = {{UINT64_MAX, UINT64_MAX}, TestDigest("plan")},
         .rollout = TestRolloutId(i),
         .rollout_binding = TestDigest("binding")};
  }
  return state;
}

TEST(TrustedStateTest, TheLargestStateComesBackAndFitsAHalf) {
  const auto payload = SerializeTrustedState(Largest());
  ASSERT_THAT(payload, IsOk());
  EXPECT_LE(payload->size(), kMaxHalfPayloadBytes);
  EXPECT_THAT(ParseTrustedState(*payload), IsOkAndHolds(Largest()));
}

TEST(TrustedStateTest, AHostThatIsNotEnrolledHasOnlyItsRoot) {
  TrustedState state;
  state.root_version = 1;
  state.root_digest = TestDigest("root");
  const auto payload = SerializeTrustedState(state);
  ASSERT_THAT(payload, IsOk());
  EXPECT_THAT(ParseTrustedState(*payload), IsOkAndHolds(state));
}

TEST(TrustedStateTest, MoreThanItMayHoldIsRefused) {
  TrustedState state = Largest();
  state.products["one-more"] = {};
  EXPECT_EQ(RefusalOf(SerializeTrustedState(state).status()), v1::Refusal::BOUND);
  state = Largest();
  state.streams["one-more"] = state.streams.begin()->second;
  EXPECT_EQ(RefusalOf(SerializeTrustedState(state).status()), v1::Refusal::BOUND);
}

TEST(TrustedStateTest, AnOlderLoaderRefusesANewerStateClearly) {
  v1::TrustState message;
  ASSERT_TRUE(message.ParseFromString(*SerializeTrustedState(Largest())));
  message.set_format(2);
  EXPECT_EQ(RefusalOf(ParseTrustedState(message.SerializeAsString()).status()),
            v1::Refusal::UNSUPPORTED);
}

TEST(TrustedStateTest, DamageThatTheChecksumDidNotSeeIsRefused) {
  v1::TrustState whole;
  ASSERT_TRUE(whole.ParseFromString(*SerializeTrustedState(Largest())));
  v1::TrustState message;
  const std::function<void()> breaks[] = {
      [&] { message.clear_root_version(); },
      [&] { message.set_root_digest("short"); },
      [&] { message.set_host_id("short"); },
      [&] { message.set_machine("short"); },
      [&] { message.mutable_products()->SwapElements(0, 1); },
      [&] { *message.mutable_products(1) = message.products(0); },
      [&] { message.mutable_products(0)->mutable_seen()->clear_sequence(); },
      [&] { message.mutable_products(0)->mutable_installed()->set_variant(32); },
      [&] { message.mutable_products(0)->mutable_bad()->SwapElements(0, 1); },
      [&] { message.mutable_products(0)->mutable_bad(0)->clear_code(); },
      [&] { message.mutable_products(0)->mutable_bad(0)->set_exit_status(256); },
      [&] { message.mutable_products(0)->mutable_bad(0)->set_code(v1::Refusal::PROBE); },
      [&] { message.mutable_streams(0)->clear_seen(); },
      [&] { message.mutable_streams(0)->clear_rollout(); },
      [&] { message.mutable_streams(0)->set_rollout_binding("short"); },
      [&] { message.set_enrolled_ms(-1); },
  };
  for (size_t i = 0; i < std::size(breaks); ++i) {
    message = whole;
    breaks[i]();
    EXPECT_FALSE(ParseTrustedState(message.SerializeAsString()).ok()) << "the " << i << "th";
  }
}

TEST(TrustedStateTest, AFifthBadMarkDisplacesTheOneOfTheEarliestPlan) {
  TrustedProduct product;
  for (int i = 4; i >= 1; --i) MarkBad(product, Bad(i));
  MarkBad(product, Bad(5));
  EXPECT_EQ(product.bad.size(), 4u);
  EXPECT_EQ(FindBad(product, Bad(1).manifest), nullptr);
  EXPECT_NE(FindBad(product, Bad(5).manifest), nullptr);
}

TEST(TrustedStateTest, ABadMarkKeepsTheExitStatus) {
  EXPECT_EQ(DisplayOf(Bad(1)), "EXIT_139");
  const auto read = FromMessage(ToMessage(Bad(1)));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, Bad(1));
}

TEST(TrustedStateTest, MarkingARepeatedFailureKeepsOneMark) {
  TrustedProduct product;
  MarkBad(product, Bad(1));
  BadMark again = Bad(1);
  again.code = v1::Refusal::PROBE;
  again.exit_status = 0;
  MarkBad(product, again);
  ASSERT_EQ(product.bad.size(), 1u);
  EXPECT_EQ(FindBad(product, again.manifest)->code, v1::Refusal::PROBE);
}

}  // namespace
}  // namespace mig::trust
