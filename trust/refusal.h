// Why something was refused, as one word of proto/mig/v1/refusal.proto, carried by an absl::Status
// from where it was found out to wherever it is reported, logged, or turned into an exit code.

#ifndef MIG_TRUST_REFUSAL_H_
#define MIG_TRUST_REFUSAL_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "proto/mig/v1/refusal.pb.h"

namespace mig::trust {

// An error with `code` in it. The canonical status code follows from `code` by one table, so the
// same refusal has the same status code everywhere. `message` names who, what and the way out.
// NONE, ADOPTED and REFUSAL_UNSPECIFIED are no refusals: a bug of ours, which crashes.
absl::Status Refuse(v1::Refusal::Code code, absl::string_view message);

// EXIT: the agent's process ended with `exit_status` (0 to 255; 128 + n for signal n).
absl::Status RefuseExit(int exit_status, absl::string_view message);

// The code in `status`; nothing if it is ok or was not made by Refuse (an error of the disk, say).
std::optional<v1::Refusal::Code> RefusalOf(const absl::Status& status);

// The same error with "CONTEXT: " before its message: what a layer alone knows. Ok stays ok.
absl::Status WithContext(absl::string_view context, const absl::Status& status);

// As it travels: code, exit status and the message, escaped, at most 256 bytes. An error without a
// code becomes `otherwise`. `status` is not ok.
v1::Refusal ToMessage(const absl::Status& status, v1::Refusal::Code otherwise);

// Back from the wire. A code that this program does not know becomes Unknown with its number.
absl::Status FromMessage(const v1::Refusal& refusal);

// "SIGNATURES"; "EXIT_139"; the bare number for a code that this program does not know.
std::string DisplayOf(const v1::Refusal& refusal);

}  // namespace mig::trust

#endif  // MIG_TRUST_REFUSAL_H_
