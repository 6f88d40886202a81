#include "ctl/documents/review.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "ctl/documents/make_plan.h"
#include "ctl/output/words.h"
#include "trust/document_type.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

constexpr absl::string_view kTrialBanner = "TRIAL ROOT 1 of 1";

std::string Compared(const Screen& now, const std::string& since,
                     const std::optional<Screen>& before) {
  if (!before.has_value()) return absl::StrCat("  ", since, "\n");
  const std::vector<std::string> differences = Differences(*before, now);
  if (differences.empty()) return absl::StrCat("  ", since, ": says the same\n");
  return absl::StrCat("  ", since, ":\n    ", absl::StrJoin(differences, "\n    "), "\n");
}

std::string WithDigest(Screen screen, const base::Digest& digest) {
  screen.lines.push_back({"sha256", SpokenDigest(digest)});
  return screen.Render();
}

std::string Banner(bool is_trial) {
  return is_trial ? absl::StrCat(kTrialBanner, "\n") : std::string();
}

absl::StatusOr<Review> DescribeRoot(const trust::Envelope& envelope, const ReviewContext& context) {
  MIG_ASSIGN_OR_RETURN(const trust::Root root, trust::Root::Parse(envelope.payload()));
  const Screen screen = ScreenOf(root);
  std::optional<Screen> before;
  std::string since = "first root: nothing to compare it with";
  if (context.root != nullptr && context.root->digest() == envelope.digest()) {
    since = "this is the root that is trusted here";
  } else if (context.root != nullptr) {
    before = ScreenOf(**context.root);
    since = absl::StrCat("since root ", (*context.root)->version());
  }
  Review review;
  review.name = absl::StrCat("root-", root.version());
  review.screen = absl::StrCat(Banner(root.IsTrial()), WithDigest(screen, envelope.digest()),
                               Compared(screen, since, before));
  review.ask = "Compare the sha256 aloud with the other holders, then type its first 8";
  review.confirmation = ShortDigest(envelope.digest());
  return review;
}

absl::StatusOr<Review> DescribeManifest(const trust::Envelope& envelope,
                                        const ReviewContext& context) {
  MIG_ASSIGN_OR_RETURN(const trust::Manifest manifest, trust::Manifest::Parse(envelope.payload()));
  const Screen screen = ScreenOf(manifest);
  std::optional<Screen> before;
  std::string since = "first release known here: nothing to compare it with";
  if (context.last_manifest != nullptr && context.last_manifest->digest() == envelope.digest()) {
    since = "the newest trusted release";
  } else if (context.last_manifest != nullptr) {
    const trust::Manifest& last = **context.last_manifest;
    before = ScreenOf(last);
    since = absl::StrCat("since ", last.product(), " ", last.version(), " (sequence ",
                         trust::ToText(last.numbers()), ")");
  }
  Review review;
  review.name = absl::StrCat(manifest.product(), "@", manifest.version());
  review.screen =
      absl::StrCat(WithDigest(screen, envelope.digest()), Compared(screen, since, before));
  review.ask = "Type the first 8 of the sha256";
  review.confirmation = ShortDigest(envelope.digest());
  return review;
}

absl::StatusOr<Review> DescribePlan(const trust::Envelope& envelope, const ReviewContext& context) {
  MIG_ASSIGN_OR_RETURN(const trust::Plan plan, trust::Plan::Parse(envelope.payload()));
  const Screen screen = ScreenOf(plan, context.releases);
  std::optional<Screen> before;
  std::string since = "first plan of its stream known here: nothing to compare it with";
  if (context.last_plan != nullptr && context.last_plan->digest() == envelope.digest()) {
    since = "the newest trusted plan of its stream";
  } else if (context.last_plan != nullptr) {
    const trust::Plan& last = **context.last_plan;
    before = ScreenOf(last, context.releases);
    since =
        absl::StrCat("since plan ", last.name(), " (sequence ", trust::ToText(last.numbers()), ")");
  }
  Review review;
  review.name = plan.name();
  review.screen =
      absl::StrCat(WithDigest(screen, envelope.digest()), Compared(screen, since, before));
  review.ask = "Type the plan's name";
  review.confirmation = plan.name();
  return review;
}

