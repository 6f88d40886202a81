#include "loader/scan/local_manifest.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mig::loader {

std::string OwnerText(const LocalFile& file) {
  if (file.uid == file.target.uid && file.gid == file.target.gid) return file.target.owner;
  return absl::StrCat(file.uid, ":", file.gid);
}

const LocalFile* LocalManifest::Find(absl::string_view product, absl::string_view name) const {
  const auto is_before = [](const LocalFile& file,
                            const std::pair<absl::string_view, absl::string_view>& key) {
    return std::pair<absl::string_view, absl::string_view>(file.target.product, file.target.name) <
           key;
  };
  const auto found =
      std::lower_bound(files.begin(), files.end(), std::pair(product, name), is_before);
  if (found == files.end() || found->target.product != product || found->target.name != name) {
    return nullptr;
  }
  return &*found;
}

}  // namespace mig::loader
