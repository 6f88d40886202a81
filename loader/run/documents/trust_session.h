// What the host has come to trust, during one run: the root, the documents that verify under it,
// and the trusted state, with their files.

#ifndef MIG_LOADER_RUN_DOCUMENTS_TRUST_SESSION_H_
#define MIG_LOADER_RUN_DOCUMENTS_TRUST_SESSION_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/sizes.h"
#include "loader/install/recover.h"
#include "loader/run/documents/held_documents.h"
#include "loader/run/host.h"
#include "loader/state/state_directory.h"
#include "rollout/clocks.h"
#include "trust/assignment.h"
#include "trust/trusted_state.h"
#include "trust/verified.h"

namespace mig::loader {

// One thread. Writers hold the state directory's lock; without it, only read.
class TrustSession {
 public:
  // Loads, and verifies everything again. Where the trusted state is missing, damaged, or its root
  // does not verify, goes on from the packaged root with the most of all that remained on the disk,
  // and has a TRUST_STATE_LOST in notices(). `host` and `directory` are borrowed.
  //
  // Errors: CONFIGURATION  the packaged root is missing, no root, or of another trust domain
  //         UNSUPPORTED    the state is a newer loader's
  static absl::StatusOr<TrustSession> Open(const Host& host, StateDirectory& directory);

  // Whoever changes it calls Save before acting on the change.
  trust::TrustedState& state() { return state_; }
  const trust::TrustedState& state() const { return state_; }
  trust::TrustedProduct& product(const std::string& name) { return state_.products[name]; }

  HeldDocuments& held() { return held_; }
  const HeldDocuments& held() const { return held_; }
  const trust::Verified<trust::Root>& root() const { return held_.root(); }

  const std::vector<Notice>& notices() const { return notices_; }

  // Durably, if the state changed since it was loaded or saved.
  absl::Status Save();

  // The document is on the disk before anything names it: durably, or (DocumentStore::PutUntilNext)
  // as a head is, of which the next answer has a newer one.
  enum class Lasting { kForGood, kUntilNext };
  absl::Status Store(const base::Digest& digest, absl::string_view envelope,
                     Lasting lasting = Lasting::kForGood);

  // Follows roots; those that hold are kept, durably, though a later one does not. At most
  // kMaxRootsPerRun in a run. Errors: of the first that does not follow; Unavailable at the bound.
  absl::Status AcceptRoots(std::span<const std::string> envelopes);
  // ROOT_EXPIRED, by the not-after clock of now.
  absl::Status CheckRootLives() const;

  // The newest head seen, if any.
  const std::optional<trust::Verified<trust::Head>>& head() const { return head_; }
  // Takes the place of the one that is held if it knows more, or is of another store. One that does
  // not verify is ignored.
  absl::Status OfferHead(absl::string_view envelope);

  // Removes documents that are of no more use.
  absl::Status Sweep();

  // The clocks of a decision now. `assignment_issued`: where there is an assignment.
  rollout::Clocks Clocks(std::optional<absl::Time> assignment_issued = std::nullopt) const;

 private:
  TrustSession(const Host& host, StateDirectory& directory, trust::Verified<trust::Root> packaged)
      : host_(host), directory_(directory), packaged_(packaged), held_(std::move(packaged)) {}

  absl::Status Load();
  // Whether the root that the state names was there and held.
  bool TakeRecordedRoot();
  absl::Status LoadDocuments();
  void TakeStoredDocument(const base::Digest& digest, const std::string& envelope,
                          std::vector<std::string>& heads);
  void TakeNewestHead(const std::vector<std::string>& envelopes);
  void MoveSeenByHeldPlans();
  absl::Status Rebuild(absl::string_view why);
  std::vector<base::Digest> RootsOnDisk() const;

  const Host& host_;
  StateDirectory& directory_;
  const trust::Verified<trust::Root> packaged_;
  HeldDocuments held_;
  trust::TrustedState state_;
  std::string saved_;  // as it lies on the disk; empty: unknown
  std::optional<trust::Verified<trust::Head>> head_;
  size_t heads_on_disk_ = 0;
  size_t roots_followed_ = 0;
  std::vector<Notice> notices_;
};

// The packaged root, by the configuration. CONFIGURATION: see above.
absl::StatusOr<trust::Verified<trust::Root>> ReadPackagedRoot(const Host& host);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_DOCUMENTS_TRUST_SESSION_H_
