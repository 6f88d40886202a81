#include "loader/run/install/going_back.h"

#include <utility>

#include "absl/status/statusor.h"
#include "loader/install/journal.h"
#include "loader/run/views/release_files.h"
#include "trust/refusal.h"
#include "trust/seen.h"

namespace mig::loader {

GoingBack GoingBackTo(Session& session, absl::string_view product,
                      const std::optional<trust::Installed>& from) {
  if (!from.has_value()) return GoingBack::kAllowed;
  const TrustSession& trust = session.trust();
  const rollout::CheckedManifest* manifest = trust.held().manifest(from->manifest);
  if (manifest == nullptr || trust.root()->product(product) == nullptr) return GoingBack::kAllowed;
  const absl::Status judged = trust::JudgeManifest(
      trust.state(), *trust.root(), manifest->verified(), trust::ManifestUse::kRepair);
  return trust::RefusalOf(judged) == v1::Refusal::BELOW_FLOOR ? GoingBack::kBelowFloor
                                                              : GoingBack::kAllowed;
}

WayBack WayBackTo(Session& session, absl::string_view product,
                  const std::optional<trust::Installed>& from) {
  WayBack way_back{.going_back = GoingBackTo(session, product, from)};
  const rollout::CheckedManifest* manifest =
      from.has_value() ? session.trust().held().manifest(from->manifest) : nullptr;
  if (manifest == nullptr) return way_back;
  absl::StatusOr<ReleaseFiles> files =
      ResolveRelease(session.host.dictionary, manifest->manifest(), from->variant);
  if (files.ok()) way_back.release = std::move(files->components);
  return way_back;
}

WayBack WayBackOfJournal(Session& session) {
  const absl::StatusOr<std::optional<Journal>> journal =
      ReadJournal(session.directory().directory());
  // Recover says what is wrong with one that cannot be read.
  if (!journal.ok() || !journal->has_value()) return {};
  return WayBackTo(session, (*journal)->facts.product, (*journal)->facts.from);
}

}  // namespace mig::loader
