// LoaderService without a transport (proto/mig/v1/loader_service.proto). The peer's certificate
// says which host it is; nothing in a message can. Every call asks the index whether the host is
// still welcome.

#ifndef MIG_COORDINATOR_HANDLERS_LOADERS_LOADER_HANDLERS_H_
#define MIG_COORDINATOR_HANDLERS_LOADERS_LOADER_HANDLERS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/sizes.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/check_in/item_choice.h"
#include "coordinator/handlers/done.h"
#include "coordinator/handlers/issue/certificate_issuer.h"
#include "coordinator/handlers/issue/online_signer.h"
#include "coordinator/handlers/issue/ticket_keys.h"
#include "coordinator/handlers/limits/host_limiter.h"
#include "coordinator/handlers/limits/rate_limiter.h"
#include "coordinator/handlers/loaders/fetch_stream.h"
#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/loader_service.pb.h"
#include "proto/mig/v1/report.pb.h"

namespace mig::coordinator {

struct LoaderOptions {
  // Of each assignment; at most base::kMaxAssignmentLife.
  absl::Duration assignment_life = base::kMaxAssignmentLife;
  // When a host is asked to come back besides its own slots; zero: at no other time.
  absl::Duration next_hint = absl::ZeroDuration();
};

// Since the start.
struct LoaderCounts {
  uint64_t check_ins = 0;
  uint64_t refused = 0;      // calls, of any kind
  uint64_t assignments = 0;  // signed
  uint64_t outcomes = 0;     // durable and not known before
  uint64_t fetches = 0;      // streams begun
  uint64_t clones = 0;       // hosts flagged
  uint64_t mismatches = 0;   // check-ins that did not match a pin
};

// Any thread may call, if clock and random numbers say so too. CheckIn reads memory only and
// returns at once; Fetch, Report and RenewCertificate may read store or contents, and are for a
// thread that others do not wait for. Each call may be refused with RATE_LIMIT, which says when to
// come back.
class LoaderHandlers {
 public:
  // All must outlive it.
  LoaderHandlers(Fleet& fleet, BlobStore& blobs, OnlineSigner& signer, TicketKeys& tickets,
                 const CertificateIssuer& issuer, HostLimiter& limiter, base::Clock& clock,
                 base::Random& random, const LoaderOptions& options);

  LoaderHandlers(const LoaderHandlers&) = delete;
  LoaderHandlers& operator=(const LoaderHandlers&) = delete;

  // Decides with the loader's own code: what the loader would refuse is never offered. An answer
  // with a plan's release is given when the offer is durable; every other one at once.
  //
  // Errors: MALFORMED, BOUND (the request); CERTIFICATE, UNRECORDED_KEY, REVOKED, DISABLED, PINNED,
  // CLONE (the host); STORE_BEHIND; ResourceExhausted (the store's queue: come back later).
  void CheckIn(const Peer& peer, const v1::CheckInRequest& request, Done<v1::CheckInAnswer> done);

  // Opens one content. TICKET: no right to it, or no such content: always the same. MALFORMED;
  // BOUND: an offset beyond its end; DataLoss: it is damaged here. Blocks on the disk.
  absl::StatusOr<std::unique_ptr<FetchStream>> Fetch(const Peer& peer,
                                                     const v1::FetchRequest& request);

  // Answered when durable; an outcome is counted once, however often it comes. What it says of the
  // host's state is durable with it (reported_state.h). Of one host a bounded number stays
  // (TrimOutcomes).
  void Report(const Peer& peer, const v1::ReportRequest& request, Done<v1::ReportAnswer> done);

  // Another certificate, perhaps for another key, for the same id. CSR, STORE_BEHIND; Aborted: two
  // renewals at the same time.
  void RenewCertificate(const Peer& peer, const v1::RenewCertificateRequest& request,
                        Done<v1::RenewCertificateAnswer> done);

  LoaderCounts counts() const;

 private:
  struct Visit;  // one check-in that was let in (check_in.cc)

  // The host that calls, if it is welcome and within its limits; judges its head.
  absl::StatusOr<HostId> Admit(const Peer& peer, HostCall call, absl::string_view head);
  // `why`, counted.
  absl::Status Refused(absl::Status why);

  absl::StatusOr<std::unique_ptr<FetchStream>> OpenContent(const Peer& peer,
                                                           const v1::FetchRequest& request);
  absl::StatusOr<Visit> LetIn(const Peer& peer, const v1::CheckInRequest& request);
  absl::Status CheckMachine(const Visit& visit, const HostEntry& entry);
  absl::Status CheckPin(const Visit& visit, const HostEntry& entry, const Peer& peer);
  void RecordClone(const HostId& host, absl::Time now, absl::string_view how);
  HostSeenRecord SeenOf(const Visit& visit, const Peer& peer,
                        const v1::CheckInRequest& request) const;
  // Without documents or assignment.
  absl::StatusOr<v1::CheckInAnswer> BareAnswer(const Visit& visit);
  // With the chosen items, whose offers are durable.
  absl::StatusOr<v1::CheckInAnswer> AnswerNow(const Visit& visit, ItemChoice choice);
  OutcomeRecord RecordOf(const HostId& host, const AttemptId& attempt, const v1::Outcome& outcome,
                         absl::Time now) const;
  std::optional<HostSeenRecord> SeenAfter(const HostId& host, const v1::ReportRequest& taken);
  struct Renewal {
    WriteBatch batch;
    v1::RenewCertificateAnswer answer;
  };
  absl::StatusOr<Renewal> PrepareRenewal(const Peer& peer,
                                         const v1::RenewCertificateRequest& request);
  absl::StatusOr<v1::CheckInAnswer> AnswerOffered(const absl::Status& written, const Visit& visit,
                                                  ItemChoice choice);

  struct Counters {
    std::atomic<uint64_t> check_ins{0}, refused{0}, assignments{0}, outcomes{0}, fetches{0},
        clones{0}, mismatches{0};
  };

  Fleet& fleet_;
  BlobStore& blobs_;
  OnlineSigner& signer_;
  TicketKeys& tickets_;
  const CertificateIssuer& issuer_;
  HostLimiter& limiter_;
  // Of heads that those carry who are not let in: each may cost a signature.
  RateLimiter strangers_{RateLimiter::Options()};
  base::Clock& clock_;
  base::Random& random_;
  const LoaderOptions options_;
  Counters counters_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_LOADERS_LOADER_HANDLERS_H_