// A line of documents goes up: never below what was trusted last, never two of one number.
template <typename T>
absl::Status CheckGoesOn(const trust::Envelope& envelope, const T& document,
                         const trust::Verified<T>* last, const std::string& name) {
  if (last == nullptr || last->digest() == envelope.digest()) return absl::OkStatus();
  const trust::Numbers& before = (*last)->numbers();
  if (document.numbers() > before) return absl::OkStatus();
  const bool is_same = document.numbers() == before;
  return trust::Refuse(is_same ? v1::Refusal::EQUIVOCATION : v1::Refusal::BELOW_SEEN,
                       absl::StrCat(name, " has sequence ", trust::ToText(document.numbers()),
                                    ", and the last "
                                    "trusted one has ",
                                    trust::ToText(before), is_same ? " with other contents" : "",
                                    "; make it anew with a higher one"));
}

absl::Status JudgeManifest(const trust::Envelope& envelope, const ReviewContext& context) {
  MIG_ASSIGN_OR_RETURN(const trust::Manifest manifest, trust::Manifest::Parse(envelope.payload()));
  const trust::RootProduct* const product = (*context.root)->product(manifest.product());
  if (product == nullptr || product->epoch != manifest.numbers().epoch) {
    return trust::Refuse(product == nullptr ? v1::Refusal::NOT_IN_ROOT : v1::Refusal::EPOCH,
                         absl::StrCat("product '", manifest.product(), "' is not in root ",
                                      (*context.root)->version(), " with epoch ",
                                      manifest.numbers().epoch, "; publish it anew"));
  }
  const absl::StatusOr<Review> review = DescribeManifest(envelope, context);
  const trust::Verified<trust::Manifest>* last = context.last_manifest;
  if (last != nullptr && (*last)->product() != manifest.product()) last = nullptr;
  return CheckGoesOn(envelope, manifest, last, review->name);
}

absl::Status JudgePlan(const trust::Envelope& envelope, const ReviewContext& context) {
  MIG_ASSIGN_OR_RETURN(const trust::Plan plan, trust::Plan::Parse(envelope.payload()));
  const trust::Plan* const last = context.last_plan == nullptr ? nullptr : &**context.last_plan;
  MIG_RETURN_IF_ERROR(LintPlan(plan, **context.root, last));
  for (const trust::PlanItem& item : plan.items()) {
    for (const base::Digest& digest : {item.manifest, item.fallback.value_or(item.manifest)}) {
      if (context.releases.contains(digest)) continue;
      return trust::Refuse(v1::Refusal::MISSING_DOCUMENT,
                           absl::StrCat("plan ", plan.name(), " names a manifest of ", item.product,
                                        " (sha256 ", digest.ToHex(),
                                        ") that does not verify here; sign that release first: "
                                        "migctl release list"));
    }
  }
  return CheckGoesOn(envelope, plan, context.last_plan, plan.name());
}

// The role whose keys sign this, as the trusted root has it; a root's own where it is a root.
absl::StatusOr<trust::Role> RoleFor(const trust::Envelope& envelope, const ReviewContext& context) {
  if (envelope.type() == trust::DocumentType::kRoot) {
    MIG_ASSIGN_OR_RETURN(const trust::Root root, trust::Root::Parse(envelope.payload()));
    return root.role(trust::RoleKind::kRoot);
  }
  if (context.root == nullptr) {
    return absl::FailedPreconditionError(
        "no trusted root here; give one with --root FILE, or migctl context set NAME --root FILE");
  }
  return (*context.root)->role(trust::RulesOf(envelope.type()).role);
}

// A successor needs the keys of the root before it too; those of that one alone may sign it.
const trust::Role* FormerRole(const trust::Envelope& envelope, const ReviewContext& context) {
  if (envelope.type() != trust::DocumentType::kRoot || context.root == nullptr ||
      context.root->digest() == envelope.digest()) {
    return nullptr;
  }
  return &(*context.root)->role(trust::RoleKind::kRoot);
}

bool HasKey(const trust::Role& role, const trust::KeyId& id) {
  return std::any_of(role.keys.begin(), role.keys.end(),
                     [&](const trust::RoleKey& key) { return key.key.id() == id; });
}

}  // namespace

