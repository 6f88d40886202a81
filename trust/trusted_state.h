// What a host has come to trust: digests and counters. `seen` guards documents; `installed` may
// fall below it only by local return; the root's floor binds both (R4, R5).

#ifndef MIG_TRUST_TRUSTED_STATE_H_
#define MIG_TRUST_TRUSTED_STATE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "proto/mig/v1/environment.pb.h"
#include "proto/mig/v1/refusal.pb.h"
#include "trust/document_head.h"
#include "trust/host_id.h"
#include "trust/ids.h"

namespace mig::trust {

struct Seen {
  Numbers numbers;
  base::Digest digest;
  friend bool operator==(const Seen&, const Seen&) = default;
};

// One variant of one release.
struct Installed {
  base::Digest manifest;
  uint32_t variant = 0;
  friend bool operator==(const Installed&, const Installed&) = default;
};

// A release that failed on this host.
struct BadMark {
  base::Digest manifest;
  v1::Refusal::Code code = v1::Refusal::REFUSAL_UNSPECIFIED;
  // When the plan it failed under was issued; nothing without a plan.
  std::optional<absl::Time> plan_issued;
  uint32_t exit_status = 0;  // with EXIT: 0 to 255, 128 + n for signal n
  friend bool operator==(const BadMark&, const BadMark&) = default;
};

struct TrustedProduct {
  std::optional<Seen> seen;
  std::optional<Installed> installed;
  std::optional<Installed> previous;
  std::vector<BadMark> bad;  // at most 4, sorted by manifest
  std::optional<absl::Time> variant_changed;
  friend bool operator==(const TrustedProduct&, const TrustedProduct&) = default;
};

struct TrustedStream {
  Seen seen;
  RolloutId rollout;
  base::Digest rollout_binding;  // Plan::RolloutBinding
  friend bool operator==(const TrustedStream&, const TrustedStream&) = default;
};

// A plain value: who changes it writes it (half_file.h) before acting on the change.
struct TrustedState {
  std::optional<HostId> host_id;        // nothing: not enrolled
  std::optional<absl::Time> enrolled;   // by the host's clock
  std::optional<base::Digest> machine;  // MachineDigest at enrollment
  uint64_t root_version = 0;
  base::Digest root_digest;
  std::map<std::string, TrustedProduct, std::less<>> products;  // at most 8
  std::map<std::string, TrustedStream, std::less<>> streams;    // at most 16
  std::optional<base::Digest> head;                             // of the newest one seen
  std::optional<absl::Time> waves_closed_until;
  // When the root was issued under which streams were forgotten last (seen.h, MoveSeen).
  std::optional<absl::Time> streams_forgotten;
  friend bool operator==(const TrustedState&, const TrustedState&) = default;

  // Null if there is none.
  const TrustedProduct* product(absl::string_view name) const;
  const TrustedStream* stream(absl::string_view name) const;
};

// The payload of a half. BOUND for more products, streams or marks than there may be.
absl::StatusOr<std::string> SerializeTrustedState(const TrustedState& state);
// UNSUPPORTED for a newer format (an older loader over newer state), MALFORMED else.
absl::StatusOr<TrustedState> ParseTrustedState(absl::string_view payload);

// Sets the mark for `mark.manifest`; a fifth displaces the one of the earliest plan.
void MarkBad(TrustedProduct& product, const BadMark& mark);
// "EXIT_139", "PROBE": how it failed, as reports show it.
std::string DisplayOf(const BadMark& mark);
// Null if `manifest` is not bad here.
const BadMark* FindBad(const TrustedProduct& product, const base::Digest& manifest);

// As check-ins carry them, and back. `FromMessage`: MALFORMED, naming the field.
v1::SeenDocument ToMessage(const Seen& seen);
v1::InstalledRelease ToMessage(const Installed& installed);
v1::BadRelease ToMessage(const BadMark& mark);
absl::StatusOr<Seen> FromMessage(const v1::SeenDocument& message);
absl::StatusOr<Installed> FromMessage(const v1::InstalledRelease& message);
absl::StatusOr<BadMark> FromMessage(const v1::BadRelease& message);

}  // namespace mig::trust

#endif  // MIG_TRUST_TRUSTED_STATE_H_
