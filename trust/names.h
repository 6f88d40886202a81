// The grammars of names, once (docs/protocol.md, "Signed documents"). All compare by bytes.

#ifndef MIG_TRUST_NAMES_H_
#define MIG_TRUST_NAMES_H_

#include "absl/strings/string_view.h"

namespace mig::trust {

// [a-z][a-z0-9-]{0,31}: products and streams.
bool IsProductName(absl::string_view text);
// [a-z0-9.-]{1,253}.
bool IsTrustDomain(absl::string_view text);
// [a-z0-9._-]{1,64}: operators, coordinators, keys, plans, waves.
bool IsOperatorName(absl::string_view text);
// [a-z0-9_-][a-z0-9._-]{0,63}: one segment of a component's name, and what may become a file name.
bool IsComponentSegment(absl::string_view text);
// One segment, or two joined by "/".
bool IsComponentName(absl::string_view text);
// [a-z][a-z0-9_-]{0,63}: the name of a tag or label.
bool IsTagName(absl::string_view text);

}  // namespace mig::trust

#endif  // MIG_TRUST_NAMES_H_
