#include "sim/virtual/host_faults.h"

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sizes.h"
#include "sim/world/documents.h"

namespace mig::sim {

namespace {

// The images that a power cut may leave where they are too many to see all of them.
constexpr size_t kSampledImages = 16;
// About as many as a boot's recovery takes.
constexpr uint64_t kRecoveryOperations = 80;
constexpr uint64_t kUnbounded = std::numeric_limits<int64_t>::max();

// As the real disk says it (base/posix_call.cc).
absl::Status ErrorNumber(uint64_t number) {
  switch (number) {
    case 0:
      return absl::ResourceExhaustedError("No space left on device");
    case 1:
      return absl::ResourceExhaustedError("Too many open files");
    case 2:
      return absl::UnavailableError("Cannot allocate memory");
    case 3:
      return absl::PermissionDeniedError("Read-only file system");
    default:
      return absl::DataLossError("Input/output error");
  }
}
constexpr uint64_t kErrors = 8;  // half of them EIO

void Put(base::File& file, uint64_t offset, absl::string_view bytes) {
  MIG_CHECK_OK(file.WriteAt(offset, bytes));
  MIG_CHECK_OK(file.Sync());
}

}  // namespace

uint64_t HostFaults::Below(uint64_t bound) {
  uint64_t drawn = 0;
  random_.Fill(std::span(reinterpret_cast<char*>(&drawn), sizeof(drawn)));
  return drawn % bound;
}

// What a scenario does not ask for takes no luck.
bool HostFaults::Draw(uint32_t ppm) { return ppm > 0 && Below(base::kWholePpm) < ppm; }

void HostFaults::ProcessBegins() {
  is_drawn_ = false;
  stop_ = Stop::kNone;
}

void HostFaults::MayStrikeInstall(absl::Duration now, uint64_t operations) {
  if (is_drawn_) return;
  is_drawn_ = true;
  const uint64_t after = Below(operations);
  const PowerCutPlan& cuts = scenario().power_cuts;
  const LoaderKillPlan& kills = scenario().loader_kills;
  const DiskFaultPlan& faults = scenario().disk_faults;
  if (cuts.span.Has(now) && Draw(cuts.installs_ppm)) {
    stop_ = Stop::kPowerCut;
  } else if (kills.span.Has(now) && Draw(kills.installs_ppm)) {
    stop_ = Stop::kKill;
  } else if (faults.span.Has(now) && Draw(faults.full_ppm)) {
    FillDisk();
  } else if (faults.span.Has(now) && Draw(faults.failing_ppm)) {
    FailACall(after);
  }
  if (stop_ != Stop::kNone) machine_.disk().CutPowerAfter(machine_.disk().operations() + after);
}

void HostFaults::MayStrikeRecovery(absl::Duration now) {
  const PowerCutPlan& cuts = scenario().power_cuts;
  if (!cuts.span.Has(now) || !Draw(cuts.again_ppm)) return;
  stop_ = Stop::kPowerCut;
  machine_.disk().CutPowerAfter(machine_.disk().operations() + Below(kRecoveryOperations));
}

bool HostFaults::HasStopped() const {
  return stop_ != Stop::kNone && !machine_.disk().first_cut_operation().empty();
}

void HostFaults::EndedByItself() {
  if (stop_ != Stop::kKill || HasStopped()) return;
  stop_ = Stop::kNone;
  machine_.disk().CutPowerAfter(std::numeric_limits<uint64_t>::max());
}

bool HostFaults::WasDisturbed() {
  const bool has_failed = failing_.has_value() && *failing_ <= machine_.disk().operations();
  if (has_failed) failing_.reset();
  return has_failed || is_full_;
}

void HostFaults::ProcessIsGone() {
  if (std::exchange(is_full_, false)) machine_.disk().SetCapacity(kUnbounded);
  if (stop_ == Stop::kPowerCut) failing_.reset();  // of a disk that is no more
}

// Room for a part of what an install needs: new files, their copies, downloads.
void HostFaults::FillDisk() {
  uint64_t most = 1;
  for (const ReleasePlan& release : scenario().releases) {
    uint64_t sum = 0;
    for (const ComponentPlan& component : release.components) sum += component.size_bytes;
    most = std::max(most, sum);
  }
  const auto root = machine_.disk().OpenRoot("/");
  MIG_CHECK_OK(root);
  const absl::StatusOr<uint64_t> free = (*root)->FreeSpace();
  MIG_CHECK_OK(free);
  is_full_ = true;
  machine_.disk().SetCapacity(kUnbounded - *free + Below(3 * most));
}

void HostFaults::FailACall(uint64_t after) {
  failing_ = machine_.disk().operations() + 1 + after;
  machine_.disk().FailOperation(*failing_, ErrorNumber(Below(kErrors)));
}

std::optional<std::string> HostFaults::MayDamageFile(absl::Duration now, size_t release) {
  const DamagePlan& damage = scenario().damage;
  if (!damage.span.Has(now) || !Draw(damage.files_ppm)) return std::nullopt;
  const auto& files = machine_.world().documents().releases()[release].files;
  const auto& [path, content] =
      *std::next(files.begin(), static_cast<int64_t>(Below(files.size())));
  const absl::StatusOr<base::OpenedParent> parent = base::OpenParent(machine_.disk(), path);
  MIG_CHECK_OK(parent);
  const absl::StatusOr<std::unique_ptr<base::File>> file =
      parent->directory->OpenReadWrite(parent->name);
  MIG_CHECK_OK(file);
  const uint64_t size_bytes = content->bytes.size();
  switch (Below(4)) {
    case 0: {
      const uint64_t at = Below(size_bytes);
      Put(**file, at, content->bytes[at] == 'x' ? "y" : "x");
      return absl::StrCat(path, " is changed");
    }
    case 1:
      MIG_CHECK_OK((*file)->Truncate(Below(size_bytes)));
      MIG_CHECK_OK((*file)->Sync());
      return absl::StrCat(path, " is cut off");
    case 2:
      MIG_CHECK_OK(parent->directory->Unlink(parent->name));
      MIG_CHECK_OK(parent->directory->Sync());
      return absl::StrCat(path, " is removed");
    default:
      MIG_CHECK_OK((*file)->SetMode(0777));
      MIG_CHECK_OK((*file)->Sync());
      return absl::StrCat(path, " may be written by all");
  }
}

std::optional<std::string> HostFaults::MayDamageTrust(absl::Duration now) {
  const DamagePlan& damage = scenario().damage;
  if (!damage.span.Has(now) || !Draw(damage.trust_ppm)) return std::nullopt;
  const auto state = machine_.disk().OpenRoot(machine_.world().config().state_directory);
  MIG_CHECK_OK(state);
  const absl::StatusOr<std::unique_ptr<base::File>> file = (*state)->OpenReadWrite("trust");
  MIG_CHECK_OK(file);
  const uint64_t half = Below(2) * base::kTrustSecondHalfOffset;
  Put(**file, half + Below(base::kTrustHalfBytes - 7), "damaged");
  return absl::StrCat("what it trusts is damaged at ", half == 0 ? "its first" : "its second",
                      " half");
}

base::DiskImage HostFaults::DrawImage() {
  std::optional<base::DiskImage> image;
  uint64_t seen = 0;
  const uint64_t seed = Below(std::numeric_limits<uint64_t>::max());
  machine_.disk().ForEachDurableImage(seed, kSampledImages, [&](const base::DiskImage& next) {
    if (Below(++seen) == 0) image = next;
  });
  MIG_CHECK(image.has_value()) << "a disk without any image";
  return *std::move(image);
}

}  // namespace mig::sim
