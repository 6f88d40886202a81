// Who may check in, and what a check-in may say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Eq;
using ::testing::Optional;

class CheckInDoorTest : public ::testing::Test {
 protected:
  CheckInDoorTest() { clock_.Advance(absl::Hours(4)); }

  template <typename Answer>
  static std::optional<v1::Refusal::Code> CodeOf(const absl::StatusOr<Answer>& answer) {
    return trust::RefusalOf(answer.status());
  }
  absl::StatusOr<v1::Host> Disable(const TestHost& host, v1::DisableHostRequest::Change change) {
    v1::DisableHostRequest request;
    request.set_host(host.id().ToHex());
    request.set_change(change);
    request.mutable_why()->set_reason("a test says so");
    return coordinator_.Wait<v1::Host>([&](Done<v1::Host> done) {
      coordinator_.coordinator().hosts().DisableHost(coordinator_.admin(), request,
                                                     std::move(done));
    });
  }
  absl::StatusOr<v1::Host> Pin(const TestHost& host, absl::string_view filter) {
    v1::PinHostRequest request;
    request.set_host(host.id().ToHex());
    request.set_filter(std::string(filter));
    return coordinator_.Wait<v1::Host>([&](Done<v1::Host> done) {
      coordinator_.coordinator().hosts().PinHost(coordinator_.admin(), request, std::move(done));
    });
  }
  v1::Host::State StateOf(const TestHost& host) {
    v1::GetHostRequest request;
    request.set_host(host.id().ToHex());
    const absl::StatusOr<v1::HostDetails> details =
        coordinator_.Wait<v1::HostDetails>([&](Done<v1::HostDetails> done) {
          coordinator_.coordinator().hosts().GetHost(coordinator_.admin(), request,
                                                     std::move(done));
        });
    EXPECT_THAT(details, IsOk());
    return details->host().state();
  }
  absl::StatusOr<v1::CheckInAnswer> CheckInAs(const Peer& peer, TestHost& host) {
    return coordinator_.Wait<v1::CheckInAnswer>([&](Done<v1::CheckInAnswer> done) {
      coordinator_.coordinator().loaders().CheckIn(peer, host.says(), std::move(done));
    });
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

// --- Who

TEST_F(CheckInDoorTest, NobodyWithoutACertificate) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  EXPECT_THAT(CodeOf(CheckInAs(Peer{}, host)), Optional(Eq(v1::Refusal::CERTIFICATE)));
}

TEST_F(CheckInDoorTest, NoOperatorOnTheLoadersPort) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  EXPECT_THAT(CodeOf(CheckInAs(coordinator_.admin(), host)),
              Optional(Eq(v1::Refusal::CERTIFICATE)));
}

TEST_F(CheckInDoorTest, AKeyThatIsNotRecordedIsRefusedWhateverTheCaSigned) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  Peer forged = host.peer();
  forged.spki_digest = trust::testing::TestDigest("a key that a stolen CA signed for");
  EXPECT_THAT(CodeOf(CheckInAs(forged, host)), Optional(Eq(v1::Refusal::UNRECORDED_KEY)));
}

TEST_F(CheckInDoorTest, ADisabledHostIsRefusedUntilItIsEnabled) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(Disable(host, v1::DisableHostRequest::DISABLE), IsOk());
  EXPECT_THAT(CodeOf(host.CheckIn()), Optional(Eq(v1::Refusal::DISABLED)));

  ASSERT_THAT(Disable(host, v1::DisableHostRequest::ENABLE), IsOk());
  EXPECT_THAT(host.CheckIn(), IsOk());
}

// --- The expected environment

TEST_F(CheckInDoorTest, AnEnvironmentThatIsNotThePinnedOneIsRefusedAndFlagged) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(Pin(host, "distribution = \"ubuntu\""), IsOk());

  EXPECT_THAT(CodeOf(host.CheckIn()), Optional(Eq(v1::Refusal::PINNED)));

  EXPECT_EQ(StateOf(host), v1::Host::FLAGGED);
}

TEST_F(CheckInDoorTest, ThePinnedEnvironmentComesIn) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(Pin(host, "distribution = \"debian\""), IsOk());
  EXPECT_THAT(host.CheckIn(), IsOk());
}

TEST_F(CheckInDoorTest, AMissingFieldDoesNotMatchAPin) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(Pin(host, "model = \"X1\""), IsOk());
  EXPECT_THAT(CodeOf(host.CheckIn()), Optional(Eq(v1::Refusal::PINNED)));
}

TEST_F(CheckInDoorTest, TheAddressInAPinIsTheObservedOne) {
  TestHost host(coordinator_, 1);  // comes from 192.0.2.1, and may say what it wants
  ASSERT_THAT(Pin(host, "seen_address:\"10.0.0.0/8\""), IsOk());
  host.says().mutable_environment()->add_addresses("10.1.2.3");
  EXPECT_THAT(CodeOf(host.CheckIn()), Optional(Eq(v1::Refusal::PINNED)));
}

