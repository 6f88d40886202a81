// Manifest: one release of one product, as ordered variants of named components. A value that
// cannot be wrong. It names components, never paths, modes or commands (R9).

#ifndef MIG_TRUST_MANIFEST_H_
#define MIG_TRUST_MANIFEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "trust/document_head.h"

namespace mig::trust {

enum class Encoding { kZstd = 1, kZstdPatch = 2 };

// Another encoding of a component's content; what it decodes to is judged by the component's
// digest.
struct Form {
  Encoding encoding = Encoding::kZstd;
  std::optional<base::Digest> base;  // kZstdPatch only: the content it is decoded against
  uint64_t size_bytes = 0;
  base::Digest digest;
  uint64_t window_bytes = 0;
};

struct Component {
  std::string name;
  uint64_t size_bytes = 0;
  base::Digest digest;
  bool confidential = false;  // never from a mirror, never logged
  std::vector<Form> forms;    // those of known encodings
};

struct Variant {
  // Text within its bound; whether it is canonical and reads only what it may, rollout/ says.
  std::string filter;
  std::vector<Component> components;  // sorted by name

  // Null if there is none of that name.
  const Component* component(absl::string_view name) const;
};

// "At least this release of that product."
struct Requirement {
  std::string product;
  Numbers least;
};

class Manifest {
 public:
  // Reads a payload and checks all that can be checked without knowing who signed.
  // Errors: UNSUPPORTED another format or a critical feature; BOUND; MALFORMED all else.
  static absl::StatusOr<Manifest> Parse(absl::string_view payload);

  const DocumentHead& head() const { return head_; }
  const std::string& product() const { return product_; }
  const std::string& version() const { return version_; }
  const Numbers& numbers() const { return numbers_; }
  const std::vector<Variant>& variants() const { return variants_; }  // 1 to 32
  const std::vector<std::string>& retired() const { return retired_; }
  const std::vector<Requirement>& requirements() const { return requirements_; }

 private:
  Manifest() = default;

  DocumentHead head_;
  std::string product_;
  std::string version_;
  Numbers numbers_;
  std::vector<Variant> variants_;
  std::vector<std::string> retired_;
  std::vector<Requirement> requirements_;
};

}  // namespace mig::trust

#endif  // MIG_TRUST_MANIFEST_H_
