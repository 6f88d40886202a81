#include "sim/virtual/trials.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>

#include "absl/strings/str_cat.h"
<<<<<<< HEAD
#include "sim/virtual/trial_bodies.h"
    == == ==
    =
#include "base/check.h"
#include "base/disk_image.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sizes.h"
#include "loader/state/state_directory.h"
#include "sim/world/turn.h"
#include "trust/document_type.h"
#include "trust/envelope.h"
        >>>>>>> main
#include "trust/refusal.h"

        namespace mig::sim {

  namespace trials {

  uint64_t Below(base::Random& random, uint64_t bound) {
    uint64_t drawn = 0;
    random.Fill(std::span(reinterpret_cast<char*>(&drawn), sizeof(drawn)));
    return drawn % bound;
  }

  std::string Shown(const loader::RunResult& result) {
    std::string text = absl::StrCat("exit ", static_cast<int>(result.exit_code), ", ",
                                    trust::DisplayOf(result.refusal), " ", result.refusal.text());
    for (const loader::ProductResult& product : result.products) {
      absl::StrAppend(&text, ", ", product.product, " ", loader::ChangeText(product.change), " ",
                      trust::DisplayOf(product.refusal), " ", product.refusal.text());
    }
    return text;
  }

  Wrong MustRefuse(Copy& copy, absl::string_view what) {
    const loader::RunResult result = copy.Run();
    if (copy.IsUnchanged() && copy.starts() == 0) return "";
    return absl::StrCat("followed ", what, " (", Shown(result), ")");
  }

  Wrong MustInstall(Copy& copy, const Copy::Offer& offer, absl::string_view what) {
    const loader::RunResult result = copy.Run();
    if (copy.Has(offer)) return "";
    return absl::StrCat("did not install ", what, " (", Shown(result), ")");
  }

  }  // namespace trials

<<<<<<< HEAD
  namespace {
=======
  Wrong FollowsAnHonestPlan(Copy & copy, base::Random&) {
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

  Wrong WaitsForItsWave(Copy & copy, base::Random&) {
    const int64_t opens = Ms(copy.clock().WallNow() + absl::Hours(1));
    copy.Assign(copy.MakeOffer(
        kNext, [opens](v1::Plan& plan) { plan.mutable_waves(0)->set_not_before_ms(opens); }));
    return MustRefuse(copy, "a plan whose wave opens in an hour");
  }

  // The share that ends right before the host's place, and the one that ends right behind it.
  Wrong KnowsItsPlace(Copy & copy, base::Random & random) {
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

  Wrong ObeysTheFilter(Copy & copy, base::Random&) {
    copy.Assign(copy.MakeOffer(
        kNext, [](v1::Plan& plan) { plan.set_filter("hostname = \"somebody-else\""); }));
    return MustRefuse(copy, "a plan for another host");
  }

  Wrong KnowsWhenAPlanEnds(Copy & copy, base::Random&) {
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

  Wrong TakesNothingOlder(Copy & copy, base::Random&) {
    const Copy::Offer newer = copy.MakeOffer(kNext + 1);
    copy.Assign(newer);
    Wrong wrong = MustInstall(copy, newer, "a release");
    if (!wrong.empty()) return wrong;
    const int starts = copy.starts();
    copy.Assign(copy.MakeOffer(kNext));
    copy.Run();
    return copy.Has(newer) && copy.starts() == starts ? "" : "went down to an older release";
  }

  Wrong RefusesWhatIsWithdrawn(Copy & copy, base::Random&) {
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

  Wrong WantsEnoughReleaseKeys(Copy & copy, base::Random&) {
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

  Wrong WantsTheRolloutKeys(Copy & copy, base::Random&) {
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

  Wrong TakesOnlyItsOwnAssignment(Copy & copy, base::Random&) {
    copy.Assign(copy.MakeOffer(kNext));
    copy.coordinator().change_assignment = [](v1::Assignment& assignment) {
      assignment.set_host_id(std::string(trust::testing::TestHostId(1).bytes()));
    };
    return MustRefuse(copy, "another host's assignment");
  }

  Wrong TakesOnlyAnAnswerToItsQuestion(Copy & copy, base::Random&) {
    copy.Assign(copy.MakeOffer(kNext));
    copy.coordinator().change_assignment = [](v1::Assignment& assignment) {
      assignment.set_nonce(std::string(trust::testing::TestNonce(1).bytes()));
    };
    return MustRefuse(copy, "an assignment with another nonce");
  }

  Wrong TakesOnlyTheOwnVariant(Copy & copy, base::Random&) {
    copy.Assign(copy.MakeOffer(kNext));
    copy.coordinator().change_assignment = [](v1::Assignment& assignment) {
      assignment.mutable_items(0)->set_variant(1);
    };
    return MustRefuse(copy, "an assignment of a variant that there is not");
  }

  // A download takes longer than the assignment lives, and the rollout is halted meanwhile.
  Wrong AsksAgainBeforeItCommits(Copy & copy, base::Random&) {
    copy.Assign(copy.MakeOffer(kNext));
    copy.coordinator().before_fetch = [&copy] {
      copy.clock().Advance(base::kMaxAssignmentLife + absl::Seconds(60));
      copy.coordinator().assigned.clear();
    };
    return MustRefuse(copy, "an assignment that was over at its commit point");
  }

  // --- Contents

  Wrong WantsTheRightBytes(Copy & copy, base::Random & random) {
    const Copy::Offer offer = copy.MakeOffer(kNext);
    auto& contents = copy.coordinator().contents;
    auto content = std::next(contents.begin(), Below(random, contents.size()));
    content->second[Below(random, content->second.size())] ^= 1;
    copy.Assign(offer);
    return MustRefuse(copy, "a release of which one bit was changed on the way");
  }

  // Somebody changed a file, and left its size as it was.
  Wrong PutsRightWhatIsDamaged(Copy & copy, base::Random & random) {
    const Copy::Offer offer = copy.MakeOffer(kNext);
    copy.Assign(offer);
    Wrong wrong = MustInstall(copy, offer, "a release");
    if (!wrong.empty()) return wrong;
    copy.clock().Advance(absl::Minutes(1 + Below(random, 60)));
    const std::string path = PathOf(Below(random, 2) == 0 ? "agent" : "configuration");
    std::string bytes = offer.files.at(path);
    bytes[Below(random, bytes.size())] ^= 1;
    const absl::StatusOr<base::OpenedParent> parent = base::OpenParent(copy.machine().disk(), path);
    MIG_CHECK_OK(parent);
    const absl::StatusOr<std::unique_ptr<base::File> > file =
        parent->directory->OpenReadWrite(parent->name);
    MIG_CHECK_OK(file);
    MIG_CHECK_OK((*file)->WriteAt(0, bytes));
    copy.coordinator().assigned[std::string(kProduct)].plan.reset();
    copy.Run();
    return copy.Has(offer) ? "" : absl::StrCat("left ", path, " damaged");
  }

  // --- Agents

  // Of this release: the machine may still have reports of its own to deliver.
  bool IsAbout(const v1::Outcome& outcome, const Copy::Offer& offer) {
    return absl::string_view(outcome.manifest_digest()) == offer.manifest.bytes();
  }

  Wrong MustGoBack(Copy & copy, AgentScript script, absl::string_view what) {
    const Copy::Offer offer = copy.MakeOffer(kNext);
    copy.Assign(offer);
    const std::map<std::string, std::string> before = copy.Files();
    // Only the new one is bad.
    const std::string bad = offer.files.at(PathOf("agent"));
    copy.script_of = [script, bad](const std::map<std::string, std::string>& files) {
      const auto agent = files.find(PathOf("agent"));
      return agent != files.end() && agent->second == bad ? script : AgentScript::Healthy();
    };
    const RunResult result = copy.Run();
    if (copy.Files() != before) return absl::StrCat("kept an agent that ", what);
    const int starts = copy.starts();
    copy.clock().Advance(absl::Hours(2));
    copy.Run();
    if (copy.Files() != before || copy.starts() != starts) {
      return absl::StrCat("tried an agent again that ", what);
    }
    const auto& outcomes = copy.coordinator().outcomes;
    const auto reported =
        std::count_if(outcomes.begin(), outcomes.end(), [&offer](const v1::Outcome& outcome) {
          return IsAbout(outcome, offer) && outcome.kind() == v1::Outcome::INSTALL &&
                 outcome.result() != v1::Outcome::UNCHANGED;
        });
    if (reported == 1) return "";
    return absl::StrCat("reported ", reported, " ends of one install that ", what, " (",
                        Shown(result), ")");
  }

  Wrong GoesBackFromACrash(Copy & copy, base::Random&) {
    return MustGoBack(copy, AgentScript::CrashesAfter(absl::ZeroDuration(), 42), "ends at once");
  }
  Wrong GoesBackFromALateCrash(Copy & copy, base::Random&) {
    const absl::Duration late = copy.machine().world().scenario().probation * 9 / 10;
    return MustGoBack(copy, AgentScript::CrashesAfter(late, 42), "ends in its probation");
  }
  Wrong GoesBackFromALie(Copy & copy, base::Random&) {
    const absl::Duration late = copy.machine().world().scenario().probation / 2;
    return MustGoBack(copy, AgentScript::Lies(late), "is unwell in the middle of its probation");
  }

  Wrong BoundsActivations(Copy & copy, base::Random&) {
    const absl::Time began = copy.clock().WallNow();
    int starts = 0;
    for (uint64_t i = 0; i < 10 && copy.clock().WallNow() - began < absl::Minutes(50); ++i) {
      copy.Assign(copy.MakeOffer(kNext + i));
      copy.Run();
      if (copy.clock().WallNow() - began < absl::Hours(1)) starts = copy.starts();
    }
    if (starts <= base::kDefaultActivationsPerHour) return "";
    return absl::StrCat("activated an agent ", starts, " times in an hour");
  }

  // --- One at a time

  Wrong LetsAnotherOneWork(Copy & copy, base::Random&) {
    copy.Assign(copy.MakeOffer(kNext));
    const auto state = loader::StateDirectory::Open(
        copy.machine().disk(), {.path = copy.machine().world().config().state_directory,
                                .if_missing = loader::StateDirectory::IfMissing::kFail});
    MIG_CHECK_OK(state);
    const absl::StatusOr<std::unique_ptr<base::FileLock> > lock = (*state)->Lock();
    MIG_CHECK_OK(lock);
    return MustRefuse(copy, "an assignment while another loader works");
  }

  // --- Reports

  Wrong ReportsUntilItIsTaken(Copy & copy, base::Random&) {
    const Copy::Offer offer = copy.MakeOffer(kNext);
    copy.Assign(offer);
    copy.coordinator().loses_reports = true;
    copy.Run();
    copy.coordinator().outcomes.clear();  // and so does the coordinator
    copy.coordinator().loses_reports = false;
    copy.clock().Advance(absl::Hours(1));
    copy.Run();
    const auto& outcomes = copy.coordinator().outcomes;
    const auto reported =
        std::count_if(outcomes.begin(), outcomes.end(), [&offer](const v1::Outcome& outcome) {
          return IsAbout(outcome, offer) && outcome.result() == v1::Outcome::HEALTHY;
        });
    if (reported != 1) return absl::StrCat("delivered an outcome ", reported, " times");
    return copy.machine().State().spooled.empty() ? "" : "keeps what was acknowledged";
  }

  // --- Power

  constexpr int kCutsInATrial = 20;

  // Of the images that a power cut may leave: one of the two extremes, and another one.
  std::vector<base::DiskImage> ImagesOf(base::MemoryFileSystem & disk, base::Random & random) {
    base::DiskImage first, last, other;
    uint64_t seen = 0;
    const uint64_t seed = Below(random, UINT64_MAX);
    disk.ForEachDurableImage(seed, 8, [&](const base::DiskImage& image) {
      if (seen++ == 0) first = image;
      if (Below(random, seen) == 0) other = image;
      last = image;
    });
    std::vector<base::DiskImage> images = {Below(random, 2) == 0 ? first : last};
    if (seen > 1) images.push_back(other);
    return images;
  }

  // What a machine that boots from `image` does with the install in which `cut` lost its power.
  Wrong BootsAndInstalls(Copy & cut, const Copy::Offer& offer, const base::DiskImage& image) {
    Copy booted(cut, image);
    booted.coordinator().documents = cut.coordinator().documents;
    booted.coordinator().contents = cut.coordinator().contents;
    booted.coordinator().outcomes = cut.coordinator().outcomes;
    booted.Assign(offer);
    booted.Recover();
    const std::map<std::string, std::string> files = booted.Files();
    if (files != cut.files_before() && files != offer.files) return "has files of no one release";
    Wrong wrong;
    for (int i = 0; i < 2; ++i) {  // a second one where activations are bounded
      booted.clock().Advance(absl::Hours(2));
      wrong = MustInstall(booted, offer, "a release");
      if (wrong.empty()) break;
    }
    if (!wrong.empty()) return wrong;
    const auto& outcomes = booted.coordinator().outcomes;
    const auto said =
        std::count_if(outcomes.begin(), outcomes.end(), [&offer](const v1::Outcome& outcome) {
          return IsAbout(outcome, offer) && outcome.result() == v1::Outcome::HEALTHY;
        });
    return said == 1 ? "" : absl::StrCat("reported its install ", said, " times");
  }

  // An install, and power that goes at some operations of its disk, all over it: this many steps of
  // the golden section lie evenly, however many there are.
  Wrong SurvivesPowerCuts(Copy & copy, base::Random & random) {
    uint64_t operations = 0;
    {
      Copy whole(copy, copy.image_before());
      const Copy::Offer offer = whole.MakeOffer(kNext);
      whole.Assign(offer);
      const Wrong wrong = MustInstall(whole, offer, "a release");
      if (!wrong.empty()) return wrong;
      operations = whole.machine().disk().operations();
    }
    uint64_t at = Below(random, operations);
    for (int i = 0; i < kCutsInATrial; ++i) {
      at = (at + std::max<uint64_t>(1, operations * 618 / 1'000)) % operations;
      Copy cut(copy, copy.image_before());
      const Copy::Offer offer = cut.MakeOffer(kNext);
      cut.Assign(offer);
      cut.machine().disk().CutPowerAfter(1 + at);
      cut.Run();
      const std::string where = cut.machine().disk().first_cut_operation();
      for (const base::DiskImage& image : ImagesOf(cut.machine().disk(), random)) {
        const Wrong wrong = BootsAndInstalls(cut, offer, image);
        if (!wrong.empty()) return absl::StrCat(wrong, " after a power cut at ", where);
      }
    }
    return "";
  }
>>>>>>> main

  struct Kind {
    absl::string_view promise;
    trials::Body body;
  };

  // What needs luck to be found comes more often.
  constexpr Kind kKinds[] = {
<<<<<<< HEAD
      {kPromiseWhole, trials::SurvivesPowerCuts},
      {kPromiseTurn, trials::WaitsForItsWave},
      {kPromiseExplains, trials::FollowsAnHonestPlan},
      {kPromiseSigned, trials::WantsEnoughReleaseKeys},
      {kPromiseWhole, trials::SurvivesPowerCuts},
      {kPromiseStops, trials::GoesBackFromACrash},
      {kPromiseTurn, trials::KnowsItsPlace},
      {kPromiseSigned, trials::WantsTheRightBytes},
      {kPromiseWhole, trials::SurvivesPowerCuts},
      {kPromiseStops, trials::AsksAgainBeforeItCommits},
      {kPromiseWhole, trials::PutsRightWhatIsDamaged},
      {kPromiseSigned, trials::WantsTheRolloutKeys},
      {kPromiseWhole, trials::GoesBackThroughPowerCuts},
      {kPromiseStops, trials::GoesBackFromALie},
      {kPromiseReports, trials::ReportsUntilItIsTaken},
      {kPromiseTurn, trials::ObeysTheFilter},
      {kPromiseWhole, trials::SurvivesPowerCuts},
      {kPromiseSigned, trials::TakesOnlyItsOwnAssignment},
      {kPromiseTurn, trials::TakesNothingOlder},
      {kPromiseWhole, trials::LetsAnotherOneWork},
      {kPromiseWhole, trials::SurvivesPowerCuts},
      {kPromiseSigned, trials::TakesOnlyAnAnswerToItsQuestion},
      {kPromiseStops, trials::GoesBackFromALateCrash},
      {kPromiseTurn, trials::KnowsWhenAPlanEnds},
      {kPromiseWhole, trials::GoesBackThroughPowerCuts},
      {kPromiseSigned, trials::RefusesWhatIsWithdrawn},
      {kPromiseStops, trials::BoundsActivations},
      {kPromiseSigned, trials::TakesOnlyTheOwnVariant},
=======
      {kPromiseWhole, SurvivesPowerCuts},
      {kPromiseTurn, WaitsForItsWave},
      {kPromiseExplains, FollowsAnHonestPlan},
      {kPromiseSigned, WantsEnoughReleaseKeys},
      {kPromiseWhole, SurvivesPowerCuts},
      {kPromiseStops, GoesBackFromACrash},
      {kPromiseTurn, KnowsItsPlace},
      {kPromiseSigned, WantsTheRightBytes},
      {kPromiseWhole, SurvivesPowerCuts},
      {kPromiseStops, AsksAgainBeforeItCommits},
      {kPromiseWhole, PutsRightWhatIsDamaged},
      {kPromiseSigned, WantsTheRolloutKeys},
      {kPromiseWhole, SurvivesPowerCuts},
      {kPromiseStops, GoesBackFromALie},
      {kPromiseReports, ReportsUntilItIsTaken},
      {kPromiseTurn, ObeysTheFilter},
      {kPromiseWhole, SurvivesPowerCuts},
      {kPromiseSigned, TakesOnlyItsOwnAssignment},
      {kPromiseTurn, TakesNothingOlder},
      {kPromiseWhole, LetsAnotherOneWork},
      {kPromiseWhole, SurvivesPowerCuts},
      {kPromiseSigned, TakesOnlyAnAnswerToItsQuestion},
      {kPromiseStops, GoesBackFromALateCrash},
      {kPromiseTurn, KnowsWhenAPlanEnds},
      {kPromiseWhole, SurvivesPowerCuts},
      {kPromiseSigned, RefusesWhatIsWithdrawn},
      {kPromiseStops, BoundsActivations},
      {kPromiseSigned, TakesOnlyTheOwnVariant},
>>>>>>> main
  };

  // Each kind at least once in a small simulation, three times in a large one.
  uint64_t EveryWhich(const Scenario& scenario) {
    constexpr double kRunsOfALargeOne = 5'000;
    const double runs = static_cast<double>(scenario.hosts) *
                        absl::FDivDuration(scenario.duration, scenario.check_in_every);
    const double tried = std::size(kKinds) * (runs < kRunsOfALargeOne ? 1 : 3);
    return std::max<uint64_t>(1, static_cast<uint64_t>(runs / tried));
  }

  }  // namespace

  Trials::Trials(const World& world)
      : world_(world), every_(EveryWhich(world.scenario())), random_(world.seed().For("trials")) {}

  size_t Trials::kinds() { return std::size(kKinds); }

  std::optional<Finding> Trials::Try(const Machine& machine, absl::Time now) {
    if (++asked_ % every_ != 0) return std::nullopt;
    return TryKind(next_kind_++ % kinds(), machine, now);
  }

  std::optional<Finding> Trials::TryKind(size_t kind, const Machine& machine, absl::Time now) {
    if (machine.State().has_journal) return std::nullopt;
    ++tried_;
    Copy copy(machine, now + world_.SkewOf(machine.index()));
    const trials::Wrong wrong = kKinds[kind].body(copy, random_);
    if (wrong.empty()) return std::nullopt;
    return Finding{.promise = std::string(kKinds[kind].promise),
                   .what = absl::StrCat("a copy of ", machine.name(), " ", wrong)};
  }

}  // namespace mig::sim
