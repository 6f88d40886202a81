#include "sim/live/tally.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace mig::sim {

namespace {

constexpr absl::string_view kStatusNames[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};
constexpr int kCancelled = 1;
constexpr int kDeadlineExceeded = 4;
constexpr int kUnavailable = 14;

// gRPC gives these when nobody answered; a coordinator's own UNAVAILABLE ("the store is behind")
// looks the same, and counts as no answer too.
bool NobodyAnswered(int grpc_code) {
  return grpc_code == kUnavailable || grpc_code == kDeadlineExceeded || grpc_code == kCancelled;
}

}  // namespace

absl::string_view StatusName(int grpc_code) {
  const bool known = 0 <= grpc_code && grpc_code < static_cast<int>(std::size(kStatusNames));
  return known ? kStatusNames[grpc_code] : "UNKNOWN";
}

void Tally::RunBegan(absl::Duration lateness) {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  ++summary_.runs;
  if (lateness > kBehind) ++summary_.generator_behind;
  summary_.worst_lateness = std::max(summary_.worst_lateness, lateness);
}

void Tally::RunEnded(absl::Duration since_intended, const loader::RunResult& result) {
  using Change = loader::ProductResult::Change;
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  summary_.phases[Phase::kRun].Add(since_intended);
  for (const loader::ProductResult& product : result.products) {
    switch (product.change) {
      case Change::kInstalled:
      case Change::kAdopted:
        ++summary_.installs;
        break;
      case Change::kRepaired:
        ++summary_.repairs;
        break;
      case Change::kWentBack:
      case Change::kCannotGoBack:
        ++summary_.went_back;
        break;
      case Change::kNone:
      case Change::kWould:
        break;
    }
  }
}

void Tally::Enrolled() {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  ++summary_.enrollments;
}

void Tally::Connected() {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  ++summary_.handshakes_full;
}

void Tally::Took(Phase phase, absl::Duration time) {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  summary_.phases[phase].Add(time);
}

void Tally::Asks(base::MonotonicTime now) {
  const absl::MutexLock lock(&mutex_);
  ++asking_;
  if (!unanswered_since_.has_value()) unanswered_since_ = now;
}

void Tally::AsksNoMore() {
  const absl::MutexLock lock(&mutex_);
  --asking_;
  if (asking_ == 0 && !in_vain_.has_value()) unanswered_since_.reset();
}

void Tally::Answered(base::MonotonicTime now) {
  in_vain_.reset();
  unanswered_since_ = now;
}

void Tally::CallEnded(int grpc_code, base::MonotonicTime now) {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  ++summary_.calls;
  if (grpc_code != 0) {
    ++errors_;
    ++summary_.errors_by_status[std::string(StatusName(grpc_code))];
  }
  if (NobodyAnswered(grpc_code)) {
    in_vain_ = now;
  } else {
    Answered(now);
  }
}

void Tally::CheckedIn() {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  ++summary_.check_ins;
}

void Tally::Fetched(uint64_t bytes, base::MonotonicTime now) {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  summary_.fetched_bytes += bytes;
  Answered(now);
}

absl::Duration Tally::Silence(base::MonotonicTime now) const {
  const absl::MutexLock lock(&mutex_);
  const std::optional<base::MonotonicTime> until = asking_ > 0 ? now : in_vain_;
  if (!unanswered_since_.has_value() || !until.has_value()) return absl::ZeroDuration();
  return std::max(*until - *unanswered_since_, absl::ZeroDuration());
}

void Tally::ExcuseSilence() {
  const absl::MutexLock lock(&mutex_);
  in_vain_.reset();
  unanswered_since_.reset();
}

void Tally::Close() {
  const absl::MutexLock lock(&mutex_);
  closed_ = true;
}

Summary Tally::Counted() const {
  const absl::MutexLock lock(&mutex_);
  return summary_;
}

uint64_t Tally::runs() const {
  const absl::MutexLock lock(&mutex_);
  return summary_.runs;
}

uint64_t Tally::errors() const {
  const absl::MutexLock lock(&mutex_);
  return errors_;
}

}  // namespace mig::sim
