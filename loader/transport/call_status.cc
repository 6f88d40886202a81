#include "loader/transport/call_status.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "proto/mig/v1/refusal.pb.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr size_t kMaxDetailsBytes = 4096;
constexpr size_t kShownBytes = 160;
// gRPC says last, after each address, what the kernel said: loader/run/unreached.h reads it.
constexpr size_t kShownOfAwayBytes = 800;

std::optional<v1::Refusal> RefusalIn(absl::string_view details) {
  v1::Refusal refusal;
  if (details.empty() || details.size() > kMaxDetailsBytes ||
      !refusal.ParseFromArray(details.data(), static_cast<int>(details.size())) ||
      refusal.code() == v1::Refusal::REFUSAL_UNSPECIFIED) {
    return std::nullopt;
  }
  return refusal;
}

// Words of gRPC 1.51 and OpenSSL 3 for a chain that does not verify.
bool IsAboutTheServersCertificate(absl::string_view message) {
  return absl::StrContains(message, "certificate verify failed") ||
         absl::StrContains(message, "CERTIFICATE_VERIFY_FAILED");
}

}  // namespace

absl::Status CallStatus(absl::string_view coordinator, int code, absl::string_view message,
                        absl::string_view details) {
  const std::string who = absl::StrCat("coordinator ", coordinator);
  if (const std::optional<v1::Refusal> said = RefusalIn(details); said.has_value()) {
    return trust::WithContext(who, trust::FromMessage(*said));
  }

  const std::string shown = base::Escaped(message, kShownBytes);
  switch (static_cast<absl::StatusCode>(code)) {
    case absl::StatusCode::kUnavailable:
      if (IsAboutTheServersCertificate(message)) {
        return trust::Refuse(
            v1::Refusal::SERVER_CERTIFICATE,
            absl::StrCat(who,
                         ": its certificate is not by a CA of the root, or its time is over "
                         "or has not begun; is TLS being inspected on the way, or this "
                         "host's clock wrong?"));
      }
      return trust::Refuse(v1::Refusal::UNAVAILABLE,
                           absl::StrCat(who, ": ", base::Escaped(message, kShownOfAwayBytes)));
    case absl::StatusCode::kDeadlineExceeded:
      return trust::Refuse(v1::Refusal::UNAVAILABLE, absl::StrCat(who, " gave no answer in time"));
    case absl::StatusCode::kCancelled:
      return trust::Refuse(v1::Refusal::UNAVAILABLE, absl::StrCat(who, ": the call was cut"));
    case absl::StatusCode::kResourceExhausted:
      return trust::Refuse(v1::Refusal::BOUND, absl::StrCat(who, ": ", shown));
    case absl::StatusCode::kUnimplemented:
      return absl::UnimplementedError(
          absl::StrCat(who,
                       " does not know this call; is this its port for loaders (8443), or "
                       "for enrollment (8444)?"));
    case absl::StatusCode::kOk:
      return absl::InternalError(absl::StrCat(who, ": an error without a code"));
    default:
      return absl::Status(static_cast<absl::StatusCode>(code), absl::StrCat(who, ": ", shown));
  }
}

}  // namespace mig::loader
