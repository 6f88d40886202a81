#include "bench/suites/replace_suite.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/byte_stream.h"
#include "base/check.h"
#include "base/path.h"
#include "base/posix_file_system.h"
#include "base/sha256.h"
#include "bench/suites/child_process.h"
#include "bench/suites/lazy.h"
#include "bench/suites/scratch.h"
#include "loader/install/staging.h"
#include "loader/install/transaction.h"

namespace mig::bench {
namespace {

constexpr size_t kSmallFiles = 4;
constexpr size_t kSmallBytes = 4096;
constexpr absl::string_view kProduct = "agent";
constexpr char kDpkg[] = "/usr/bin/dpkg";
constexpr char kDpkgDeb[] = "/usr/bin/dpkg-deb";
// A disk is in it.
constexpr double kDiskLimit = 0.15;

struct NamedBytes {
  std::string name;
  std::string bytes;
};
using Contents = std::vector<NamedBytes>;

// As long as is wanted of what a program looks like: this one, again and again.
std::string ProgramBytes(size_t size_bytes) {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  std::string bytes(size_bytes, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size_bytes));
  const size_t got = static_cast<size_t>(file.gcount());
  MIG_CHECK(got > 0) << "/proc/self/exe cannot be read";
  for (size_t i = got; i < size_bytes; ++i) bytes[i] = bytes[i - got];
  return bytes;
}

// Two releases, of which every block of every file differs.
Contents ReleaseOf(const std::string& large, char mark) {
  Contents contents = {{"agent", large}};
  for (size_t i = 0; i < kSmallFiles; ++i) {
    contents.push_back({absl::StrCat("part-", i), std::string(kSmallBytes, 'x')});
  }
  for (NamedBytes& file : contents) {
    for (size_t at = 0; at < file.bytes.size(); at += kSmallBytes) file.bytes[at] = mark;
  }
  return contents;
}

// A host on which one of two releases is installed, and then the other one.
class Host {
 public:
  explicit Host(size_t large_bytes) {
    const std::string large = ProgramBytes(large_bytes);
    for (const char mark : {'a', 'b'}) releases_.push_back(ReleaseOf(large, mark));
    MIG_CHECK_OK(base::MakeDirs(disk_, targets_.path() + "/by-hand", 0755));
    for (const Contents& release : releases_) components_.push_back(ComponentsOf(release));
    Replace();
    Settle();
  }

  // From contents that are here and verified to new files in their places, before the agent is
  // started.
  void Replace() {
    const size_t to = 1 - installed_;
    std::vector<loader::FileChange> changes;
    for (size_t i = 0; i < components_[to].size(); ++i) {
      changes.push_back({.target = components_[to][i].target,
                         .after = components_[to][i].facts(),
                         .installed = is_installed_
                                          ? std::optional(components_[installed_][i].content)
                                          : std::nullopt});
    }
    auto staging = loader::Staging::Begin(place_, kProduct, std::move(changes));
    MIG_CHECK_OK(staging);
    for (size_t i = 0; i < staging->changes().size(); ++i) {
      base::StringSource source(releases_[to][i].bytes);
      MIG_CHECK_OK(staging->Stage(i, 0, source));
    }
    MIG_CHECK_OK(staging->Keep());
    loader::TransactionFacts facts;
    facts.product = std::string(kProduct);
    facts.to.manifest = base::Sha256Of(to == 0 ? "a" : "b");
    auto transaction = std::move(*staging).Commit(facts);
    MIG_CHECK_OK(transaction);
    transaction_ = std::make_unique<loader::Transaction>(*std::move(transaction));
    MIG_CHECK_OK(transaction_->ReplaceFiles());
    installed_ = to;
    is_installed_ = true;
  }

  // What the probation is there for: the copies to go back to next time.
  void Settle() {
    MIG_CHECK_OK(transaction_->KeepNew(components_[installed_]));
    MIG_CHECK_OK(transaction_->Finish());
    MIG_CHECK_OK(transaction_->Close());
    transaction_.reset();
  }

