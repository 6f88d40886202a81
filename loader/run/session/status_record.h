// The file `status`: when the host last tried, how its agents were, how often they were activated.
// Losing it costs a check-in, never a promise.

#ifndef MIG_LOADER_RUN_SESSION_STATUS_RECORD_H_
#define MIG_LOADER_RUN_SESSION_STATUS_RECORD_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "loader/config/config.h"
#include "loader/services/health.h"
#include "loader/state/two_halves_file.h"
#include "proto/mig/v1/local_state.pb.h"
#include "rollout/slot.h"
#include "trust/times.h"

namespace mig::loader {

// All three clocks now. The boot id is the mark that files keep of it (install/journal.h), so that
// readings of two runs compare.
trust::ClockReading ReadClocks(base::Clock& clock);

// One thread. Borrows the file.
class StatusRecord {
 public:
  // What cannot be read counts as empty.
  static StatusRecord Load(TwoHalvesFile& file);

  // To be read and changed; Save writes it, durably, if it differs.
  v1::StatusState& message() { return message_; }
  const v1::StatusState& message() const { return message_; }
  absl::Status Save();

  std::optional<rollout::LastAttempt> last_attempt() const;
  // The clocks at the end of the last run; nothing: never.
  std::optional<trust::ClockReading> last_clocks() const;
  void SetClocks(const trust::ClockReading& now);

  // ACTIVATION_LIMIT, with the time at which there will be room, if the agents were activated as
  // often as the configuration lets in the last hour or day.
  absl::Status CheckActivations(const Config& config, absl::Time now) const;
  // One more, also where it was not asked for: going back and finishing count.
  void AddActivation(absl::Time now);

  // Adds it if it is missing.
  v1::ProductStatus& product(absl::string_view name);
  // Null if there is none.
  const v1::ProductStatus* FindProduct(absl::string_view name) const;
  // How the agent is now; keeps since when.
  void SetHealth(absl::string_view product, v1::ProductState::Health health, absl::Time now);
  // Why it is not healthy; nothing if it is.
  void SetUnwell(absl::string_view product, const Health& health);
  // Of the release before.
  void ForgetRestarts(absl::string_view product);

 private:
  explicit StatusRecord(TwoHalvesFile& file) : file_(&file) {}

  TwoHalvesFile* file_;
  v1::StatusState message_;
  std::string saved_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_SESSION_STATUS_RECORD_H_
