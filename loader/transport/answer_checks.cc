#include "loader/transport/answer_checks.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "google/protobuf/repeated_field.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

using Many = google::protobuf::RepeatedPtrField<std::string>;

constexpr size_t kRequestIdBytes = 16;

absl::Status Malformed(absl::string_view what) {
  return trust::Refuse(v1::Refusal::MALFORMED, absl::StrCat("the coordinator's answer: ", what));
}

absl::Status CheckSize(absl::string_view name, absl::string_view bytes, size_t most) {
  if (bytes.empty()) return Malformed(absl::StrCat(name, " is empty"));
  if (bytes.size() <= most) return absl::OkStatus();
  return trust::Refuse(v1::Refusal::BOUND, absl::StrCat("the coordinator's answer: ", name, " has ",
                                                        bytes.size(), " bytes, at most ", most));
}

absl::Status CheckExactly(absl::string_view name, absl::string_view bytes, size_t size) {
  if (bytes.size() == size) return absl::OkStatus();
  return Malformed(absl::StrCat(name, " has ", bytes.size(), " bytes, not ", size));
}

absl::Status CheckMany(absl::string_view name, const Many& items, size_t most_items,
                       size_t most_bytes) {
  if (static_cast<size_t>(items.size()) > most_items) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat("the coordinator's answer: ", items.size(), " ", name,
                                      ", at most ", most_items));
  }
  for (const std::string& item : items) MIG_RETURN_IF_ERROR(CheckSize(name, item, most_bytes));
  return absl::OkStatus();
}

absl::Status CheckChain(const Many& chain) {
  if (chain.empty()) return Malformed("certificate_chain is empty");
  return CheckMany("certificate_chain", chain, base::kMaxChainCertificates,
                   base::kMaxCertificateBytes);
}

}  // namespace

absl::Status Check(const v1::CheckInAnswer& answer) {
  MIG_RETURN_IF_ERROR(CheckMany("documents", answer.documents(), base::kMaxAnswerDocuments,
                                base::kMaxEnvelopeBytes));
  if (!answer.assignment().empty()) {
    MIG_RETURN_IF_ERROR(CheckSize("assignment", answer.assignment(), base::kMaxEnvelopeBytes));
    if (answer.more()) return Malformed("an assignment, and more documents");
  }
  MIG_RETURN_IF_ERROR(CheckSize("head", answer.head(), base::kMaxHeadEnvelopeBytes));
  return CheckExactly("answer_id", answer.answer_id(), base::kAnswerIdBytes);
}

absl::Status Check(const v1::ReportAnswer& answer, const v1::ReportRequest& request) {
  std::set<std::string> asked;
  for (const v1::Outcome& outcome : request.outcomes()) asked.insert(outcome.attempt());
  for (const std::string& attempt : answer.acknowledged_attempts()) {
    if (asked.erase(attempt) == 0) return Malformed("an attempt that was not reported, or twice");
  }
  for (const v1::RejectedOutcome& rejected : answer.rejected()) {
    if (asked.erase(rejected.attempt()) == 0) {
      return Malformed("a rejected attempt that was not reported, or twice");
    }
  }
  return absl::OkStatus();
}

absl::Status Check(const v1::RenewCertificateAnswer& answer) {
  return CheckChain(answer.certificate_chain());
}

absl::Status Check(const v1::EnrollAnswer& answer) {
  switch (answer.decision_case()) {
    case v1::EnrollAnswer::kIssued:
      MIG_RETURN_IF_ERROR(CheckChain(answer.issued().certificate_chain()));
      return CheckExactly("host_id", answer.issued().host_id(), base::Digest::kSizeBytes);
    case v1::EnrollAnswer::kPending:
      return CheckExactly("request_id", answer.pending().request_id(), kRequestIdBytes);
    case v1::EnrollAnswer::kDenied:
      return absl::OkStatus();
    case v1::EnrollAnswer::DECISION_NOT_SET:
      break;
  }
  return Malformed("no decision");
}

absl::Status Check(const v1::RenewByPossessionAnswer& answer) {
  return CheckChain(answer.certificate_chain());
}

absl::Status Check(const v1::WalkRootsAnswer& answer) {
  if (answer.more() && answer.roots().empty()) return Malformed("more roots, and none here");
  return CheckMany("roots", answer.roots(), base::kMaxRootsPerRun, base::kMaxEnvelopeBytes);
}

}  // namespace mig::loader
