#include "loader/config/attributes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "base/testing/status_matchers.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;

// As setcap of libcap 2.66 writes them: `setcap cap_net_admin,cap_net_raw+ep`, `cap_bpf+ep`.
TEST(AttributesTest, CapabilitiesAreWhatSetcapWrites) {
  EXPECT_THAT(CapabilityValue({"cap_net_raw", "cap_net_admin"}),
              IsOkAndHolds(absl::HexStringToBytes("0100000200300000000000000000000000000000")));
  EXPECT_THAT(CapabilityValue({"cap_bpf"}),
              IsOkAndHolds(absl::HexStringToBytes("0100000200000000000000008000000000000000")));
  EXPECT_THAT(CapabilityValue({}), IsOkAndHolds(""));
  EXPECT_THAT(CapabilityValue({"cap_net_raw", "CAP_BPF"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"CAP_BPF\"")));
}

TEST(AttributesTest, OnlyWhatSaysNothingOfContentsOrAccessCanBeNamed) {
  for (const absl::string_view name : {"user.mig", "security.selinux", "security.SMACK64"}) {
    EXPECT_THAT(CheckAttributeName(name), IsOk()) << name;
  }
  for (const absl::string_view name : {"user.", "security.ima", "security.evm", "trusted.x",
                                       "system.posix_acl_access", "", "selinux"}) {
    EXPECT_THAT(CheckAttributeName(name),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("`mode`")))
        << name;
  }
  EXPECT_THAT(CheckAttributeName(kCapabilityAttribute),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("capabilities = [")));
}

}  // namespace
}  // namespace mig::loader
