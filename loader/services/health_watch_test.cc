#include "loader/services/health_watch.h"

#include <functional>
#include <optional>
#include <vector>

#include "base/testing/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using Verdict = ProbeAnswer::Verdict;

// A process that never ends.
class Immortal : public WatchedProcess {
 public:
  explicit Immortal(base::Clock& clock) : clock_(clock) {}
  bool EndedBefore(base::MonotonicTime deadline) override {
    clock_.SleepUntil(deadline);
    return false;
  }
  std::optional<uint32_t> ExitStatus() override { return std::nullopt; }

 private:
  base::Clock& clock_;
};

// Answers by how long after its making it is asked.
class TimedProbe : public Probe {
 public:
  TimedProbe(base::Clock& clock, std::function<Verdict(absl::Duration)> verdict)
      : clock_(clock), start_(clock.MonotonicNow()), verdict_(std::move(verdict)) {}

  ProbeAnswer Ask(const AgentSpec&, base::MonotonicTime) override {
    asked_.push_back(clock_.MonotonicNow() - start_);
    return {verdict_(asked_.back()), "text"};
  }
  ProbeAnswer AskVersion(const AgentSpec&, base::MonotonicTime) override { return {}; }
  const std::vector<absl::Duration>& asked() const { return asked_; }

 private:
  base::Clock& clock_;
  const base::MonotonicTime start_;
  const std::function<Verdict(absl::Duration)> verdict_;
  std::vector<absl::Duration> asked_;
};

class HealthWatchTest : public ::testing::Test {
 protected:
  Health Watch(absl::Duration probation, std::function<Verdict(absl::Duration)> verdict) {
    TimedProbe probe(clock_, std::move(verdict));
    Immortal process(clock_);
    const Health health = WatchHealth(clock_, probe, spec_, process, probation);
    asked_ = probe.asked();
    return health;
  }

  base::testing::ManualClock clock_;
  AgentSpec spec_ = {.product = "agent", .probe = FileProbe{"/x"}};
  std::vector<absl::Duration> asked_;
};

TEST_F(HealthWatchTest, TheProbeIsAskedAllAlongAndAtTheEnd) {
  EXPECT_TRUE(Watch(absl::Seconds(120), [](absl::Duration) { return Verdict::kWell; }).ok());
  EXPECT_EQ(asked_.front(), absl::ZeroDuration());
  EXPECT_EQ(asked_.back(), absl::Seconds(120));
  EXPECT_EQ(asked_.size(), 21u);
}

TEST_F(HealthWatchTest, UnreadyUntilTheLastMomentIsHealthyAndAMomentLongerIsNot) {
  const auto ready_at = [](absl::Duration t) {
    return [t](absl::Duration age) { return age >= t ? Verdict::kWell : Verdict::kNotWell; };
  };
  EXPECT_TRUE(Watch(absl::Seconds(120), ready_at(absl::Seconds(30))).ok());
  const Health late =
      Watch(absl::Seconds(120), ready_at(absl::Seconds(30) + absl::Milliseconds(1)));
  EXPECT_EQ(late.code, v1::Refusal::PROBE);
  EXPECT_EQ(asked_.back(), absl::Seconds(30));
}

TEST_F(HealthWatchTest, TwoFailuresInARowAreForgivenAndThreeAreNot) {
  const auto down_for = [](absl::Duration t) {
    return [t](absl::Duration age) {
      const bool down = age > absl::Seconds(50) && age <= absl::Seconds(50) + t;
      return down ? Verdict::kNoAnswerInTime : Verdict::kWell;
    };
  };
  EXPECT_TRUE(Watch(absl::Seconds(120), down_for(absl::Seconds(12))).ok());
  EXPECT_EQ(Watch(absl::Seconds(120), down_for(absl::Seconds(18))).code,
            v1::Refusal::PROBE_TIMEOUT);
}

TEST_F(HealthWatchTest, DownAtTheEndIsAskedOnUntilItIsClear) {
  const auto down_from = [](absl::Duration from, absl::Duration to) {
    return [from, to](absl::Duration age) {
      return age >= from && age < to ? Verdict::kNotWell : Verdict::kWell;
    };
  };
  EXPECT_TRUE(Watch(absl::Seconds(120), down_from(absl::Seconds(120), absl::Seconds(125))).ok());
  EXPECT_EQ(asked_.back(), absl::Seconds(126));
  EXPECT_FALSE(
      Watch(absl::Seconds(120), down_from(absl::Seconds(120), absl::InfiniteDuration())).ok());
}

TEST_F(HealthWatchTest, ProbationZeroAsksOnce) {
  EXPECT_TRUE(Watch(absl::ZeroDuration(), [](absl::Duration) { return Verdict::kWell; }).ok());
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(Watch(absl::ZeroDuration(), [](absl::Duration) { return Verdict::kNotWell; }).code,
            v1::Refusal::PROBE);
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(HealthWatchTest, WithoutAProbeStayingUpIsEnough) {
  spec_.probe = std::monostate{};
  const base::MonotonicTime before = clock_.MonotonicNow();
  EXPECT_TRUE(Watch(absl::Seconds(120), [](absl::Duration) { return Verdict::kNotWell; }).ok());
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(clock_.MonotonicNow() - before, absl::Seconds(120));
}

}  // namespace
}  // namespace mig::loader
