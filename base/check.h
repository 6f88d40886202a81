// Our own bugs crash, input never does (docs: CONTRIBUTING). Debian's Abseil has no CHECK.

#ifndef MIG_BASE_CHECK_H_
#define MIG_BASE_CHECK_H_

#include <ostream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Prints file, line, condition and what was streamed to standard error, and aborts, when
// `condition` is false. Also in optimised builds. What is streamed is evaluated only then.
//   MIG_CHECK(wave < waves.size()) << "wave " << wave;
// A loop and not an `if`, so that it can stand before an `else`; it ends in the first turn.
#define MIG_CHECK(condition)            \
  while (!static_cast<bool>(condition)) \
  ::mig::base::internal::CheckFailure(__FILE__, __LINE__, #condition).stream()

// The same for an absl::Status or absl::StatusOr that can only be ok.
#define MIG_CHECK_OK(expression)                                                              \
  for (const ::absl::Status mig_check_status = ::mig::base::internal::StatusOf((expression)); \
       !mig_check_status.ok();)                                                               \
  ::mig::base::internal::CheckFailure(__FILE__, __LINE__, #expression).stream()               \
      << mig_check_status << ' '

namespace mig::base::internal {

class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  CheckFailure(const CheckFailure&) = delete;
  CheckFailure& operator=(const CheckFailure&) = delete;
  [[noreturn]] ~CheckFailure();

  std::ostream& stream() { return text_; }

 private:
  std::ostringstream text_;
};

inline absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace mig::base::internal

#endif  // MIG_BASE_CHECK_H_
