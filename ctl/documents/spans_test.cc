#include "ctl/documents/spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace mig::ctl {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;

TEST(SpansTest, ReadsWhatPeopleWrite) {
  EXPECT_THAT(ParseSpan("500ms"), IsOkAndHolds(absl::Milliseconds(500)));
  EXPECT_THAT(ParseSpan("90s"), IsOkAndHolds(absl::Seconds(90)));
  EXPECT_THAT(ParseSpan("5min"), IsOkAndHolds(absl::Minutes(5)));
  EXPECT_THAT(ParseSpan("5m"), IsOkAndHolds(absl::Minutes(5)));
  EXPECT_THAT(ParseSpan("1h30min"), IsOkAndHolds(absl::Minutes(90)));
  EXPECT_THAT(ParseSpan(" 1 h 30 min "), IsOkAndHolds(absl::Minutes(90)));
  EXPECT_THAT(ParseSpan("14d"), IsOkAndHolds(absl::Hours(24 * 14)));
  EXPECT_THAT(ParseSpan("2w"), IsOkAndHolds(absl::Hours(24 * 14)));
  EXPECT_THAT(ParseSpan("0"), IsOkAndHolds(absl::ZeroDuration()));
}

TEST(SpansTest, RefusesWhatIsNoSpan) {
  for (const char* text :
       {"", "h", "5", "-5h", "5 years", "1.5h", "99999999999h", "11w 10000d", "5hx"}) {
    EXPECT_THAT(ParseSpan(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(MomentTest, IsRelativeOrAbsolute) {
  const absl::Time origin = absl::FromUnixSeconds(1767225600);
  const auto from = [&](const char* text) {
    const auto moment = ParseMoment(text);
    EXPECT_THAT(moment, IsOk()) << text;
    return moment.ok() ? moment->From(origin) : absl::InfinitePast();
  };
  EXPECT_EQ(from("+6h"), origin + absl::Hours(6));
  EXPECT_EQ(from("6h"), origin + absl::Hours(6));
  EXPECT_EQ(from("+0"), origin);
  EXPECT_EQ(from("12mo"), absl::FromUnixSeconds(1798761600));  // 2027-01-01
  EXPECT_EQ(from("2026-12-01T09:00:00+01:00"), absl::FromUnixSeconds(1796112000));
  for (const char* text : {"", "tomorrow", "2026-12-01", "999mo"}) {
    EXPECT_THAT(ParseMoment(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(ShareTest, IsExact) {
  EXPECT_THAT(ParseShare("2%"), IsOkAndHolds(20'000u));
  EXPECT_THAT(ParseShare("0.05 %"), IsOkAndHolds(500u));
  EXPECT_THAT(ParseShare("0.0001%"), IsOkAndHolds(1u));
  EXPECT_THAT(ParseShare("100%"), IsOkAndHolds(1'000'000u));
  for (const char* text : {"", "2", "%", "101%", "100.1%", "0.00001%", "-1%", "2.%", "2,5%"}) {
    EXPECT_THAT(ParseShare(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

}  // namespace
}  // namespace mig::ctl
