// One [product.NAME] of the dictionary.

#ifndef MIG_LOADER_CONFIG_PRODUCT_READER_H_
#define MIG_LOADER_CONFIG_PRODUCT_READER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/toml.h"
#include "loader/config/dictionary.h"
#include "loader/config/owners.h"
#include "loader/config/path_claims.h"

namespace mig::loader {

// Claims the paths of its components and families. Errors as Dictionary::Load.
absl::StatusOr<Product> ReadProduct(absl::string_view name, const base::TomlValue& table,
                                    const Owners& owners, PathClaims& claims);

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_PRODUCT_READER_H_
