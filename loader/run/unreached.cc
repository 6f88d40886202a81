#include "loader/run/unreached.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/text.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr size_t kMaxDetailBytes = 250;

struct Word {
  absl::string_view said;  // part of what a transport, its resolver or the kernel says
  absl::string_view reason;
};

// The first that is found counts. Words of gRPC 1.51, c-ares and strerror.
constexpr Word kWords[] = {
    {"Connection refused", "connection refused (nobody listens at that port)"},
    {"connection refused", "connection refused (nobody listens at that port)"},
    {"Network is unreachable", "this machine has no network"},
    {"No route to host", "there is no way through the network to that host"},
    {"Domain name not found", "no such host name"},
    {"DNS resolution failed", "its name cannot be looked up"},
    {"gave no answer in time", "no answer in time"},
    {"timed out", "no answer in time"},
    {"Deadline", "no answer in time"},
    {"Connection reset", "the connection was cut"},
    {"Socket closed", "the connection was cut"},
    {"Broken pipe", "the connection was cut"},
    {"the call was cut", "the connection was cut"},
};

}  // namespace

bool IsAway(const absl::Status& status) {
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) return false;
  const std::optional<v1::Refusal::Code> code = trust::RefusalOf(status);
  return !code.has_value() || code == v1::Refusal::UNAVAILABLE;
}

Unreached Describe(absl::string_view endpoint, const absl::Status& away) {
  MIG_CHECK(IsAway(away)) << away;
  Unreached unreached{.endpoint = std::string(endpoint),
                      .reason = "it gave no answer",
                      .detail = base::Escaped(away.message(), kMaxDetailBytes)};
  for (const Word& word : kWords) {
    if (!absl::StrContains(away.message(), word.said)) continue;
    unreached.reason = std::string(word.reason);
    break;
  }
  return unreached;
}

absl::Status InOurWords(absl::string_view endpoint, const absl::Status& status) {
  if (!IsAway(status)) return status;
  const Unreached unreached = Describe(endpoint, status);
  return trust::Refuse(
      v1::Refusal::UNAVAILABLE,
      absl::StrCat("coordinator ", unreached.endpoint, " cannot be reached: ", unreached.reason));
}

}  // namespace mig::loader
