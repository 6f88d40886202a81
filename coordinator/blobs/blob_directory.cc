#include "coordinator/blobs/blob_directory.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/hash_file.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace mig::coordinator {
namespace {

constexpr absl::string_view kUnfinished = ".new";
constexpr size_t kFanOutDigits = 2;

class FileBlob final : public Blob {
 public:
  FileBlob(std::unique_ptr<base::File> file, uint64_t size_bytes)
      : file_(std::move(file)), size_bytes_(size_bytes) {}

  uint64_t size_bytes() const override { return size_bytes_; }

  absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> into) override {
    if (offset >= size_bytes_) return 0;
    const size_t wanted =
        static_cast<size_t>(std::min<uint64_t>(into.size(), size_bytes_ - offset));
    MIG_ASSIGN_OR_RETURN(const size_t count, file_->ReadAt(offset, into.first(wanted)));
    if (count < wanted) {
      return absl::DataLossError(absl::StrCat(file_->path(), " was cut: it had ", size_bytes_,
                                              " bytes and ends at ", offset + count));
    }
    return count;
  }

 private:
  std::unique_ptr<base::File> file_;
  uint64_t size_bytes_;
};

// The temporary name goes with it, unless it got its own.
class FileUpload final : public BlobUpload {
 public:
  FileUpload(BlobIndex& index, const base::Digest& digest, uint64_t size_bytes,
             std::unique_ptr<base::Directory> directory, std::string name,
             std::unique_ptr<base::File> file)
      : index_(index),
        digest_(digest),
        size_bytes_(size_bytes),
        directory_(std::move(directory)),
        name_(std::move(name)),
        file_(std::move(file)) {}
  ~FileUpload() override {
    if (stored_) return;
    index_.Release(size_bytes_);
    directory_->Unlink(name_).IgnoreError();  // else the next start removes it
  }

  absl::Status Write(absl::string_view bytes) override {
    if (bytes.size() > size_bytes_ - written_) {
      return absl::InvalidArgumentError(absl::StrCat("content ", digest_.ToHex(), " has more than ",
                                                     size_bytes_, " bytes, as was announced"));
    }
    MIG_RETURN_IF_ERROR(file_->WriteAt(written_, bytes));
    written_ += bytes.size();
    hash_.Add(bytes);
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    MIG_RETURN_IF_ERROR(CheckComplete());
    MIG_RETURN_IF_ERROR(file_->Sync());
    MIG_RETURN_IF_ERROR(directory_->Rename(name_, *directory_, digest_.ToHex()));
    MIG_RETURN_IF_ERROR(directory_->Sync());
    MIG_ASSIGN_OR_RETURN(const base::FileStat stat, file_->Stat());
    index_.AddStored(digest_, stat);
    stored_ = true;
    return absl::OkStatus();
  }

 private:
  absl::Status CheckComplete() {
    const base::Digest digest = hash_.Finish();
    if (written_ == size_bytes_ && digest == digest_) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        "content was announced as ", digest_.ToHex(), " with ", size_bytes_, " bytes, and is ",
        digest.ToHex(), " with ", written_, " bytes; nothing was stored, send it again"));
  }

  BlobIndex& index_;
  const base::Digest digest_;
  const uint64_t size_bytes_;
  std::unique_ptr<base::Directory> directory_;
  const std::string name_;
  std::unique_ptr<base::File> file_;
  base::Sha256 hash_;
  uint64_t written_ = 0;
  bool stored_ = false;
};

}  // namespace

std::string FanOutName(const base::Digest& digest) {
  return digest.ToHex().substr(0, kFanOutDigits);
}

