#include "trust/refusal.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sizes.h"
#include "base/text.h"

namespace mig::trust {

namespace {

using v1::Refusal;

constexpr char kTypeUrl[] = "type.googleapis.com/mig.v1.Refusal";

// What a program does next. What is not listed waits for something to change: FailedPrecondition.
absl::StatusCode StatusCodeOf(Refusal::Code code) {
  switch (code) {
    case Refusal::MALFORMED:
    case Refusal::PAYLOAD_TYPE:
    case Refusal::UNWANTED_DOCUMENT:
    case Refusal::FILTER:
    case Refusal::CONFIGURATION:
    case Refusal::CSR:
      return absl::StatusCode::kInvalidArgument;
    case Refusal::SIGNATURES:
    case Refusal::TRUST_DOMAIN:
    case Refusal::HOST:
    case Refusal::NONCE:
    case Refusal::NO_PLAN:
    case Refusal::TICKET:
    case Refusal::TOKEN:
    case Refusal::DENIED:
    case Refusal::REVOKED:
    case Refusal::DISABLED:
    case Refusal::UNRECORDED_KEY:
    case Refusal::CERTIFICATE:
    case Refusal::POSSESSION:
    case Refusal::CLONE:
    case Refusal::PINNED:
    case Refusal::SERVER_CERTIFICATE:
    case Refusal::ROLE:
      return absl::StatusCode::kPermissionDenied;
    case Refusal::BOUND:
    case Refusal::RATE_LIMIT:
    case Refusal::DISK_FULL:
    case Refusal::ACTIVATION_LIMIT:
    case Refusal::SPOOL_FULL:
    case Refusal::EXHAUSTED:
      return absl::StatusCode::kResourceExhausted;
    case Refusal::DIGEST:
    case Refusal::HASH:
    case Refusal::LENGTH:
    case Refusal::DECODE:
    case Refusal::TRUST_STATE_LOST:
    case Refusal::JOURNAL_DAMAGED:
    case Refusal::KEPT_SET_DAMAGED:
      return absl::StatusCode::kDataLoss;
    case Refusal::SLOW:
    case Refusal::UNAVAILABLE:
    case Refusal::SNAPSHOT_OLD:
    case Refusal::BUSY:
    case Refusal::INTERRUPTED:
    case Refusal::PENDING:
      return absl::StatusCode::kUnavailable;
    case Refusal::EXIT:
    case Refusal::START:
    case Refusal::STOP:
    case Refusal::PROBE:
    case Refusal::PROBE_TIMEOUT:
    case Refusal::SELF_CHECK:
    case Refusal::KEPT_SET_UNHEALTHY:
      return absl::StatusCode::kAborted;
    case Refusal::NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case Refusal::EXISTS:
      return absl::StatusCode::kAlreadyExists;
    case Refusal::FILE_ERROR:
    case Refusal::INTERNAL:
      return absl::StatusCode::kInternal;
    default:
      return absl::StatusCode::kFailedPrecondition;
  }
}

absl::Status Make(absl::StatusCode status_code, const Refusal& refusal, absl::string_view message) {
  absl::Status status(status_code, message);
  status.SetPayload(kTypeUrl, absl::Cord(refusal.SerializeAsString()));
  return status;
}

bool IsRefusal(Refusal::Code code) {
  return code != Refusal::REFUSAL_UNSPECIFIED && code != Refusal::NONE && code != Refusal::ADOPTED;
}

Refusal PayloadOf(const absl::Status& status) {
  Refusal refusal;
  if (const auto payload = status.GetPayload(kTypeUrl); payload.has_value()) {
    MIG_CHECK(refusal.ParseFromString(std::string(*payload)));
  }
  return refusal;
}

}  // namespace

absl::Status Refuse(Refusal::Code code, absl::string_view message) {
  MIG_CHECK(IsRefusal(code)) << code;
  Refusal refusal;
  refusal.set_code(code);
  return Make(StatusCodeOf(code), refusal, message);
}

absl::Status RefuseExit(int exit_status, absl::string_view message) {
  MIG_CHECK(exit_status >= 0 && exit_status <= 255) << exit_status;
  Refusal refusal;
  refusal.set_code(Refusal::EXIT);
  refusal.set_exit_status(static_cast<uint32_t>(exit_status));
  return Make(StatusCodeOf(Refusal::EXIT), refusal, message);
}

std::optional<Refusal::Code> RefusalOf(const absl::Status& status) {
  const Refusal refusal = PayloadOf(status);
  if (!IsRefusal(refusal.code())) return std::nullopt;
  return refusal.code();
}

absl::Status WithContext(absl::string_view context, const absl::Status& status) {
  if (status.ok()) return status;
  absl::Status longer(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&longer](absl::string_view url, const absl::Cord& payload) {
    longer.SetPayload(url, payload);
  });
  return longer;
}

Refusal ToMessage(const absl::Status& status, Refusal::Code otherwise) {
  MIG_CHECK(!status.ok());
  Refusal refusal = PayloadOf(status);
  if (!IsRefusal(refusal.code())) refusal.set_code(otherwise);
  // Escaped may end in "...": leave room for it.
  refusal.set_text(base::Escaped(status.message(), base::kMaxReportTextBytes - 3));
  if (refusal.text().size() > base::kMaxReportTextBytes) {
    refusal.mutable_text()->resize(base::kMaxReportTextBytes);
  }
  return refusal;
}

absl::Status FromMessage(const Refusal& refusal) {
  const std::string text = base::Escaped(refusal.text(), base::kMaxReportTextBytes);
  if (!IsRefusal(refusal.code())) {
    return absl::UnknownError(absl::StrCat("a refusal without a code: ", text));
  }
  if (!Refusal::Code_IsValid(refusal.code())) {
    return Make(absl::StatusCode::kUnknown, refusal,
                absl::StrCat("refused with code ", static_cast<int>(refusal.code()),
                             ", which this program does not know: ", text));
  }
  Refusal bare;
  bare.set_code(refusal.code());
  bare.set_exit_status(refusal.exit_status());
  return Make(StatusCodeOf(refusal.code()), bare, text);
}

std::string DisplayOf(const Refusal& refusal) {
  if (!Refusal::Code_IsValid(refusal.code())) {
    return absl::StrCat(static_cast<int>(refusal.code()));
  }
  if (refusal.code() == Refusal::EXIT) return absl::StrCat("EXIT_", refusal.exit_status());
  return Refusal::Code_Name(refusal.code());
}

}  // namespace mig::trust
