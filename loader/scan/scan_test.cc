#include "loader/scan/scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/inline_executor.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "base/thread_pool_executor.h"
#include "base/whole_file.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::string_view kDictionaryPath = "/etc/mig-loader/dictionary.toml";
constexpr absl::string_view kDictionary =
    "[product.agent]\n"
    "[product.agent.component.agent]\npath = \"/opt/a/agent\"\nmode = \"0755\"\nmax_bytes = 100\n"
    "[product.agent.component.key]\npath = \"/etc/a/key\"\n"
    "[product.agent.family.\"conf/*\"]\ndirectory = \"/etc/a/conf.d\"\npattern = \"*.cfg\"\n"
    "max_count = 2\nmax_bytes = 100\n";

class ScanTest : public ::testing::Test {
 protected:
  ScanTest() : disk_(base::MemoryFileSystem::Options{.clock = &clock_}) {
    Put(kDictionaryPath, kDictionary);
    Put("/opt/a/agent", "agent 1", 0755);
    Put("/etc/a/key", "key 1");
    Put("/etc/a/conf.d/10.cfg", "conf 10");
    clock_.Advance(absl::Minutes(1));
  }

  std::unique_ptr<base::Directory> DirectoryOf(absl::string_view path) {
    auto opened = base::MakeDirs(disk_, path.substr(0, path.rfind('/')), 0755);
    EXPECT_THAT(opened, IsOk());
    return *std::move(opened);
  }
  void Put(absl::string_view path, absl::string_view text, uint32_t mode = 0644) {
    ASSERT_THAT(
        base::WriteDurably(*DirectoryOf(path), path.substr(path.rfind('/') + 1), text, mode),
        IsOk());
  }
  std::unique_ptr<base::File> Open(absl::string_view path) {
    auto file = DirectoryOf(path)->OpenReadWrite(path.substr(path.rfind('/') + 1));
    EXPECT_THAT(file, IsOk());
    return *std::move(file);
  }

  LocalManifest Scan() {
    absl::StatusOr<Dictionary> dictionary = Dictionary::Load(disk_, kDictionaryPath, 0, {});
    EXPECT_THAT(dictionary, IsOk());
    absl::StatusOr<LocalManifest> manifest = loader::Scan(
        *dictionary,
        {.disk = disk_, .executor = executor_, .cache = cache_, .now = clock_.WallNow()});
    EXPECT_THAT(manifest, IsOk());
    return *std::move(manifest);
  }
  LocalFile ScanOne(absl::string_view name) {
    const LocalManifest manifest = Scan();
    const LocalFile* file = manifest.Find("agent", name);
    EXPECT_NE(file, nullptr) << name;
    return file == nullptr ? LocalFile() : *file;
  }

  static Target TargetOfAgent() {
    Target target;
    target.product = "agent";
    target.name = "agent";
    target.directory = "/opt/a";
    target.file_name = "agent";
    target.max_bytes = 100;
    return target;
  }

  base::testing::ManualClock clock_;
  base::MemoryFileSystem disk_;
  base::InlineExecutor executor_;
  DigestCache cache_;
};

TEST_F(ScanTest, SaysWhatEachComponentIsSortedByName) {
  const LocalManifest manifest = Scan();
  std::vector<std::string> names;
  for (const LocalFile& file : manifest.files) names.push_back(file.target.name);
  EXPECT_THAT(names, ElementsAre("agent", "conf/10.cfg", "key"));
  const LocalFile& agent = manifest.files[0];
  EXPECT_EQ(agent.state, LocalState::kPresent);
  EXPECT_EQ(agent.size_bytes, 7u);
  EXPECT_EQ(agent.mode, 0755u);
  EXPECT_EQ(agent.digest, base::Sha256Of("agent 1"));
  EXPECT_EQ(OwnerText(agent), "root:root");
}

TEST_F(ScanTest, MissingFilesAndDirectoriesAreSaid) {
  ASSERT_THAT(DirectoryOf("/opt/a/agent")->Unlink("agent"), IsOk());
  EXPECT_EQ(ScanOne("agent").state, LocalState::kMissing);

  ASSERT_THAT(DirectoryOf("/opt/x")->RemoveDir("a"), IsOk());
  EXPECT_EQ(ScanOne("agent").state, LocalState::kMissing);
}

