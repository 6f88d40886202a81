// Documents that nobody with a right to has signed.

#ifndef MIG_TESTS_STOLEN_FORGED_DOCUMENTS_H_
#define MIG_TESTS_STOLEN_FORGED_DOCUMENTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/random.h"
#include "trust/envelope.h"

namespace mig::tests {

// The newest plan, and the manifest with this version, among the documents that a host holds: a
// thief has them too.
//
// Errors: NotFound
absl::StatusOr<trust::Envelope> HeldPlan(const std::string& state_directory,
                                         absl::string_view name);
absl::StatusOr<trust::Envelope> HeldManifest(const std::string& state_directory,
                                             absl::string_view version);

// `genuine`, a manifest, with the next sequence, version "9.9" and `program` as its component
// `agent`, signed by two keys that no root has.
absl::StatusOr<trust::Envelope> ForgeManifest(const trust::Envelope& genuine,
                                              absl::string_view program, base::Random& random);

// `genuine`, a plan, with the next sequence, naming `manifest`; signed the same way.
absl::StatusOr<trust::Envelope> ForgePlan(const trust::Envelope& genuine,
                                          const base::Digest& manifest, base::Random& random);

}  // namespace mig::tests

#endif  // MIG_TESTS_STOLEN_FORGED_DOCUMENTS_H_