  // The same files: written, made durable, renamed, and their names made durable. No way back.
  void ReplaceByHand() {
    const Contents& release = releases_[by_hand_ = 1 - by_hand_];
    const std::string path = targets_.path() + "/by-hand";
    const int directory = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (const NamedBytes& file : release) {
      const std::string fresh = absl::StrCat(file.name, ".new");
      const int to =
          openat(directory, fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
      for (size_t at = 0; at < file.bytes.size();) {
        const ssize_t count = write(to, file.bytes.data() + at, file.bytes.size() - at);
        MIG_CHECK(count > 0) << path;
        at += static_cast<size_t>(count);
      }
      MIG_CHECK(fsync(to) == 0 && close(to) == 0) << path;
    }
    for (const NamedBytes& file : release) {
      const std::string fresh = absl::StrCat(file.name, ".new");
      MIG_CHECK(renameat(directory, fresh.c_str(), directory, file.name.c_str()) == 0) << path;
    }
    MIG_CHECK(fsync(directory) == 0 && close(directory) == 0) << path;
  }

  const Contents& release() const { return releases_.front(); }

 private:
  std::vector<loader::Component> ComponentsOf(const Contents& release) const {
    std::vector<loader::Component> components;
    for (const NamedBytes& file : release) {
      components.push_back(
          {.target = {.product = std::string(kProduct),
                      .name = file.name,
                      .directory = targets_.path(),
                      .file_name = file.name,
                      .mode = 0755,
                      .uid = geteuid(),
                      .gid = getegid(),
                      .max_bytes = file.bytes.size()},
           .content = {.digest = base::Sha256Of(file.bytes), .size_bytes = file.bytes.size()}});
    }
    return components;
  }

  base::PosixFileSystem disk_;
  Scratch targets_;
  Scratch state_;
  const loader::Place place_ = {
      .disk = disk_, .state_directory = state_.path() + "/state", .owner_uid = geteuid()};
  std::vector<Contents> releases_;
  std::vector<std::vector<loader::Component>> components_;
  size_t installed_ = 1;
  size_t by_hand_ = 1;
  bool is_installed_ = false;
  std::unique_ptr<loader::Transaction> transaction_;
};

// A package with the same files, and a place of dpkg's own where it is installed again and again.
class Package {
 public:
  Package(const Contents& contents, const std::vector<std::string>& how) {
    namespace fs = std::filesystem;
    const std::string tree = scratch_.path() + "/tree";
    fs::create_directories(tree + "/DEBIAN");
    fs::create_directories(tree + "/opt/agent");
    std::ofstream(tree + "/DEBIAN/control")
        << "Package: mig-bench\nVersion: 1\nArchitecture: all\n"
           "Maintainer: nobody <nobody@example.invalid>\nDescription: what is replaced\n";
    for (const NamedBytes& file : contents) {
      std::ofstream(absl::StrCat(tree, "/opt/agent/", file.name), std::ios::binary) << file.bytes;
    }
    std::vector<std::string> build = {kDpkgDeb};
    build.insert(build.end(), how.begin(), how.end());
    build.insert(build.end(), {"--build", tree, scratch_.path() + "/package.deb"});
    RunChild(build);
    for (const char* directory : {"/db/updates", "/db/info", "/installed"}) {
      fs::create_directories(scratch_.path() + directory);
    }
    for (const char* file : {"/db/status", "/db/available"}) {
      std::ofstream(scratch_.path() + file) << "";
    }
    Install();
  }

  void Install() {
    RunChild({kDpkg, "--admindir=" + scratch_.path() + "/db",
              "--instdir=" + scratch_.path() + "/installed", "--force-not-root", "--no-triggers",
              "--install", scratch_.path() + "/package.deb"});
  }

 private:
  Scratch scratch_;
};

void Replace(benchmark::State& state, Host& host) {
  for (auto _ : state) {
    host.Replace();
    state.PauseTiming();
    host.Settle();
    state.ResumeTiming();
  }
}

}  // namespace

void AddReplaceRows(Table& table, const ReplaceSuiteOptions& options) {
  const Lazy<Host> host([options] { return std::make_unique<Host>(options.large_bytes); });
  const auto ours = [host](benchmark::State& state) { Replace(state, *host); };
  table.Add({.name = "replace_files",
             .goal = AtMost(2.5),
             .slowdown_limit = kDiskLimit,
             .ours = ours,
             .limit = [host](benchmark::State& state) {
               for (auto _ : state) host->ReplaceByHand();
             }});
  if (access(kDpkg, X_OK) != 0 || access(kDpkgDeb, X_OK) != 0) return;
  const auto beside_dpkg = [&](std::string name, double goal, std::vector<std::string> how) {
    const Lazy<Package> package(
        [host, how] { return std::make_unique<Package>(host->release(), how); });
    table.Add({.name = std::move(name),
               .goal = AtMost(goal),
               .slowdown_limit = kDiskLimit,
               .ours = ours,
               .limit = [package](benchmark::State& state) {
                 for (auto _ : state) package->Install();
               }});
  };
  beside_dpkg("replace_files_dpkg_uncompressed", 0.4, {"-Znone"});
  beside_dpkg("replace_files_dpkg", 0.2, {});
}

}  // namespace mig::bench
