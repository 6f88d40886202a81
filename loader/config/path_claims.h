// Which entry of the dictionary has which path: no two may meet (ADVERSARY.md 100).

#ifndef MIG_LOADER_CONFIG_PATH_CLAIMS_H_
#define MIG_LOADER_CONFIG_PATH_CLAIMS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/toml.h"
#include "loader/config/config.h"

namespace mig::loader {

class PathClaims {
 public:
  // Paths that no entry may have, lie in, or hold.
  explicit PathClaims(std::vector<ReservedPath> reserved) : reserved_(std::move(reserved)) {}

  // The entry `name`, at `position`, has `path`: a component's file, or a family's directory with
  // all that is in it. InvalidArgument if it is, holds, or lies in what another entry has (the
  // message has both lines), or a reserved path.
  absl::Status Add(absl::string_view path, absl::string_view name,
                   const base::TomlPosition& position);

 private:
  struct Claim {
    std::string path;
    std::string name;
    base::TomlPosition position;
  };

  std::vector<ReservedPath> reserved_;
  std::vector<Claim> claims_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_PATH_CLAIMS_H_