TEST_F(CheckInDoorTest, TheFlagGoesWithThePin) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(Pin(host, "distribution = \"ubuntu\""), IsOk());
  EXPECT_THAT(CodeOf(host.CheckIn()), Optional(Eq(v1::Refusal::PINNED)));

  ASSERT_THAT(Pin(host, ""), IsOk());

  EXPECT_NE(StateOf(host), v1::Host::FLAGGED);
}

// --- Bounds

struct BadRequest {
  const char* name;
  std::function<void(v1::CheckInRequest&)> spoil;
  v1::Refusal::Code code;
};
class CheckInBoundsTest : public CheckInDoorTest,
                          public ::testing::WithParamInterface<BadRequest> {};

TEST_P(CheckInBoundsTest, IsRefused) {
  TestHost host(coordinator_, 1);
  ASSERT_THAT(host.CheckIn(), IsOk());
  GetParam().spoil(host.says());
  EXPECT_THAT(CodeOf(CheckInAs(host.peer(), host)), Optional(Eq(GetParam().code)));
}

v1::LocalComponent Component(absl::string_view name) {
  v1::LocalComponent component;
  component.set_product("agent");
  component.set_name(std::string(name));
  component.set_state(v1::LocalComponent::MISSING);
  return component;
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckInBoundsTest,
    ::testing::Values(
        BadRequest{"ShortNonce", [](auto& r) { r.set_nonce("short"); }, v1::Refusal::MALFORMED},
        BadRequest{"ShortMachine", [](auto& r) { r.set_machine("x"); }, v1::Refusal::MALFORMED},
        BadRequest{"NoRootVersion", [](auto& r) { r.set_root_version(0); }, v1::Refusal::MALFORMED},
        BadRequest{"OddPreviousAnswer", [](auto& r) { r.set_previous_answer("17 bytes are odd!"); },
                   v1::Refusal::MALFORMED},
        BadRequest{"TooManyDocuments",
                   [](auto& r) {
                     for (int i = 0; i < 257; ++i) {
                       std::string digest(32, '\0');
                       digest[0] = static_cast<char>(i / 256);
                       digest[1] = static_cast<char>(i % 256);
                       r.add_document_digests(digest);
                     }
                   },
                   v1::Refusal::BOUND},
        BadRequest{"DoubledDocument",
                   [](auto& r) {
                     r.add_document_digests(std::string(32, 'a'));
                     r.add_document_digests(std::string(32, 'a'));
                   },
                   v1::Refusal::MALFORMED},
        BadRequest{"TooManyProducts",
                   [](auto& r) {
                     for (char c = 'b'; c < 'k'; ++c) {
                       auto& product = *r.add_products();
                       product.set_product(std::string(1, c));
                       product.set_health(v1::ProductState::NOT_ASKED);
                     }
                   },
                   v1::Refusal::BOUND},
        BadRequest{"NoHealth",
                   [](auto& r) {
                     r.mutable_products(0)->set_health(v1::ProductState::HEALTH_UNSPECIFIED);
                   },
                   v1::Refusal::MALFORMED},
        BadRequest{"FiveBadReleases",
                   [](auto& r) {
                     for (char c = 'a'; c < 'f'; ++c) {
                       auto& bad = *r.mutable_products(0)->add_bad();
                       bad.set_manifest_digest(std::string(32, c));
                       bad.set_code(v1::Refusal::EXIT);
                     }
                   },
                   v1::Refusal::BOUND},
        BadRequest{
            "HugeHostname",
            [](auto& r) { r.mutable_environment()->set_hostname(std::string(1 << 20, 'a')); },
            v1::Refusal::BOUND},
        BadRequest{"ControlCharacterInATag",
                   [](auto& r) {
                     auto& tag = *r.mutable_environment()->add_tags();
                     tag.set_name("site");
                     tag.set_value("ber\x1b[31m");
                   },
                   v1::Refusal::MALFORMED},
        BadRequest{"ComponentsOutOfOrder",
                   [](auto& r) {
                     *r.mutable_local_manifest()->add_components() = Component("b");
                     *r.mutable_local_manifest()->add_components() = Component("a");
                   },
                   v1::Refusal::MALFORMED},
        BadRequest{"APathForAComponent",
                   [](auto& r) {
                     *r.mutable_local_manifest()->add_components() = Component("../etc/passwd");
                   },
                   v1::Refusal::MALFORMED},
        BadRequest{"TenThousandComponents",
                   [](auto& r) {
                     for (int i = 10'000; i < 20'000; ++i) {
                       *r.mutable_local_manifest()->add_components() =
                           Component("c" + std::to_string(i));
                     }
                   },
                   v1::Refusal::BOUND}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace mig::coordinator::testing
