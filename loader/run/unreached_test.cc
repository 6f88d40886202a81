#include "loader/run/unreached.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;
using v1::Refusal;

constexpr absl::string_view kWho = "mig.corp.example:8443";

TEST(UnreachedTest, WordsOfTheTransportAreOnlyADetail) {
  const struct {
    absl::string_view said, reason;
  } kSaid[] = {
      {"failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to "
       "connect to remote host: Connection refused",
       "connection refused"},
      {"DNS resolution failed for mig.corp.example:8443: C-ares status is not ARES_SUCCESS "
       "qtype=A name=mig.corp.example is_balancer=0: Domain name not found",
       "no such host name"},
      {"last error: UNKNOWN: ipv4:10.0.0.1:8443: Network is unreachable", "has no network"},
      {"coordinator mig.corp.example:8443 gave no answer in time", "no answer in time"},
      {"Endpoint read failed", "gave no answer"},
  };
  for (const auto& [said, reason] : kSaid) {
    const absl::Status status = InOurWords(kWho, absl::UnavailableError(said));
    EXPECT_EQ(trust::RefusalOf(status), Refusal::UNAVAILABLE);
    EXPECT_THAT(status.message(), HasSubstr(kWho));
    EXPECT_THAT(status.message(), HasSubstr(reason));
    EXPECT_THAT(status.message(), Not(HasSubstr("UNKNOWN")));
    EXPECT_THAT(status.message(), Not(HasSubstr("ares")));
    EXPECT_THAT(Describe(kWho, absl::UnavailableError(said)).detail, HasSubstr(said.substr(0, 60)));
  }
}

TEST(UnreachedTest, WhatACoordinatorRefusedStaysItsOwn) {
  const absl::Status limit = trust::Refuse(Refusal::RATE_LIMIT, "too often");
  EXPECT_EQ(InOurWords(kWho, limit), limit);
  const absl::Status stranger = trust::Refuse(Refusal::SERVER_CERTIFICATE, "a stranger's CA");
  EXPECT_EQ(InOurWords(kWho, stranger), stranger);
  EXPECT_EQ(InOurWords(kWho, absl::OkStatus()), absl::OkStatus());
}

TEST(UnreachedTest, UntrustedTextIsEscapedAndCut) {
  const Unreached unreached =
      Describe(kWho, absl::UnavailableError(std::string(5'000, 'x') + "\x1b[31m"));
  EXPECT_LE(unreached.detail.size(), 256u);
  EXPECT_THAT(Describe(kWho, absl::UnavailableError("\x1b[31m")).detail, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace mig::loader
