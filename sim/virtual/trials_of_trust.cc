// Trials of a coordinator that lies: plans, signatures, assignments, contents.

#include <cstddef>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sizes.h"
#include "sim/virtual/trial_bodies.h"
#include "sim/world/documents.h"
#include "sim/world/turn.h"
#include "trust/document_type.h"
#include "trust/envelope.h"
#include "trust/testing/test_authority.h"

namespace mig::sim::trials {

// --- Plans

Wrong FollowsAnHonestPlan(Copy& copy, base::Random&) {
  const Copy::Offer offer = copy.MakeOffer(kNext);
  copy.Assign(offer);
  const absl::Time began = copy.clock().WallNow();
  Wrong wrong = MustInstall(copy, offer, "what an honest coordinator assigned");
  const absl::Duration took = copy.clock().WallNow() - began;
  if (wrong.empty() && took < copy.machine().world().scenario().probation) {
    return absl::StrCat("was watched for ", absl::FormatDuration(took), " only");
  }
  return wrong;
}

Wrong WaitsForItsWave(Copy& copy, base::Random&) {
  const int64_t opens = Ms(copy.clock().WallNow() + absl::Hours(1));
  copy.Assign(copy.MakeOffer(
      kNext, [opens](v1::Plan& plan) { plan.mutable_waves(0)->set_not_before_ms(opens); }));
  return MustRefuse(copy, "a plan whose wave opens in an hour");
}

// The share that ends right before the host's place, and the one that ends right behind it.
Wrong KnowsItsPlace(Copy& copy, base::Random& random) {
  const uint64_t sequence = kNext + Below(random, 1'000);
  const auto share_before = [&copy](uint64_t of_sequence) {
    SignedPlan places;
    places.cohort_seed = trust::testing::TestCohortSeed(of_sequence);
    const uint64_t cohort = CohortIn(places, copy.machine().id());
    uint32_t share = 0;
    for (uint32_t step = 1 << 19; step > 0; step /= 2) {
      if (share + step < base::kWholePpm && !IsBelow(cohort, share + step)) share += step;
    }
    return share;
  };
  const auto upto = [](uint32_t share_ppm) {
    return [share_ppm](v1::Plan& plan) { plan.mutable_waves(0)->set_hi_ppm(share_ppm); };
  };
  if (const uint32_t share = share_before(sequence); share > 0) {
    copy.Assign(copy.MakeOffer(sequence, upto(share)));
    const Wrong wrong = MustRefuse(copy, "a wave that ends before its place");
    if (!wrong.empty()) return wrong;
  }
  const Copy::Offer mine =
      copy.MakeOffer(sequence + 1'000, upto(share_before(sequence + 1'000) + 1));
  copy.Assign(mine);
  return MustInstall(copy, mine, "a wave that ends right behind its place");
}

Wrong ObeysTheFilter(Copy& copy, base::Random&) {
  copy.Assign(copy.MakeOffer(
      kNext, [](v1::Plan& plan) { plan.set_filter("hostname = \"somebody-else\""); }));
  return MustRefuse(copy, "a plan for another host");
}

Wrong KnowsWhenAPlanEnds(Copy& copy, base::Random&) {
  const absl::Time now = copy.clock().WallNow();
  copy.Assign(copy.MakeOffer(kNext, [now](v1::Plan& plan) {
    plan.mutable_waves(0)->set_not_before_ms(Ms(now - absl::Hours(9)));
    plan.set_issued_ms(Ms(now - absl::Hours(9)));
    plan.set_first_issued_ms(Ms(now - absl::Hours(9)));
    plan.set_expires_ms(Ms(now - absl::Hours(1)));
    plan.set_baseline_until_ms(Ms(now - absl::Hours(1)));
  }));
  return MustRefuse(copy, "a plan that ended an hour ago");
}

Wrong TakesNothingOlder(Copy& copy, base::Random&) {
  const Copy::Offer newer = copy.MakeOffer(kNext + 1);
  copy.Assign(newer);
  Wrong wrong = MustInstall(copy, newer, "a release");
  if (!wrong.empty()) return wrong;
  const int starts = copy.starts();
  copy.Assign(copy.MakeOffer(kNext));
  copy.Run();
  return copy.Has(newer) && copy.starts() == starts ? "" : "went down to an older release";
}

Wrong RefusesWhatIsWithdrawn(Copy& copy, base::Random&) {
  const Copy::Offer offer = copy.MakeOffer(kNext);
  copy.coordinator().PublishRoot([&](v1::Root& root) {
    root.set_expires_ms(Ms(copy.clock().WallNow() + absl::Hours(24 * 365)));
    for (v1::RootProduct& product : *root.mutable_products()) {
      if (product.product() != kProduct) continue;
      product.add_withdrawn(std::string(offer.manifest.bytes()));
    }
  });
  copy.Assign(offer);
  return MustRefuse(copy, "a withdrawn release");
}

