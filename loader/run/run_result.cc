#include "loader/run/run_result.h"

#include <algorithm>

namespace mig::loader {

absl::string_view ChangeText(ProductResult::Change change) {
  switch (change) {
    case ProductResult::Change::kNone:
      return "unchanged";
    case ProductResult::Change::kInstalled:
      return "installed";
    case ProductResult::Change::kRepaired:
      return "repaired";
    case ProductResult::Change::kAdopted:
      return "adopted";
    case ProductResult::Change::kWentBack:
      return "went back";
    case ProductResult::Change::kCannotGoBack:
      return "cannot go back";
    case ProductResult::Change::kWould:
      return "would change";
  }
  return "";
}

bool RunResult::changed() const {
  return std::any_of(products.begin(), products.end(), [](const ProductResult& product) {
    return product.change != ProductResult::Change::kNone &&
           product.change != ProductResult::Change::kWould;
  });
}

}  // namespace mig::loader
