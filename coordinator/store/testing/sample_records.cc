#include "coordinator/store/testing/sample_records.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"

namespace mig::coordinator::testing {
namespace {

template <typename Id>
Id IdOf(absl::string_view label, uint64_t n) {
  return *Id::FromBytes(SomeDigest(label, n).bytes().substr(0, Id::kSizeBytes));
}

}  // namespace

absl::Time At(int64_t ms) {
  return absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::UTCTimeZone()) + absl::Milliseconds(ms);
}

base::Digest SomeDigest(absl::string_view label, uint64_t n) {
  return base::Sha256Of(absl::StrCat(label, " ", n));
}

HostId SomeHostId(uint64_t n) { return IdOf<HostId>("host", n); }
RolloutId SomeRolloutId(uint64_t n) { return IdOf<RolloutId>("rollout", n); }
AttemptId SomeAttemptId(uint64_t n) { return IdOf<AttemptId>("attempt", n); }

HostRecord SomeHost(uint64_t n) {
  return HostRecord{.id = SomeHostId(n),
                    .state = HostState::kEnabled,
                    .keys = {.current = SomeDigest("key", n), .next = SomeDigest("next key", n)},
                    .name = absl::StrCat("host-", n),
                    .labels = {{"floor", "3"}, {"site", "muc"}},
                    .expected_environment = "os = \"linux\"",
                    .machine = SomeDigest("machine", n),
                    .enrolled_at = At(static_cast<int64_t>(n)),
                    .token_number = 19,
                    .clones_seen = 2};
}

HostSeenRecord SomeSeen(uint64_t n) {
  return HostSeenRecord{.id = SomeHostId(n),
                        .last_seen = At(static_cast<int64_t>(n)),
                        .seen_address = "192.0.2.7",
                        .environment = std::string("\x0a\x00\xff", 3),
                        .summary = absl::StrCat("summary ", n),
                        .machine = SomeDigest("machine", n),
                        .answer_issued = IdOf<AnswerId>("issued", n),
                        .answer_returned = IdOf<AnswerId>("returned", n)};
}

CertificateRecord SomeCertificate(uint64_t host, uint64_t n) {
  return CertificateRecord{.serial = absl::StrCat("serial ", n),
                           .host = SomeHostId(host),
                           .spki = SomeDigest("key", n),
                           .issued_at = At(static_cast<int64_t>(n)),
                           .expires_at = At(static_cast<int64_t>(n) + 1000)};
}

DocumentRecord SomeManifest(uint64_t n) {
  return DocumentRecord{.digest = SomeDigest("manifest", n),
                        .type = DocumentType::kManifest,
                        .state = DocumentState::kComplete,
                        .envelope = absl::StrCat("envelope ", n),
                        .line = "agent",
                        .epoch = 1,
                        .sequence = n,
                        .title = absl::StrCat("1.", n),
                        .issued_at = At(static_cast<int64_t>(n)),
                        .added_at = At(static_cast<int64_t>(n) + 1),
                        .added_by = "ana"};
}

OfferRecord SomeOffer(uint64_t host, uint64_t rollout) {
  return OfferRecord{.host = SomeHostId(host),
                     .rollout = SomeRolloutId(rollout),
                     .kind = OfferKind::kWave,
                     .wave = 2,
                     .at = At(static_cast<int64_t>(host)),
                     .plan = SomeDigest("plan", rollout),
                     .counted = true};
}

OutcomeRecord SomeOutcome(uint64_t host, uint64_t attempt, uint64_t rollout) {
  return OutcomeRecord{.host = SomeHostId(host),
                       .attempt = SomeAttemptId(attempt),
                       .rollout = SomeRolloutId(rollout),
                       .received_at = At(static_cast<int64_t>(attempt)),
                       .counted = true,
                       .outcome = absl::StrCat("outcome ", attempt)};
}

RolloutEvent SomeEvent(uint64_t rollout, uint64_t seq) {
  return RolloutEvent{.rollout = SomeRolloutId(rollout),
                      .seq = seq,
                      .kind = seq == 1 ? RolloutEventKind::kStarted : RolloutEventKind::kWavePassed,
                      .at = At(static_cast<int64_t>(seq)),
                      .plan = SomeDigest("plan", rollout),
                      .wave = 1,
                      .actor = "ana",
                      .reason = "as planned",
                      .detail = std::string("\x00\x01", 2)};
}

TokenRecord SomeToken(uint64_t n, uint32_t limit) {
  return TokenRecord{.secret_hash = SomeDigest("token", n),
                     .limit = limit,
                     .created_at = At(0),
                     .expires_at = At(1'000'000),
                     .approval = Approval::kManual,
                     .labels = {{"site", "muc"}},
                     .created_by = "ana"};
}

EnrollmentRecord SomeEnrollment(uint64_t n, uint64_t token_number) {
  return EnrollmentRecord{.id = IdOf<EnrollmentId>("enrollment", n),
                          .host = SomeHostId(n),
                          .token_number = token_number,
                          .csr = "a csr",
                          .environment = "an environment",
                          .machine = SomeDigest("machine", n),
                          .seen_address = "2001:db8::7",
                          .asked_at = At(static_cast<int64_t>(n))};
}

OperatorRecord SomeOperator(absl::string_view name) {
  return OperatorRecord{.name = std::string(name),
                        .roles = 1 << 6,
                        .keys = {.current = SomeDigest(name, 1)},
                        .certificate_expires_at = At(500),
                        .created_at = At(1)};
}

InviteRecord SomeInvite(uint64_t n, absl::string_view operator_name) {
  return InviteRecord{.secret_hash = SomeDigest("invite", n),
                      .operator_name = std::string(operator_name),
                      .created_at = At(1),
                      .expires_at = At(1'000'000),
                      .created_by = "ana"};
}

}  // namespace mig::coordinator::testing
