#include "coordinator/handlers/loaders/loader_handlers.h"

#include <utility>

#include "base/status_macros.h"

namespace mig::coordinator {

LoaderHandlers::LoaderHandlers(Fleet& fleet, BlobStore& blobs, OnlineSigner& signer,
                               TicketKeys& tickets, const CertificateIssuer& issuer,
                               HostLimiter& limiter, base::Clock& clock, base::Random& random,
                               const LoaderOptions& options)
    : fleet_(fleet),
      blobs_(blobs),
      signer_(signer),
      tickets_(tickets),
      issuer_(issuer),
      limiter_(limiter),
      clock_(clock),
      random_(random),
      options_(options) {}

// A head is judged even if its bearer is refused: a host whose key a restored store does not know
// is the very one that can tell (CONTRACT.md 3).
absl::StatusOr<HostId> LoaderHandlers::Admit(const Peer& peer, HostCall call,
                                             absl::string_view head) {
  const std::string domain = fleet_.snapshot()->root()->head().trust_domain;
  const base::MonotonicTime now = clock_.MonotonicNow();
  absl::StatusOr<HostId> host = fleet_.hosts().Identify(peer, domain);
  if (host.ok()) {
    MIG_RETURN_IF_ERROR(limiter_.Admit(*host, call, now));
    fleet_.JudgeHead(head);
    return host;
  }
  const bool is_loader =
      peer.id.has_value() && peer.id->host_id().has_value() && peer.id->trust_domain() == domain;
  if (is_loader && !head.empty() && strangers_.Admit(peer.address, now).ok()) {
    fleet_.JudgeHead(head);
  }
  return host;
}

absl::Status LoaderHandlers::Refused(absl::Status why) {
  counters_.refused.fetch_add(1, std::memory_order_relaxed);
  return why;
}

LoaderCounts LoaderHandlers::counts() const {
  const auto get = [](const std::atomic<uint64_t>& n) { return n.load(std::memory_order_relaxed); };
  return {.check_ins = get(counters_.check_ins),
          .refused = get(counters_.refused),
          .assignments = get(counters_.assignments),
          .outcomes = get(counters_.outcomes),
          .fetches = get(counters_.fetches),
          .clones = get(counters_.clones),
          .mismatches = get(counters_.mismatches)};
}

}  // namespace mig::coordinator