TEST_F(ScanTest, WhatIsNoFileIsNotFollowedOrRead) {  // ADVERSARY 102
  ASSERT_THAT(DirectoryOf("/opt/a/agent")->Unlink("agent"), IsOk());
  disk_.Plant("/opt/a/agent", base::FileKind::kSymlink);
  EXPECT_EQ(ScanOne("agent").state, LocalState::kNotAFile);
  EXPECT_THAT(ScanOne("agent").why, HasSubstr("/opt/a/agent"));

  ASSERT_THAT(DirectoryOf("/opt/a/agent")->Unlink("agent"), IsOk());
  disk_.Plant("/opt/a/agent", base::FileKind::kOther);
  EXPECT_EQ(ScanOne("agent").state, LocalState::kNotAFile);

  ASSERT_THAT(DirectoryOf("/etc/a/key")->Unlink("key"), IsOk());
  ASSERT_THAT(DirectoryOf("/etc/a/key")->MakeDir("key", 0755), IsOk());
  EXPECT_EQ(ScanOne("key").state, LocalState::kNotAFile);
}

TEST_F(ScanTest, FileBehindALinkedDirectoryIsNotAFile) {
  auto root = DirectoryOf("/opt/x");
  ASSERT_THAT(root->Rename("a", *root, "b"), IsOk());
  disk_.Plant("/opt/a", base::FileKind::kSymlink);
  EXPECT_EQ(ScanOne("agent").state, LocalState::kNotAFile);
}

TEST_F(ScanTest, FileOverItsBoundIsNotRead) {
  Put("/opt/a/agent", std::string(101, 'x'));
  const LocalFile agent = ScanOne("agent");
  EXPECT_EQ(agent.state, LocalState::kUnreadable);
  EXPECT_THAT(agent.why, AllOf(HasSubstr("101"), HasSubstr("max_bytes")));
}

TEST_F(ScanTest, OperatorsOwnFilesBesideAFamilyAreNotListed) {  // ADVERSARY 113 [fleet #50720]
  Put("/etc/a/conf.d/notes.txt", "mine");
  Put("/etc/a/conf.d/.hidden.cfg", "mine");
  Put("/etc/a/conf.d/UPPER.cfg", "mine");
  EXPECT_EQ(Scan().files.size(), 3u);
}

TEST_F(ScanTest, FamilyOverItsCountIsRefusedByName) {
  Put("/etc/a/conf.d/20.cfg", "2");
  Put("/etc/a/conf.d/30.cfg", "3");
  absl::StatusOr<Dictionary> dictionary = Dictionary::Load(disk_, kDictionaryPath, 0, {});
  ASSERT_THAT(dictionary, IsOk());
  EXPECT_THAT(loader::Scan(
                  *dictionary,
                  {.disk = disk_, .executor = executor_, .cache = cache_, .now = clock_.WallNow()}),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       AllOf(HasSubstr("/etc/a/conf.d"), HasSubstr("max_count"))));
}

TEST_F(ScanTest, SecondScanReadsNoContents) {
  const auto operations_of_a_scan = [this] {
    const uint64_t before = disk_.operations();
    LocalFile agent{.target = TargetOfAgent()};
    LookAt(absl::MakeSpan(&agent, 1),
           {.disk = disk_, .executor = executor_, .cache = cache_, .now = clock_.WallNow()});
    return disk_.operations() - before;
  };
  const uint64_t first = operations_of_a_scan();
  EXPECT_EQ(operations_of_a_scan(), 2u);  // open the directory, stat the file
  EXPECT_GT(first, 2u);
  EXPECT_EQ(ScanOne("agent").digest, base::Sha256Of("agent 1"));
}

// ADVERSARY 105, 106 [fleet #47552] [racy git]: what changes is seen, whatever the times say.
TEST_F(ScanTest, EachChangeIsSeenAtTheNextScan) {
  Scan();
  ASSERT_THAT(Open("/opt/a/agent")->WriteAt(0, "AGENT 1"), IsOk());  // same size
  EXPECT_EQ(ScanOne("agent").digest, base::Sha256Of("AGENT 1"));
  ASSERT_THAT(Open("/opt/a/agent")->Truncate(3), IsOk());
  EXPECT_EQ(ScanOne("agent").digest, base::Sha256Of("AGE"));
  ASSERT_THAT(Open("/opt/a/agent")->SetMode(04755), IsOk());
  EXPECT_EQ(ScanOne("agent").mode, 04755u);
  ASSERT_THAT(Open("/opt/a/agent")->SetOwner(7, 8), IsOk());
  EXPECT_EQ(OwnerText(ScanOne("agent")), "7:8");
}

TEST_F(ScanTest, NamedAttributesAreReadThoughTheDigestIsKnown) {  // ADVERSARY 110
  Put(kDictionaryPath,
      absl::StrCat(kDictionary, "[product.b.component.x]\npath = \"/opt/a/x\"\n",
                   "attributes = { \"user.origin\" = \"mig\" }\ncapabilities = []\n"));
  Put("/opt/a/x", "x");
  clock_.Advance(absl::Minutes(1));
  const auto attributes = [this] { return Scan().Find("b", "x")->attributes; };
  EXPECT_EQ(attributes(), (Attributes{{"security.capability", ""}, {"user.origin", ""}}));
  clock_.Advance(absl::Minutes(1));
  ASSERT_THAT(Open("/opt/a/x")->SetAttribute("user.origin", "mig"), IsOk());
  ASSERT_THAT(Open("/opt/a/x")->SetAttribute("user.other", "y"), IsOk());
  clock_.Advance(absl::Minutes(1));
  for (int times = 0; times < 2; ++times) {
    EXPECT_EQ(attributes(), (Attributes{{"security.capability", ""}, {"user.origin", "mig"}}));
  }
  EXPECT_EQ(ScanOne("agent").attributes, Attributes());
}

