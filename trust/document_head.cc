#include "trust/document_head.h"

#include "absl/strings/str_cat.h"

namespace mig::trust {

// As it is printed, without a stream: every check-in asks for a few of these.
std::string ToText(const Numbers& numbers) {
  if (numbers.epoch == 0) return absl::StrCat(numbers.sequence);
  return absl::StrCat(numbers.epoch, ":", numbers.sequence);
}

}  // namespace mig::trust
