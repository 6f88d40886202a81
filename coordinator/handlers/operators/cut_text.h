// Text for a field that has a bound.

#ifndef MIG_COORDINATOR_HANDLERS_OPERATORS_CUT_TEXT_H_
#define MIG_COORDINATOR_HANDLERS_OPERATORS_CUT_TEXT_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace mig::coordinator {

// The beginning of `text`, valid UTF-8, of at most `max_bytes`: never a part of a character, which
// a receiver would refuse as no text. Valid as long as `text`.
absl::string_view CutText(absl::string_view text, size_t max_bytes);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_OPERATORS_CUT_TEXT_H_
