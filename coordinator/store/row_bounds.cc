#include "coordinator/store/row_bounds.h"

#include <limits>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/sizes.h"
#include "base/status_macros.h"

namespace mig::coordinator {
namespace {

// Gathers the first value that is beyond its bound.
class Bounds {
 public:
  explicit Bounds(absl::string_view kind) : kind_(kind) {}

  Bounds& Bytes(absl::string_view field, absl::string_view value, size_t most) {
    if (value.size() > most) {
      Refuse(field, absl::StrCat("has ", value.size(), " bytes, at most ", most, " are stored"));
    }
    return *this;
  }
  Bounds& NotEmpty(absl::string_view field, absl::string_view value) {
    if (value.empty()) Refuse(field, "is empty");
    return *this;
  }
  Bounds& Number(absl::string_view field, uint64_t value,
                 uint64_t most = std::numeric_limits<int64_t>::max()) {
    if (value > most) Refuse(field, absl::StrCat("is ", value, ", at most ", most, " is stored"));
    return *this;
  }
  Bounds& Time(absl::string_view field, absl::Time value) {
    const int64_t ms = absl::ToUnixMillis(value);
    if (ms < 0 || ms > base::kMaxTimeMs) Refuse(field, "is not a time between 1970 and 9999");
    return *this;
  }
  Bounds& OptionalTime(absl::string_view field, absl::Time value) {
    return value == absl::InfinitePast() ? *this : Time(field, value);
  }
  Bounds& Labels(const std::vector<Label>& labels) {
    if (labels.size() > base::kMaxLabels) {
      Refuse("labels", absl::StrCat("are ", labels.size(), ", at most ", base::kMaxLabels));
    }
    for (const Label& label : labels) {
      Bytes("label", label.name, base::kMaxLabelBytes)
          .Bytes("label", label.value, base::kMaxLabelBytes);
    }
    return *this;
  }

  absl::Status status() const { return status_; }

 private:
  void Refuse(absl::string_view field, absl::string_view what) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat("store: ", kind_, ": ", field, " ", what));
  }

  absl::string_view kind_;
  absl::Status status_;
};

absl::Status CheckHost(absl::string_view kind, const HostRecord& host) {
  return Bounds(kind)
      .Number("revision", host.revision)
      .Bytes("name", host.name, base::kMaxHostNameBytes)
      .Labels(host.labels)
      .Bytes("expected_environment", host.expected_environment, base::kMaxFilterBytes)
      .Time("enrolled_at", host.enrolled_at)
      .Number("token_number", host.token_number)
      .status();
}

absl::Status CheckOperator(absl::string_view kind, const OperatorRecord& person) {
  return Bounds(kind)
      .NotEmpty("name", person.name)
      .Bytes("name", person.name, base::kMaxOperatorNameBytes)
      .Number("revision", person.revision)
      .OptionalTime("certificate_expires_at", person.certificate_expires_at)
      .Time("created_at", person.created_at)
      .status();
}

