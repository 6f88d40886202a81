#include "trust/x509/spiffe_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <optional>
#include <string>

#include "base/testing/status_matchers.h"
#include "trust/refusal.h"
#include "trust/testing/test_authority.h"

namespace mig::trust::x509 {
namespace {

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using base::testing::StatusIs;
using ::mig::trust::testing::TestHostId;

TEST(SpiffeIdTest, PrintsToWhatItWasParsedFrom) {
  const std::string hex = TestHostId(1).ToHex();
  for (const std::string& uri :
       {"spiffe://corp.example/loader/" + hex, std::string("spiffe://corp.example/operator/ana"),
        std::string("spiffe://c/coordinator/c-1.eu")}) {
    const auto id = SpiffeId::Parse(uri);
    ASSERT_THAT(id, IsOk()) << uri;
    EXPECT_EQ(id->ToUri(), uri);
  }
  EXPECT_EQ(SpiffeId::Parse("spiffe://c/loader/" + hex)->host_id(), TestHostId(1));
  EXPECT_EQ(SpiffeId::Parse("spiffe://c/operator/ana")->host_id(), std::nullopt);
}

TEST(SpiffeIdTest, WhatIsMadeIsWhatIsParsed) {
  const auto loader = SpiffeId::Loader("corp.example", TestHostId(1));
  EXPECT_THAT(SpiffeId::Parse(loader->ToUri()), IsOkAndHolds(*loader));
  const auto ana = SpiffeId::Operator("corp.example", "ana");
  EXPECT_THAT(SpiffeId::Parse(ana->ToUri()), IsOkAndHolds(*ana));
  const auto coordinator = SpiffeId::Coordinator("corp.example", "ana");
  EXPECT_THAT(SpiffeId::Parse(coordinator->ToUri()), IsOkAndHolds(*coordinator));
  EXPECT_FALSE(*ana == *coordinator);
}

TEST(SpiffeIdTest, AllElseIsRefused) {
  const std::string hex = TestHostId(1).ToHex();
  std::string upper = hex;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  for (const std::string& uri :
       {std::string(""), std::string("https://corp.example/operator/ana"),
        std::string("spiffe://corp.example/operator"),
        std::string("spiffe://corp.example/operator/"),
        std::string("spiffe://corp.example/operator/ana/x"),
        std::string("spiffe://Corp.example/operator/ana"), std::string("spiffe:///operator/ana"),
        std::string("spiffe://corp.example/admin/ana"),
        std::string("spiffe://corp.example/operator/ana?x"),
        std::string("spiffe://corp.example:1/operator/ana"), "spiffe://c/loader/" + hex + "0",
        "spiffe://c/loader/" + hex.substr(1), "spiffe://c/loader/" + upper,
        std::string("SPIFFE://corp.example/operator/ana"),
        std::string("spiffe://corp.example/operator/a\0b", 34)}) {
    EXPECT_EQ(RefusalOf(SpiffeId::Parse(uri).status()), v1::Refusal::CERTIFICATE) << uri;
  }
  EXPECT_THAT(SpiffeId::Operator("corp.example", "Ana"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SpiffeId::Loader("corp/example", TestHostId(1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace mig::trust::x509