TEST_F(ScanTest, FileChangedWithinTheTickOfItsHashingIsHashedAgain) {
  Put("/opt/a/agent", "agent 2", 0755);  // younger than 2 s
  EXPECT_EQ(ScanOne("agent").digest, base::Sha256Of("agent 2"));
  EXPECT_EQ(cache_.size(), 2u);
  ASSERT_THAT(Open("/opt/a/agent")->WriteAt(0, "agent 3"), IsOk());  // within the same tick
  EXPECT_EQ(ScanOne("agent").digest, base::Sha256Of("agent 3"));
}

// Files of several directories, in an order that goes to and fro between them.
std::vector<LocalFile> FilesOfThreeDirectories(int count) {
  std::vector<LocalFile> files(count);
  for (int i = 0; i < count; ++i) {
    Target& target = files[i].target;
    target.product = "agent";
    target.name = absl::StrCat("f", i);
    target.directory = absl::StrCat("/data/", i % 3);
    target.file_name = target.name;
    target.max_bytes = 1000;
  }
  return files;
}

TEST_F(ScanTest, ManyFilesOfSeveralDirectoriesKeepTheirOrder) {
  std::vector<LocalFile> files = FilesOfThreeDirectories(300);
  const std::vector<LocalFile> before = files;
  for (int i = 0; i < 300; ++i) Put(files[i].target.path(), absl::StrCat("contents ", i));
  const ScanTools tools = {
      .disk = disk_, .executor = executor_, .cache = cache_, .now = clock_.WallNow()};
  LookAt(absl::MakeSpan(files), tools);
  for (size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(files[i].target, before[i].target);
    EXPECT_EQ(files[i].digest, base::Sha256Of(absl::StrCat("contents ", i)));
  }
}

TEST_F(ScanTest, UnchangedFilesCostAStatEachAndAnOpenForEachDirectory) {
  std::vector<LocalFile> files = FilesOfThreeDirectories(300);
  for (int i = 0; i < 300; ++i) Put(files[i].target.path(), absl::StrCat("contents ", i));
  clock_.Advance(absl::Minutes(1));
  const ScanTools tools = {
      .disk = disk_, .executor = executor_, .cache = cache_, .now = clock_.WallNow()};
  LookAt(absl::MakeSpan(files), tools);
  const uint64_t before = disk_.operations();
  LookAt(absl::MakeSpan(files), tools);
  EXPECT_EQ(disk_.operations() - before, 3 + 300u);
}

TEST_F(ScanTest, WhatWasSaidBeforeIsForgotten) {
  std::vector<LocalFile> files(1, LocalFile{.target = TargetOfAgent()});
  const ScanTools tools = {
      .disk = disk_, .executor = executor_, .cache = cache_, .now = clock_.WallNow()};
  LookAt(absl::MakeSpan(files), tools);
  ASSERT_EQ(files[0].state, LocalState::kPresent);
  ASSERT_THAT(DirectoryOf("/opt/a/agent")->Unlink("agent"), IsOk());
  LookAt(absl::MakeSpan(files), tools);
  EXPECT_EQ(files[0], LocalFile{.target = TargetOfAgent()});
}

TEST_F(ScanTest, CoresTogetherSeeEachFileOnce) {
  base::ThreadPoolExecutor cores(4);
  std::vector<LocalFile> files = FilesOfThreeDirectories(1000);
  for (int i = 0; i < 1000; i += 2) Put(files[i].target.path(), absl::StrCat("contents ", i));
  clock_.Advance(absl::Minutes(1));
  for (int round = 0; round < 2; ++round) {  // hashed; from the cache
    LookAt(absl::MakeSpan(files),
           {.disk = disk_, .executor = cores, .cache = cache_, .now = clock_.WallNow()});
    for (int i = 0; i < 1000; ++i) {
      const bool is_there = i % 2 == 0;
      ASSERT_EQ(files[i].state, is_there ? LocalState::kPresent : LocalState::kMissing) << i;
      const base::Digest expected =
          is_there ? base::Sha256Of(absl::StrCat("contents ", i)) : base::Digest();
      ASSERT_EQ(files[i].digest, expected) << i;
    }
  }
  EXPECT_EQ(cache_.size(), 500u);
}

}  // namespace
}  // namespace mig::loader
