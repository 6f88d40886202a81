#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/install/recover.h"
#include "loader/run/documents/trust_session.h"
#include "loader/run/run.h"
#include "loader/run/views/installed.h"
#include "loader/run/views/release_files.h"
#include "loader/run/views/self_view.h"
#include "loader/run/views/standing.h"
#include "loader/scan/digest_cache.h"
#include "loader/scan/scan.h"
#include "loader/state/state_directory.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

using Change = ProductResult::Change;

// How many files would change, for one product.
absl::StatusOr<size_t> CountChanges(const Host& host, const TrustSession& trust,
                                    const LocalManifest& local,
                                    const rollout::ProductDecision& decision) {
  const ReleaseFiles installed =
      InstalledFiles(host.dictionary, trust.held(), trust.state(), decision.product)
          .value_or(ReleaseFiles());
  if (decision.code != v1::Refusal::NONE) {
    MIG_ASSIGN_OR_RETURN(const Comparison comparison, CompareInstalled(installed, local));
    return comparison.changes.size();
  }
  const trust::Manifest& manifest = trust.held().manifest(decision.manifest)->manifest();
  MIG_ASSIGN_OR_RETURN(const ReleaseFiles wanted,
                       ResolveRelease(host.dictionary, manifest, decision.variant));
  MIG_RETURN_IF_ERROR(CheckRetired(installed.components, wanted, manifest));
  MIG_ASSIGN_OR_RETURN(const Comparison comparison, Compare(wanted, installed.components, local));
  return comparison.changes.size();
}

ProductResult Preview(const Host& host, const TrustSession& trust, const LocalManifest& local,
                      const rollout::ProductDecision& decision, RunResult& run) {
  ProductResult result{.product = decision.product};
  result.refusal.set_code(v1::Refusal::NONE);
  const auto versions = InstalledVersions(trust.held(), trust.state());
  const auto found = versions.find(decision.product);
  if (found != versions.end()) result.version_before = found->second;
  result.version = result.version_before;
  const absl::StatusOr<size_t> changes = CountChanges(host, trust, local, decision);
  if (!changes.ok()) {
    result.refusal = trust::ToMessage(changes.status(), v1::Refusal::INTERNAL);
    run.exit_code = Graver(run.exit_code, ExitCodeOf(changes.status()));
    return result;
  }
  const bool installs = decision.code == v1::Refusal::NONE;
  if (installs || *changes > 0) result.change = Change::kWould;
  if (installs) {
    result.version = trust.held().manifest(decision.manifest)->manifest().version();
  } else if (decision.code != v1::Refusal::ALREADY_INSTALLED) {
    result.refusal.set_code(decision.code);
  }
  run.notes.push_back(absl::StrCat(decision.product, ": ", *changes, " files would ",
                                   installs ? "be replaced" : "be repaired"));
  return result;
}

absl::Status Look(const Host& host, RunResult& result) {
  MIG_ASSIGN_OR_RETURN(
      const std::unique_ptr<StateDirectory> directory,
      StateDirectory::Open(host.disk, {.path = host.config.state_directory,
                                       .owner_uid = host.owner_uid,
                                       .if_missing = StateDirectory::IfMissing::kFail}));
  MIG_ASSIGN_OR_RETURN(const TrustSession trust, TrustSession::Open(host, *directory));
  result.trial_root = trust.root()->IsTrial();
  if (!trust.state().host_id.has_value()) {
    return trust::Refuse(v1::Refusal::NOT_ENROLLED,
                         "this host is not enrolled: mig-loader enroll --token-file FILE");
  }
  MIG_ASSIGN_OR_RETURN(const std::optional<Phase> phase, PeekPhase(host.place()));
  if (phase.has_value()) {
    result.notes.push_back(
        absl::StrCat("a journal in phase ", PhaseName(*phase), " would be finished first"));
  }
  DigestCache cache = DigestCache::Load(directory->directory(), "digests");
  MIG_ASSIGN_OR_RETURN(const LocalManifest local,
                       Scan(host.dictionary, {.disk = host.disk,
                                              .executor = host.executor,
                                              .cache = cache,
                                              .now = host.clock.WallNow()}));
  MIG_ASSIGN_OR_RETURN(const SelfView self, LookAtSelf(host, trust.held(), trust.state()));
  MIG_ASSIGN_OR_RETURN(const rollout::Decision decision, DecideNow(host, trust, self));
  for (const rollout::ProductDecision& product : decision.products) {
    result.products.push_back(Preview(host, trust, local, product, result));
  }
  return absl::OkStatus();
}

}  // namespace

RunResult DryRun(const Host& host) {
  RunResult result;
  result.refusal.set_code(v1::Refusal::NONE);
  absl::Status looked = Look(host, result);
  if (absl::IsNotFound(looked)) {
    looked = trust::Refuse(v1::Refusal::NOT_ENROLLED, looked.message());
  }
  if (!looked.ok()) {
    result.exit_code = ExitCodeOf(looked);
    result.refusal = trust::ToMessage(looked, v1::Refusal::INTERNAL);
  }
  return result;
}

}  // namespace mig::loader
