// One run's talk with its coordinator: what is assigned now, and how this host judges it.

#ifndef MIG_LOADER_RUN_CHECK_IN_EXCHANGE_H_
#define MIG_LOADER_RUN_CHECK_IN_EXCHANGE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "loader/run/check_in/check_in.h"
#include "loader/run/session/session.h"
#include "loader/run/views/local_view.h"
#include "loader/run/views/self_view.h"
#include "loader/transport/coordinator_client.h"
#include "rollout/clocks.h"
#include "trust/assignment.h"

namespace mig::loader {

// One thread. Borrows all.
class Exchange {
 public:
  Exchange(Session& session, CoordinatorClient& client, const LocalView& local)
      : session_(session), client_(client), local_(local) {}

  CoordinatorClient& client() { return client_; }

  // Asks, with the host's facts as they are now; what was assigned before counts no more. Errors as
  // loader::CheckIn; stage() says where.
  absl::Status CheckIn();
  v1::Outcome::Stage stage() const { return stage_; }

  // Null: nothing is assigned.
  const trust::Assignment* assignment() const;
  const trust::AssignmentItem* ItemFor(absl::string_view product) const;
  // ASSIGNMENT_OVER once the life of what is assigned is, or nothing is.
  absl::Status CheckLives() const;

  // Whether this host may follow `item`, which is assigned, by its documents and its own facts as
  // they are now: Ok, ALREADY_INSTALLED, or why not. Errors as trust::CheckItemDocuments and
  // rollout::JudgeItem, and UNKNOWN_COMPONENT for a product that the dictionary does not have.
  absl::Status Judge(const trust::AssignmentItem& item, rollout::Moment moment);

 private:
  Session& session_;
  CoordinatorClient& client_;
  const LocalView& local_;
  std::optional<Assigned> assigned_;
  v1::Outcome::Stage stage_ = v1::Outcome::CHECK_IN;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_CHECK_IN_EXCHANGE_H_
