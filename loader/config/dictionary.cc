#include "loader/config/dictionary.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/toml.h"
#include "loader/config/owners.h"
#include "loader/config/path_claims.h"
#include "loader/config/product_reader.h"
#include "loader/config/protected_file.h"
#include "loader/config/table_reader.h"
#include "trust/names.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kNamedBy = "dictionary_file in loader.toml";

// '*' stands for any bytes, also none; all else for itself.
bool Matches(absl::string_view pattern, absl::string_view text) {
  size_t star = absl::string_view::npos;
  size_t resume = 0;
  size_t p = 0;
  size_t t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool Family::Has(absl::string_view file_name) const {
  return trust::IsComponentSegment(file_name) && Matches(pattern, file_name);
}

Target Family::Member(absl::string_view file_name) const {
  MIG_CHECK(Has(file_name)) << file_name;
  Target target = member;
  target.name = absl::StrCat(prefix, "/", file_name);
  target.file_name = std::string(file_name);
  return target;
}

absl::StatusOr<Dictionary> Dictionary::Load(base::FileSystem& disk, absl::string_view path,
                                            uint32_t owner_uid,
                                            const std::vector<ReservedPath>& reserved) {
  MIG_ASSIGN_OR_RETURN(const std::string text, ReadProtectedFile(disk, path, owner_uid, kNamedBy));
  MIG_ASSIGN_OR_RETURN(const base::TomlValue table, base::ParseToml(text, path));
  const Owners owners = Owners::Read(disk);
  std::vector<ReservedPath> all_reserved = reserved;
  all_reserved.push_back({.path = std::string(path), .what = "the dictionary"});
  PathClaims claims(std::move(all_reserved));

  TableReader reader(table, "");
  std::vector<Product> products;
  for (const auto& [name, product_table] : reader.Tables("product")) {
    MIG_ASSIGN_OR_RETURN(Product product, ReadProduct(name, *product_table, owners, claims));
    products.push_back(std::move(product));
  }
  if (products.empty()) reader.Fail("product", "at least one [product.NAME] must be there");
  if (products.size() > base::kMaxProducts) {
    reader.Fail("product", absl::StrCat("over ", base::kMaxProducts, " products"));
  }
  MIG_RETURN_IF_ERROR(reader.Finish());
  return Dictionary(std::string(path), std::move(products));
}

const Product* Dictionary::Find(absl::string_view product) const {
  for (const Product& candidate : products_) {
    if (candidate.name == product) return &candidate;
  }
  return nullptr;
}

absl::StatusOr<Target> Dictionary::Resolve(absl::string_view product,
                                           absl::string_view name) const {
  const Product* found = Find(product);
  if (found == nullptr) {
    return absl::NotFoundError(absl::StrCat(path_, " has no product '", base::Escaped(product),
                                            "'; add [product.", base::Escaped(product), "]"));
  }
  for (const Target& component : found->components) {
    if (component.name == name) return component;
  }
  const size_t slash = name.find('/');
  if (slash != absl::string_view::npos) {
    const absl::string_view file_name = name.substr(slash + 1);
    for (const Family& family : found->families) {
      const bool is_member = family.prefix == name.substr(0, slash) && family.Has(file_name);
      if (is_member) return family.Member(file_name);
    }
  }
  return absl::NotFoundError(
      absl::StrCat(path_, " has no component '", base::Escaped(name), "' of product '", product,
                   "', and no family for it; add it there, or assign this host another release"));
}

absl::Status Dictionary::CheckCounts(absl::string_view product,
                                     const std::vector<std::string>& names) const {
  const Product* found = Find(product);
  if (found == nullptr) return absl::OkStatus();
  for (const Family& family : found->families) {
    const std::string prefix = absl::StrCat(family.prefix, "/");
    const auto count = static_cast<size_t>(
        std::count_if(names.begin(), names.end(), [&prefix](const std::string& name) {
          return name.compare(0, prefix.size(), prefix) == 0;
        }));
    if (count <= family.max_count) continue;
    return absl::ResourceExhaustedError(
        absl::StrCat("the release has ", count, " files of family '", family.prefix, "/*', ", path_,
                     " takes at most ", family.max_count, "; raise its max_count there"));
  }
  return absl::OkStatus();
}

std::vector<std::string> Dictionary::Directories() const {
  std::set<std::string> directories;
  for (const Product& product : products_) {
    for (const Target& component : product.components) directories.insert(component.directory);
    for (const Family& family : product.families) directories.insert(family.member.directory);
  }
  return {directories.begin(), directories.end()};
}

}  // namespace mig::loader
