// A small state that is rewritten in place, one fdatasync each, and survives a power cut at any
// instruction: two halves of which one is always whole (docs/protocol.md, "On the host").

#ifndef MIG_LOADER_STATE_TWO_HALVES_FILE_H_
#define MIG_LOADER_STATE_TWO_HALVES_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "trust/half_file.h"

namespace mig::loader {

// One thread at a time; writers hold the state directory's lock. Errors as in base/file_system.h.
class TwoHalvesFile {
 public:
  // `directory` is borrowed.
  TwoHalvesFile(base::Directory& directory, std::string name, trust::HalfFileKind kind)
      : directory_(directory), name_(std::move(name)), kind_(kind) {}

  struct Content {
    // The newest half that is whole. nullopt: there is none, or two of one generation differ.
    std::optional<std::string> payload;
    // There is such a file. If it is there and payload is not, the state was lost.
    bool exists = false;
    // A half is not whole (never written is whole). A power cut in the middle of a Write looks the
    // same as a fault of the disk: what it held is not known, so who trusts this state takes the
    // most of all else that remained, and says so (ADVERSARY 125). The next Write mends it.
    bool damaged = false;
  };
  // A file that is missing is no error. Anything of another kind (a link) is.
  absl::StatusOr<Content> Read();

  // After success Read gives `payload`, durably; after an error or a power cut it gives that or
  // what it gave before. The older half is overwritten, so one Write needs no new block.
  // Once a Write failed, each later one of this object fails too (FailedPrecondition): the other
  // half is all there is. The next run starts afresh. ResourceExhausted: over
  // trust::kMaxHalfPayloadBytes. Who reads and writes with one object reads the disk once: under
  // the lock nobody else writes.
  absl::Status Write(absl::string_view payload);

 private:
  // What the next write is.
  struct Next {
    bool exists = false;  // false: there is no such file yet
    uint64_t generation = 1;
    uint64_t offset = 0;
  };
  // What is on the disk; nullopt: no such file. next_ follows from it.
  absl::StatusOr<std::optional<trust::HalfFileReading>> Load();
  absl::Status Create(absl::string_view half);
  absl::Status Overwrite(uint64_t offset, absl::string_view half);

  base::Directory& directory_;
  const std::string name_;
  const trust::HalfFileKind kind_;
  bool write_failed_ = false;
  std::optional<Next> next_;  // since the last Read or Write
};

}  // namespace mig::loader

#endif  // MIG_LOADER_STATE_TWO_HALVES_FILE_H_
