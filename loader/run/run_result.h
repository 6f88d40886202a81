// What a run did: values, to be shown as text or JSON, and kept in the status file.

#ifndef MIG_LOADER_RUN_RUN_RESULT_H_
#define MIG_LOADER_RUN_RUN_RESULT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "loader/run/exit_code.h"
#include "loader/run/unreached.h"
#include "proto/mig/v1/refusal.pb.h"

namespace mig::loader {

// What became of one product.
struct ProductResult {
  enum class Change {
    kNone,          // nothing on disk changed
    kInstalled,     // another release, or another variant
    kRepaired,      // the installed release was put right
    kAdopted,       // recorded as installed what was there
    kWentBack,      // not well: the kept set runs again
    kCannotGoBack,  // not well, and neither is what was before
    kWould,         // dry run: would be installed or repaired
  };
  std::string product;
  Change change = Change::kNone;
  std::string version_before;  // empty: none that a manifest describes
  std::string version;         // now
  // NONE: it is as its plan wants it. Else why not.
  v1::Refusal refusal;
};
absl::string_view ChangeText(ProductResult::Change change);  // "installed"

struct RunResult {
  ExitCode exit_code = ExitCode::kOk;
  // What ended the run early, or the gravest of its products; NONE if all is well.
  v1::Refusal refusal;
  bool was_due = true;                            // false: not its slot, so nothing was asked
  std::vector<ProductResult> products = {};       // of the dictionary, by name
  std::vector<std::string> notes = {};            // what else was noticed, a line each
  std::optional<absl::Time> next = std::nullopt;  // its next slot; absent: not enrolled
  // No coordinator answered the check-in: the next try is at `next`. `refusal` says the same.
  std::optional<Unreached> unreached = std::nullopt;
  bool trial_root = false;

  bool changed() const;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_RUN_RESULT_H_
