#include "bench/suites/scratch.h"

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <system_error>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace mig::bench {

Scratch::Scratch() {
  const char* parent = getenv("TMPDIR");
  path_ = absl::StrCat(parent != nullptr ? parent : "/tmp", "/mig-bench-XXXXXX");
  MIG_CHECK(mkdtemp(path_.data()) != nullptr) << "cannot make a directory like " << path_;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Scratch::WriteFile(const std::string& name, size_t size_bytes) {
  const std::string path = absl::StrCat(path_, "/", name);
  std::string bytes(size_bytes, '\0');
  uint64_t state = absl::HashOf(name) | 1;
  for (char& byte : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<char>(state >> 56);
  }
  FILE* file = fopen(path.c_str(), "wb");
  MIG_CHECK(file != nullptr && fwrite(bytes.data(), 1, size_bytes, file) == size_bytes &&
            fclose(file) == 0)
      << "cannot write " << path;
  return path;
}

std::vector<std::string> Scratch::WriteFiles(size_t count, size_t size_bytes) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) {
    names.push_back(absl::StrFormat("f%05d", i));
    WriteFile(names.back(), size_bytes);
  }
  return names;
}

}  // namespace mig::bench
