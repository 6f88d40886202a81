// The shipped loader needs glibc, or nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_split.h"
#include "base/testing/status_matchers.h"
#include "tests/end_to_end/house.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using ::testing::AnyOf;
using ::testing::HasSubstr;

using StaticLoaderTest = House;

TEST_F(StaticLoaderTest, NeedsNoLibraryButGlibcs) {
  const auto dynamic = world().RunWell({"/usr/bin/readelf", "-d", world().programs().loader});

  ASSERT_THAT(dynamic, IsOk());
  for (const absl::string_view line : absl::StrSplit(dynamic->out, '\n')) {
    if (line.find("(NEEDED)") == absl::string_view::npos) continue;
    EXPECT_THAT(std::string(line), AnyOf(HasSubstr("[libc.so.6]"), HasSubstr("[libm.so.6]"),
                                         HasSubstr("[ld-linux-x86-64.so.2]")));
  }
}

}  // namespace
}  // namespace mig::tests
