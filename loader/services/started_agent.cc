#include "loader/services/started_agent.h"

#include "absl/strings/str_cat.h"

namespace mig::loader {

namespace {

// A process that is handed on more often than this in one wait is not an agent.
constexpr int kMostHandovers = 16;

}  // namespace

bool StartedAgent::EndedBefore(base::MonotonicTime deadline) {
  for (int i = 0; i < kMostHandovers; ++i) {
    if (notify_ != nullptr) Follow(notify_->SaidUntilNow());
    if (!process_.EndedBefore(deadline)) return false;
    // What it said just before its end.
    if (notify_ == nullptr || !Follow(notify_->SaidUntilNow())) return true;
  }
  return true;
}

WatchedProcess::Said StartedAgent::HasSaid() {
  if (notify_ == nullptr) return {};
  const NotifySocket::Said said = notify_->SaidUntilNow();
  Follow(said);
  Said answer{.ready = said.ready ? Said::Ready::kReady : Said::Ready::kNotYet,
              .status = said.status};
  if (said.refused_main != 0) {
    absl::StrAppend(&answer.status, answer.status.empty() ? "" : "; ",
                    "MAINPID=", said.refused_main, ", which is no process of this agent");
  }
  return answer;
}

bool StartedAgent::Follow(const NotifySocket::Said& said) {
  if (!said.main.has_value() || *said.main == process_.identity()) return false;
  std::optional<ProcessHandle> next = ProcessHandle::Open(clock_, *said.main);
  if (!next.has_value()) return false;  // it has ended: so has the agent, as soon as this one does
  process_ = *std::move(next);
  return true;
}

}  // namespace mig::loader
