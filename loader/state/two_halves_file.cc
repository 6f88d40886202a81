#include "loader/state/two_halves_file.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/whole_file.h"

namespace mig::loader {

namespace {

absl::StatusOr<std::string> ReadHalf(base::File& file, uint64_t offset) {
  std::string bytes(base::kTrustHalfBytes, '\0');
  MIG_ASSIGN_OR_RETURN(const size_t count, file.ReadAt(offset, {bytes.data(), bytes.size()}));
  bytes.resize(count);
  return bytes;
}

}  // namespace

absl::StatusOr<TwoHalvesFile::Content> TwoHalvesFile::Read() {
  MIG_ASSIGN_OR_RETURN(std::optional<trust::HalfFileReading> reading, Load());
  if (!reading.has_value()) return Content{};
  return Content{.payload = std::move(reading->payload),
                 .exists = true,
                 .damaged = reading->damaged || !reading->payload.has_value()};
}

absl::Status TwoHalvesFile::Write(absl::string_view payload) {
  if (write_failed_) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory_.path(), "/", name_,
                     ": a write failed earlier in this run; its other half is not touched, the "
                     "next run starts from it"));
  }
  if (!next_.has_value()) MIG_RETURN_IF_ERROR(Load().status());
  const Next next = *next_;
  MIG_ASSIGN_OR_RETURN(const std::string half, trust::EncodeHalf(kind_, next.generation, payload));

  const absl::Status written = next.exists ? Overwrite(next.offset, half) : Create(half);
  write_failed_ = !written.ok();
  next_ = Next{.exists = true,
               .generation = next.generation + 1,
               .offset = base::kTrustSecondHalfOffset - next.offset};
  return written;
}

absl::StatusOr<std::optional<trust::HalfFileReading>> TwoHalvesFile::Load() {
  next_.reset();
  const absl::StatusOr<std::unique_ptr<base::File>> file = directory_.OpenRead(name_);
  if (absl::IsNotFound(file.status())) {
    next_ = Next{};
    return std::nullopt;
  }
  MIG_RETURN_IF_ERROR(file.status());
  MIG_ASSIGN_OR_RETURN(const std::string first, ReadHalf(**file, 0));
  MIG_ASSIGN_OR_RETURN(const std::string second, ReadHalf(**file, base::kTrustSecondHalfOffset));
  trust::HalfFileReading reading = trust::ReadHalfFile(kind_, first, second);
  next_ =
      Next{.exists = true, .generation = reading.next_generation, .offset = reading.next_offset};
  return reading;
}

absl::Status TwoHalvesFile::Create(absl::string_view half) {
  // With room for the second half, so that no later Write needs a block of a full disk.
  std::string bytes(half.data(), half.size());
  bytes.resize(base::kTrustSecondHalfOffset + base::kTrustHalfBytes, '\0');
  return base::WriteDurably(directory_, name_, bytes, 0600);
}

absl::Status TwoHalvesFile::Overwrite(uint64_t offset, absl::string_view half) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, directory_.OpenReadWrite(name_));
  MIG_RETURN_IF_ERROR(file->WriteAt(offset, half));
  return file->SyncData();
}

}  // namespace mig::loader
