#include "bench/suites/scan_suite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "base/posix_file_system.h"
#include "base/system_clock.h"
#include "base/thread_pool_executor.h"
#include "bench/suites/lazy.h"
#include "bench/suites/scratch.h"
#include "loader/scan/digest_cache.h"
#include "loader/scan/local_manifest.h"
#include "loader/scan/scan.h"

namespace mig::bench {
namespace {

constexpr size_t kFileBytes = 4096;

// A directory of files whose digests are all known.
struct Tree {
  explicit Tree(size_t count) : names(scratch.WriteFiles(count, kFileBytes)) {
    for (const std::string& name : names) {
      files.push_back({.target = {.product = "agent",
                                  .name = name,
                                  .directory = scratch.path(),
                                  .file_name = name,
                                  .mode = 0644,
                                  .max_bytes = kFileBytes}});
    }
    const auto clock = base::SystemClock::Open();
    MIG_CHECK_OK(clock);
    // As if the files were older than the cache's least age: what it holds is never younger.
    now = (*clock)->WallNow() + 2 * loader::DigestCache::kLeastAge;
    Scan(one_core);
    MIG_CHECK(cache.size() == count) << cache.size();
  }

  void Scan(base::Executor& executor) {
    loader::LookAt(absl::MakeSpan(files),
                   {.disk = disk, .executor = executor, .cache = cache, .now = now});
    MIG_CHECK(files.back().state == loader::LocalState::kPresent);
  }

  Scratch scratch;
  std::vector<std::string> names;
  std::vector<loader::LocalFile> files;  // as prepared as the walk's names are
  base::PosixFileSystem disk;
  base::ThreadPoolExecutor one_core{1};
  base::ThreadPoolExecutor two_cores{2};
  loader::DigestCache cache;
  absl::Time now;
};

// What cannot be spared: asking the kernel about each file.
void WalkBare(benchmark::State& state, const Tree& tree) {
  for (auto _ : state) {
    const int directory = open(tree.scratch.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (const std::string& name : tree.names) {
      struct stat stat = {};
      MIG_CHECK(fstatat(directory, name.c_str(), &stat, AT_SYMLINK_NOFOLLOW) == 0);
      benchmark::DoNotOptimize(stat);
    }
    close(directory);
  }
}

}  // namespace

void AddScanRows(Table& table, const ScanSuiteOptions& options) {
  const Lazy<Tree> tree([options] { return std::make_unique<Tree>(options.files); });
  const auto walk = [tree](benchmark::State& state) { WalkBare(state, *tree); };
  table.Add({.name = "scan_unchanged",
             .goal = AtMost(1.25),
             .ours =
                 [tree](benchmark::State& state) {
                   for (auto _ : state) tree->Scan(tree->one_core);
                 },
             .limit = walk});
  table.Add({.name = "scan_unchanged_two_cores",
             .goal = AtMost(0.7),
             .ours =
                 [tree](benchmark::State& state) {
                   for (auto _ : state) tree->Scan(tree->two_cores);
                 },
             .limit = walk});
}

}  // namespace mig::bench
