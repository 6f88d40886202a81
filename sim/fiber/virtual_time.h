// Time that passes only when everybody waits. Fibers and callbacks run one after the other, ordered
// by (time, when they were asked for): the same program gives the same run, whatever the machine.

#ifndef MIG_SIM_FIBER_VIRTUAL_TIME_H_
#define MIG_SIM_FIBER_VIRTUAL_TIME_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/time_point.h"
#include "sim/fiber/fiber.h"
#include "sim/fiber/stack_pool.h"

namespace mig::sim {

// Since the world began. Hosts see it only through a HostClock, which may be wrong.
using WorldTime = base::TimePoint<struct WorldTag>;

// Names one fiber of a VirtualTime; never used twice. Harmless after the fiber has finished.
struct FiberId {
  uint64_t value = 0;

  friend auto operator<=>(FiberId, FiberId) = default;
};

struct VirtualTimeOptions {
  // Alive at the same time; each has a stack (kStackBytes of address space).
  size_t max_fibers = 8'192;
  // Steps (resumed fibers, callbacks) while the time stands still, before a run gives up.
  uint64_t max_steps_in_one_instant = 1'000'000;
};

// Everything on one thread: fibers, callbacks and whoever calls Run.
class VirtualTime {
 public:
  enum class Wakeup { kGoOn, kCancelled };

  explicit VirtualTime(VirtualTimeOptions options = {});
  // Cancels the fibers that are left, oldest first, and lets them unwind. Not from a fiber.
  ~VirtualTime();
  VirtualTime(const VirtualTime&) = delete;
  VirtualTime& operator=(const VirtualTime&) = delete;

  WorldTime Now() const { return now_; }
  size_t fibers() const { return tasks_.size(); }
  // Resumed fibers and callbacks so far.
  uint64_t steps() const { return steps_; }

  // A fiber that begins now, after what is already due. `name` is for messages ("loader 17").
  //
  // Errors: ResourceExhausted   max_fibers are alive
  absl::StatusOr<FiberId> Spawn(absl::string_view name, absl::AnyInvocable<void()> body);

  // The fiber unwinds (its waits throw Cancelled), now, after what is already due: a process that
  // is killed. Its destructors run; take away its disk and network first if they must not matter.
  void Cancel(FiberId fiber);

  // `callback` runs at `time`, or now if that has passed; on no fiber, so it must not wait.
  void CallAt(WorldTime time, absl::AnyInvocable<void()> callback);

  // Until no fiber is left; callbacks that are due later stay. Not from a fiber.
  //
  // Errors: FailedPrecondition  fibers wait for each other or for nobody; says which, since when
  //         DeadlineExceeded    some are left at `horizon`, and more was to come after it
  //         ResourceExhausted   the time stands still: more than max_steps_in_one_instant
  absl::Status RunToCompletion(WorldTime horizon = WorldTime::InfiniteFuture());

  // All that is due until `time`, which is Now() then. Fibers that wait may be left.
  //
  // Errors: ResourceExhausted   as above
  absl::Status RunUntil(WorldTime time);

  // --- For what fibers wait with: HostClock, the virtual network ---

  // The fiber that runs. Aborts on none: whoever blocks here would stop the world.
  FiberId Current() const;

  // Suspends the fiber that runs until `time`, or until Wake. May return early: ask again. After
  // kCancelled (see Fiber::Suspend) do not wait any more.
  [[nodiscard]] Wakeup SuspendUntil(WorldTime time);

  // The fiber goes on now, after what is already due. Nothing if it does not wait.
  void Wake(FiberId fiber);

 private:
  using Turn = std::pair<WorldTime, uint64_t>;  // the time, and when it was asked for
  struct Task {
    std::string name;
    std::unique_ptr<Fiber> fiber;
    std::optional<Turn> turn;  // in agenda_; none while it runs or waits for a Wake alone
    WorldTime since;           // of its wait
  };
  struct Item {
    std::optional<FiberId> fiber;  // else the callback
    absl::AnyInvocable<void()> callback;
  };

  void Schedule(FiberId id, Task& task, WorldTime time);
  void Unschedule(Task& task);
  absl::Status RunNext();
  void Resume(FiberId id);
  std::string Waiting() const;

  const VirtualTimeOptions options_;
  StackPool stacks_;  // outlives the fibers
  std::map<FiberId, Task> tasks_;
  std::map<Turn, Item> agenda_;
  WorldTime now_;
  uint64_t next_turn_ = 0;
  uint64_t next_fiber_ = 0;
  uint64_t steps_ = 0;
  uint64_t steps_now_ = 0;  // while the time stands still
  std::optional<FiberId> current_;
  bool ending_ = false;
};

}  // namespace mig::sim

#endif  // MIG_SIM_FIBER_VIRTUAL_TIME_H_
