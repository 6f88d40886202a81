#include "tests/harness/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "tests/agent/descriptor.h"

namespace mig::tests {

namespace fs = std::filesystem;

namespace {

constexpr uintmax_t kMaxBytes = uintmax_t{256} << 20;

absl::Status Failed(const std::string& path, absl::string_view what, int error) {
  return absl::UnavailableError(
      absl::StrCat(path, ": cannot be ", what, ": ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error) return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
  if (size > kMaxBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": ", size, " bytes are too many"));
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open()) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  return bytes;
}

absl::Status WriteFile(const std::string& path, absl::string_view bytes, mode_t mode) {
  const std::string draft = absl::StrCat(path, ".draft");
  {
    std::ofstream file(draft, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) return Failed(draft, "written", errno);
  }
  if (chmod(draft.c_str(), mode) != 0) return Failed(draft, "given its mode", errno);
  if (rename(draft.c_str(), path.c_str()) != 0) return Failed(path, "put in place", errno);
  return absl::OkStatus();
}

absl::Status MakeDirectory(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return Failed(path, "made", errno);
  // Whatever the umask says.
  if (chmod(path.c_str(), mode) != 0) return Failed(path, "given its mode", errno);
  return absl::OkStatus();
}

absl::Status FlipByte(const std::string& path, uint64_t offset) {
  const Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return Failed(path, "opened for damaging", errno);
  const auto at = static_cast<off_t>(offset);
  char byte = 0;
  if (pread(file.get(), &byte, 1, at) != 1) return Failed(path, "read", errno);
  byte = static_cast<char>(byte ^ 1);
  if (pwrite(file.get(), &byte, 1, at) != 1) return Failed(path, "damaged", errno);
  return absl::OkStatus();
}

absl::StatusOr<base::Digest> DigestOf(const std::string& path) {
  MIG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  return base::Sha256Of(bytes);
}

std::string Describe(const std::string& path) {
  struct stat found = {};
  if (lstat(path.c_str(), &found) != 0) return absl::StrCat(path, " is not there");
  const absl::StatusOr<base::Digest> digest = DigestOf(path);
  return absl::StrCat(absl::StrFormat("%04o ", found.st_mode & 07777), found.st_size,
                      " bytes, sha256 ",
                      digest.ok() ? digest->ToHex().substr(0, 8) : digest.status().message());
}

FileMark FileMark::Of(const std::string& path) {
  struct stat found = {};
  if (lstat(path.c_str(), &found) != 0) return {};
  constexpr int64_t kSecond = 1'000'000'000;
  return {.inode = found.st_ino,
          .size = found.st_size,
          .modified_ns = found.st_mtim.tv_sec * kSecond + found.st_mtim.tv_nsec,
          .changed_ns = found.st_ctim.tv_sec * kSecond + found.st_ctim.tv_nsec};
}

std::vector<std::string> FilesBelow(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator walk(directory, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (walk->is_regular_file()) files.push_back(walk->path().string());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace mig::tests
