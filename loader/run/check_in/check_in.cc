#include "loader/run/check_in/check_in.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/run/documents/document_intake.h"
#include "trust/assignment_check.h"
#include "trust/ids.h"

namespace mig::loader {

namespace {

v1::ProductState StateOf(const trust::TrustedState& state, const LocalView& local,
                         const std::string& product) {
  v1::ProductState message;
  message.set_product(product);
  const auto health = local.health.find(product);
  message.set_health(health == local.health.end() ? v1::ProductState::NOT_ASKED : health->second);
  const trust::TrustedProduct* trusted = state.product(product);
  if (trusted == nullptr) return message;
  if (trusted->installed) *message.mutable_installed() = trust::ToMessage(*trusted->installed);
  if (trusted->previous) *message.mutable_previous() = trust::ToMessage(*trusted->previous);
  if (trusted->seen) *message.mutable_seen() = trust::ToMessage(*trusted->seen);
  for (const trust::BadMark& mark : trusted->bad) *message.add_bad() = trust::ToMessage(mark);
  if (trusted->variant_changed) {
    message.set_variant_changed_ms(absl::ToUnixMillis(*trusted->variant_changed));
  }
  return message;
}

v1::CheckInRequest RequestOf(Session& session, const SelfView& self, const LocalView& local,
                             const trust::Nonce& nonce) {
  const TrustSession& trust = session.trust();
  const trust::TrustedState& state = trust.state();
  v1::CheckInRequest request;
  request.set_nonce(std::string(nonce.bytes()));
  *request.mutable_environment() = self.environment;
  *request.mutable_local_manifest() = ToMessage(local.files);
  for (const Product& product : session.host.dictionary.products()) {
    *request.add_products() = StateOf(state, local, product.name);
  }
  for (const auto& [name, stream] : state.streams) {
    v1::StreamState& message = *request.add_streams();
    message.set_stream(name);
    *message.mutable_seen() = trust::ToMessage(stream.seen);
  }
  if (state.waves_closed_until.has_value()) {
    request.set_waves_closed_until_ms(absl::ToUnixMillis(*state.waves_closed_until));
  }
  if (state.streams_forgotten.has_value()) {
    request.set_streams_forgotten_ms(absl::ToUnixMillis(*state.streams_forgotten));
  }
  for (const base::Digest& digest : trust.held().digests()) {
    request.add_document_digests(std::string(digest.bytes()));
  }
  request.set_root_version(trust.root()->version());
  if (trust.head().has_value()) request.set_newest_head(trust.head()->envelope());
  const v1::StatusState& status = session.status().message();
  request.set_last_acknowledged_attempt(status.last_acknowledged_attempt());
  request.set_machine(std::string(self.machine.bytes()));
  request.set_previous_answer(status.previous_answer());
  return request;
}

// One walk: what its answers have in common.
class Walk {
 public:
  Walk(Session& session, CoordinatorClient& client, const SelfView& self, const LocalView& local)
      : session_(session), client_(client), self_(self), local_(local), intake_(session.trust()) {}

  CheckInResult Run() {
    for (int i = 0; i < base::kMaxCheckInsPerRun && !done_; ++i) {
      if (const absl::Status s = Ask(); !s.ok()) return {.status = s, .stage = stage_};
    }
    if (!done_) {
      return {.status = absl::UnavailableError(
                  absl::StrCat("the coordinator had more documents after ",
                               base::kMaxCheckInsPerRun, " answers; the next run goes on"))};
    }
    return {.status = absl::OkStatus(), .assigned = std::move(assigned_)};
  }

 private:
  absl::Status Ask() {
    stage_ = v1::Outcome::CHECK_IN;
    MIG_RETURN_IF_ERROR(session_.CheckDeadline());
    // A coordinator takes the last two answers' ids as this host's; a power cut must not leave an
    // older one here, which would look like a clone's.
    if (session_.has_checked_in()) MIG_RETURN_IF_ERROR(session_.status().Save());
    session_.NoteCheckIn();
    const trust::Nonce nonce = trust::Nonce::Random(session_.host.random);
    const trust::ClockReading requested = ReadClocks(session_.host.clock);
    MIG_ASSIGN_OR_RETURN(const v1::CheckInAnswer answer,
                         client_.CheckIn(RequestOf(session_, self_, local_, nonce)));
    v1::StatusState& status = session_.status().message();
    status.set_previous_answer(answer.answer_id());
    status.set_last_check_in_ms(absl::ToUnixMillis(session_.host.clock.WallNow()));
    status.set_next_hint_ms(answer.next_hint_ms());

    stage_ = v1::Outcome::VERIFY;
    MIG_RETURN_IF_ERROR(intake_.Take(answer));
    done_ = !answer.more();
    if (!done_) return absl::OkStatus();
    if (answer.assignment().empty()) return intake_.Finish({});
    return TakeAssignment(answer.assignment(), nonce, requested);
  }

  absl::Status TakeAssignment(const std::string& envelope, const trust::Nonce& nonce,
                              const trust::ClockReading& requested) {
    TrustSession& trust = session_.trust();
    MIG_ASSIGN_OR_RETURN(trust::Verified<trust::Assignment> assignment,
                         trust::Verify<trust::Assignment>(envelope, trust.root()));
    MIG_RETURN_IF_ERROR(
        trust::CheckAssignment(assignment, *trust.state().host_id, nonce, trust.state()));
    MIG_RETURN_IF_ERROR(intake_.Finish(assignment->items()));
    session_.status().message().set_next_hint_ms(
        absl::ToInt64Milliseconds(assignment->next_hint()));
    Assigned assigned{.assignment = std::move(assignment), .requested = requested};
    MIG_RETURN_IF_ERROR(assigned.CheckLives(session_.host.clock));
    assigned_ = std::move(assigned);
    return absl::OkStatus();
  }

  Session& session_;
  CoordinatorClient& client_;
  const SelfView& self_;
  const LocalView& local_;
  DocumentIntake intake_;
  v1::Outcome::Stage stage_ = v1::Outcome::CHECK_IN;
  bool done_ = false;
  std::optional<Assigned> assigned_;
};

}  // namespace

absl::Status Assigned::CheckLives(base::Clock& clock) const {
  return trust::CheckAssignmentLives(requested, assignment->lifetime(), ReadClocks(clock));
}

CheckInResult CheckIn(Session& session, CoordinatorClient& client, const SelfView& self,
                      const LocalView& local) {
  return Walk(session, client, self, local).Run();
}

}  // namespace mig::loader
