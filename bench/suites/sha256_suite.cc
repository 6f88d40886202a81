#include "bench/suites/sha256_suite.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/hash_file.h"
#include "base/posix_file_system.h"
#include "base/sha256.h"
#include "base/thread_pool_executor.h"
#include "bench/limits/boringssl.h"
#include "bench/suites/lazy.h"
#include "bench/suites/scratch.h"

namespace mig::bench {
namespace {

constexpr uint64_t kNoLimit = uint64_t{1} << 40;

// What the rows of this suite read; made once, and kept by the rows that use it.
struct Files {
  Files(size_t large_bytes, size_t small_count)
      : large_bytes(large_bytes),
        buffer(large_bytes, 'm'),
        large(scratch.WriteFile("large", large_bytes)),
        small(scratch.WriteFiles(small_count, 4096)) {
    scratch.WriteFile("large2", large_bytes);
    auto opened = disk.OpenRoot(scratch.path());
    MIG_CHECK_OK(opened);
    directory = *std::move(opened);
  }

  void Hash(const std::string& name) {
    auto file = directory->OpenRead(name);
    MIG_CHECK_OK(file);
    auto hashed = base::HashFile(**file, kNoLimit);
    MIG_CHECK_OK(hashed);
    benchmark::DoNotOptimize(hashed->digest);
  }

  size_t large_bytes;
  std::string buffer;
  Scratch scratch;
  std::string large;
  std::vector<std::string> small;
  base::PosixFileSystem disk;
  std::unique_ptr<base::Directory> directory;
};

void CountBytes(benchmark::State& state, size_t bytes_each) {
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes_each));
}

void HashBareBuffer(benchmark::State& state, const Files& files) {
  for (auto _ : state) benchmark::DoNotOptimize(BareSha256(files.buffer));
  CountBytes(state, files.large_bytes);
}

void HashLargeFile(benchmark::State& state, Files& files) {
  for (auto _ : state) files.Hash("large");
  CountBytes(state, files.large_bytes);
}

// One run of the system's sha256sum over the large file, its start included.
void RunSha256sum(benchmark::State& state, const Files& files) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  std::string path = files.large;
  char program[] = "sha256sum";
  char* const arguments[] = {program, path.data(), nullptr};
  char* const environment[] = {nullptr};
  for (auto _ : state) {
    pid_t child = 0;
    int status = 1;
    if (posix_spawn(&child, "/usr/bin/sha256sum", &actions, nullptr, arguments, environment) != 0 ||
        waitpid(child, &status, 0) != child || status != 0) {
      state.SkipWithError("/usr/bin/sha256sum did not run");
      break;
    }
  }
  posix_spawn_file_actions_destroy(&actions);
  CountBytes(state, files.large_bytes);
}

}  // namespace

void AddSha256Rows(Table& table, const Sha256SuiteOptions& options) {
  const Lazy<Files> files(
      [options] { return std::make_unique<Files>(options.large_file_bytes, options.small_files); });
  auto two_cores = std::make_shared<base::ThreadPoolExecutor>(2);
  const auto bare_buffer = [files](benchmark::State& state) { HashBareBuffer(state, *files); };
  const auto one_file = [files](benchmark::State& state) { HashLargeFile(state, *files); };

  table.Add({.name = "sha256_buffer",
             .unit = Unit::kBytesPerSecond,
             .goal = AtLeast(0.97),
             .ours =
                 [files](benchmark::State& state) {
                   for (auto _ : state) benchmark::DoNotOptimize(base::Sha256Of(files->buffer));
                   CountBytes(state, files->large_bytes);
                 },
             .limit = bare_buffer});
  table.Add({.name = "sha256_large_file",
             .unit = Unit::kBytesPerSecond,
             .goal = AtLeast(0.97),
             .ours = one_file,
             .limit = bare_buffer});
  table.Add({.name = "sha256_two_files_two_cores",
             .unit = Unit::kBytesPerSecond,
             .goal = AtLeast(1.9),
             .ours =
                 [files, two_cores](benchmark::State& state) {
                   for (auto _ : state) {
                     two_cores->ParallelFor(
                         2, [&](size_t i) { files->Hash(i == 0 ? "large" : "large2"); });
                   }
                   CountBytes(state, 2 * files->large_bytes);
                 },
             .limit = one_file});
  table.Add({.name = "sha256_small_files",
             .unit = Unit::kSeconds,
             .goal = AtMost(1.15),
             .ours =
                 [files](benchmark::State& state) {
                   for (auto _ : state) {
                     for (const std::string& name : files->small) files->Hash(name);
                   }
                 },
             .limit =
                 [files, buffer = std::make_shared<std::string>()](benchmark::State& state) {
                   for (auto _ : state) {
                     for (const std::string& name : files->small) {
                       benchmark::DoNotOptimize(BareSha256OfFile(
                           absl::StrCat(files->scratch.path(), "/", name), *buffer));
                     }
                   }
                 }});
  table.Add({.name = "sha256_file_vs_sha256sum",
             .unit = Unit::kBytesPerSecond,
             .goal = AtLeast(4),
             .ours = one_file,
             .limit = [files](benchmark::State& state) { RunSha256sum(state, *files); }});
}

}  // namespace mig::bench
