// The right to fetch: a ticket's, and nobody else's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::Eq;
using ::testing::Optional;

constexpr absl::string_view kProgram = "the program";

class FetchTest : public ::testing::Test {
 protected:
  FetchTest() {
    clock_.Advance(absl::Hours(4));
    const auto release =
        coordinator_.Publish("agent", 1, {{"agent", std::string(kProgram)}, {"key", "secret"}});
    coordinator_.StartPlan(coordinator_.authority().Plan(1, "agent", release.digest()));
    secret_ = coordinator_.PutContent("of no release");
  }

  template <typename Answer>
  static std::optional<v1::Refusal::Code> CodeOf(const absl::StatusOr<Answer>& answer) {
    return trust::RefusalOf(answer.status());
  }
  void Revoke(const TestHost& host) {
    v1::RevokeHostsRequest request;
    request.add_hosts(host.id().ToHex());
    request.mutable_why()->set_reason("stolen");
    MIG_CHECK_OK(coordinator_.Wait<v1::RevokeHostsAnswer>([&](Done<v1::RevokeHostsAnswer> done) {
      coordinator_.coordinator().hosts().RevokeHosts(coordinator_.admin(), request,
                                                     std::move(done));
    }));
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
  base::Digest program_ = base::Sha256Of(kProgram);
  base::Digest secret_;
};

TEST_F(FetchTest, WhatWasAssignedIsSent) {
  TestHost host(coordinator_, 1);
  EXPECT_THAT(host.Fetch(host.Assigned().ticket(), program_), IsOkAndHolds(std::string(kProgram)));
}

TEST_F(FetchTest, GoesOnAtAnOffset) {
  TestHost host(coordinator_, 1);
  EXPECT_THAT(host.Fetch(host.Assigned().ticket(), program_, 4), IsOkAndHolds("program"));
}

TEST_F(FetchTest, AnOffsetBeyondTheEndIsRefused) {
  TestHost host(coordinator_, 1);
  EXPECT_THAT(CodeOf(host.Fetch(host.Assigned().ticket(), program_, kProgram.size())),
              Optional(Eq(v1::Refusal::BOUND)));
}

TEST_F(FetchTest, ALargeContentComesInBoundedChunks) {
  const std::string large(3 * base::kMaxFetchChunkBytes + 17, 'x');
  const auto release = coordinator_.Publish("agent", 2, {{"agent", large}});
  coordinator_.StartPlan(coordinator_.authority().Plan(2, "agent", release.digest()));
  TestHost host(coordinator_, 1);
  EXPECT_THAT(host.Fetch(host.Assigned().ticket(), base::Sha256Of(large)), IsOkAndHolds(large));
}

// Promise 1.
TEST_F(FetchTest, AnotherHostsTicketIsRefused) {
  TestHost owner(coordinator_, 1);
  TestHost other(coordinator_, 2);
  EXPECT_THAT(CodeOf(other.Fetch(owner.Assigned().ticket(), program_)),
              Optional(Eq(v1::Refusal::TICKET)));
}

TEST_F(FetchTest, AContentOfNoAssignedReleaseIsRefused) {
  TestHost host(coordinator_, 1);
  EXPECT_THAT(CodeOf(host.Fetch(host.Assigned().ticket(), secret_)),
              Optional(Eq(v1::Refusal::TICKET)));
}

TEST_F(FetchTest, UnknownAndForbiddenLookTheSame) {
  TestHost host(coordinator_, 1);
  const std::string ticket = host.Assigned().ticket();
  EXPECT_EQ(host.Fetch(ticket, secret_).status(),
            host.Fetch(ticket, base::Sha256Of("what nobody has")).status());
}

TEST_F(FetchTest, AContentThatIsGoneLooksLikeAForbiddenOne) {
  TestHost host(coordinator_, 1);
  const std::string ticket = host.Assigned().ticket();
  ASSERT_THAT(coordinator_.blobs().Remove(program_), IsOk());
  EXPECT_EQ(host.Fetch(ticket, program_).status(), host.Fetch(ticket, secret_).status());
}

TEST_F(FetchTest, AnExpiredTicketIsRefused) {
  TestHost host(coordinator_, 1);
  const std::string ticket = host.Assigned().ticket();
  clock_.Advance(base::kTicketLife);
  EXPECT_THAT(CodeOf(host.Fetch(ticket, program_)), Optional(Eq(v1::Refusal::TICKET)));
}

TEST_F(FetchTest, ATicketWithOneChangedByteIsRefused) {
  TestHost host(coordinator_, 1);
  std::string ticket = host.Assigned().ticket();
  ticket[ticket.size() / 2] ^= 1;
  EXPECT_THAT(CodeOf(host.Fetch(ticket, program_)), Optional(Eq(v1::Refusal::TICKET)));
}

TEST_F(FetchTest, TheFormerTicketKeyIsGood) {
  TestHost host(coordinator_, 1);
  clock_.Advance(kTicketKeyLife - absl::Minutes(1));
  const std::string ticket = host.Assigned().ticket();
  clock_.Advance(absl::Minutes(1));
  coordinator_.coordinator().Tick();
  EXPECT_THAT(host.Fetch(ticket, program_), IsOk());
}

TEST_F(FetchTest, ATicketOfTheProcessBeforeIsRefused) {
  TestHost host(coordinator_, 1);
  const std::string ticket = host.Assigned().ticket();
  coordinator_.Restart();
  EXPECT_THAT(CodeOf(host.Fetch(ticket, program_)), Optional(Eq(v1::Refusal::TICKET)));
}

TEST_F(FetchTest, ALiveTicketOfARevokedHostIsRefused) {
  TestHost host(coordinator_, 1);
  const std::string ticket = host.Assigned().ticket();
  Revoke(host);
  EXPECT_THAT(CodeOf(host.Fetch(ticket, program_)), Optional(Eq(v1::Refusal::REVOKED)));
}

TEST_F(FetchTest, RevokedDuringAStreamIsCut) {
  TestHost host(coordinator_, 1);
  v1::FetchRequest request;
  request.set_ticket(host.Assigned().ticket());
  request.set_digest(std::string(program_.bytes()));
  absl::StatusOr<std::unique_ptr<FetchStream>> stream =
      coordinator_.coordinator().loaders().Fetch(host.peer(), request);
  ASSERT_THAT(stream, IsOk());
  ASSERT_THAT((*stream)->Next(), IsOk());

  Revoke(host);

  EXPECT_THAT(CodeOf((*stream)->Next()), Optional(Eq(v1::Refusal::REVOKED)));
}

TEST_F(FetchTest, ADamagedContentIsNotSent) {
  TestHost host(coordinator_, 1);
  const std::string ticket = host.Assigned().ticket();
  const std::string hex = program_.ToHex();
  auto directory = coordinator_.disk().OpenRoot(
      absl::StrCat(InProcessCoordinator::kBlobDirectory, "/", hex.substr(0, 2)));
  ASSERT_THAT(directory, IsOk());
  ASSERT_THAT(base::WriteDurably(**directory, hex, "the prog?am", 0600), IsOk());
  coordinator_.Restart();  // it may have been checked before

  const absl::StatusOr<std::string> fetched = host.Fetch(host.Assigned().ticket(), program_);

  EXPECT_THAT(fetched, StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace mig::coordinator::testing
