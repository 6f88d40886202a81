#include "trust/seen.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::trust {

namespace {

// "manifest agent 118"
std::string NameOf(const Manifest& manifest) {
  return absl::StrCat("manifest ", manifest.product(), " ", ToText(manifest.numbers()));
}
std::string NameOf(const Plan& plan) {
  return absl::StrCat("plan ", plan.name(), " (", plan.stream(), " ", ToText(plan.numbers()), ")");
}

absl::Status CheckEpoch(const std::string& name, uint64_t epoch, uint64_t of_root) {
  if (epoch == of_root) return absl::OkStatus();
  return Refuse(v1::Refusal::EPOCH,
                absl::StrCat(name, " is of epoch ", epoch, ", the root says ", of_root));
}

absl::Status Equivocation(const std::string& name, absl::string_view what, const base::Digest& mine,
                          const base::Digest& other) {
  return Refuse(v1::Refusal::EQUIVOCATION,
                absl::StrCat(name, " has ", what, ": ", mine.ToHex(), " here, ", other.ToHex(),
                             " there; two were signed under one number, ask who did"));
}

// What binds a repair too.
absl::Status CheckAllowedByRoot(const Root& root, const Verified<Manifest>& manifest) {
  const RootProduct* product = root.product(manifest->product());
  const std::string name = NameOf(*manifest);
  if (product == nullptr) {
    return Refuse(v1::Refusal::NOT_IN_ROOT,
                  absl::StrCat(name, ": the root has no product '", manifest->product(), "'"));
  }
  MIG_RETURN_IF_ERROR(CheckEpoch(name, manifest->numbers().epoch, product->epoch));
  if (manifest->numbers().sequence < product->floor) {
    return Refuse(v1::Refusal::BELOW_FLOOR,
                  absl::StrCat(name, " is below the floor ", product->floor, " of the root"));
  }
  if (std::binary_search(product->withdrawn.begin(), product->withdrawn.end(), manifest.digest())) {
    return Refuse(v1::Refusal::WITHDRAWN,
                  absl::StrCat(name, " was withdrawn by root version ", root.version()));
  }
  return absl::OkStatus();
}

absl::Status CheckRollout(const TrustedState& state, const Verified<Plan>& plan) {
  const base::Digest binding = plan->RolloutBinding();
  for (const auto& [name, stream] : state.streams) {
    if (stream.rollout != plan->rollout() || stream.rollout_binding == binding) continue;
    return Equivocation(NameOf(*plan),
                        absl::StrCat("the rollout id of an earlier plan in stream '", name,
                                     "', with another seed, first issue or targets"),
                        binding, stream.rollout_binding);
  }
  return absl::OkStatus();
}

void MakeRoomForStream(TrustedState& state, const Root& root, const std::string& stream) {
  if (state.streams.contains(stream) || state.streams.size() < base::kMaxStreams) return;
  const size_t forgotten = std::erase_if(
      state.streams, [&root](const auto& entry) { return root.stream(entry.first) == nullptr; });
  if (forgotten == 0) return;
  state.streams_forgotten =
      std::max(state.streams_forgotten.value_or(absl::InfinitePast()), root.head().issued);
}

}  // namespace

absl::Status JudgeManifest(const TrustedState& state, const Root& root,
                           const Verified<Manifest>& manifest, ManifestUse use) {
  MIG_RETURN_IF_ERROR(CheckAllowedByRoot(root, manifest));
  const TrustedProduct* product = state.product(manifest->product());
  if (product == nullptr || !product->seen.has_value()) return absl::OkStatus();
  const Seen& seen = *product->seen;
  if (manifest->numbers() == seen.numbers && manifest.digest() != seen.digest) {
    return Equivocation(NameOf(*manifest), "a number that was seen with other contents",
                        manifest.digest(), seen.digest);
  }
  if (manifest->numbers() >= seen.numbers) return absl::OkStatus();
  const bool is_installed =
      product->installed.has_value() && product->installed->manifest == manifest.digest();
  if (use == ManifestUse::kRepair && is_installed) return absl::OkStatus();
  return Refuse(v1::Refusal::BELOW_SEEN,
                absl::StrCat(NameOf(*manifest), " is older than ", ToText(seen.numbers),
                             ", which this host has seen: publish the old contents under a higher "
                             "sequence"));
}

