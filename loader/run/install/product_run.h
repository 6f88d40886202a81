// One product in one run: what is assigned is judged and installed, or adopted; else what is
// installed is repaired.

#ifndef MIG_LOADER_RUN_INSTALL_PRODUCT_RUN_H_
#define MIG_LOADER_RUN_INSTALL_PRODUCT_RUN_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/install/compare.h"
#include "loader/run/check_in/exchange.h"
#include "loader/run/install/installer.h"
#include "loader/run/run_result.h"
#include "loader/run/session/session.h"
#include "loader/run/views/local_view.h"
#include "trust/assignment.h"

namespace mig::loader {

ExitCode ExitCodeOf(ProductResult::Change change);

// One thread. Borrows all. `exchange` is null where no coordinator was reached.
class ProductRun {
 public:
  // `unfinished`: as Installer's.
  ProductRun(Session& session, Exchange* exchange, const LocalView& local, const Product& product,
             const Journal* unfinished = nullptr)
      : session_(session),
        exchange_(exchange),
        local_(local),
        product_(product),
        unfinished_(unfinished),
        started_(session.host.clock.WallNow()) {}

  struct Ended {
    ProductResult result;
    ExitCode exit_code = ExitCode::kOk;
    std::vector<FileChange> left_for_later;
  };
  // A refusal is reported; it leaves the host as it was.
  Ended Go();

 private:
  // Whether the assigned release took effect, for better or worse.
  bool FollowAssignment();
  void RepairInstalled();
  // `effort`: null where nothing was begun.
  void Refuse(const trust::AssignmentItem* item, const Effort* effort, const absl::Status& why);
  void Take(const Concluded& concluded);
  std::string Version() const;

  Session& session_;
  Exchange* exchange_;
  const LocalView& local_;
  const Product& product_;
  const Journal* unfinished_;
  const absl::Time started_;
  Ended ended_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_INSTALL_PRODUCT_RUN_H_