absl::StatusOr<Review> Describe(const trust::Envelope& envelope, const ReviewContext& context) {
  switch (envelope.type()) {
    case trust::DocumentType::kRoot:
      return DescribeRoot(envelope, context);
    case trust::DocumentType::kManifest:
      return DescribeManifest(envelope, context);
    case trust::DocumentType::kPlan:
      return DescribePlan(envelope, context);
    default:
      return trust::Refuse(v1::Refusal::PAYLOAD_TYPE,
                           "only roots, releases and plans are signed by people");
  }
}

absl::StatusOr<Review> ReviewForSigning(const trust::Envelope& envelope,
                                        const ReviewContext& context) {
  MIG_ASSIGN_OR_RETURN(Review review, Describe(envelope, context));
  if (envelope.type() != trust::DocumentType::kRoot && context.root == nullptr) {
    return RoleFor(envelope, context).status();
  }
  if (context.root != nullptr && context.root->digest() != envelope.digest()) {
    MIG_RETURN_IF_ERROR(trust::CheckSignable(envelope, *context.root));
  }
  if (envelope.type() == trust::DocumentType::kManifest) {
    MIG_RETURN_IF_ERROR(JudgeManifest(envelope, context));
  }
  if (envelope.type() == trust::DocumentType::kPlan) {
    MIG_RETURN_IF_ERROR(JudgePlan(envelope, context));
  }
  review.screen = absl::StrCat("You sign:\n", review.screen);
  return review;
}

std::string SignatureCount::Words() const {
  std::string words = absl::StrCat(signed_by.size(), " of ", threshold);
  if (!signed_by.empty()) absl::StrAppend(&words, " (", absl::StrJoin(signed_by, " "), ")");
  return words;
}

absl::StatusOr<SignatureCount> CountSignatures(const trust::Envelope& envelope,
                                               const ReviewContext& context) {
  MIG_ASSIGN_OR_RETURN(const trust::Role role, RoleFor(envelope, context));
  SignatureCount count;
  count.threshold = role.threshold;
  if (envelope.type() == trust::DocumentType::kPlan) {
    MIG_ASSIGN_OR_RETURN(const trust::Plan plan, trust::Plan::Parse(envelope.payload()));
    if (plan.emergency()) count.threshold = role.emergency_threshold;
  }
  for (const trust::KeyId& id : trust::SignersOf(envelope, role)) {
    const auto key = std::find_if(role.keys.begin(), role.keys.end(),
                                  [&](const trust::RoleKey& each) { return each.key.id() == id; });
    count.signed_by.push_back(key->name);
  }
  std::sort(count.signed_by.begin(), count.signed_by.end());
  count.is_complete = count.signed_by.size() >= count.threshold;
  if (const trust::Role* const former = FormerRole(envelope, context)) {
    count.is_complete =
        count.is_complete && trust::SignersOf(envelope, *former).size() >= former->threshold;
  }
  return count;
}

absl::StatusOr<trust::Envelope> SignWith(const trust::Envelope& envelope,
                                         const trust::NamedSigningKey& key,
                                         const ReviewContext& context) {
  MIG_ASSIGN_OR_RETURN(const trust::Role role, RoleFor(envelope, context));
  const trust::KeyId& id = key.key.public_key().id();
  const trust::Role* const former = FormerRole(envelope, context);
  const trust::Role* const counted = HasKey(role, id)                           ? &role
                                     : former != nullptr && HasKey(*former, id) ? former
                                                                                : nullptr;
  if (counted == nullptr) {
    return absl::PermissionDeniedError(absl::StrCat(
        "key ", key.name, " (", trust::ShortId(id), ") is not one of the ",
        trust::NameOf(role.kind),
        " keys, so its signature would not count; use one of these, or list yours with migctl key "
        "list"));
  }
  trust::Envelope result = envelope;
  MIG_RETURN_IF_ERROR(result.Sign(key.key));
  const std::vector<trust::KeyId> signers = trust::SignersOf(result, *counted);
  if (std::find(signers.begin(), signers.end(), id) == signers.end()) {
    return absl::InternalError(absl::StrCat("the signature of ", key.name,
                                            " does not verify; nothing was kept; is the "
                                            "key file damaged?"));
  }
  return result;
}

}  // namespace mig::ctl
