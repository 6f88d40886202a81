// A manifest from files: made on the machine of whoever publishes, byte for byte.

#ifndef MIG_CTL_DOCUMENTS_MAKE_RELEASE_H_
#define MIG_CTL_DOCUMENTS_MAKE_RELEASE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ctl/files/local_files.h"
#include "trust/document_head.h"
#include "trust/envelope.h"
#include "trust/manifest.h"
#include "trust/root.h"

namespace mig::ctl {

// One file of one variant, as the command line names it: COMPONENT=PATH.
struct ComponentFile {
  std::string component;
  std::string path;
};

struct VariantFiles {
  std::string filter;  // any spelling; signed in its canonical one
  std::vector<ComponentFile> files;
};

struct ReleaseSpec {
  std::string product;
  std::string version;
  uint64_t sequence = 0;
  absl::Time issued;
  std::vector<VariantFiles> variants;
  std::vector<std::string> retired;
  std::vector<trust::Requirement> requirements;
  std::vector<std::string> confidential;  // names of components
};

// A content that the release names, and where it lies.
struct LocalContent {
  base::Digest digest;
  uint64_t size_bytes = 0;
  std::string path;
};

struct MadeRelease {
  trust::Envelope envelope;  // nobody has signed it yet
  trust::Manifest manifest;
  std::vector<LocalContent> contents;  // sorted by digest, each once
};

// Reads and hashes each file once (64 KiB of memory); epoch and trust domain are `root`'s.
// InvalidArgument names the file, name or filter that is wrong; FailedPrecondition if the root does
// not have the product.
absl::StatusOr<MadeRelease> MakeRelease(const ReleaseSpec& spec, const trust::Root& root,
                                        const LocalFiles& files);

// Ok iff every component of `last` is in some variant of `next` or among its retired ones: hosts
// refuse a set from which one is missing (NOT_RETIRED). Else InvalidArgument with the flags to add.
absl::Status CheckNothingIsLost(const trust::Manifest& last, const trust::Manifest& next);

}  // namespace mig::ctl

#endif  // MIG_CTL_DOCUMENTS_MAKE_RELEASE_H_