struct Checker {
  absl::Status operator()(const InsertHost& row) { return CheckHost("InsertHost", row.host); }
  absl::Status operator()(const UpdateHost& row) { return CheckHost("UpdateHost", row.host); }
  absl::Status operator()(const CountClone&) { return absl::OkStatus(); }
  absl::Status operator()(const RecordSeen& row) {
    return Bounds("RecordSeen")
        .Time("last_seen", row.seen.last_seen)
        .Bytes("seen_address", row.seen.seen_address, base::kMaxAddressTextBytes)
        .Bytes("environment", row.seen.environment, base::kMaxEnvironmentBytes)
        .Bytes("summary", row.seen.summary, base::kMaxCheckInSummaryBytes)
        .status();
  }
  absl::Status operator()(const InsertCertificate& row) {
    return Bounds("InsertCertificate")
        .NotEmpty("serial", row.certificate.serial)
        .Bytes("serial", row.certificate.serial, base::kMaxSerialBytes)
        .Time("issued_at", row.certificate.issued_at)
        .Time("expires_at", row.certificate.expires_at)
        .status();
  }
  absl::Status operator()(const InsertDocument& row) {
    const DocumentRecord& document = row.document;
    return Bounds("InsertDocument")
        .Bytes("envelope", document.envelope, base::kMaxEnvelopeBytes)
        .Bytes("line", document.line, base::kMaxProductNameBytes)
        .Number("epoch", document.epoch)
        .Number("sequence", document.sequence)
        .Bytes("title", document.title, base::kMaxTitleBytes)
        .Time("issued_at", document.issued_at)
        .Time("added_at", document.added_at)
        .Bytes("added_by", document.added_by, base::kMaxActorBytes)
        .status();
  }
  absl::Status operator()(const ReplaceEnvelope& row) {
    return Bounds("ReplaceEnvelope")
        .Number("revision", row.revision)
        .Bytes("envelope", row.envelope, base::kMaxEnvelopeBytes)
        .status();
  }
  absl::Status operator()(const InsertOffer& row) {
    return Bounds("InsertOffer").Time("at", row.offer.at).status();
  }
  absl::Status operator()(const InsertOutcome& row) {
    return Bounds("InsertOutcome")
        .Time("received_at", row.outcome.received_at)
        .Bytes("outcome", row.outcome.outcome, base::kMaxReportBytes)
        .status();
  }
  absl::Status operator()(const TrimOutcomes&) { return absl::OkStatus(); }
  absl::Status operator()(const AppendEvent& row) {
    return Bounds("AppendEvent")
        .Number("seq", row.event.seq)
        .Time("at", row.event.at)
        .Bytes("actor", row.event.actor, base::kMaxActorBytes)
        .Bytes("reason", row.event.reason, base::kMaxReasonBytes)
        .Bytes("detail", row.event.detail, base::kMaxEventDetailBytes)
        .status();
  }
  absl::Status operator()(const InsertToken& row) {
    return Bounds("InsertToken")
        .Number("uses", row.token.uses, row.token.limit)
        .Number("limit", row.token.limit, base::kMaxTokenUses)
        .Time("created_at", row.token.created_at)
        .Time("expires_at", row.token.expires_at)
        .OptionalTime("last_used_at", row.token.last_used_at)
        .Labels(row.token.labels)
        .Bytes("created_by", row.token.created_by, base::kMaxActorBytes)
        .status();
  }
  absl::Status operator()(const UseToken& row) {
    return Bounds("UseToken").Time("at", row.at).status();
  }
  absl::Status operator()(const RevokeToken& row) {
    return Bounds("RevokeToken").Number("number", row.number).status();
  }
  absl::Status operator()(const InsertEnrollment& row) {
    const EnrollmentRecord& enrollment = row.enrollment;
    return Bounds("InsertEnrollment")
        .Number("token_number", enrollment.token_number)
        .Bytes("csr", enrollment.csr, base::kMaxCsrBytes)
        .Bytes("environment", enrollment.environment, base::kMaxEnvironmentBytes)
        .Bytes("seen_address", enrollment.seen_address, base::kMaxAddressTextBytes)
        .Time("asked_at", enrollment.asked_at)
        .OptionalTime("decided_at", enrollment.decided_at)
        .Bytes("decided_by", enrollment.decided_by, base::kMaxActorBytes)
        .Bytes("reason", enrollment.reason, base::kMaxReasonBytes)
        .status();
  }
  absl::Status operator()(const DecideEnrollment& row) {
    return Bounds("DecideEnrollment")
        .Time("at", row.at)
        .Bytes("by", row.by, base::kMaxActorBytes)
        .Bytes("reason", row.reason, base::kMaxReasonBytes)
        .status();
  }
  absl::Status operator()(const InsertOperator& row) {
    return CheckOperator("InsertOperator", row.person);
  }
  absl::Status operator()(const UpdateOperator& row) {
    return CheckOperator("UpdateOperator", row.person);
  }
  absl::Status operator()(const InsertInvite& row) {
    return Bounds("InsertInvite")
        .NotEmpty("operator_name", row.invite.operator_name)
        .Bytes("operator_name", row.invite.operator_name, base::kMaxOperatorNameBytes)
        .Time("created_at", row.invite.created_at)
        .Time("expires_at", row.invite.expires_at)
        .Bytes("created_by", row.invite.created_by, base::kMaxActorBytes)
        .OptionalTime("used_at", row.invite.used_at)
        .status();
  }
  absl::Status operator()(const UseInvite& row) {
    return Bounds("UseInvite").Time("at", row.at).status();
  }
  absl::Status operator()(const RevokeInvites& row) {
    return Bounds("RevokeInvites")
        .Bytes("operator_name", row.operator_name, base::kMaxOperatorNameBytes)
        .status();
  }
  absl::Status operator()(const ForgetOld& row) {
    return Bounds("ForgetOld")
        .OptionalTime("enrollments_asked_before", row.enrollments_asked_before)
        .OptionalTime("certificates_expired_before", row.certificates_expired_before)
        .status();
  }
  absl::Status operator()(const AppendAudit& row) {
    return Bounds("AppendAudit")
        .Time("at", row.entry.at)
        .Bytes("actor", row.entry.actor, kMaxAuditTextBytes)
        .Bytes("action", row.entry.action, kMaxAuditActionBytes)
        .Bytes("subject", row.entry.subject, kMaxAuditTextBytes)
        .Bytes("reason", row.entry.reason, kMaxAuditTextBytes)
        .Bytes("difference", row.entry.difference, kMaxAuditDifferenceBytes)
        .status();
  }
  absl::Status operator()(const RaiseGeneration& row) {
    return Bounds("RaiseGeneration").Number("expected", row.expected).status();
  }
};

template <typename... Kinds>
bool IsOneOf(const Row& row) {
  return (std::holds_alternative<Kinds>(row) || ...);
}

}  // namespace

absl::Status CheckBounds(const WriteBatch& batch) {
  if (batch.empty() || batch.size() > kMaxBatchRows) {
    return absl::InvalidArgumentError(absl::StrCat("store: a batch has 1 to ", kMaxBatchRows,
                                                   " rows, this one has ", batch.size()));
  }
  for (const Row& row : batch) MIG_RETURN_IF_ERROR(std::visit(Checker{}, row));
  return absl::OkStatus();
}

bool CanBeRefused(const Row& row) {
  return !IsOneOf<CountClone, RecordSeen, InsertCertificate, InsertOffer, InsertOutcome,
                  TrimOutcomes, RevokeInvites, ForgetOld, AppendAudit>(row);
}

}  // namespace mig::coordinator
