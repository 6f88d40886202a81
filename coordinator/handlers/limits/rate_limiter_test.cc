// Limits for callers whom nobody knows yet.

#include "coordinator/handlers/limits/rate_limiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/testing/status_matchers.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Eq;
using ::testing::Optional;

const base::MonotonicTime kNow(absl::Hours(1));
const RateLimiter::Options kSmall = {
    .each = {.burst = 3, .interval = absl::Seconds(1)},
    .sum = {.burst = 5, .interval = absl::Seconds(1)},
    .max_keys = 4,
};

int Admitted(RateLimiter& limiter, absl::string_view key, int calls, base::MonotonicTime now) {
  int admitted = 0;
  for (int i = 0; i < calls; ++i) admitted += limiter.Admit(key, now).ok() ? 1 : 0;
  return admitted;
}

TEST(RateLimiterTest, ABurstAndNotOneMore) {
  RateLimiter limiter(kSmall);
  EXPECT_EQ(Admitted(limiter, "10.0.0.1", 10, kNow), 3);
}

TEST(RateLimiterTest, OneMoreWithEachInterval) {
  RateLimiter limiter(kSmall);
  Admitted(limiter, "10.0.0.1", 10, kNow);
  EXPECT_EQ(Admitted(limiter, "10.0.0.1", 10, kNow + absl::Seconds(1)), 1);
}

TEST(RateLimiterTest, OneAddressDoesNotUseUpAnothers) {
  RateLimiter limiter(kSmall);
  Admitted(limiter, "10.0.0.1", 10, kNow);
  EXPECT_THAT(limiter.Admit("10.0.0.2", kNow), IsOk());
}

TEST(RateLimiterTest, AllTogetherAreLimitedToo) {
  RateLimiter limiter(kSmall);
  int admitted = 0;
  for (int i = 0; i < 100; ++i) {
    admitted += limiter.Admit(absl::StrCat("10.0.0.", i), kNow).ok() ? 1 : 0;
  }
  EXPECT_EQ(admitted, 5);
}

TEST(RateLimiterTest, MemoryIsBoundedWhateverAddressesCome) {
  RateLimiter limiter(kSmall);
  for (int i = 0; i < 1'000; ++i) {
    limiter.Admit(absl::StrCat("10.0.0.", i), kNow + absl::Seconds(i)).IgnoreError();
  }
  EXPECT_EQ(limiter.size(), 4);
}

TEST(RateLimiterTest, TheRefusalIsARateLimit) {
  RateLimiter limiter(kSmall);
  Admitted(limiter, "10.0.0.1", 3, kNow);
  EXPECT_THAT(trust::RefusalOf(limiter.Admit("10.0.0.1", kNow)),
              Optional(Eq(v1::Refusal::RATE_LIMIT)));
}

}  // namespace
}  // namespace mig::coordinator
