#include "loader/run/install/downloads.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sizes.h"
#include "base/status_macros.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kName = "downloads";

// Puts what comes where it belongs in the file.
class FileSink : public FetchSink {
 public:
  FileSink(base::File& file, uint64_t size_bytes) : file_(file), size_bytes_(size_bytes) {}

  absl::Status Begin(uint64_t offset) override {
    next_ = offset;
    return absl::OkStatus();
  }

  absl::Status Write(absl::string_view bytes) override {
    MIG_CHECK(bytes.size() <= size_bytes_ - next_) << "a client gave more than was wanted";
    MIG_RETURN_IF_ERROR(file_.WriteAt(next_, bytes));
    next_ += bytes.size();
    count_ += bytes.size();
    return absl::OkStatus();
  }

  uint64_t next() const { return next_; }
  uint64_t count() const { return count_; }

 private:
  base::File& file_;
  const uint64_t size_bytes_;
  uint64_t next_ = 0;
  uint64_t count_ = 0;
};

bool MayBeTriedAgain(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

absl::StatusOr<Downloads> Downloads::Open(base::Directory& state) {
  absl::StatusOr<std::unique_ptr<base::Directory>> directory = state.OpenDir(kName);
  if (absl::IsNotFound(directory.status())) {
    MIG_RETURN_IF_ERROR(state.MakeDir(kName, 0700));
    directory = state.OpenDir(kName);
  }
  MIG_RETURN_IF_ERROR(directory.status());
  return Downloads(*std::move(directory));
}

absl::StatusOr<std::unique_ptr<base::File>> Downloads::OpenPart(const base::FileDigest& content) {
  const std::string name = content.digest.ToHex();
  const absl::StatusOr<base::FileStat> stat = directory_->Stat(name);
  if (stat.ok() && stat->kind == base::FileKind::kFile && stat->size_bytes <= content.size_bytes) {
    return directory_->OpenReadWrite(name);
  }
  if (stat.ok()) MIG_RETURN_IF_ERROR(directory_->Unlink(name));
  return directory_->CreateExclusive(name, 0600);
}

absl::StatusOr<Downloads::Downloaded> Downloads::Fetch(CoordinatorClient& client,
                                                       const std::string& ticket,
                                                       const base::FileDigest& content) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::File> file, OpenPart(content));
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, file->Stat());
  uint64_t have = stat.size_bytes;
  const bool resumed = have > 0;
  for (int tries = 0; have < content.size_bytes; ++tries) {
    FileSink sink(*file, content.size_bytes);
    const absl::Status fetched = client.Fetch({.ticket = ticket,
                                               .digest = content.digest,
                                               .size_bytes = content.size_bytes,
                                               .offset = have},
                                              sink);
    fetched_bytes_ += sink.count();
    const bool progressed = sink.next() > have;
    if (sink.count() > 0) have = sink.next();
    if (fetched.ok()) {
      MIG_CHECK(have == content.size_bytes) << "a client said ok before the end";
      break;
    }
    if (!progressed || !MayBeTriedAgain(fetched) || tries >= kMaxResumes) return fetched;
  }
  return Downloaded{.file = std::move(file), .resumed = resumed};
}

void Downloads::Remove(const base::Digest& digest) {
  directory_->Unlink(digest.ToHex()).IgnoreError();
}

void Downloads::Sweep(const std::vector<base::Digest>& wanted) {
  const absl::StatusOr<std::vector<base::DirectoryEntry>> entries =
      directory_->List(base::kMaxDirectoryEntries);
  if (!entries.ok()) return;
  for (const base::DirectoryEntry& entry : *entries) {
    const absl::StatusOr<base::Digest> digest = base::Digest::FromHex(entry.name);
    const bool is_wanted =
        digest.ok() && std::find(wanted.begin(), wanted.end(), *digest) != wanted.end();
    if (!is_wanted) directory_->Unlink(entry.name).IgnoreError();
  }
}

}  // namespace mig::loader
