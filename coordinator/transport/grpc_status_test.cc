#include "coordinator/transport/grpc_status.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "proto/mig/v1/refusal.pb.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

TEST(GrpcStatusTest, OkIsOk) { EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok()); }

TEST(GrpcStatusTest, ARefusalCarriesItsCodeInTheDetails) {
  const grpc::Status status = ToGrpc(trust::Refuse(v1::Refusal::REVOKED, "host 12ab is revoked"));

  v1::Refusal refusal;
  ASSERT_TRUE(refusal.ParseFromString(status.error_details()));
  EXPECT_EQ(refusal.code(), v1::Refusal::REVOKED);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(status.error_message(), "host 12ab is revoked");
}

TEST(GrpcStatusTest, AnErrorWithoutACodeKeepsItsStatusAndHasNoDetails) {
  const grpc::Status status = ToGrpc(absl::UnavailableError("store.db: busy"));

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(status.error_details().empty());
}

TEST(GrpcStatusTest, UntrustedTextIsEscapedAndCut) {
  const grpc::Status status =
      ToGrpc(absl::InternalError(absl::StrCat("bad\x1b[31m", std::string(5'000, 'x'))));

  EXPECT_EQ(status.error_message().find('\x1b'), std::string::npos);
  EXPECT_LT(status.error_message().size(), 1'200u);
}

}  // namespace
}  // namespace mig::coordinator
