// The signed documents that a host holds, as far as they verify now.

#ifndef MIG_LOADER_RUN_DOCUMENTS_HELD_DOCUMENTS_H_
#define MIG_LOADER_RUN_DOCUMENTS_HELD_DOCUMENTS_H_

#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "rollout/checked_manifest.h"
#include "rollout/checked_plan.h"
#include "rollout/decide.h"
#include "trust/root.h"
#include "trust/trusted_state.h"
#include "trust/verified.h"

namespace mig::loader {

// One root, and the plans and manifests that verify under it. In memory only; one thread.
class HeldDocuments {
 public:
  explicit HeldDocuments(trust::Verified<trust::Root> root) : root_(std::move(root)) {}

  const trust::Verified<trust::Root>& root() const { return root_; }

  // Everything is verified again; what does not hold under `root` is dropped.
  void ChangeRoot(trust::Verified<trust::Root> root);

  // Verify: signatures, plan rules, filters. Errors as trust::Verify and CheckedPlan::Make. The
  // result lives until it is removed or the root changes.
  absl::StatusOr<const rollout::CheckedPlan*> AddPlan(absl::string_view envelope);
  absl::StatusOr<const rollout::CheckedManifest*> AddManifest(absl::string_view envelope);
  void Remove(const base::Digest& digest);

  // Null if it is not held.
  const rollout::CheckedPlan* plan(const base::Digest& digest) const;
  const rollout::CheckedManifest* manifest(const base::Digest& digest) const;

  // In order of their numbers.
  std::vector<const rollout::CheckedPlan*> plans() const;

  // What rollout/ decides by: per stream of the root its newest plan and that one's base. Borrows
  // from this.
  rollout::Documents View() const;

  // Of plans and manifests, sorted.
  std::vector<base::Digest> digests() const;
  // The latest issue time of all, the root's too: for the not-after clock.
  absl::Time newest_issued() const;

  // Whether a plan that stands, or what is or was installed, names this manifest.
  bool IsNamed(const base::Digest& manifest, const trust::TrustedState& state) const;
  // What is worth its place on the disk: the newest plan of each stream and its base, and the
  // manifests that are named.
  std::vector<base::Digest> WorthKeeping(const trust::TrustedState& state) const;

 private:
  trust::Verified<trust::Root> root_;
  std::map<base::Digest, rollout::CheckedPlan> plans_;
  std::map<base::Digest, rollout::CheckedManifest> manifests_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_DOCUMENTS_HELD_DOCUMENTS_H_
