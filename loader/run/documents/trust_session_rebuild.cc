// What a host goes on with when its trusted state was lost (docs/protocol.md, "On the host"): the
// packaged root, and the most of all that remained. Nothing here believes more than signatures and
// the host's own kept sets say.

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/install/kept_sets.h"
#include "loader/run/documents/trust_session.h"
#include "trust/envelope.h"
#include "trust/refusal.h"
#include "trust/seen.h"
#include "trust/x509/certificate.h"

namespace mig::loader {

namespace {

// How many former roots stay: a way from an old package's root to the newest one.
constexpr size_t kMaxStoredRoots = 64;

// The host id, and since when it is ours, as the certificate says.
void RecoverIdentity(StateDirectory& directory, trust::TrustedState& state) {
  const absl::StatusOr<std::optional<IdentityPem>> identity = directory.identity().Current();
  if (!identity.ok() || !identity->has_value()) return;
  const absl::StatusOr<std::vector<trust::x509::Certificate>> chain =
      trust::x509::Certificate::ParsePemChain((*identity)->certificate_chain);
  if (!chain.ok()) return;
  const absl::StatusOr<trust::x509::SpiffeId> id = chain->front().spiffe_id();
  if (!id.ok() || !id->host_id().has_value()) return;
  state.host_id = id->host_id();
  if (!state.enrolled.has_value()) state.enrolled = chain->front().not_before();
}

void RecoverInstalled(const Place& place, const std::string& product, trust::TrustedState& state) {
  const absl::StatusOr<KeptSets> kept = KeptSets::Open(place, product);
  if (!kept.ok()) return;
  if (kept->current().has_value() && kept->current()->release.has_value()) {
    state.products[product].installed = kept->current()->release;
  }
  if (kept->previous().has_value() && kept->previous()->release.has_value()) {
    state.products[product].previous = kept->previous()->release;
  }
}

}  // namespace

absl::Status TrustSession::Rebuild(absl::string_view why) {
  // Roots: from the packaged one, or the recorded one if that held, as far as the stored ones lead.
  MIG_ASSIGN_OR_RETURN(const std::vector<base::Digest> digests, directory_.documents().List());
  std::map<uint64_t, std::string> roots;
  for (const base::Digest& digest : digests) {
    const absl::StatusOr<std::string> envelope = directory_.documents().Get(digest);
    if (!envelope.ok()) continue;
    const absl::StatusOr<trust::Verified<trust::Root>> candidate =
        trust::VerifyFirstRoot(*envelope);
    if (candidate.ok()) roots[(*candidate)->version()] = *envelope;
  }
  trust::Verified<trust::Root> newest = root();
  for (const auto& [version, envelope] : roots) {
    if (version <= newest->version()) continue;
    absl::StatusOr<trust::Verified<trust::Root>> next = trust::VerifyNextRoot(envelope, newest);
    if (!next.ok()) break;
    newest = *std::move(next);
  }
  held_ = HeldDocuments(std::move(newest));
  MIG_RETURN_IF_ERROR(LoadDocuments());

  RecoverIdentity(directory_, state_);
  if (const absl::StatusOr<std::string> machine = host_.facts.MachineId();
      machine.ok() && !state_.machine.has_value()) {
    state_.machine = trust::MachineDigest(*machine);
  }
  for (const Product& product : host_.dictionary.products()) {
    RecoverInstalled(host_.place(), product.name, state_);
    const trust::TrustedProduct* trusted = state_.product(product.name);
    if (trusted == nullptr || !trusted->installed.has_value()) continue;
    const rollout::CheckedManifest* manifest = held_.manifest(trusted->installed->manifest);
    if (manifest != nullptr) trust::MoveSeen(state_, manifest->verified());
  }
  notices_.push_back({.code = v1::Refusal::TRUST_STATE_LOST,
                      .text = absl::StrCat("trusted state in ", directory_.path(), ": ", why,
                                           "; went on from root version ", root()->version(),
                                           " and what else remained")});
  saved_.clear();
  return absl::OkStatus();
}

std::vector<base::Digest> TrustSession::RootsOnDisk() const {
  std::vector<std::pair<uint64_t, base::Digest>> roots;
  const absl::StatusOr<std::vector<base::Digest>> digests = directory_.documents().List();
  if (!digests.ok()) return {};
  for (const base::Digest& digest : *digests) {
    const absl::StatusOr<std::string> envelope = directory_.documents().Get(digest);
    if (!envelope.ok()) continue;
    const absl::StatusOr<trust::Envelope> parsed =
        trust::Envelope::Parse(*envelope, trust::DocumentType::kRoot);
    if (!parsed.ok() || parsed->digest() != digest) continue;
    const absl::StatusOr<trust::Root> root = trust::Root::Parse(parsed->payload());
    if (root.ok() && root->version() <= held_.root()->version()) {
      roots.emplace_back(root->version(), digest);
    }
  }
  std::sort(roots.rbegin(), roots.rend());
  if (roots.size() > kMaxStoredRoots) roots.resize(kMaxStoredRoots);
  std::vector<base::Digest> kept;
  for (const auto& [version, digest] : roots) kept.push_back(digest);
  return kept;
}

}  // namespace mig::loader
