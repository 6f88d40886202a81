#include "coordinator/handlers/enroll/enrollment_handlers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::coordinator {

EnrollmentHandlers::EnrollmentHandlers(Fleet& fleet, const CertificateIssuer& issuer,
                                       HostLimiter& host_limiter, base::Clock& clock,
                                       base::Random& random, const EnrollmentOptions& options)
    : fleet_(fleet),
      issuer_(issuer),
      clock_(clock),
      random_(random),
      options_(options),
      limiter_(options.limits),
      host_limiter_(host_limiter) {}

std::string EnrollmentHandlers::TrustDomain() const {
  return fleet_.snapshot()->root()->head().trust_domain;
}

void EnrollmentHandlers::WalkRoots(const Peer& peer, const v1::WalkRootsRequest& request,
                                   Done<v1::WalkRootsAnswer> done) {
  if (absl::Status s = limiter_.Admit(peer.address, clock_.MonotonicNow()); !s.ok()) return done(s);
  if (request.root_version() == 0) {
    return done(trust::Refuse(v1::Refusal::MALFORMED, "root_version is missing"));
  }
  // A byte is kept for the framing of each.
  constexpr size_t kMostBytes = base::kMaxGrpcMessageBytes - base::kKiB;
  v1::WalkRootsAnswer answer;
  size_t bytes = 0;
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  for (const trust::Verified<trust::Root>& root : snapshot->roots()) {
    if (root->version() <= request.root_version()) continue;
    bytes += root.envelope().size();
    if (answer.roots_size() == static_cast<int>(base::kMaxRootsPerRun) || bytes > kMostBytes) {
      answer.set_more(true);
      break;
    }
    answer.add_roots(root.envelope());
  }
  done(std::move(answer));
}

}  // namespace mig::coordinator
