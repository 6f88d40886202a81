// One host in a loop is limited; the others, and every run that a loader makes, are not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/limits/host_limiter.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "trust/refusal.h"
#include "trust/x509/certificate_request.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

HostId HostOf(uint64_t n) {
  return *HostId::FromBytes(base::Sha256Of(absl::StrCat("host ", n)).bytes());
}

// --- The limiter

class HostLimiterTest : public ::testing::Test {
 protected:
  int Admitted(const HostId& host, HostCall call, int calls) {
    int admitted = 0;
    for (int i = 0; i < calls; ++i) {
      admitted += limiter_.Admit(host, call, clock_.MonotonicNow()).ok() ? 1 : 0;
    }
    return admitted;
  }

  base::testing::ManualClock clock_;
  HostLimiter limiter_{{.check_in = {.burst = 3, .interval = absl::Seconds(10)}}};
};

TEST_F(HostLimiterTest, ABurstThenOneWithEachInterval) {
  EXPECT_EQ(Admitted(HostOf(1), HostCall::kCheckIn, 10), 3);
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(Admitted(HostOf(1), HostCall::kCheckIn, 10), 1);
}

TEST_F(HostLimiterTest, OneKindOfCallDoesNotUseUpAnother) {
  Admitted(HostOf(1), HostCall::kCheckIn, 10);
  EXPECT_EQ(Admitted(HostOf(1), HostCall::kReport, 1), 1);
}

TEST_F(HostLimiterTest, OneHostDoesNotUseUpAnothers) {
  Admitted(HostOf(1), HostCall::kCheckIn, 10);
  EXPECT_EQ(Admitted(HostOf(2), HostCall::kCheckIn, 3), 3);
}

TEST_F(HostLimiterTest, TheRefusalSaysWhenToComeBack) {
  Admitted(HostOf(1), HostCall::kCheckIn, 3);
  clock_.Advance(absl::Seconds(3));
  EXPECT_THAT(limiter_.Admit(HostOf(1), HostCall::kCheckIn, clock_.MonotonicNow()),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("come back in 7s")));
}

