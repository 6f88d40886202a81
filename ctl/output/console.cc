#include "ctl/output/console.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::ctl {

absl::Status Confirm(Console& console, const Confirmation& confirmation) {
  if (confirmation.given) return absl::OkStatus();
  if (!console.facts().can_ask) {
    return absl::InvalidArgumentError(
        absl::StrCat("this needs a person to confirm it, and nobody can be asked here; add ",
                     confirmation.flag, " if it is meant"));
  }
  MIG_ASSIGN_OR_RETURN(
      const std::string typed,
      console.ReadLine(absl::StrCat(confirmation.what, " (", confirmation.expected, "): ")));
  if (absl::StripAsciiWhitespace(typed) == confirmation.expected) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("'", confirmation.expected,
                                                    "' was not typed: nothing was changed; run it "
                                                    "again when you are sure"));
}

}  // namespace mig::ctl
