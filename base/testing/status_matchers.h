// gMock matchers for absl::Status and absl::StatusOr, which Debian's Abseil does not have.

#ifndef MIG_BASE_TESTING_STATUS_MATCHERS_H_
#define MIG_BASE_TESTING_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mig::base::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// EXPECT_THAT(file.Sync(), IsOk());
MATCHER(IsOk, negation ? "is an error" : "is ok") {
  *result_listener << StatusOf(arg);
  return arg.ok();
}

// EXPECT_THAT(ReadAll(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("agent")));
MATCHER_P2(StatusIs, code, message_matcher,
           "has code " + absl::StatusCodeToString(code) + " and a message that " +
               ::testing::DescribeMatcher<std::string>(message_matcher, negation)) {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).code() == code &&
         ::testing::Matches(message_matcher)(std::string(StatusOf(arg).message()));
}

MATCHER_P(StatusIs, code, "has code " + absl::StatusCodeToString(code)) {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).code() == code;
}

// EXPECT_THAT(directory.FreeSpace(), IsOkAndHolds(Gt(0)));
template <typename ValueMatcher>
class IsOkAndHoldsMatcher {
 public:
  explicit IsOkAndHoldsMatcher(ValueMatcher matcher) : matcher_(std::move(matcher)) {}

  template <typename StatusOrT>
  operator ::testing::Matcher<StatusOrT>() const {  // NOLINT: implicit, as gMock wants it
    return ::testing::Matcher<StatusOrT>(new Typed<StatusOrT>(matcher_));
  }

 private:
  template <typename StatusOrT>
  class Typed : public ::testing::MatcherInterface<StatusOrT> {
   public:
    using Value = typename std::decay_t<StatusOrT>::value_type;

    explicit Typed(const ValueMatcher& matcher)
        : matcher_(::testing::SafeMatcherCast<const Value&>(matcher)) {}

    bool MatchAndExplain(StatusOrT result,
                         ::testing::MatchResultListener* listener) const override {
      if (!result.ok()) {
        *listener << result.status();
        return false;
      }
      return matcher_.MatchAndExplain(*result, listener);
    }
    void DescribeTo(std::ostream* out) const override {
      *out << "is ok and its value ";
      matcher_.DescribeTo(out);
    }
    void DescribeNegationTo(std::ostream* out) const override {
      *out << "is an error, or its value ";
      matcher_.DescribeNegationTo(out);
    }

   private:
    ::testing::Matcher<const Value&> matcher_;
  };

  ValueMatcher matcher_;
};

template <typename ValueMatcher>
IsOkAndHoldsMatcher<ValueMatcher> IsOkAndHolds(ValueMatcher matcher) {
  return IsOkAndHoldsMatcher<ValueMatcher>(std::move(matcher));
}

}  // namespace mig::base::testing

#endif  // MIG_BASE_TESTING_STATUS_MATCHERS_H_
