// What this machine has verified before: the newest root, and per product and stream the last
// release and plan. A server that hides or changes something is compared with these.

#ifndef MIG_CTL_CONTEXT_TRUSTED_DOCUMENTS_H_
#define MIG_CTL_CONTEXT_TRUSTED_DOCUMENTS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/files/local_files.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/root.h"
#include "trust/verified.h"

namespace mig::ctl {

class TrustedDocuments {
 public:
  // `files` is borrowed. `root_file` is the root's Envelope; the others lie in `directory`.
  TrustedDocuments(const LocalFiles& files, std::string root_file, std::string directory);

  // What a person vouched for, or what followed from it. Nothing: no root was given yet.
  // InvalidArgument names a file that is no root, or does not verify.
  absl::StatusOr<std::optional<trust::Verified<trust::Root>>> Root() const;
  absl::Status SaveRoot(const trust::Verified<trust::Root>& root) const;

  // The last one that was remembered and still verifies under `root`.
  absl::StatusOr<std::optional<trust::Verified<trust::Manifest>>> LastManifest(
      absl::string_view product, const trust::Verified<trust::Root>& root) const;
  absl::StatusOr<std::optional<trust::Verified<trust::Plan>>> LastPlan(
      absl::string_view stream, const trust::Verified<trust::Root>& root) const;

  // Keeps it unless a later one is kept already.
  absl::Status Remember(const trust::Verified<trust::Manifest>& manifest,
                        const trust::Verified<trust::Root>& root) const;
  absl::Status Remember(const trust::Verified<trust::Plan>& plan,
                        const trust::Verified<trust::Root>& root) const;

 private:
  template <typename T>
  absl::StatusOr<std::optional<trust::Verified<T>>> Last(
      const std::string& name, const trust::Verified<trust::Root>& root) const;
  template <typename T>
  absl::Status Keep(const std::string& name, const trust::Verified<T>& document,
                    const trust::Verified<trust::Root>& root) const;

  const LocalFiles& files_;
  std::string root_file_;
  std::string directory_;
};

// Reads a root's file that a person names: what vouches for it is that person.
absl::StatusOr<trust::Verified<trust::Root>> ReadRootFile(absl::string_view path,
                                                          const LocalFiles& files);

// The certificates that a coordinator's server must be by, from a PEM file that a person names: as
// canonical PEM. InvalidArgument names a file that has none, or another certificate than a CA's.
absl::StatusOr<std::string> ReadServersCa(absl::string_view path, const LocalFiles& files);

}  // namespace mig::ctl

#endif  // MIG_CTL_CONTEXT_TRUSTED_DOCUMENTS_H_
