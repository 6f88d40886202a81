#include "sim/fiber/virtual_time.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace mig::sim {

VirtualTime::VirtualTime(VirtualTimeOptions options)
    : options_(options), stacks_(options.max_fibers) {}

VirtualTime::~VirtualTime() {
  MIG_CHECK(!current_) << "virtual time ends within one of its own fibers";
  ending_ = true;
  while (!tasks_.empty()) {
    const FiberId oldest = tasks_.begin()->first;
    tasks_.begin()->second.fiber->Cancel();
    Resume(oldest);
  }
}

absl::StatusOr<FiberId> VirtualTime::Spawn(absl::string_view name,
                                           absl::AnyInvocable<void()> body) {
  MIG_CHECK(!ending_) << "fiber '" << name << "' would begin while virtual time ends";
  MIG_ASSIGN_OR_RETURN(auto fiber, Fiber::Create(stacks_, std::move(body)));
  const FiberId id{++next_fiber_};
  Task& task = tasks_[id];
  task.name = std::string(name);
  task.fiber = std::move(fiber);
  Schedule(id, task, now_);
  return id;
}

void VirtualTime::Cancel(FiberId fiber) {
  const auto found = tasks_.find(fiber);
  if (found == tasks_.end()) return;
  found->second.fiber->Cancel();
  Wake(fiber);
}

void VirtualTime::CallAt(WorldTime time, absl::AnyInvocable<void()> callback) {
  MIG_CHECK(time != WorldTime::InfiniteFuture()) << "a callback that never comes";
  agenda_.emplace(Turn{std::max(time, now_), ++next_turn_},
                  Item{.fiber = std::nullopt, .callback = std::move(callback)});
}

absl::Status VirtualTime::RunToCompletion(WorldTime horizon) {
  while (!tasks_.empty()) {
    if (agenda_.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("deadlock at ", absl::FormatDuration(now_.since_zero()),
                       ": nothing is left to happen, ", "and still waiting are ", Waiting(),
                       "; somebody must notify them, or they need a ", "deadline"));
    }
    if (agenda_.begin()->first.first > horizon) {
      now_ = std::max(now_, horizon);
      return absl::DeadlineExceededError(
          absl::StrCat("not done at ", absl::FormatDuration(now_.since_zero()),
                       ": still waiting are ", Waiting(), "; give them more time, or an end"));
    }
    MIG_RETURN_IF_ERROR(RunNext());
  }
  return absl::OkStatus();
}

absl::Status VirtualTime::RunUntil(WorldTime time) {
  MIG_CHECK(time != WorldTime::InfiniteFuture()) << "use RunToCompletion";
  while (!agenda_.empty() && agenda_.begin()->first.first <= time) {
    MIG_RETURN_IF_ERROR(RunNext());
  }
  if (time > now_) {
    now_ = time;
    steps_now_ = 0;
  }
  return absl::OkStatus();
}

FiberId VirtualTime::Current() const {
  MIG_CHECK(current_) << "blocking on no fiber would stop the world: Spawn one for this";
  return *current_;
}

VirtualTime::Wakeup VirtualTime::SuspendUntil(WorldTime time) {
  const FiberId id = Current();
  Task& task = tasks_.at(id);
  if (!task.fiber->cancelled()) {
    if (time != WorldTime::InfiniteFuture()) Schedule(id, task, std::max(time, now_));
    task.since = now_;
  }
  task.fiber->Suspend();
  return task.fiber->cancelled() ? Wakeup::kCancelled : Wakeup::kGoOn;
}

void VirtualTime::Wake(FiberId fiber) {
  const auto found = tasks_.find(fiber);
  if (found == tasks_.end() || current_ == fiber || ending_) return;
  Task& task = found->second;
  if (task.turn && task.turn->first <= now_) return;  // its turn comes anyway
  Unschedule(task);
  Schedule(fiber, task, now_);
}

void VirtualTime::Schedule(FiberId id, Task& task, WorldTime time) {
  MIG_CHECK(!task.turn) << "fiber '" << task.name << "' has two turns";
  task.turn = Turn{time, ++next_turn_};
  agenda_.emplace(*task.turn, Item{.fiber = id, .callback = nullptr});
}

void VirtualTime::Unschedule(Task& task) {
  if (task.turn) agenda_.erase(*task.turn);
  task.turn.reset();
}

absl::Status VirtualTime::RunNext() {
  MIG_CHECK(!current_) << "a fiber cannot run the world";
  auto next = agenda_.extract(agenda_.begin());
  if (next.key().first > now_) {
    now_ = next.key().first;
    steps_now_ = 0;
  }
  Item& item = next.mapped();
  if (++steps_now_ > options_.max_steps_in_one_instant) {
    const std::string who =
        item.fiber ? absl::StrCat("fiber '", tasks_.at(*item.fiber).name, "'") : "a callback";
    agenda_.insert(std::move(next));
    return absl::ResourceExhaustedError(
        absl::StrCat("the time stands still at ", absl::FormatDuration(now_.since_zero()), ": ",
                     options_.max_steps_in_one_instant, " steps in one instant, the next one is ",
                     who, "; somebody waits for a time that has passed, again and again"));
  }
  ++steps_;
  if (item.fiber) {
    tasks_.at(*item.fiber).turn.reset();
    Resume(*item.fiber);
  } else {
    item.callback();
  }
  return absl::OkStatus();
}

void VirtualTime::Resume(FiberId id) {
  const auto found = tasks_.find(id);
  current_ = id;
  found->second.fiber->Resume();
  current_.reset();
  if (!found->second.fiber->finished()) return;
  Unschedule(found->second);  // cancelled before it began, or while its turn was to come
  tasks_.erase(found);
}

std::string VirtualTime::Waiting() const {
  constexpr size_t kNamed = 10;
  std::vector<std::string> named;
  for (const auto& [id, task] : tasks_) {
    if (named.size() == kNamed) break;
    named.push_back(absl::StrCat(
        "'", task.name, "' (since ", absl::FormatDuration(task.since.since_zero()),
        task.turn ? absl::StrCat(", until ", absl::FormatDuration(task.turn->first.since_zero()))
                  : "",
        ")"));
  }
  const size_t more = tasks_.size() - named.size();
  return absl::StrCat(absl::StrJoin(named, ", "),
                      more > 0 ? absl::StrCat(" and ", more, " more") : "");
}

}  // namespace mig::sim
