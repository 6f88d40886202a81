#include "loader/install/file_facts.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/scan/file_attributes.h"

namespace mig::loader {

namespace {

FileFacts FactsOf(const base::FileStat& stat, const base::FileDigest& content) {
  return {.digest = content.digest,
          .size_bytes = content.size_bytes,
          .mode = stat.mode,
          .uid = stat.uid,
          .gid = stat.gid};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const FileFacts& facts) {
  return out << facts.digest.ToHex().substr(0, 8) << " " << facts.size_bytes << " bytes "
             << absl::StrFormat("%04o", facts.mode) << " " << facts.uid << ":" << facts.gid;
}

FileFacts WithoutAttributes(FileFacts facts) {
  facts.attributes.clear();
  return facts;
}

bool Satisfies(const std::optional<FileFacts>& got, const std::optional<FileFacts>& wanted) {
  if (!got.has_value() || !wanted.has_value()) return got.has_value() == wanted.has_value();
  if (WithoutAttributes(*got) != WithoutAttributes(*wanted)) return false;
  return std::all_of(
      wanted->attributes.begin(), wanted->attributes.end(), [&got](const auto& attribute) {
        const auto found = got->attributes.find(attribute.first);
        return attribute.second == (found == got->attributes.end() ? std::string() : found->second);
      });
}

absl::StatusOr<std::optional<FileFacts>> ReadFacts(base::Directory& directory,
                                                   absl::string_view name) {
  const absl::StatusOr<base::FileStat> stat = directory.Stat(name);
  if (absl::IsNotFound(stat.status())) return std::optional<FileFacts>();
  MIG_RETURN_IF_ERROR(stat.status());
  if (stat->kind != base::FileKind::kFile) {
    return absl::FailedPreconditionError(
        absl::StrCat(base::JoinPath(directory.path(), name),
                     " is a link, a directory or a device, and not a file; move it away"));
  }
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, directory.OpenRead(name));
  MIG_ASSIGN_OR_RETURN(const base::FileStat opened, file->Stat());
  MIG_ASSIGN_OR_RETURN(const base::FileDigest content,
                       base::HashFile(*file, base::kMaxComponentBytes));
  return std::optional<FileFacts>(FactsOf(opened, content));
}

absl::StatusOr<bool> HasFacts(base::Directory& directory, absl::string_view name,
                              const std::optional<FileFacts>& facts) {
  const absl::StatusOr<base::FileStat> stat = directory.Stat(name);
  if (absl::IsNotFound(stat.status())) return !facts.has_value();
  MIG_RETURN_IF_ERROR(stat.status());
  if (!facts.has_value() || stat->kind != base::FileKind::kFile) return false;
  const bool looks_right = stat->size_bytes == facts->size_bytes && stat->mode == facts->mode &&
                           stat->uid == facts->uid && stat->gid == facts->gid;
  if (!looks_right) return false;
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, directory.OpenRead(name));
  MIG_ASSIGN_OR_RETURN(const base::FileDigest content,
                       base::HashFile(*file, base::kMaxComponentBytes));
  if (content != facts->content()) return false;
  return HasAttributes(*file, facts->attributes);
}

}  // namespace mig::loader
