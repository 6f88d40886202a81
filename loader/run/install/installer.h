// Steps 6 and 7 of a run for one product: what differs is fetched, staged and kept; judged again at
// the commit point; then concluded. Adopting and repairing are the same with less to do.

#ifndef MIG_LOADER_RUN_INSTALL_INSTALLER_H_
#define MIG_LOADER_RUN_INSTALL_INSTALLER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/install/partial_file.h"
#include "loader/install/staging.h"
#include "loader/run/check_in/exchange.h"
#include "loader/run/install/conclude.h"
#include "loader/run/session/effort.h"
#include "loader/run/session/session.h"
#include "loader/run/views/local_view.h"
#include "trust/assignment.h"

namespace mig::loader {

// One thread. Borrows all. `exchange` is null where no coordinator was reached: then only what is
// on this host counts.
class Installer {
 public:
  // `unfinished`, which may be null: the journal of this product that can be finished neither way.
  // The install then takes its place: forward, to a release that is neither of its two.
  Installer(Session& session, Exchange* exchange, const LocalView& local, const Product& product,
            const Journal* unfinished = nullptr)
      : session_(session),
        exchange_(exchange),
        local_(local),
        product_(product),
        unfinished_(unfinished),
        started_(session.host.clock.WallNow()),
        effort_(session.host.clock, v1::Outcome::ADMIT) {}

  // An item that Exchange::Judge let pass. `seen` moves, durably, before anything is staged.
  //
  // Errors, until the commit point with nothing changed: UNKNOWN_COMPONENT NOT_RETIRED BOUND
  // PACKAGE_OWNED (the dictionary says observe) ACTIVATION_LIMIT UNSAFE_PATH; of fetch and staging;
  // ASSIGNMENT_OVER where the coordinator does not say it again; of Judge at the commit. After it
  // those of Conclude.
  absl::StatusOr<Concluded> Install(trust::AssignmentItem item);

  // Puts right what is installed, if something differs (else Change::kNone): with copies of this
  // host where they suffice, else by whatever ticket is there. Root and manifest only (R6).
  // Errors: as rollout::JudgeRepair; UNAVAILABLE where contents are needed and there is no ticket;
  // and as above.
  absl::StatusOr<Concluded> Repair();

  // What it took until its end, or its error; effort().stage() says where that was.
  const Effort& effort() const { return effort_; }
  // What is staged and stays for a later run, after an error that another run may not meet.
  const std::vector<FileChange>& left_for_later() const { return left_for_later_; }

 private:
  absl::StatusOr<Concluded> Adopt(trust::AssignmentItem item, const ReleaseFiles& files);
  absl::StatusOr<Concluded> Carry(std::vector<FileChange> changes, TransactionFacts facts,
                                  std::optional<trust::AssignmentItem> item);
  absl::Status StageAll(Staging& staging);
  absl::Status StageOne(Staging& staging, size_t index);
  absl::Status Fetch(PartialFile& part);
  absl::Status KeepOld(Staging& staging);
  absl::Status JudgeRepair(const trust::Installed& release);
  absl::Status JudgeAgain(trust::AssignmentItem& item);
  void RemoveWhatWasAdded(const ReleaseFiles& files, std::vector<FileChange>& changes) const;
  TransactionFacts NewFacts(v1::Outcome::Kind kind, const trust::Installed& to) const;
  void SetPlan(const trust::AssignmentItem& item, TransactionFacts& facts) const;

  Session& session_;
  Exchange* exchange_;
  const LocalView& local_;
  const Product& product_;
  const Journal* unfinished_;
  const absl::Time started_;
  Effort effort_;
  bool is_withdrawn_ = false;  // the coordinator took the assignment back
  std::vector<FileChange> left_for_later_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_INSTALL_INSTALLER_H_
