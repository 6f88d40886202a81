#include "sim/virtual/chronicle.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sim/world/world.h"

namespace mig::sim {

namespace {

std::string NameOf(size_t host) {
  return host == Chronicle::kCoordinator ? "coordinator" : World::NameOf(host);
}

}  // namespace

std::deque<std::string>& Chronicle::TraceOf(size_t host) {
  return traces_[std::min(host, traces_.size() - 1)];
}

void Chronicle::Note(size_t host, absl::Duration at, absl::string_view what) {
  std::string line = absl::StrCat(absl::ToInt64Milliseconds(at), " ", NameOf(host), " ", what);
  hash_.AddWithLength(line);
  std::deque<std::string>& trace = TraceOf(host);
  if (trace.size() == kMaxTrace) trace.pop_front();
  trace.push_back(absl::StrCat(absl::FormatDuration(at), " ", what));
}

void Chronicle::Note(size_t host, absl::Duration at, const std::optional<Finding>& finding) {
  if (!finding.has_value() || violation_.has_value()) return;
  const std::deque<std::string>& trace = TraceOf(host);
  violation_ = Violation{.promise = finding->promise,
                         .host = host == kCoordinator ? "" : NameOf(host),
                         .at = at,
                         .what = finding->what,
                         .trace = {trace.begin(), trace.end()}};
}

std::string Chronicle::Hash() const {
  base::Sha256 copy = hash_;
  return copy.Finish().ToHex();
}

}  // namespace mig::sim
