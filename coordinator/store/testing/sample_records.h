// Records for tests: different for each `n`, every field set to something, times whole
// milliseconds.

#ifndef MIG_COORDINATOR_STORE_TESTING_SAMPLE_RECORDS_H_
#define MIG_COORDINATOR_STORE_TESTING_SAMPLE_RECORDS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/document_record.h"
#include "coordinator/store/enrollment_record.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"
#include "coordinator/store/offer_record.h"
#include "coordinator/store/operator_record.h"
#include "coordinator/store/outcome_record.h"
#include "coordinator/store/rollout_event.h"
#include "coordinator/store/token_record.h"

namespace mig::coordinator::testing {

// `ms` milliseconds after the start of 2026.
absl::Time At(int64_t ms);

base::Digest SomeDigest(absl::string_view label, uint64_t n);
HostId SomeHostId(uint64_t n);
RolloutId SomeRolloutId(uint64_t n);
AttemptId SomeAttemptId(uint64_t n);

HostRecord SomeHost(uint64_t n);
HostSeenRecord SomeSeen(uint64_t n);
// The certificate `n` of host `host`.
CertificateRecord SomeCertificate(uint64_t host, uint64_t n);
// A complete manifest of product "agent" with sequence `n`.
DocumentRecord SomeManifest(uint64_t n);
OfferRecord SomeOffer(uint64_t host, uint64_t rollout);
OutcomeRecord SomeOutcome(uint64_t host, uint64_t attempt, uint64_t rollout);
RolloutEvent SomeEvent(uint64_t rollout, uint64_t seq);
// Lets in `limit` hosts, until At(1'000'000).
TokenRecord SomeToken(uint64_t n, uint32_t limit);
EnrollmentRecord SomeEnrollment(uint64_t n, uint64_t token_number);
OperatorRecord SomeOperator(absl::string_view name);
// Until At(1'000'000).
InviteRecord SomeInvite(uint64_t n, absl::string_view operator_name);

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_STORE_TESTING_SAMPLE_RECORDS_H_
