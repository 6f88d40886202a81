// PEM armour (RFC 7468): bytes as text between two lines that say what they are.

#ifndef MIG_TRUST_PEM_H_
#define MIG_TRUST_PEM_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::trust {

struct PemBlock {
  std::string label;  // "CERTIFICATE"
  std::string bytes;
};

std::string EncodePem(absl::string_view label, absl::string_view bytes);

// All blocks of `text`, at least one and at most `most`; what stands between blocks is ignored, as
// RFC 7468 says. MALFORMED: none, a block that is cut off, or lines that are not Base64. BOUND:
// more blocks. The caller has bounded `text`.
absl::StatusOr<std::vector<PemBlock>> DecodePem(absl::string_view text, size_t most);

}  // namespace mig::trust

#endif  // MIG_TRUST_PEM_H_
