#include "loader/install/staged_file.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace mig::loader {

namespace {

constexpr size_t kNameDigits = 32;

}  // namespace

std::string StagedName(absl::string_view file_name, const base::FileDigest& content) {
  const base::Digest digest = base::Sha256()
                                  .Add(absl::string_view("MIG staged v1\0", 14))
                                  .AddWithLength(file_name)
                                  .Add(content.digest.bytes())
                                  .AddU64Be(content.size_bytes)
                                  .Finish();
  return absl::StrCat(kStagedPrefix, digest.ToHex().substr(0, kNameDigits));
}

StagedFile::StagedFile(StagedFile&& other) noexcept
    : directory_(std::exchange(other.directory_, nullptr)),
      name_(std::move(other.name_)),
      facts_(other.facts_),
      stat_(other.stat_) {}

StagedFile::~StagedFile() {
  if (directory_ != nullptr) directory_->Unlink(name_).IgnoreError();  // nothing there is fine too
}

absl::Status StagedFile::CheckUntouched() const {
  MIG_CHECK(directory_ != nullptr) << name_;
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, directory_->Stat(name_));
  if (stat == stat_) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(base::JoinPath(directory_->path(), name_),
                                          " was changed after it was verified; who else may write "
                                          "there?"));
}

}  // namespace mig::loader
