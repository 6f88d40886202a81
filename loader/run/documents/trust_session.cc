#include "loader/run/documents/trust_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/whole_file.h"
#include "trust/envelope.h"
#include "trust/refusal.h"
#include "trust/root_chain.h"
#include "trust/seen.h"
#include "trust/times.h"

namespace mig::loader {

absl::StatusOr<trust::Verified<trust::Root>> ReadPackagedRoot(const Host& host) {
  const std::string& path = host.config.root_file;
  const auto wrong = [&path](absl::string_view why) {
    return trust::Refuse(v1::Refusal::CONFIGURATION,
                         absl::StrCat("packaged root ", path, ": ", why));
  };
  const absl::StatusOr<std::string> bytes =
      base::ReadWhole(host.disk, path, base::kMaxEnvelopeBytes);
  if (absl::IsNotFound(bytes.status())) {
    return wrong(
        "is missing; put the root of your trust domain there, or name its file as "
        "`root_file` in loader.toml");
  }
  if (!bytes.ok()) return wrong(bytes.status().message());
  absl::StatusOr<trust::Verified<trust::Root>> root = trust::VerifyFirstRoot(*bytes);
  if (!root.ok()) return wrong(absl::StrCat(root.status().message(), "; copy it again"));
  const std::string& domain = (*root)->head().trust_domain;
  if (domain != host.config.trust_domain) {
    return wrong(absl::StrCat("is of trust domain ", domain, ", loader.toml says ",
                              host.config.trust_domain, "; one of them is another fleet's"));
  }
  return root;
}

namespace {

// Former heads that may lie about: removing one costs a directory's fsync.
constexpr size_t kMaxHeadsOnDisk = 8;

using StoredHead = std::pair<trust::Head, const std::string*>;

// The store of the latest one first (a host changes its store, never back), in it by position.
void SortNewestFirst(std::vector<StoredHead>& heads) {
  if (heads.empty()) return;
  const trust::StoreId store =
      std::max_element(heads.begin(), heads.end(), [](const StoredHead& a, const StoredHead& b) {
        return a.first.head().issued < b.first.head().issued;
      })->first.store_id();
  std::sort(heads.begin(), heads.end(), [&store](const StoredHead& a, const StoredHead& b) {
    const bool a_is_of_it = a.first.store_id() == store;
    const bool b_is_of_it = b.first.store_id() == store;
    if (a_is_of_it != b_is_of_it) return a_is_of_it;
    return a.first.position() > b.first.position();
  });
}

}  // namespace

absl::StatusOr<TrustSession> TrustSession::Open(const Host& host, StateDirectory& directory) {
  MIG_ASSIGN_OR_RETURN(trust::Verified<trust::Root> packaged, ReadPackagedRoot(host));
  TrustSession session(host, directory, std::move(packaged));
  MIG_RETURN_IF_ERROR(session.Load());
  return session;
}

absl::Status TrustSession::Load() {
  MIG_ASSIGN_OR_RETURN(const TwoHalvesFile::Content content, directory_.trust().Read());
  std::string lost;
  if (content.payload.has_value()) {
    absl::StatusOr<trust::TrustedState> state = trust::ParseTrustedState(*content.payload);
    if (trust::RefusalOf(state.status()) == v1::Refusal::UNSUPPORTED) return state.status();
    if (state.ok()) {
      state_ = *std::move(state);
      saved_ = *content.payload;
    } else {
      lost = absl::StrCat("it cannot be read (", state.status().message(), ")");
    }
    if (content.damaged) lost = "one of its halves is damaged, the newer one maybe";
  } else if (content.exists) {
    lost = "both of its halves are damaged";
  } else {
    MIG_ASSIGN_OR_RETURN(const std::optional<IdentityPem> identity,
                         directory_.identity().Current());
    if (identity.has_value()) lost = "it is missing";
  }
  if (!TakeRecordedRoot() && lost.empty() && state_.root_version > packaged_->version()) {
    lost = absl::StrCat("the root that it names, version ", state_.root_version,
                        ", is missing or does not verify");
  }
  if (!lost.empty()) MIG_RETURN_IF_ERROR(Rebuild(lost));
  MIG_RETURN_IF_ERROR(LoadDocuments());
  state_.root_version = root()->version();
  state_.root_digest = root().digest();
  return absl::OkStatus();
}

bool TrustSession::TakeRecordedRoot() {
  if (state_.root_version <= packaged_->version()) return state_.root_version != 0;
  const absl::StatusOr<std::string> stored = directory_.documents().Get(state_.root_digest);
  if (!stored.ok()) return false;
  absl::StatusOr<trust::Verified<trust::Root>> root = trust::VerifyFirstRoot(*stored);
  const bool is_it = root.ok() && root->digest() == state_.root_digest &&
                     (*root)->version() == state_.root_version &&
                     (*root)->head().trust_domain == packaged_->head().trust_domain;
  if (is_it) held_ = HeldDocuments(*std::move(root));
  return is_it;
}

absl::Status TrustSession::LoadDocuments() {
  std::vector<std::string> heads;
  MIG_ASSIGN_OR_RETURN(const std::vector<base::Digest> digests, directory_.documents().List());
  for (const base::Digest& digest : digests) {
    const absl::StatusOr<std::string> envelope = directory_.documents().Get(digest);
    if (envelope.ok()) TakeStoredDocument(digest, *envelope, heads);
  }
  TakeNewestHead(heads);
  MoveSeenByHeldPlans();
  return absl::OkStatus();
}

// What does not verify now counts as not there: under another root it may again, or goes with the
// next sweep.
void TrustSession::TakeStoredDocument(const base::Digest& digest, const std::string& envelope,
                                      std::vector<std::string>& heads) {
  const absl::StatusOr<trust::Envelope> parsed = trust::Envelope::ParseAny(envelope);
  if (!parsed.ok() || parsed->digest() != digest) return;
  switch (parsed->type()) {
    case trust::DocumentType::kPlan:
      held_.AddPlan(envelope).status().IgnoreError();
      return;
    case trust::DocumentType::kManifest:
      held_.AddManifest(envelope).status().IgnoreError();
      return;
    case trust::DocumentType::kHead:
      heads.push_back(envelope);
      return;
    case trust::DocumentType::kRoot:
    case trust::DocumentType::kAssignment:
      return;
  }
}

// Several lie there, since removing one costs a directory's fsync: the newest that verifies counts.
void TrustSession::TakeNewestHead(const std::vector<std::string>& envelopes) {
  heads_on_disk_ = envelopes.size();
  std::vector<StoredHead> heads;
  for (const std::string& envelope : envelopes) {
    const absl::StatusOr<trust::Envelope> parsed =
        trust::Envelope::Parse(envelope, trust::DocumentType::kHead);
    if (!parsed.ok()) continue;
    absl::StatusOr<trust::Head> head = trust::Head::Parse(parsed->payload());
    if (head.ok()) heads.emplace_back(*std::move(head), &envelope);
  }
  SortNewestFirst(heads);
  for (const auto& [head, envelope] : heads) {
    absl::StatusOr<trust::Verified<trust::Head>> verified =
        trust::Verify<trust::Head>(*envelope, root());
    if (!verified.ok()) continue;
    head_ = *std::move(verified);
    return;
  }
}

// A plan moves its stream's `seen` when it verifies, also where a power cut came between its file
// and the state. One that equivocates is no plan.
void TrustSession::MoveSeenByHeldPlans() {
  for (const rollout::CheckedPlan* plan : held_.plans()) {
    const absl::StatusOr<trust::PlanPlace> place =
        trust::JudgePlan(state_, *root(), plan->verified());
    if (!place.ok()) {
      if (trust::RefusalOf(place.status()) == v1::Refusal::EQUIVOCATION)
        held_.Remove(plan->digest());
      continue;
    }
    if (*place == trust::PlanPlace::kNewest) {
      trust::MoveSeen(state_, *root(), plan->verified());
    }
  }
}

absl::Status TrustSession::Save() {
  state_.root_version = root()->version();
  state_.root_digest = root().digest();
  if (head_.has_value()) state_.head = head_->digest();
  MIG_ASSIGN_OR_RETURN(std::string payload, trust::SerializeTrustedState(state_));
  if (payload == saved_) return absl::OkStatus();
  MIG_RETURN_IF_ERROR(directory_.trust().Write(payload));
  saved_ = std::move(payload);
  return absl::OkStatus();
}

absl::Status TrustSession::Store(const base::Digest& digest, absl::string_view envelope,
                                 Lasting lasting) {
  const auto put = [&] {
    DocumentStore& documents = directory_.documents();
    return lasting == Lasting::kUntilNext ? documents.PutUntilNext(digest, envelope)
                                          : documents.Put(digest, envelope);
  };
  const absl::Status stored = put();
  if (!absl::IsResourceExhausted(stored)) return stored;
  MIG_RETURN_IF_ERROR(Sweep());
  return put();
}

absl::Status TrustSession::AcceptRoots(std::span<const std::string> envelopes) {
  trust::RootWalk walk =
      trust::WalkRoots(root(), envelopes, base::kMaxRootsPerRun - roots_followed_);
  if (walk.steps > 0) {
    for (const std::string& envelope : envelopes.first(walk.steps)) {
      MIG_ASSIGN_OR_RETURN(const trust::Envelope parsed,
                           trust::Envelope::Parse(envelope, trust::DocumentType::kRoot));
      MIG_RETURN_IF_ERROR(Store(parsed.digest(), envelope));
    }
    roots_followed_ += walk.steps;
    held_.ChangeRoot(std::move(walk.root));
    // Its head may be by a key that is no more.
    if (head_.has_value() && !trust::Verify<trust::Head>(head_->envelope(), root()).ok()) {
      head_.reset();
      state_.head.reset();
    }
    MIG_RETURN_IF_ERROR(Save());
  }
  return walk.stopped;
}

absl::Status TrustSession::CheckRootLives() const {
  return trust::CheckRootLives(*root(), Clocks().not_after);
}

absl::Status TrustSession::OfferHead(absl::string_view envelope) {
  absl::StatusOr<trust::Verified<trust::Head>> head = trust::Verify<trust::Head>(envelope, root());
  if (!head.ok()) return absl::OkStatus();
  const bool same_store = head_.has_value() && (*head_)->store_id() == (*head)->store_id();
  if (same_store && (*head)->position() <= (*head_)->position()) return absl::OkStatus();
  // A run with nothing to do makes two calls of fsync at most: this one, and that of the status.
  MIG_RETURN_IF_ERROR(Store(head->digest(), envelope, Lasting::kUntilNext));
  // That the state names it is worth no write of its own: it is found among the documents.
  head_ = *std::move(head);
  return ++heads_on_disk_ > kMaxHeadsOnDisk ? Sweep() : absl::OkStatus();
}

absl::Status TrustSession::Sweep() {
  std::vector<base::Digest> keep = held_.WorthKeeping(state_);
  if (head_.has_value()) keep.push_back(head_->digest());
  for (const base::Digest& digest : RootsOnDisk()) keep.push_back(digest);
  std::sort(keep.begin(), keep.end());
  return directory_.documents().Sweep(keep);
}

rollout::Clocks TrustSession::Clocks(std::optional<absl::Time> assignment_issued) const {
  const absl::Time now = host_.clock.WallNow();
  const absl::Time held[] = {held_.newest_issued()};
  return {.system = now,
          .not_before = trust::NotBeforeNow(now, assignment_issued),
          .not_after = trust::NotAfterNow(now, held),
          .waves_closed_until = state_.waves_closed_until.value_or(absl::InfinitePast())};
}

}  // namespace mig::loader