void MoveSeen(TrustedState& state, const Verified<Manifest>& manifest) {
  std::optional<Seen>& seen = state.products[manifest->product()].seen;
  if (seen.has_value() && seen->numbers >= manifest->numbers()) return;
  seen = Seen{.numbers = manifest->numbers(), .digest = manifest.digest()};
}

absl::StatusOr<PlanPlace> JudgePlan(const TrustedState& state, const Root& root,
                                    const Verified<Plan>& plan) {
  const std::string name = NameOf(*plan);
  const RootStream* root_stream = root.stream(plan->stream());
  if (root_stream == nullptr) {
    return Refuse(v1::Refusal::NOT_IN_ROOT,
                  absl::StrCat(name, ": the root has no stream '", plan->stream(), "'"));
  }
  for (const PlanItem& item : plan->items()) {
    if (root.product(item.product) != nullptr) continue;
    return Refuse(v1::Refusal::NOT_IN_ROOT,
                  absl::StrCat(name, ": the root has no product '", item.product, "'"));
  }
  MIG_RETURN_IF_ERROR(CheckEpoch(name, plan->numbers().epoch, root_stream->epoch));
  const TrustedStream* stream = state.stream(plan->stream());
  if (stream != nullptr && plan->numbers() == stream->seen.numbers &&
      plan.digest() != stream->seen.digest) {
    return Equivocation(name, "a number that was seen with other contents", plan.digest(),
                        stream->seen.digest);
  }
  MIG_RETURN_IF_ERROR(CheckRollout(state, plan));
  if (stream == nullptr &&
      plan->head().issued < state.streams_forgotten.value_or(absl::InfinitePast())) {
    return Refuse(v1::Refusal::BELOW_SEEN,
                  absl::StrCat(name,
                               ": this host has forgotten what it saw of streams that were "
                               "out of the root, and takes none of their plans from before "
                               "that; sign this one again"));
  }
  if (stream != nullptr && plan->numbers() < stream->seen.numbers) return PlanPlace::kEarlier;
  return PlanPlace::kNewest;
}

void MoveSeen(TrustedState& state, const Root& root, const Verified<Plan>& plan) {
  const auto found = state.streams.find(plan->stream());
  if (found != state.streams.end() && found->second.seen.numbers >= plan->numbers()) return;
  MakeRoomForStream(state, root, plan->stream());
  state.streams[plan->stream()] = {
      .seen = {.numbers = plan->numbers(), .digest = plan.digest()},
      .rollout = plan->rollout(),
      .rollout_binding = plan->RolloutBinding(),
  };
}

absl::Status JudgeBase(const Verified<Plan>& newest, const Verified<Plan>& base) {
  const auto refuse = [&](absl::string_view why) {
    return Refuse(v1::Refusal::BASE, absl::StrCat(NameOf(*base), " cannot stand meanwhile: ", why,
                                                  " ", NameOf(*newest)));
  };
  if (newest->base() != base.digest()) return refuse("it is not named as base by");
  if (newest->stream() != base->stream()) return refuse("it is of another stream than");
  if (newest->numbers().epoch != base->numbers().epoch) {
    return refuse("it is of another epoch than");
  }
  if (base->numbers() >= newest->numbers()) return refuse("it is not older than");
  return absl::OkStatus();
}

void ClearRetried(TrustedState& state, const Verified<Plan>& plan) {
  const auto is_retried = [&plan](const BadMark& mark) {
    const bool named =
        std::binary_search(plan->retry().begin(), plan->retry().end(), mark.manifest);
    return named && plan->head().issued > mark.plan_issued.value_or(absl::InfinitePast());
  };
  for (auto& [name, product] : state.products) {
    product.bad.erase(std::remove_if(product.bad.begin(), product.bad.end(), is_retried),
                      product.bad.end());
  }
}

}  // namespace mig::trust
