// The machine's own clocks.

#ifndef MIG_BASE_SYSTEM_CLOCK_H_
#define MIG_BASE_SYSTEM_CLOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace mig::base {

// CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME and the kernel's boot_id.
class SystemClock : public Clock {
 public:
  // Unavailable when the kernel's boot id cannot be read (no /proc).
  static absl::StatusOr<std::unique_ptr<SystemClock>> Open();

  absl::Time WallNow() override;
  MonotonicTime MonotonicNow() override;
  BootTime BootNow() override;
  std::string BootId() override { return boot_id_; }
  void SleepUntil(MonotonicTime deadline) override;
  std::unique_ptr<Event> NewEvent() override;

 private:
  explicit SystemClock(std::string boot_id) : boot_id_(std::move(boot_id)) {}

  const std::string boot_id_;
};

}  // namespace mig::base

#endif  // MIG_BASE_SYSTEM_CLOCK_H_
