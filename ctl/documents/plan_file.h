// A plan as people write it: a TOML file. Every key is shown, with its default, in
// ctl/examples/plan.toml, which a test keeps true.

#ifndef MIG_CTL_DOCUMENTS_PLAN_FILE_H_
#define MIG_CTL_DOCUMENTS_PLAN_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/documents/spans.h"
#include "trust/plan.h"

namespace mig::ctl {

// Times that are relative count from the rollout's first issue.
struct PlanFile {
  struct Item {
    std::string product;
    std::string release;   // a version, or a manifest's digest in hex
    std::string fallback;  // the same; empty: none
  };
  struct Canaries {
    std::vector<std::string> hosts;  // ids in hex, or names that the coordinator knows
    Moment opens;
    absl::Duration soak;
  };
  struct Wave {
    std::string name;
    std::optional<uint32_t> from_ppm;  // default: where the waves before ended
    uint32_t to_ppm = 0;
    std::string filter;
    std::optional<Moment> opens;  // default: as soon as the plan rules let it
    absl::Duration ramp;
    absl::Duration soak;
    bool hold = false;
  };

  std::string name;
  std::string stream;
  std::string filter;
  uint32_t priority = 0;
  bool emergency = false;
  std::optional<trust::Window> window;
  std::vector<Item> items;
  std::optional<Canaries> canaries;
  std::vector<Wave> waves;
  uint32_t holdback_ppm = 0;
  std::vector<std::string> retry;  // PRODUCT@VERSION, or digests in hex
  std::optional<Moment> expires;   // default: the root's longest life
  // Default: the root's longest baseline where there is no hold; "never": no baseline.
  std::optional<Moment> baseline_until;
  bool never_baseline = false;
  std::string base;  // a plan's digest in hex, "none", or empty: the newest one in its baseline
};

// InvalidArgument "FILE:LINE: KEY: ..." for the first thing wrong.
absl::StatusOr<PlanFile> ReadPlanFile(absl::string_view text, absl::string_view file);

}  // namespace mig::ctl

#endif  // MIG_CTL_DOCUMENTS_PLAN_FILE_H_
