#include "loader/transport/call_status.h"

#include <string>

#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/mig/v1/refusal.pb.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

absl::Status Call(absl::StatusCode code, absl::string_view message,
                  absl::string_view details = "") {
  return CallStatus("mig:8443", static_cast<int>(code), message, details);
}

TEST(CallStatusTest, WhatTheCoordinatorSaidIsKeptWithItsCode) {
  v1::Refusal refusal;
  refusal.set_code(v1::Refusal::REVOKED);
  refusal.set_text("host 3e91 was revoked\x1b[1m");
  const absl::Status status =
      Call(absl::StatusCode::kPermissionDenied, "x", refusal.SerializeAsString());
  EXPECT_EQ(trust::RefusalOf(status), v1::Refusal::REVOKED);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied,
                               AllOf(HasSubstr("mig:8443"), HasSubstr("was revoked\\x1b"))));
}

TEST(CallStatusTest, AStrangersCaIsAskedAbout) {
  const absl::Status status = Call(absl::StatusCode::kUnavailable,
                                   "... error:0A000086:SSL routines::certificate verify failed");
  EXPECT_EQ(trust::RefusalOf(status), v1::Refusal::SERVER_CERTIFICATE);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is TLS being inspected"));
}

TEST(CallStatusTest, NobodyThereAndNoAnswerAreForLater) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kCancelled}) {
    const absl::Status status = Call(code, "connection refused");
    EXPECT_EQ(trust::RefusalOf(status), v1::Refusal::UNAVAILABLE) << status;
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  }
}

TEST(CallStatusTest, TheKernelsWordAtTheEndIsKept) {
  std::string said = "failed to connect to all addresses; last error: UNKNOWN: ";
  for (int i = 0; i < 8; ++i) said += "ipv6:%5B2001:db8:1111:2222:3333:4444:5555:6666%5D:8443: ";
  const absl::Status status = Call(absl::StatusCode::kUnavailable, said + "Connection refused");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Connection refused")));
}

TEST(CallStatusTest, AnotherErrorKeepsItsCodeAndItsTextIsEscapedAndCut) {
  const absl::Status status = Call(absl::StatusCode::kInternal, std::string(5000, '\n'));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal, Not(HasSubstr("\n"))));
  EXPECT_LT(status.message().size(), 300u);
  EXPECT_THAT(Call(absl::StatusCode::kUnimplemented, ""),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("8444")));
  EXPECT_FALSE(CallStatus("mig:8443", 0, "", "").ok());
}

TEST(CallStatusTest, DetailsThatAreNoRefusalAreLeftOut) {
  for (const std::string& details : {std::string("\xff\xff"), std::string(5000, 'x')}) {
    EXPECT_THAT(Call(absl::StatusCode::kPermissionDenied, "m", details),
                StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr(": m")));
  }
}

}  // namespace
}  // namespace mig::loader
