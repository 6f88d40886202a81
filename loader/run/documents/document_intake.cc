#include "loader/run/documents/document_intake.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "trust/envelope.h"
#include "trust/refusal.h"
#include "trust/seen.h"

namespace mig::loader {

namespace {

absl::Status Unwanted(absl::string_view what, const base::Digest& digest, absl::string_view why) {
  return trust::Refuse(v1::Refusal::UNWANTED_DOCUMENT,
                       absl::StrCat(what, " ", digest.ToHex(), " ", why));
}

}  // namespace

absl::Status DocumentIntake::Take(const v1::CheckInAnswer& answer) {
  int roots = 0;
  MIG_RETURN_IF_ERROR(TakeRoots(answer, roots));
  MIG_RETURN_IF_ERROR(trust_.CheckRootLives());
  MIG_RETURN_IF_ERROR(trust_.OfferHead(answer.head()));

  absl::Status refused;
  std::set<base::Digest> in_answer;
  for (int i = roots; i < answer.documents_size() && refused.ok(); ++i) {
    refused = TakeOne(answer.documents(i), in_answer);
  }
  if (refused.ok()) refused = CheckEarlierPlans();
  MIG_RETURN_IF_ERROR(StoreNamed());
  // Only where a plan moved something: a head alone is worth no write of the state.
  if (!in_answer.empty()) MIG_RETURN_IF_ERROR(trust_.Save());
  return refused;
}

absl::Status DocumentIntake::TakeRoots(const v1::CheckInAnswer& answer, int& taken) {
  std::vector<std::string> roots;
  for (const std::string& document : answer.documents()) {
    const absl::StatusOr<trust::Envelope> parsed = trust::Envelope::ParseAny(document);
    if (!parsed.ok() || parsed->type() != trust::DocumentType::kRoot) break;
    roots.push_back(document);
  }
  taken = static_cast<int>(roots.size());
  return roots.empty() ? absl::OkStatus() : trust_.AcceptRoots(roots);
}

absl::Status DocumentIntake::TakeOne(const std::string& envelope,
                                     std::set<base::Digest>& in_answer) {
  MIG_ASSIGN_OR_RETURN(const trust::Envelope parsed, trust::Envelope::ParseAny(envelope));
  if (!in_answer.insert(parsed.digest()).second) {
    return Unwanted("document", parsed.digest(), "is in one answer twice");
  }
  switch (parsed.type()) {
    case trust::DocumentType::kPlan:
      return TakePlan(envelope);
    case trust::DocumentType::kManifest: {
      MIG_ASSIGN_OR_RETURN(const rollout::CheckedManifest* manifest,
                           trust_.held().AddManifest(envelope));
      unstored_.push_back(manifest->digest());
      return absl::OkStatus();
    }
    case trust::DocumentType::kRoot:
      return Unwanted("root", parsed.digest(), "comes after other documents");
    case trust::DocumentType::kAssignment:
    case trust::DocumentType::kHead:
      break;
  }
  return Unwanted("document", parsed.digest(), "is no root, plan or manifest");
}

absl::Status DocumentIntake::TakePlan(const std::string& envelope) {
  MIG_ASSIGN_OR_RETURN(const rollout::CheckedPlan* plan, trust_.held().AddPlan(envelope));
  const base::Digest digest = plan->digest();
  const absl::StatusOr<trust::PlanPlace> place =
      trust::JudgePlan(trust_.state(), *trust_.root(), plan->verified());
  if (!place.ok()) {
    trust_.held().Remove(digest);
    return place.status();
  }
  if (*place == trust::PlanPlace::kEarlier) {
    earlier_.push_back(digest);
    return absl::OkStatus();
  }
  MIG_RETURN_IF_ERROR(trust_.Store(digest, envelope));
  trust::MoveSeen(trust_.state(), *trust_.root(), plan->verified());
  trust::ClearRetried(trust_.state(), plan->verified());
  return absl::OkStatus();
}

// Judged when all plans of the answer are there: a base may come before or after who names it.
absl::Status DocumentIntake::CheckEarlierPlans() {
  const rollout::Documents view = trust_.held().View();
  absl::Status refused;
  for (const base::Digest& digest : std::exchange(earlier_, {})) {
    const rollout::CheckedPlan* plan = trust_.held().plan(digest);
    if (plan == nullptr) continue;
    const auto names_it = [&digest](const rollout::StreamPlans& stream) {
      return stream.newest->digest() == digest ||
             (stream.base != nullptr && stream.base->digest() == digest);
    };
    if (std::any_of(view.streams.begin(), view.streams.end(), names_it)) {
      MIG_RETURN_IF_ERROR(trust_.Store(digest, plan->verified().envelope()));
      continue;
    }
    refused = trust::Refuse(
        v1::Refusal::BELOW_SEEN,
        absl::StrCat("plan ", plan->plan().name(), " of stream ", plan->plan().stream(),
                     " is older than what this host has seen, and not the base of that"));
    trust_.held().Remove(digest);
  }
  return refused;
}

absl::Status DocumentIntake::StoreNamed() {
  std::vector<base::Digest> unnamed;
  for (const base::Digest& digest : std::exchange(unstored_, {})) {
    const rollout::CheckedManifest* manifest = trust_.held().manifest(digest);
    if (manifest == nullptr) continue;  // its keys went with the former root
    if (!trust_.held().IsNamed(digest, trust_.state())) {
      unnamed.push_back(digest);
      continue;
    }
    MIG_RETURN_IF_ERROR(trust_.Store(digest, manifest->verified().envelope()));
  }
  unstored_ = std::move(unnamed);
  return absl::OkStatus();
}

absl::Status DocumentIntake::Finish(const std::vector<trust::AssignmentItem>& items) {
  absl::Status refused;
  for (const base::Digest& digest : std::exchange(unstored_, {})) {
    const auto names_it = [&digest](const trust::AssignmentItem& item) {
      return item.manifest == digest;
    };
    const rollout::CheckedManifest* manifest = trust_.held().manifest(digest);
    if (manifest == nullptr) continue;
    if (std::any_of(items.begin(), items.end(), names_it)) {
      MIG_RETURN_IF_ERROR(trust_.Store(digest, manifest->verified().envelope()));
      continue;
    }
    refused = Unwanted("manifest", digest, "is named by no plan, and assigned by nobody");
    trust_.held().Remove(digest);
  }
  return refused;
}

}  // namespace mig::loader
