// One install on the machine's own disk: what the memory disk cannot show is here (umask, real
// owners, two file systems).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/byte_stream.h"
#include "base/check.h"
#include "base/path.h"
#include "base/posix_file_system.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "loader/install/recover.h"
#include "loader/install/staging.h"
#include "loader/install/testing/invariants.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::loader::testing::FileSet;
using ::mig::loader::testing::Invariants;
using ::mig::loader::testing::ReadFileSet;

// A new directory below `parent`, without links in its path; removed at the end.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::string& parent) {
    std::string path = absl::StrCat(parent, "/mig-install-XXXXXX");
    if (mkdtemp(path.data()) == nullptr) return;
    std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), &free);
    if (real != nullptr) path_ = real.get();
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class PosixInstallTest : public ::testing::TestWithParam<mode_t> {
 protected:
  PosixInstallTest()
      : old_umask_(umask(GetParam())),
        targets_(::testing::TempDir()),
        state_(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ::testing::TempDir()) {
    for (const char* name : {"agent", "configuration"}) {
      MIG_CHECK_OK(base::WriteDurably(*Targets(), name, absl::StrCat("old ", name), 0644));
    }
  }
  ~PosixInstallTest() override { umask(old_umask_); }

  std::unique_ptr<base::Directory> Targets() { return *disk_.OpenRoot(targets_.path()); }
  Place ThePlace() {
    return {.disk = disk_,
            .state_directory = base::JoinPath(state_.path(), "state"),
            .owner_uid = static_cast<uint32_t>(getuid())};
  }
  Component ComponentOf(const std::string& name, absl::string_view bytes, uint32_t mode) {
    Target target;
    target.product = "agent";
    target.name = name;
    target.directory = targets_.path();
    target.file_name = name;
    target.mode = mode;
    target.uid = static_cast<uint32_t>(getuid());
    target.gid = static_cast<uint32_t>(getgid());
    target.attributes = attributes_;
    return {.target = target,
            .content = {.digest = base::Sha256Of(bytes), .size_bytes = bytes.size()}};
  }
  std::vector<Component> NewComponents() {
    return {ComponentOf("agent", "new agent", 0755), ComponentOf("configuration", "new", 0640)};
  }

  absl::StatusOr<Transaction> Replace() {
    std::vector<FileChange> changes;
    for (const Component& component : NewComponents()) {
      changes.push_back({.target = component.target, .after = component.facts()});
    }
    MIG_ASSIGN_OR_RETURN(Staging staging, Staging::Begin(ThePlace(), "agent", changes));
    for (size_t i = 0; i < 2; ++i) {
      base::StringSource source(i == 0 ? "new agent" : "new");
      MIG_RETURN_IF_ERROR(staging.Stage(i, 0, source));
    }
    MIG_RETURN_IF_ERROR(staging.Keep().status());
    TransactionFacts facts;
    facts.id = *trust::AttemptId::FromBytes("0123456789abcdef");
    facts.product = "agent";
    facts.to.manifest = base::Sha256Of("manifest");
    facts.started = absl::FromUnixSeconds(1'700'000'000);
    MIG_ASSIGN_OR_RETURN(Transaction transaction, std::move(staging).Commit(facts));
    MIG_RETURN_IF_ERROR(transaction.ReplaceFiles());
    return transaction;
  }
  FileSet Files() {
    return ReadFileSet(disk_, {base::JoinPath(targets_.path(), "agent"),
                               base::JoinPath(targets_.path(), "configuration")});
  }
  size_t Entries() { return Targets()->List(100)->size(); }

  Attributes attributes_;  // that the dictionary says of both
  const mode_t old_umask_;
  base::PosixFileSystem disk_;
  ScratchDirectory targets_;
  ScratchDirectory state_;
};

TEST_P(PosixInstallTest, InstallsAndKeepsAcrossTwoFileSystems) {  // ADVERSARY 108, 112
  absl::StatusOr<Transaction> transaction = Replace();
  ASSERT_THAT(transaction, IsOk());
  ASSERT_THAT(transaction->KeepNew(NewComponents()), IsOk());
  ASSERT_THAT(transaction->Finish(), IsOk());
  ASSERT_THAT(transaction->Close(), IsOk());
  const FileSet files = Files();
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files.begin()->second, NewComponents()[0].facts());
  EXPECT_EQ(files.rbegin()->second, NewComponents()[1].facts());
  EXPECT_EQ(Entries(), 2u);
}

TEST_P(PosixInstallTest, FilesHaveTheAttributesThatTheDictionarySays) {  // ADVERSARY 110
  const auto old = Targets()->OpenReadWrite("agent");
  ASSERT_THAT(old, IsOk());
  const absl::Status given = (*old)->SetAttribute("user.origin", "package");
  if (absl::IsUnimplemented(given)) GTEST_SKIP() << given.message();
  attributes_ = {{"user.origin", "mig"}};
  absl::StatusOr<Transaction> transaction = Replace();
  ASSERT_THAT(transaction, IsOk());
  EXPECT_THAT((*Targets()->OpenRead("agent"))->GetAttribute("user.origin"), IsOkAndHolds("mig"));

  v1::Refusal why;
  why.set_code(v1::Refusal::PROBE);
  ASSERT_THAT(transaction->GoBack(why, ""), IsOk());
  EXPECT_THAT((*Targets()->OpenRead("agent"))->GetAttribute("user.origin"),
              IsOkAndHolds("package"));
}

TEST_P(PosixInstallTest, GoesBackAfterAKill) {
  const FileSet before = Files();
  { ASSERT_THAT(Replace(), IsOk()); }  // the process is gone
  absl::StatusOr<Recovery> recovery = Recover(ThePlace(), std::nullopt);
  ASSERT_THAT(recovery, IsOk());
  ASSERT_TRUE(recovery->transaction.has_value());
  ASSERT_EQ(recovery->transaction->phase(), Phase::kActivating);
  v1::Refusal why;
  why.set_code(v1::Refusal::PROBE);
  ASSERT_THAT(recovery->transaction->GoBack(why, ""), IsOk());
  ASSERT_THAT(recovery->transaction->FinishGoingBack(nullptr), IsOk());
  ASSERT_THAT(recovery->transaction->Close(), IsOk());
  EXPECT_EQ(Files(), before);
  EXPECT_EQ(Entries(), 2u);
}

INSTANTIATE_TEST_SUITE_P(EachUmask, PosixInstallTest, ::testing::Values(0000, 0022, 0077));

}  // namespace
}  // namespace mig::loader