// --- Signatures and assignments

Wrong WantsEnoughReleaseKeys(Copy& copy, base::Random&) {
  const Copy::Offer offer = copy.MakeOffer(kNext);
  const auto& authority = copy.coordinator().authority;
  std::string& envelope = copy.coordinator().documents[offer.manifest];
  const absl::StatusOr<trust::Envelope> parsed =
      trust::Envelope::Parse(envelope, trust::DocumentType::kManifest);
  MIG_CHECK_OK(parsed);
  envelope = authority.SignPayload(trust::DocumentType::kManifest, parsed->payload(),
                                   trust::RoleKind::kRelease, 1);
  copy.Assign(offer);
  return MustRefuse(copy, "a manifest with one signature of two");
}

Wrong WantsTheRolloutKeys(Copy& copy, base::Random&) {
  const Copy::Offer offer = copy.MakeOffer(kNext);
  const auto& authority = copy.coordinator().authority;
  std::string& envelope = copy.coordinator().documents[offer.plan];
  const absl::StatusOr<trust::Envelope> parsed =
      trust::Envelope::Parse(envelope, trust::DocumentType::kPlan);
  MIG_CHECK_OK(parsed);
  envelope = authority.SignPayload(trust::DocumentType::kPlan, parsed->payload(),
                                   trust::RoleKind::kRelease, 2);
  copy.Assign(offer);
  return MustRefuse(copy, "a plan that release keys signed");
}

Wrong TakesOnlyItsOwnAssignment(Copy& copy, base::Random&) {
  copy.Assign(copy.MakeOffer(kNext));
  copy.coordinator().change_assignment = [](v1::Assignment& assignment) {
    assignment.set_host_id(std::string(trust::testing::TestHostId(1).bytes()));
  };
  return MustRefuse(copy, "another host's assignment");
}

Wrong TakesOnlyAnAnswerToItsQuestion(Copy& copy, base::Random&) {
  copy.Assign(copy.MakeOffer(kNext));
  copy.coordinator().change_assignment = [](v1::Assignment& assignment) {
    assignment.set_nonce(std::string(trust::testing::TestNonce(1).bytes()));
  };
  return MustRefuse(copy, "an assignment with another nonce");
}

Wrong TakesOnlyTheOwnVariant(Copy& copy, base::Random&) {
  copy.Assign(copy.MakeOffer(kNext));
  copy.coordinator().change_assignment = [](v1::Assignment& assignment) {
    assignment.mutable_items(0)->set_variant(1);
  };
  return MustRefuse(copy, "an assignment of a variant that there is not");
}

// A download takes longer than the assignment lives, and the rollout is halted meanwhile.
Wrong AsksAgainBeforeItCommits(Copy& copy, base::Random&) {
  copy.Assign(copy.MakeOffer(kNext));
  copy.coordinator().before_fetch = [&copy] {
    copy.clock().Advance(base::kMaxAssignmentLife + absl::Seconds(60));
    copy.coordinator().assigned.clear();
  };
  return MustRefuse(copy, "an assignment that was over at its commit point");
}

// --- Contents

Wrong WantsTheRightBytes(Copy& copy, base::Random& random) {
  const Copy::Offer offer = copy.MakeOffer(kNext);
  auto& contents = copy.coordinator().contents;
  auto content = std::next(contents.begin(), Below(random, contents.size()));
  content->second[Below(random, content->second.size())] ^= 1;
  copy.Assign(offer);
  return MustRefuse(copy, "a release of which one bit was changed on the way");
}

// Somebody changed a file, and left its size as it was.
Wrong PutsRightWhatIsDamaged(Copy& copy, base::Random& random) {
  const Copy::Offer offer = copy.MakeOffer(kNext);
  copy.Assign(offer);
  Wrong wrong = MustInstall(copy, offer, "a release");
  if (!wrong.empty()) return wrong;
  // One run that finds nothing to do, and may remember what it looked at.
  copy.clock().Advance(absl::Hours(1));
  copy.Run();
  copy.clock().Advance(absl::Minutes(1 + Below(random, 60)));
  const std::string component = Below(random, 2) == 0 ? "agent" : "configuration";
  const std::string path = PathOf(component);
  std::string bytes = offer.contents.at(component);
  bytes[Below(random, bytes.size())] ^= 1;
  const absl::StatusOr<base::OpenedParent> parent = base::OpenParent(copy.machine().disk(), path);
  MIG_CHECK_OK(parent);
  const absl::StatusOr<std::unique_ptr<base::File>> file =
      parent->directory->OpenReadWrite(parent->name);
  MIG_CHECK_OK(file);
  MIG_CHECK_OK((*file)->WriteAt(0, bytes));
  copy.coordinator().assigned[std::string(kProduct)].plan.reset();
  copy.Run();
  return copy.Has(offer) ? "" : absl::StrCat("left ", path, " damaged");
}

}  // namespace mig::sim::trials
