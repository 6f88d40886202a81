#include "coordinator/handlers/operators/page.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/text.h"
#include "coordinator/store/store.h"
#include "trust/refusal.h"

namespace mig::coordinator {

absl::StatusOr<size_t> PageRows(const v1::Page& page) {
  if (page.size() > base::kMaxPageRows || page.token().size() > base::kMaxPageTokenBytes) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat("a page has at most ", base::kMaxPageRows,
                                      " rows, its token ", base::kMaxPageTokenBytes, " bytes"));
  }
  return page.size() == 0 ? kDefaultPageRows : static_cast<size_t>(page.size());
}

absl::StatusOr<uint64_t> NumberToken(const v1::Page& page) {
  uint64_t number = 0;
  if (page.token().empty()) return number;
  if (absl::SimpleAtoi(page.token(), &number)) return number;
  return trust::Refuse(v1::Refusal::MALFORMED,
                       "this page token is none of this list's; begin again without one");
}

absl::StatusOr<uint64_t> NumberedName(absl::string_view name, absl::string_view prefix) {
  uint64_t number = 0;
  if (absl::StartsWith(name, prefix) && absl::SimpleAtoi(name.substr(prefix.size()), &number) &&
      number > 0) {
    return number;
  }
  return trust::Refuse(v1::Refusal::NOT_FOUND,
                       absl::StrCat("there is no '", base::Escaped(name, 64),
                                    "'; names here look like ", prefix, "19"));
}

}  // namespace mig::coordinator