TEST_F(HostLimiterTest, AHundredThousandHostsDoNotResetAnAbuser) {
  Admitted(HostOf(0), HostCall::kCheckIn, 10);
  for (uint64_t n = 1; n <= 100'000; ++n) Admitted(HostOf(n), HostCall::kCheckIn, 1);
  EXPECT_EQ(Admitted(HostOf(0), HostCall::kCheckIn, 10), 0);
}

TEST_F(HostLimiterTest, WhoCalledLongAgoIsForgotten) {
  for (uint64_t n = 0; n < 400'000; ++n) {
    Admitted(HostOf(n), HostCall::kCheckIn, 1);
    if (n % 1'000 == 0) clock_.Advance(absl::Seconds(10));
  }
  EXPECT_LT(limiter_.size(), 40'000);
}

// --- Through the handlers

class HostLimitsTest : public ::testing::Test {
 protected:
  // As often as it takes to be refused; how often it was not.
  template <typename Call>
  int UntilRefused(const Call& call) {
    for (int calls = 0; calls < 10'000; ++calls) {
      const absl::Status status = call();
      if (trust::RefusalOf(status) == v1::Refusal::RATE_LIMIT) return calls;
      EXPECT_THAT(status, IsOk());
    }
    return 10'000;
  }
  absl::Status Renew(const InProcessCoordinator::EnrolledHost& host) {
    v1::RenewCertificateRequest request;
    request.set_csr(*trust::x509::CertificateRequest::Make(*host.key, "host"));
    return coordinator_
        .Wait<v1::RenewCertificateAnswer>([&](Done<v1::RenewCertificateAnswer> done) {
          coordinator_.coordinator().loaders().RenewCertificate(host.peer, request,
                                                                std::move(done));
        })
        .status();
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch() + absl::Hours(4)};
  const HostLimits limits_;
  InProcessCoordinator coordinator_{clock_};
};

TEST_F(HostLimitsTest, CheckInsOfOneHostAreLimitedAndAnotherIsNot) {
  TestHost abuser(coordinator_, 1);
  TestHost other(coordinator_, 2);

  EXPECT_EQ(UntilRefused([&] { return abuser.CheckIn().status(); }),
            static_cast<int>(limits_.check_in.burst));

  EXPECT_THAT(other.CheckIn(), IsOk());
  clock_.Advance(limits_.check_in.interval);
  EXPECT_THAT(abuser.CheckIn(), IsOk());
}

TEST_F(HostLimitsTest, ReportsOfOneHostAreLimited) {
  TestHost abuser(coordinator_, 1);
  TestHost other(coordinator_, 2);
  v1::Outcome outcome;
  outcome.set_kind(v1::Outcome::NOTICE);
  outcome.set_result(v1::Outcome::UNCHANGED);
  outcome.set_stage(v1::Outcome::SCAN);
  outcome.mutable_refusal()->set_code(v1::Refusal::CLOCK_JUMPED);
  outcome.set_started_ms(1);
  outcome.set_ended_ms(1);
  outcome.set_count(1);
  outcome.set_attempt(std::string(base::kAttemptIdBytes, 'a'));

  EXPECT_EQ(UntilRefused([&] { return abuser.Report(outcome).status(); }),
            static_cast<int>(limits_.report.burst));

  EXPECT_THAT(other.Report(outcome), IsOk());
}

TEST_F(HostLimitsTest, CertificatesOfOneHostAreLimited) {
  const InProcessCoordinator::EnrolledHost abuser = coordinator_.Enroll(1);
  const InProcessCoordinator::EnrolledHost other = coordinator_.Enroll(2);

  EXPECT_EQ(UntilRefused([&] { return Renew(abuser); }), static_cast<int>(limits_.renew.burst));

  EXPECT_THAT(Renew(other), IsOk());
}

TEST_F(HostLimitsTest, FetchesOfOneHostAreLimited) {
  std::map<std::string, std::string> components;
  for (int i = 0; i < 64; ++i) components[absl::StrCat("c", i)] = absl::StrCat("content ", i);
  const auto release = coordinator_.Publish("agent", 1, components);
  TestHost host(coordinator_, 1);
  TestHost other(coordinator_, 2);
  clock_.Advance(absl::Hours(3));
  v1::Plan plan = coordinator_.authority().Plan(1, "agent", release.digest());
  plan.set_baseline_until_ms(0);
  coordinator_.StartPlan(plan);
  const std::string ticket(host.Assigned().ticket());
  const std::string others_ticket(other.Assigned().ticket());
  const base::Digest digest = base::Sha256Of("content 7");

  // A run of 64 contents, each begun again four times, is a small part of it.
  const int admitted = UntilRefused([&] { return host.Fetch(ticket, digest).status(); });

  EXPECT_EQ(admitted, static_cast<int>(limits_.fetch.burst));
  EXPECT_GE(admitted, 64 * 5);
  EXPECT_THAT(other.Fetch(others_ticket, digest), IsOk());
}

// A full spool of the largest outcomes, and as many check-ins as a run may make.
TEST_F(HostLimitsTest, TheLargestRunFits) {
  constexpr uint64_t kAtLeastEach = base::kMaxReportBytes / 2;  // else two fit into one call
  EXPECT_GE(limits_.report.burst, base::kMaxSpoolBytes / kAtLeastEach);
  EXPECT_GE(limits_.check_in.burst, uint32_t{base::kMaxCheckInsPerRun});
  EXPECT_GE(limits_.check_in.burst * 1.0 + base::kMinInterval / limits_.check_in.interval,
            2.0 * base::kMaxCheckInsPerRun);
}

TEST_F(HostLimitsTest, WhoIsThrownOutIsToldSoHoweverOftenItComes) {
  TestHost host(coordinator_, 1);
  UntilRefused([&] { return host.CheckIn().status(); });
  v1::RevokeHostsRequest revoke;
  revoke.add_hosts(host.id().ToHex());
  revoke.mutable_why()->set_reason("stolen");
  ASSERT_THAT(coordinator_.Wait<v1::RevokeHostsAnswer>([&](Done<v1::RevokeHostsAnswer> done) {
    coordinator_.coordinator().hosts().RevokeHosts(coordinator_.admin(), revoke, std::move(done));
  }),
              IsOk());
  EXPECT_EQ(trust::RefusalOf(host.CheckIn().status()), v1::Refusal::REVOKED);
}

}  // namespace
}  // namespace mig::coordinator::testing
