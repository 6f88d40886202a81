#include "ctl/keys/key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/posix_file_system.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "ctl/testing/fake_console.h"

namespace mig::ctl {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class KeyStoreTest : public ::testing::Test {
 protected:
  KeyStoreTest() : random_(base::testing::Seed(1)), files_(disk_, NewDirectory()) {}

  static std::string NewDirectory() {
    std::string pattern = absl::StrCat(std::getenv("TEST_TMPDIR"), "/keysXXXXXX");
    return mkdtemp(pattern.data());
  }

  PassphraseSource Person() { return {console_, files_, std::nullopt}; }
  PassphraseSource FromFile(std::string file) { return {console_, files_, std::move(file)}; }

  // A key whose passphrase is "horse".
  void Make(const std::string& name) {
    console_.WillType("horse");
    console_.WillType("horse");
    ASSERT_THAT(MakeKey({name, absl::StrCat(name, ".key")}, Person(), random_), IsOk());
  }

  base::PosixFileSystem disk_;
  base::testing::SeededRandom random_;
  LocalFiles files_;
  testing::FakeConsole console_;
};

TEST_F(KeyStoreTest, MakesAPairThatOpensWithItsPassphrase) {
  Make("ana-root");
  console_.WillType("horse");
  const auto key = OpenKey({"ana-root.key"}, Person());
  ASSERT_THAT(key, IsOk());
  const auto listed = ReadPublicKey("ana-root.key.pub", files_);
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->key, key->key.public_key());
  EXPECT_EQ(listed->name, "ana-root");
  EXPECT_THAT(files_.ReadSecret("ana-root.key", 16384, "the key"), IsOk());
}

TEST_F(KeyStoreTest, IsFoundByNameInTheKeyDirectory) {
  Make("r1");
  console_.WillType("horse");
  EXPECT_THAT(OpenKey({"r1"}, Person()), IsOk());
  EXPECT_THAT(OpenKey({"r2", "keys"}, Person()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("r2"), HasSubstr("keys/r2.key"), HasSubstr("--key-dir"))));
}

TEST_F(KeyStoreTest, AKeyIsNeverOverwritten) {
  Make("r1");
  EXPECT_THAT(MakeKey({"r1", "r1.key"}, Person(), random_),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("r1.key")));
}

TEST_F(KeyStoreTest, AnEmptyPassphraseMakesNoKey) {
  console_.WillType("");
  EXPECT_THAT(MakeKey({"r1", "r1.key"}, Person(), random_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty passphrase")));
  EXPECT_FALSE(files_.Exists("r1.key"));
  EXPECT_FALSE(files_.Exists("r1.key.pub"));
}

TEST_F(KeyStoreTest, TwoDifferentPassphrasesMakeNoKey) {
  console_.WillType("horse");
  console_.WillType("house");
  EXPECT_THAT(MakeKey({"r1", "r1.key"}, Person(), random_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("differ")));
  EXPECT_FALSE(files_.Exists("r1.key"));
}

TEST_F(KeyStoreTest, WithoutAPersonTheFlagIsNamed) {
  EXPECT_THAT(MakeKey({"r1", "r1.key"}, Person(), random_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--passphrase-file")));
}

TEST_F(KeyStoreTest, ScriptsReadThePassphraseFromTheFirstLineOfAFile) {
  ASSERT_THAT(files_.WriteNew("pass", "horse\r\nmore\n", 0600), IsOk());
  ASSERT_THAT(MakeKey({"r1", "r1.key"}, FromFile("pass"), random_), IsOk());
  console_.WillType("horse");
  EXPECT_THAT(OpenKey({"r1.key"}, Person()), IsOk());
  ASSERT_THAT(files_.WriteNew("empty", "\n", 0600), IsOk());
  EXPECT_THAT(OpenKey({"r1.key"}, FromFile("empty")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty")));
}

TEST_F(KeyStoreTest, AWrongPassphraseIsBadInputThatNamesTheKey) {
  Make("r1");
  console_.WillType("wrong");
  EXPECT_THAT(OpenKey({"r1.key"}, Person()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("r1.key")));
}

TEST_F(KeyStoreTest, BadKeyFilesAreOneLineThatNamesThem) {
  Make("r1");
  ASSERT_THAT(files_.WriteNew("junk", "junk", 0600), IsOk());
  ASSERT_THAT(files_.WriteNew("open", "junk", 0644), IsOk());
  ASSERT_THAT(files_.WriteNew("long", std::string(20'000, 'x'), 0600), IsOk());
  for (const char* name : {"junk", "open", "long", "missing", "r1.key.pub"}) {
    const auto key = OpenKey({name}, Person());
    EXPECT_THAT(key, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(name))) << name;
    EXPECT_EQ(key.status().message().find('\n'), absl::string_view::npos) << name;
  }
}

TEST_F(KeyStoreTest, ANameOutsideItsGrammarMakesNoKey) {
  EXPECT_THAT(MakeKey({"Ana Root", "a.key"}, Person(), random_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("Ana Root")));
}

TEST_F(KeyStoreTest, RolesAreReadAsTheCommandLineSpellsThem) {
  Make("a");
  Make("b");
  const auto both = ReadRoleKeys("a.key.pub,b.key.pub:1:2", files_);
  ASSERT_THAT(both, IsOk());
  EXPECT_EQ(both->keys.size(), 2u);
  EXPECT_EQ(both->threshold, 1u);
  EXPECT_EQ(both->emergency_threshold, 2u);
  const auto all = ReadRoleKeys("a.key.pub,b.key.pub", files_);
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->threshold, 2u);
  for (const char* spec : {"a.key.pub:0", "a.key.pub:x", "a.key.pub:1:2:3", "a.key:1", "", ":1"}) {
    EXPECT_THAT(ReadRoleKeys(spec, files_), StatusIs(absl::StatusCode::kInvalidArgument)) << spec;
  }
}

TEST_F(KeyStoreTest, ListsPublicKeysAndWhoHasThePrivateOne) {
  Make("a");
  Make("b");
  ASSERT_THAT(files_.WriteNew("z.pub", "no key", 0644), IsOk());
  const auto line = files_.Read("b.key.pub", 4096, "the key");
  ASSERT_THAT(line, IsOk());
  ASSERT_THAT(files_.WriteNew("c.pub", *line, 0644), IsOk());
  const auto keys = ListKeys(".", files_);
  ASSERT_THAT(keys, IsOk());
  ASSERT_EQ(keys->size(), 3u);
  EXPECT_TRUE((*keys)[0].has_private);
  EXPECT_EQ((*keys)[2].file, "c.pub");
  EXPECT_FALSE((*keys)[2].has_private);
}

}  // namespace
}  // namespace mig::ctl
