// A directory of a test, on the real disk, that goes with it.

#ifndef MIG_COORDINATOR_STORE_TESTING_TEMPORARY_DIRECTORY_H_
#define MIG_COORDINATOR_STORE_TESTING_TEMPORARY_DIRECTORY_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check.h"

namespace mig::coordinator::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/mig-XXXXXX");
    MIG_CHECK(::mkdtemp(pattern.data()) != nullptr) << pattern;
    path_ = std::filesystem::canonical(pattern).string();  // no symbolic link in it
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

 private:
  std::string path_;
};

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_STORE_TESTING_TEMPORARY_DIRECTORY_H_
