// What happened, in the order in which it happened: hashed, counted, and the last of each host
// kept.

#ifndef MIG_SIM_VIRTUAL_CHRONICLE_H_
#define MIG_SIM_VIRTUAL_CHRONICLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/sha256.h"
#include "sim/report/summary.h"
#include "sim/world/promises.h"

namespace mig::sim {

// One per simulation. Memory: the last kMaxTrace lines of each host.
class Chronicle {
 public:
  static constexpr size_t kMaxTrace = 50;
  // For what the coordinator did.
  static constexpr size_t kCoordinator = SIZE_MAX;

  explicit Chronicle(size_t hosts) : traces_(hosts + 1) {}

  // `at`: since the run began. The same lines in the same order give the same hash.
  void Note(size_t host, absl::Duration at, absl::string_view what);
  // The first finding stands.
  void Note(size_t host, absl::Duration at, const std::optional<Finding>& finding);

  const std::optional<Violation>& violation() const { return violation_; }
  // Of all lines so far: 64 hex digits.
  std::string Hash() const;

 private:
  std::deque<std::string>& TraceOf(size_t host);

  base::Sha256 hash_;
  std::vector<std::deque<std::string>> traces_;  // the coordinator's is the last
  std::optional<Violation> violation_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_CHRONICLE_H_