bool IsFanOutName(absl::string_view name) {
  return name.size() == kFanOutDigits &&
         name.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

std::string UnfinishedName(const base::Digest& digest, uint64_t upload) {
  return absl::StrCat(".", digest.ToHex(), ".", upload, kUnfinished);
}

bool IsUnfinishedName(absl::string_view name) {
  return absl::StartsWith(name, ".") && absl::EndsWith(name, kUnfinished);
}

std::optional<base::Digest> DigestOfName(absl::string_view fan_out, absl::string_view name) {
  const absl::StatusOr<base::Digest> digest = base::Digest::FromHex(name);
  if (!digest.ok() || !absl::StartsWith(name, fan_out)) return std::nullopt;
  return *digest;
}

absl::StatusOr<std::unique_ptr<base::Directory>> BlobDirectory::OpenFanOut(
    const base::Digest& digest) {
  const std::string name = FanOutName(digest);
  absl::StatusOr<std::unique_ptr<base::Directory>> directory = root_->OpenDir(name);
  if (!absl::IsNotFound(directory.status())) return directory;
  absl::Status made = root_->MakeDir(name, 0700);
  if (!made.ok() && !absl::IsAlreadyExists(made)) return made;  // another upload was faster
  MIG_RETURN_IF_ERROR(root_->Sync());
  return root_->OpenDir(name);
}

absl::StatusOr<std::unique_ptr<BlobUpload>> BlobDirectory::Begin(const base::Digest& digest,
                                                                 uint64_t size_bytes) {
  if (size_bytes > options_.max_blob_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("content ", digest.ToHex(), " has ", size_bytes, " bytes, at most ",
                     options_.max_blob_bytes, " are stored; publish a smaller file"));
  }
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> directory, OpenFanOut(digest));
  MIG_RETURN_IF_ERROR(index_.Reserve(size_bytes));
  std::string name = UnfinishedName(digest, ++uploads_);
  absl::StatusOr<std::unique_ptr<base::File>> file = directory->CreateExclusive(name, 0600);
  if (!file.ok()) {
    index_.Release(size_bytes);
    return file.status();
  }
  return std::make_unique<FileUpload>(index_, digest, size_bytes, std::move(directory),
                                      std::move(name), *std::move(file));
}

absl::StatusOr<std::unique_ptr<base::File>> BlobDirectory::OpenFile(const base::Digest& digest) {
  MIG_ASSIGN_OR_RETURN(const auto directory, root_->OpenDir(FanOutName(digest)));
  return directory->OpenRead(digest.ToHex());
}

absl::StatusOr<std::string> BlobDirectory::DefectOf(base::File& file,
                                                    const base::Digest& digest) const {
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, file.Stat());
  if (stat.size_bytes > options_.max_blob_bytes) {
    return absl::StrCat(file.path(), " has ", stat.size_bytes, " bytes");
  }
  const absl::StatusOr<base::FileDigest> found = base::HashFile(file, options_.max_blob_bytes);
  // A disk that cannot read it is as bad as one that reads something else.
  if (absl::IsDataLoss(found.status())) return std::string(found.status().message());
  MIG_RETURN_IF_ERROR(found.status());
  if (found->digest == digest) return "";
  return absl::StrCat(file.path(), " has ", found->size_bytes, " bytes with SHA-256 ",
                      found->digest.ToHex());
}

absl::StatusOr<std::unique_ptr<Blob>> BlobDirectory::Open(const base::Digest& digest) {
  if (absl::Status known = index_.Size(digest).status(); absl::IsNotFound(known)) return known;
  absl::StatusOr<std::unique_ptr<base::File>> file = OpenFile(digest);
  if (absl::IsNotFound(file.status()) || absl::IsFailedPrecondition(file.status())) {
    index_.MarkDamaged(digest, file.status().message());
    return DamagedError(digest, file.status().message());
  }
  MIG_RETURN_IF_ERROR(file.status());
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, (*file)->Stat());
  MIG_ASSIGN_OR_RETURN(const BlobIndex::Check check, index_.BeginCheck(digest, stat));
  if (check == BlobIndex::Check::kNeeded) {
    MIG_RETURN_IF_ERROR(CheckNow(**file, digest, stat));
  }
  return std::make_unique<FileBlob>(*std::move(file), stat.size_bytes);
}

absl::Status BlobDirectory::CheckNow(base::File& file, const base::Digest& digest,
                                     const base::FileStat& stat) {
  const absl::StatusOr<std::string> defect = DefectOf(file, digest);
  if (!defect.ok()) {
    index_.AbandonCheck(digest, stat);
    return defect.status();
  }
  index_.FinishCheck(digest, stat, *defect);
  return defect->empty() ? absl::OkStatus() : DamagedError(digest, *defect);
}

absl::Status BlobDirectory::Remove(const base::Digest& digest) {
  if (absl::Status known = index_.Size(digest).status(); absl::IsNotFound(known)) return known;
  MIG_ASSIGN_OR_RETURN(const auto directory, OpenFanOut(digest));
  absl::Status status = directory->Unlink(digest.ToHex());
  if (!status.ok() && !absl::IsNotFound(status)) return status;
  MIG_RETURN_IF_ERROR(directory->Sync());
  index_.Remove(digest);
  return absl::OkStatus();
}

}  // namespace mig::coordinator
