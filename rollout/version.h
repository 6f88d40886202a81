// How version texts compare in filters: kernel >= "6.1", release.agent < "4.2"
// (docs/protocol.md, "Filters").

#ifndef MIG_ROLLOUT_VERSION_H_
#define MIG_ROLLOUT_VERSION_H_

#include <compare>

#include "absl/strings/string_view.h"

namespace mig::rollout {

// A total order on all texts; equal only for the same bytes. Allocates nothing.
//
// Both are cut into runs of ASCII digits and runs of other bytes, and compared run by run. Two
// digit runs compare by value, at any length; two others by bytes, where `-` and `~` come before
// the end of a run and every other byte after it; a digit run is above another run. Where one text
// ends first it is the lesser, unless what is left of the other begins with `-` or `~`: 6.1 < 6.1.0
// and 4.2-rc1 < 4.2. Texts that are alike so far, 1.1 and 1.01, compare by bytes.
//
// Why `-` and `~` are special inside a run too: with plain bytes there, 1.0-b < 1.0 < 1.0+a and
// 1.0+a < 1.0-b would all hold, and no order has such a circle.
std::strong_ordering CompareVersions(absl::string_view a, absl::string_view b);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_VERSION_H_
