// Trials of agents, other processes, links and power that do not do their part.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/disk_image.h"
#include "base/file_contents.h"
#include "base/memory_file_system.h"
#include "base/sizes.h"
#include "loader/services/testing/scripted_services.h"
#include "loader/state/state_directory.h"
#include "proto/mig/v1/report.pb.h"
#include "sim/virtual/trial_bodies.h"
#include "sim/world/documents.h"

namespace mig::sim::trials {

using loader::testing::AgentScript;

// --- Agents

namespace {

// Of this release: the machine may still have reports of its own to deliver.
bool IsAbout(const v1::Outcome& outcome, const Copy::Offer& offer) {
  return absl::string_view(outcome.manifest_digest()) == offer.manifest.bytes();
}

Wrong MustGoBack(Copy& copy, AgentScript script, absl::string_view what) {
  const Copy::Offer offer = copy.MakeOffer(kNext);
  copy.Assign(offer);
  const Copy::FileSet before = copy.Files();
  // Only the new one is bad.
  const base::FileContents bad = offer.files.at(PathOf("agent"));
  copy.script_of = [script, bad](const Copy::FileSet& files) {
    const auto agent = files.find(PathOf("agent"));
    return agent != files.end() && agent->second == bad ? script : AgentScript::Healthy();
  };
  const loader::RunResult result = copy.Run();
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

}  // namespace

Wrong GoesBackFromACrash(Copy& copy, base::Random&) {
  return MustGoBack(copy, AgentScript::CrashesAfter(absl::ZeroDuration(), 42), "ends at once");
}
Wrong GoesBackFromALateCrash(Copy& copy, base::Random&) {
  const absl::Duration late = copy.machine().world().scenario().probation * 9 / 10;
  return MustGoBack(copy, AgentScript::CrashesAfter(late, 42), "ends in its probation");
}
Wrong GoesBackFromALie(Copy& copy, base::Random&) {
  const absl::Duration late = copy.machine().world().scenario().probation / 2;
  return MustGoBack(copy, AgentScript::Lies(late), "is unwell in the middle of its probation");
}

Wrong BoundsActivations(Copy& copy, base::Random&) {
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

Wrong LetsAnotherOneWork(Copy& copy, base::Random&) {
  copy.Assign(copy.MakeOffer(kNext));
  const auto state = loader::StateDirectory::Open(
      copy.machine().disk(), {.path = copy.machine().world().config().state_directory,
                              .if_missing = loader::StateDirectory::IfMissing::kFail});
  MIG_CHECK_OK(state);
  const absl::StatusOr<std::unique_ptr<base::FileLock>> lock = (*state)->Lock();
  MIG_CHECK_OK(lock);
  return MustRefuse(copy, "an assignment while another loader works");
}

// --- Reports

Wrong ReportsUntilItIsTaken(Copy& copy, base::Random&) {
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

namespace {

// Fewer where a run takes long: each scans, hashes and keeps what is installed.
int CutsInATrial(const Copy& copy) {
  uint64_t bytes = 0;
  for (const auto& [path, file] : copy.files_before()) bytes += file.size_bytes();
  return static_cast<int>(std::max<uint64_t>(2, 20 / (1 + bytes / (4 * base::kMiB))));
}

// Of the images that a power cut may leave: one of the two extremes, and another one.
std::vector<base::DiskImage> ImagesOf(base::MemoryFileSystem& disk, base::Random& random) {
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
Wrong BootsAndInstalls(Copy& cut, const Copy::Offer& offer, const base::DiskImage& image) {
  Copy booted(cut, image);
  booted.coordinator().documents = cut.coordinator().documents;
  booted.coordinator().contents = cut.coordinator().contents;
  booted.coordinator().outcomes = cut.coordinator().outcomes;
  booted.Assign(offer);
  booted.Recover();
  const Copy::FileSet files = booted.Files();
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

// `operations` of a disk, of which each of `cuts` calls of `cut_after` names one: steps of
// the golden section lie evenly, however many there are.
template <typename Try>
Wrong AtManyOperations(int cuts, uint64_t operations, base::Random& random, const Try& cut_after) {
  uint64_t at = Below(random, operations);
  for (int i = 0; i < cuts; ++i) {
    at = (at + std::max<uint64_t>(1, operations * 618 / 1'000)) % operations;
    Wrong wrong = cut_after(1 + at);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace

// An install, and power that goes in it.
Wrong SurvivesPowerCuts(Copy& copy, base::Random& random) {
  uint64_t operations = 0;
  {
    Copy whole(copy, copy.image_before());
    const Copy::Offer offer = whole.MakeOffer(kNext);
    whole.Assign(offer);
    const Wrong wrong = MustInstall(whole, offer, "a release");
    if (!wrong.empty()) return wrong;
    operations = whole.machine().disk().operations();
  }
  return AtManyOperations(CutsInATrial(copy), operations, random, [&](uint64_t after) -> Wrong {
    Copy cut(copy, copy.image_before());
    const Copy::Offer offer = cut.MakeOffer(kNext);
    cut.Assign(offer);
    cut.machine().disk().CutPowerAfter(after);
    cut.Run();
    const std::string where = cut.machine().disk().first_cut_operation();
    for (const base::DiskImage& image : ImagesOf(cut.machine().disk(), random)) {
      const Wrong wrong = BootsAndInstalls(cut, offer, image);
      if (!wrong.empty()) return absl::StrCat(wrong, " after a power cut at ", where);
    }
    return "";
  });
}

// The same of an agent that is bad: the machine ends where it was.
Wrong GoesBackThroughPowerCuts(Copy& copy, base::Random& random) {
  const auto only_new_is_bad = [](const Copy::Offer& offer) {
    return [bad = offer.files.at(PathOf("agent"))](const Copy::FileSet& files) {
      const auto agent = files.find(PathOf("agent"));
      return agent != files.end() && agent->second == bad
                 ? AgentScript::CrashesAfter(absl::ZeroDuration(), 42)
                 : AgentScript::Healthy();
    };
  };
  uint64_t operations = 0;
  {
    Copy whole(copy, copy.image_before());
    const Copy::Offer offer = whole.MakeOffer(kNext);
    whole.script_of = only_new_is_bad(offer);
    whole.Assign(offer);
    whole.Run();
    operations = whole.machine().disk().operations();
  }
  return AtManyOperations(CutsInATrial(copy), operations, random, [&](uint64_t after) -> Wrong {
    Copy cut(copy, copy.image_before());
    const Copy::Offer offer = cut.MakeOffer(kNext);
    cut.script_of = only_new_is_bad(offer);
    cut.Assign(offer);
    cut.machine().disk().CutPowerAfter(after);
    cut.Run();
    const std::string where =
        absl::StrCat(" after a power cut at ", cut.machine().disk().first_cut_operation());
    for (const base::DiskImage& image : ImagesOf(cut.machine().disk(), random)) {
      Copy booted(cut, image);
      booted.script_of = only_new_is_bad(offer);
      booted.coordinator().documents = cut.coordinator().documents;
      booted.coordinator().contents = cut.coordinator().contents;
      booted.Assign(offer);
      booted.Recover();
      const Copy::FileSet files = booted.Files();
      if (files != cut.files_before() && files != offer.files) {
        return absl::StrCat("has files of no one release", where);
      }
      for (int i = 0; i < 2; ++i) {
        booted.clock().Advance(absl::Hours(2));
        booted.Run();
      }
      if (booted.Files() != cut.files_before() || booted.machine().State().has_journal) {
        return absl::StrCat("did not go back from a bad agent", where);
      }
    }
    return "";
  });
}

}  // namespace mig::sim::trials
