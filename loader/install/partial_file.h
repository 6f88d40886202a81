// Step 1 of an install (DESIGN.md 5), while it lasts: contents that come piece by piece, straight
// into the file that will replace the target, so that they are written once.

#ifndef MIG_LOADER_INSTALL_PARTIAL_FILE_H_
#define MIG_LOADER_INSTALL_PARTIAL_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/byte_stream.h"
#include "base/file.h"
#include "base/file_system.h"
#include "base/hash_file.h"
#include "base/sha256.h"
#include "loader/install/file_facts.h"
#include "loader/install/staged_file.h"

namespace mig::loader {

// A staged file that is not complete. It has its staged name from its first byte on, and stays when
// this object goes, so that a later run goes on from there; the sweep takes what nobody wants.
//
// What is written is read back at once, while it is in the core's own cache, and that is what is
// hashed; the prefix that an earlier run left is read too. So a large file is verified while the
// rest of it is on its way. Move-only. One thread at a time. `directory` must outlive it.
class PartialFile {
 public:
  // How many bytes of `content` an earlier run left. 0: none, or what has the name is not ours
  // alone and cannot be made so (removed). All of them: nothing need be fetched.
  static absl::StatusOr<uint64_t> BytesThere(base::Directory& directory,
                                             absl::string_view file_name,
                                             const base::FileDigest& content, uint32_t owner_uid);

  // To wait for target `file_name`: goes on with the BytesThere.
  static absl::StatusOr<PartialFile> Resume(base::Directory& directory, absl::string_view file_name,
                                            const base::FileDigest& content, uint32_t owner_uid);
  // A fresh inode; what had the name goes, and a link is not followed.
  static absl::StatusOr<PartialFile> Create(base::Directory& directory, absl::string_view file_name,
                                            const base::FileDigest& content);

  PartialFile(PartialFile&&) = default;
  PartialFile& operator=(PartialFile&&) = default;

  // Where the next byte belongs: at most content().size_bytes.
  uint64_t size_bytes() const { return size_bytes_; }
  const base::FileDigest& content() const { return content_; }
  // Whether its beginning is of an earlier run, which nobody has hashed yet.
  bool is_resumed() const { return is_resumed_; }

  // LENGTH (DataLoss): more than the content has. DISK_FULL (ResourceExhausted), and others of the
  // disk. After any of them it is removed, and nothing more may be done with it.
  absl::Status Append(absl::string_view bytes);
  // The source begins at `offset`, which is not past the end: what is there from it on goes.
  absl::Status Rewind(uint64_t offset);
  // Appends what `contents` yields, to its end; asks for at most one byte more than is missing, so
  // an endless source fills no disk. Errors: of Append, and the source's own.
  absl::Status AppendAll(base::ByteSource& contents);
  // The whole content is that of `source`, of the same disk: shares its blocks where that can be
  // done. Only of a file that Create made.
  absl::Status CopyFrom(base::File& source);

  // All of it is there: gives it owner, mode and attributes, makes it durable.
  //   LENGTH  (DataLoss) too short: what came stays, to go on from
  //   HASH    (DataLoss) another digest, the message has both: removed
  //   PermissionDenied  owner or attribute cannot be set: removed
  // MIG_CHECKs that `want` is of this content.
  absl::StatusOr<StagedFile> Finish(const FileFacts& want) &&;

 private:
  PartialFile(base::Directory& directory, std::string name, const base::FileDigest& content,
              std::unique_ptr<base::File> file)
      : directory_(&directory), name_(std::move(name)), content_(content), file_(std::move(file)) {}

  absl::Status ReadBack();
  absl::StatusOr<base::FileStat> Complete(const FileFacts& want);
  // Gives the name free again, and says why.
  absl::Status Drop(const absl::Status& why);

  base::Directory* directory_;
  std::string name_;
  base::FileDigest content_;
  std::unique_ptr<base::File> file_;
  std::unique_ptr<char[]> buffer_;  // of what is read back; made when it is needed
  uint64_t size_bytes_ = 0;
  bool is_resumed_ = false;
  base::Sha256 hash_;       // of what was read back
  uint64_t read_back_ = 0;  // bytes from the start
};

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_PARTIAL_FILE_H_
